"""Claims about what a refresh does to the index."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ingestion.refresh as refreshing
from ingestion import plan
from ingestion.errors import CannotStart, CorpusError, IndexUnavailable, RefreshRunning
from ingestion.index import staging
from ingestion.model import Acronym, Failure, PassageCounts, RawFile, RefreshReport, SchoolRecord, Slug, Trust
from ingestion.refresh import Progress, refresh
from tests.backends import place_at
from tests.fakes import FakeEmbedder
from tests.ingestion.texts import TODAY, Desk, TextSource, read_texts

pytestmark = pytest.mark.usefixtures("backend")

PAY = "Pay policy\nTeachers are paid monthly.\nBonuses are rare."
LEAVE = "Leave may be requested in writing."
PHONES = "Phones stay in bags."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(
        tmp_path / "data", {"trust/pay.md": PAY, "trust/leave.md": LEAVE, "schools/saltmarsh/phones.md": PHONES}
    )


def report(**counts: object) -> RefreshReport:
    return RefreshReport(**counts)  # type: ignore[arg-type]


# ── what is added, changed, removed and kept ─────────────────────────────────────────────────────────────────────────


def test_the_first_refresh_adds_every_document(desk: Desk) -> None:
    assert desk.refresh() == report(
        added=("schools/saltmarsh/phones.md", "trust/leave.md", "trust/pay.md"),
        passages=PassageCounts(embedded=5, kept=0, removed=0),
    )
    assert desk.ask("may I request leave") == [LEAVE]


def test_a_second_refresh_keeps_every_document_and_embeds_nothing(desk: Desk) -> None:
    desk.refresh()
    desk.embedder.embedded.clear()
    desk.source.reads.clear()
    assert desk.refresh() == report(kept=3, passages=PassageCounts(kept=5))
    assert desk.embedder.embedded == []
    assert desk.source.reads == []


def test_a_refresh_that_changes_nothing_leaves_the_generation(desk: Desk) -> None:
    desk.refresh()
    before = desk.look(lambda index: index.generation())
    desk.refresh()
    assert desk.look(lambda index: index.generation()) == before


def test_a_new_date_on_the_same_bytes_changes_nothing(desk: Desk) -> None:
    desk.refresh()
    desk.source.touch("trust/pay.md")
    desk.source.reads.clear()
    assert desk.refresh() == report(kept=3, passages=PassageCounts(kept=5))
    assert desk.source.reads == ["trust/pay.md"]
    desk.source.reads.clear()
    desk.refresh()
    assert desk.source.reads == []


def test_of_a_changed_document_only_the_new_passages_are_embedded(desk: Desk) -> None:
    desk.refresh()
    desk.embedder.embedded.clear()
    desk.source.documents["trust/pay.md"] = "Pay policy\nTeachers are paid monthly.\nBonuses are never paid."
    assert desk.refresh() == report(
        changed=("trust/pay.md",), kept=2, passages=PassageCounts(embedded=1, kept=4, removed=1)
    )
    assert desk.embedder.embedded == ["Pay\nBonuses are never paid."]
    assert desk.ask("bonuses") == ["Bonuses are never paid."]


def test_a_removed_document_leaves_the_index_in_the_same_refresh(desk: Desk) -> None:
    desk.refresh()
    del desk.source.documents["trust/leave.md"]
    assert desk.refresh() == report(
        removed=("trust/leave.md",), kept=2, passages=PassageCounts(embedded=0, kept=4, removed=1)
    )
    assert desk.ask("may I request leave") == []
    assert [version.path for version in desk.look(lambda index: index.versions())] == [
        "schools/saltmarsh/phones.md",
        "trust/pay.md",
    ]


def test_a_document_that_comes_back_is_found_again(desk: Desk) -> None:
    desk.refresh()
    del desk.source.documents["trust/leave.md"]
    desk.refresh()
    desk.source.documents["trust/leave.md"] = LEAVE
    assert desk.refresh().added == ("trust/leave.md",)
    assert desk.ask("may I request leave") == [LEAVE]


def test_a_renamed_document_is_not_embedded_again(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = f"title: Pay\n{PAY}"
    desk.refresh()
    desk.embedder.embedded.clear()
    desk.source.documents["trust/hr/pay.md"] = desk.source.documents.pop("trust/pay.md")
    assert desk.refresh() == report(
        added=("trust/hr/pay.md",), removed=("trust/pay.md",), kept=2, passages=PassageCounts(kept=5)
    )
    assert desk.embedder.embedded == []


def test_a_text_that_stands_in_two_documents_is_embedded_once_and_found_in_both(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"trust/a.md": f"title: Leave\n{LEAVE}", "trust/b.md": f"title: Leave\n{LEAVE}"})
    assert desk.refresh().passages == PassageCounts(embedded=2)
    assert desk.embedder.embedded == [f"Leave\n{LEAVE}"]
    hits = desk.look(lambda index: index.nearest(desk.embedder.embed_question("leave"), schools=(), limit=5))
    assert [hit.found.version.path for hit in hits] == ["trust/a.md", "trust/b.md"]
    del desk.source.documents["trust/a.md"]
    desk.refresh()
    hits = desk.look(lambda index: index.nearest(desk.embedder.embed_question("leave"), schools=(), limit=5))
    assert [hit.found.version.path for hit in hits] == ["trust/b.md"]


def test_an_empty_corpus_becomes_an_index_that_finds_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.refresh() == report()
    assert desk.ask("anything") == []


def test_a_change_of_the_trusts_own_settings_reaches_readers(desk: Desk) -> None:
    desk.refresh()
    desk.source.trust = Trust(name="Samphire", acronyms=(Acronym("ECT", "early career teacher"),))
    desk.refresh()
    assert desk.look(lambda index: index.trust()) == desk.source.trust


# ── what cannot be read ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_that_cannot_be_read_is_named_and_the_others_are_indexed(desk: Desk) -> None:
    desk.source.documents["trust/locked.pdf"] = "UNREADABLE"
    desk.source.documents["trust/odd.pdf"] = "TRIPS THE PARSER"
    desk.source.documents["trust/empty.md"] = "# Only a heading"
    assert desk.refresh().failed == (
        Failure("trust/empty.md", "there is no text in it: put the document's text in it, or remove it"),
        Failure("trust/locked.pdf", "it is locked with a password: save it without one"),
        Failure("trust/odd.pdf", "reading it stopped at an unexpected fault (KeyError('xref'))"),
    )
    assert [failure.path for failure in desk.look(lambda index: index.failures())] == [
        "trust/empty.md",
        "trust/locked.pdf",
        "trust/odd.pdf",
    ]
    assert desk.ask("may I request leave") == [LEAVE]


def test_text_that_cannot_be_stored_costs_its_document_and_no_other(desk: Desk) -> None:
    desk.source.read = lambda file: (  # type: ignore[method-assign]
        RawFile(file.path, file.school, rb"HALF A PAIR" if "pay" in file.path else b"Leave is a day.")
    )
    assert [failure.path for failure in desk.refresh().failed] == ["trust/pay.md"]
    assert desk.ask("leave") == ["Leave is a day."]
    assert desk.contents()["staged"] == (0,)


def test_a_document_that_fails_keeps_its_last_good_version_in_service(desk: Desk) -> None:
    desk.refresh()
    desk.source.documents["trust/leave.md"] = "UNREADABLE"
    result = desk.refresh()
    assert (result.changed, result.removed, [failure.path for failure in result.failed]) == ((), (), ["trust/leave.md"])
    assert desk.ask("may I request leave") == [LEAVE]
    [hit] = desk.look(lambda index: index.matching("request leave", schools=(), limit=5))
    assert hit.found.version.doubt == (
        "The file of “Leave” could not be read when it was last looked at: this is what it said before."
    )


def test_a_failed_document_is_tried_again_and_its_failure_forgotten_when_it_is_read(desk: Desk) -> None:
    desk.refresh()
    desk.source.documents["trust/leave.md"] = "UNREADABLE"
    desk.refresh()
    assert [failure.path for failure in desk.refresh().failed] == ["trust/leave.md"]
    desk.source.documents["trust/leave.md"] = "Leave is a day."
    assert desk.refresh().changed == ("trust/leave.md",)
    assert desk.look(lambda index: index.failures()) == []
    assert desk.ask("leave") == ["Leave is a day."]


def test_a_failed_document_put_back_as_it_was_is_kept(desk: Desk) -> None:
    desk.refresh()
    desk.source.documents["trust/leave.md"] = "UNREADABLE"
    desk.refresh()
    desk.source.documents["trust/leave.md"] = LEAVE
    assert desk.refresh() == report(kept=3, passages=PassageCounts(kept=5))
    assert desk.look(lambda index: index.failures()) == []


def test_a_failed_document_that_goes_is_no_longer_a_failure(desk: Desk) -> None:
    desk.source.documents["trust/locked.pdf"] = "UNREADABLE"
    desk.refresh()
    del desk.source.documents["trust/locked.pdf"]
    assert desk.refresh() == report(kept=3, passages=PassageCounts(kept=5))
    assert desk.look(lambda index: index.failures()) == []


def test_what_was_not_read_of_a_document_is_told_once_and_kept_on_record(desk: Desk) -> None:
    desk.source.documents["trust/scan.md"] = "A rule.\nno text on page 2: scan it again"
    warning = Failure("trust/scan.md", "no text on page 2: scan it again")
    assert desk.refresh().warnings == (warning,)
    assert desk.refresh().warnings == ()
    assert desk.look(lambda index: index.warnings()) == [warning]


@pytest.mark.parametrize("document", ["Phones stay in bags.", "UNREADABLE"])
def test_a_document_that_must_not_be_read_any_more_leaves_the_index_and_is_named(desk: Desk, document: str) -> None:
    desk.refresh()
    desk.source.documents["trust/leave.md"] = document
    desk.source.problems["trust/leave.md"] = "it is a link that leads out of the corpus folder"
    result = desk.refresh()
    assert (result.removed, result.kept) == (("trust/leave.md",), 2)
    assert result.failed == (Failure("trust/leave.md", "it is a link that leads out of the corpus folder"),)
    assert desk.ask("may I request leave") == []
    again = desk.refresh()
    assert (again.removed, [failure.path for failure in again.failed]) == ((), ["trust/leave.md"])
    desk.source.problems.clear()
    desk.source.documents["trust/leave.md"] = LEAVE
    assert desk.refresh().added == ("trust/leave.md",)
    assert desk.ask("may I request leave") == [LEAVE]


def test_a_last_good_edition_never_stays_in_service_for_those_it_no_longer_holds_for(desk: Desk) -> None:
    listed = desk.source.files
    desk.source.files = lambda: [replace(file, school=None) for file in listed()]  # type: ignore[method-assign]
    desk.refresh()
    assert desk.ask("phones in bags") == [PHONES]
    desk.source.files = listed  # type: ignore[method-assign]
    desk.source.documents["schools/saltmarsh/phones.md"] = "UNREADABLE"
    result = desk.refresh()
    assert (result.removed, [failure.path for failure in result.failed]) == (
        ("schools/saltmarsh/phones.md",),
        ["schools/saltmarsh/phones.md"],
    )
    assert desk.ask("phones in bags", "saltmarsh") == []


# ── which edition is in force ────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_edition_takes_the_old_one_out_of_the_search_and_leaves_it_in_the_registry(desk: Desk) -> None:
    desk.source.documents["trust/lone-2.md"] = "title: Lone working\nversion: 2\nRing every hour."
    desk.refresh()
    assert desk.ask("ring") == ["Ring every hour."]
    desk.source.documents["trust/lone-3.md"] = "title: Lone working\nversion: 3\nRing every two hours."
    desk.refresh()
    assert desk.ask("ring") == ["Ring every two hours."]
    statuses = {version.path: version.status for version in desk.look(lambda index: index.versions())}
    assert statuses["trust/lone-2.md"] == "superseded"
    old = desk.look(lambda index: index.passages_of("trust/lone-2.md"))
    assert [found.passage.text for found in old] == ["Ring every hour."]


def test_an_edition_that_comes_into_force_on_its_day_needs_no_file_to_change(desk: Desk) -> None:
    desk.source.documents["trust/lone-2.md"] = "title: Lone working\nversion: 2\nRing every hour."
    desk.source.documents["trust/lone-3.md"] = (
        "title: Lone working\nversion: 3\neffective_from: 2027-01-01\nRing every two hours."
    )
    desk.refresh(today=date(2026, 12, 31))
    assert desk.ask("ring") == ["Ring every hour."]
    desk.source.reads.clear()
    result = desk.refresh(today=date(2027, 1, 1))
    assert (result.kept, result.passages) == (5, PassageCounts(embedded=1, kept=5, removed=1))
    assert (result.starts, result.ends) == (("trust/lone-3.md",), ("trust/lone-2.md",))
    last = desk.look(lambda index: index.changes_of(index.history(limit=1)[0]))
    assert [(one.path, one.change) for one in last] == [("trust/lone-2.md", "ends"), ("trust/lone-3.md", "starts")]
    assert desk.source.reads == []
    assert desk.ask("ring") == ["Ring every two hours."]


def test_a_draft_is_registered_and_neither_embedded_nor_found(desk: Desk) -> None:
    desk.source.documents["trust/draft.md"] = "status: draft\nRing every minute."
    desk.refresh()
    assert "Draft\nRing every minute." not in desk.embedder.embedded
    assert desk.ask("ring") == []
    assert "draft" in [version.status for version in desk.look(lambda index: index.versions())]


def test_a_doubt_about_an_edition_comes_with_its_passages(desk: Desk) -> None:
    desk.source.documents["trust/a.md"] = "title: Lone working\nkind: policy\nRing every hour."
    desk.source.documents["trust/b.md"] = "title: Lone working\nkind: policy\nRing every day."
    desk.refresh()
    hits = desk.look(lambda index: index.matching("ring", schools=(), limit=5))
    assert [(hit.found.version.path, hit.found.version.status) for hit in hits] == [("trust/a.md", "in_force")]
    assert "also stands in trust/b.md" in (hits[0].found.version.doubt or "")
    other = next(one for one in desk.look(lambda index: index.versions()) if one.path == "trust/b.md")
    assert other.status == "superseded"
    assert "also stands in trust/a.md" in (other.doubt or "")


# ── before anything is written ───────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_tells_what_a_refresh_would_do_and_writes_nothing(desk: Desk) -> None:
    expected = desk.refresh(dry_run=True)
    assert not desk.data.exists()
    assert desk.embedder.embedded == []
    first = desk.refresh()
    assert (expected.added, expected.passages, expected.dry_run) == (first.added, first.passages, True)

    desk.source.documents["trust/pay.md"] = "Pay policy\nTeachers are paid weekly."
    del desk.source.documents["trust/leave.md"]
    desk.embedder.embedded.clear()
    expected = desk.refresh(dry_run=True)
    assert desk.embedder.embedded == []
    assert desk.ask("may I request leave") == [LEAVE]
    assert desk.ask("bonuses") == ["Bonuses are rare."]
    done = desk.refresh()
    assert (expected.changed, expected.removed, expected.passages) == (done.changed, done.removed, done.passages)
    assert done.passages == PassageCounts(embedded=1, kept=2, removed=3)


def test_a_refresh_that_would_remove_many_documents_stops_before_anything_is_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {f"trust/{n}.md": f"Rule {n} holds." for n in range(10)})
    desk.refresh()
    desk.source.documents = {"trust/0.md": "Rule 0 holds.", "trust/new.md": "A new rule."}
    with pytest.raises(CannotStart, match=r"remove 9 of 10 documents .*--allow-mass-removal"):
        desk.refresh()
    with pytest.raises(CannotStart, match="--allow-mass-removal"):
        desk.refresh(dry_run=True)
    assert len(desk.look(lambda index: index.versions())) == 10
    assert len(desk.refresh(allow_mass_removal=True).removed) == 9


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_trust_file_that_went_stops_the_refresh_before_anything_is_written(desk: Desk, dry_run: bool) -> None:
    desk.source.trust = Trust(name="Samphire", schools=(SchoolRecord(Slug("saltmarsh"), "Saltmarsh"),))
    desk.refresh()
    before = desk.contents()
    desk.source.trust = Trust()
    desk.source.documents["trust/new.md"] = "A new rule."
    with pytest.raises(CorpusError, match=r"trust.toml is missing .* holds the schools of Samphire: .*Put trust.toml"):
        desk.refresh(dry_run=dry_run)
    assert desk.contents() == before


def test_one_refresh_runs_at_a_time(desk: Desk) -> None:
    with desk.place.open_writer().lease(), pytest.raises(RefreshRunning, match="Another refresh is running"):
        desk.refresh()
    assert len(desk.refresh().added) == 3


def test_a_refresh_that_fails_gives_its_lease_back(desk: Desk) -> None:
    class Broken(FakeEmbedder):
        def embed_passages(self, texts: object) -> None:  # type: ignore[override]
            raise MemoryError

    well, desk.embedder = desk.embedder, Broken()
    with pytest.raises(MemoryError):
        desk.refresh()
    desk.embedder = well
    assert len(desk.refresh().added) == 3


# ── the embedding model ──────────────────────────────────────────────────────────────────────────────────────────────


def test_another_embedding_model_builds_the_index_anew(desk: Desk) -> None:
    desk.refresh()
    desk.embedder = FakeEmbedder(name="other@2", dimension=32)
    with pytest.raises(IndexUnavailable, match=r"built with fake-bag-of-words@1 and the settings name other@2: run"):
        desk.open()
    assert desk.refresh() == report(kept=3, passages=PassageCounts(embedded=5))
    assert desk.ask("may I request leave") == [LEAVE]
    desk.embedder = FakeEmbedder()
    with pytest.raises(IndexUnavailable, match="set STAFFROOM_EMBEDDING_MODEL and STAFFROOM_EMBEDDING_PRECISION back"):
        desk.open()


def test_while_another_model_builds_its_index_the_old_one_answers(desk: Desk) -> None:
    desk.refresh()
    old, asked = Desk(desk.data), list[list[str]]()

    class Building(FakeEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            asked.append(old.ask("may I request leave"))
            return super().embed_passages(texts)

    desk.embedder = Building(name="other@2", dimension=32)
    desk.refresh()
    assert asked == [[LEAVE]] * 2, "once for each of the two scopes"
    assert desk.ask("may I request leave") == [LEAVE]


def test_a_newer_reader_reads_every_document_again_and_changes_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.refresh()
    for module in (plan, staging, refreshing):
        monkeypatch.setattr(module, "READER", "next")
    assert desk.refresh(dry_run=True) == report(kept=3, passages=PassageCounts(kept=5), dry_run=True)
    desk.source.reads.clear()
    assert desk.refresh() == report(kept=3, passages=PassageCounts(kept=5))
    assert len(desk.source.reads) == 3
    assert desk.refresh() == report(kept=3, passages=PassageCounts(kept=5))
    assert len(desk.source.reads) == 3


def test_vectors_that_were_deleted_are_made_again_from_the_registry(desk: Desk) -> None:
    desk.refresh()
    desk.forget_vectors()
    desk.source.reads.clear()
    assert desk.refresh(dry_run=True).passages == PassageCounts(embedded=5)
    assert desk.refresh() == report(kept=3, passages=PassageCounts(embedded=5))
    assert desk.source.reads == []
    assert desk.ask("may I request leave") == [LEAVE]


# ── what it leaves on record ─────────────────────────────────────────────────────────────────────────────────────────


def test_every_refresh_is_on_record_with_its_counts(desk: Desk) -> None:
    desk.refresh()
    desk.source.documents["trust/locked.pdf"] = "UNREADABLE"
    desk.refresh()
    last = desk.look(lambda index: index.last_refresh())
    assert last is not None
    assert (last.added, last.changed, last.removed, last.kept, last.failed, last.passages_embedded) == (
        0,
        0,
        0,
        3,
        1,
        0,
    )
    assert last.started_at <= last.finished_at


def test_progress_counts_documents_and_then_passages(desk: Desk) -> None:
    seen: list[Progress] = []
    desk.refresh(on_progress=seen.append)
    assert seen == [
        Progress("reading", 0, 3),
        Progress("reading", 1, 3, "schools/saltmarsh/phones.md"),
        Progress("reading", 2, 3, "trust/leave.md"),
        Progress("reading", 3, 3, "trust/pay.md"),
        Progress("embedding", 4, 5),
        Progress("embedding", 5, 5),
    ]


def test_another_corpus_replaces_the_one_before_without_being_asked(tmp_path: Path) -> None:
    sample = TextSource({f"trust/{number}.md": f"Sample {number}." for number in range(12)}, trust=Trust(name="sample"))
    writer = place_at(tmp_path).open_writer()
    refresh(sample, writer, FakeEmbedder(), today=TODAY, who="a test", read=read_texts)
    own = TextSource({"pay.md": "Our pay policy."}, trust=Trust())
    own.identity = "our own"
    report = refresh(own, writer, FakeEmbedder(), today=TODAY, who="a test", read=read_texts)
    assert (report.added, len(report.removed)) == (("pay.md",), 12)
