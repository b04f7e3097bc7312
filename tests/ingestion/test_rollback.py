"""Claims about what is on record of past refreshes, and about going back to the state before the last."""

from pathlib import Path

import pytest

from ingestion.errors import CannotStart
from ingestion.index.registry import DocumentChange, PastRefresh
from ingestion.model import Acronym, Failure, Trust
from tests.ingestion.texts import Desk

pytestmark = pytest.mark.usefixtures("backend")
"""On SQLite with Chroma in a folder, and on servers."""

PAY = "title: Pay policy\nTeachers are paid monthly.\nBonuses are rare."
PAY_NOW = "title: Pay policy\nTeachers are paid weekly.\nBonuses are rare."
LEAVE = "Leave may be requested in writing."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "data", {"trust/pay.md": PAY, "trust/leave.md": LEAVE})
    desk.refresh()
    return desk


def history(desk: Desk) -> list[PastRefresh]:
    return desk.look(lambda index: index.history(limit=50))


# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_says_who_changed_what_and_what_failed(desk: Desk) -> None:
    del desk.source.documents["trust/leave.md"]
    desk.source.documents |= {"trust/pay.md": PAY_NOW, "trust/new.md": "A rule.", "trust/locked.pdf": "UNREADABLE"}
    desk.refresh(who="ada")
    last = history(desk)[0]
    assert (last.kind, last.who, last.added, last.changed, last.removed, last.failed) == ("refresh", "ada", 1, 1, 1, 1)
    assert desk.look(lambda index: index.changes_of(last)) == [
        DocumentChange("trust/leave.md", "removed"),
        DocumentChange("trust/locked.pdf", "failed", "it is locked with a password: save it without one"),
        DocumentChange("trust/new.md", "added"),
        DocumentChange("trust/pay.md", "changed"),
    ]


def test_a_refresh_with_nothing_new_leaves_no_record(desk: Desk) -> None:
    desk.refresh()
    assert len(history(desk)) == 1
    desk.source.documents["trust/locked.pdf"] = "UNREADABLE"
    desk.refresh()
    desk.refresh()
    assert [past.failed for past in history(desk)] == [1, 0]


def test_a_refresh_with_nothing_new_writes_nothing(desk: Desk) -> None:
    def files() -> dict[str, bytes]:
        return {
            str(file): file.read_bytes()
            for file in sorted(desk.data.rglob("*"))
            if file.is_file() and not file.name.endswith(("-shm", "-wal"))
        }

    before = files()
    assert desk.refresh().kept == 2
    assert files() == before


# ── going back ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rollback_puts_back_what_was_added_changed_and_removed(desk: Desk) -> None:
    before = desk.contents()
    del desk.source.documents["trust/leave.md"]
    desk.source.documents |= {"trust/pay.md": PAY_NOW, "schools/kestrel/phones.md": "Phones may be used."}
    desk.refresh()
    report = desk.roll_back()
    assert (report.added, report.changed, report.removed) == (
        ("trust/leave.md",),
        ("trust/pay.md",),
        ("schools/kestrel/phones.md",),
    )
    assert desk.contents() == before
    assert desk.ask("teachers paid") == ["Teachers are paid monthly."]
    assert desk.ask("leave requested") == [LEAVE]
    assert desk.ask("phones", "kestrel") == []


def test_a_rollback_is_on_record_with_what_it_undid(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.refresh()
    desk.roll_back(who="ada")
    assert [(past.kind, past.who, past.is_undone) for past in history(desk)] == [
        ("rollback", "ada", False),
        ("refresh", "a desk", True),
        ("refresh", "a desk", False),
    ]


def test_a_refresh_after_a_rollback_brings_the_corpus_in_again(desk: Desk) -> None:
    desk.source.documents |= {"trust/pay.md": PAY_NOW, "trust/new.md": "A new rule."}
    desk.refresh()
    after = desk.contents()
    desk.roll_back()
    report = desk.refresh()
    assert (report.added, report.changed) == (("trust/new.md",), ("trust/pay.md",))
    assert desk.contents() == after


def test_two_rollbacks_go_back_two_refreshes(desk: Desk) -> None:
    before = desk.contents()
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.refresh()
    desk.source.documents["trust/pay.md"] = "title: Pay policy\nTeachers are paid daily."
    desk.refresh()
    desk.roll_back()
    assert desk.ask("teachers paid") == ["Teachers are paid weekly."]
    desk.roll_back()
    assert desk.contents() == before


def test_the_first_state_has_none_before_it(desk: Desk) -> None:
    with pytest.raises(CannotStart, match="There is no earlier state to go back to"):
        desk.roll_back()
    assert desk.ask("leave requested") == [LEAVE]


def test_a_rollback_brings_back_the_trusts_own_settings(desk: Desk) -> None:
    desk.source.trust = Trust(name="Samphire", acronyms=(Acronym("ECT", "early career teacher"),))
    desk.refresh()
    desk.roll_back()
    assert desk.look(lambda index: index.trust()) == Trust(name="a trust")


def test_records_come_back_with_their_passages(desk: Desk) -> None:
    desk.source.documents["frameworks/ecf.csv"] = "statement 4.6 Teach in small steps."
    desk.refresh()
    desk.source.documents["frameworks/ecf.csv"] = "statement 4.6 Teach in large steps."
    desk.refresh()
    desk.roll_back()
    [(record, found)] = desk.look(lambda index: index.statements("4.6"))
    assert record.fields["text"] == found.passage.text == "statement 4.6 Teach in small steps."


def test_the_editions_in_force_are_those_of_before(desk: Desk) -> None:
    desk.source.documents["trust/pay-2.md"] = "title: Pay policy\nversion: 2\nTeachers are paid weekly."
    desk.source.documents["trust/pay.md"] = PAY.replace("\n", "\nversion: 1\n", 1)
    desk.refresh()
    assert desk.ask("teachers paid") == ["Teachers are paid weekly."]
    desk.roll_back()
    assert desk.ask("teachers paid") == ["Teachers are paid monthly."]


def test_a_document_that_still_fails_is_still_named(desk: Desk) -> None:
    desk.source.documents |= {"trust/leave.md": "UNREADABLE", "trust/pay.md": PAY_NOW}
    desk.refresh()
    desk.roll_back()
    assert desk.look(lambda index: index.failures()) == [
        Failure("trust/leave.md", "it is locked with a password: save it without one")
    ]


def test_the_words_of_a_removed_document_are_forgotten_when_no_rollback_can_ask_for_them(desk: Desk) -> None:
    del desk.source.documents["trust/leave.md"]
    desk.refresh()
    for day in range(4):
        assert desk.words_kept("Leave may be requested")
        desk.source.documents["trust/pay.md"] = f"title: Pay policy\nTeachers are paid on day {day}."
        desk.refresh()
    desk.source.documents["trust/pay.md"] = PAY
    desk.refresh()
    assert not desk.words_kept("Leave may be requested")
    assert desk.words_kept("Teachers are paid on day 1"), "what an edition before said is kept"


# ── what the registry holds of editions ──────────────────────────────────────────────────────────────────────────────


def test_every_edition_of_a_path_is_kept_the_latest_first(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.refresh()
    editions = desk.look(lambda index: index.editions_of("trust/pay.md"))
    assert [[found.passage.text for found in passages] for _, passages in editions] == [
        ["Teachers are paid weekly.", "Bonuses are rare."],
        ["Teachers are paid monthly.", "Bonuses are rare."],
    ]
