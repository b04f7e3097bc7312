"""Claims about what is on record of past refreshes, and about going back to the state before the last."""

from pathlib import Path

import pytest

from ingestion.errors import CannotStart, RefreshHeld
from ingestion.index.registry import DocumentChange, PastRefresh
from ingestion.model import Acronym, Contact, Failure, SchoolRecord, Slug, SourceFile, Trust
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
    with pytest.raises(CannotStart, match="There is no refresh left that could be undone"):
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


def test_words_that_no_rollback_can_ask_for_are_forgotten(desk: Desk) -> None:
    del desk.source.documents["trust/leave.md"]
    desk.refresh()
    for day in range(4):
        assert desk.words_kept("Leave may be requested")
        desk.source.documents["trust/pay.md"] = f"title: Pay policy\nTeachers are paid on day {day}."
        desk.refresh()
    desk.source.documents["trust/pay.md"] = PAY
    desk.refresh()
    assert not desk.words_kept("Leave may be requested")
    for time in range(5):
        desk.source.documents["trust/other.md"] = f"Another rule, {time}."
        desk.refresh()
    assert desk.words_kept("Teachers are paid on day 3"), "the edition before the present one is kept"
    assert not desk.words_kept("Teachers are paid on day 2")


def test_a_document_that_was_added_by_mistake_is_forgotten_with_the_rollback(desk: Desk) -> None:
    desk.source.documents["trust/mistake.md"] = "Ada was ill in May."
    desk.refresh()
    desk.roll_back()
    assert not desk.words_kept("Ada was ill")


def test_five_refreshes_can_be_undone_whatever_else_was_on_record(desk: Desk) -> None:
    states = []
    for number in range(5):
        states.append(desk.contents())
        desk.source.documents["trust/pay.md"] = f"title: Pay policy\nTeachers are paid on day {number}."
        desk.refresh()
        desk.source.documents["trust/locked.pdf"] = "UNREADABLE"
        desk.refresh()
        del desk.source.documents["trust/locked.pdf"]
        desk.refresh()
    for before in reversed(states):
        desk.roll_back()
        assert desk.contents() == before


# ── what holds afterwards ────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_rollback_nothing_refreshes_by_itself_until_one_was_run_by_hand(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.refresh()
    desk.roll_back()
    with pytest.raises(RefreshHeld, match="run `staffroom refresh` once by hand"):
        desk.refresh(by_itself=True)
    assert desk.look(lambda index: index.is_held())
    desk.source.documents["trust/pay.md"] = PAY  # the mend: what was wrong is put right, and equals what is in service
    desk.refresh()
    assert not desk.look(lambda index: index.is_held())
    desk.source.documents["trust/pay.md"] = PAY_NOW
    assert desk.refresh(by_itself=True).changed == ("trust/pay.md",)


def test_a_rollback_while_the_sources_are_listed_is_not_undone(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.refresh()
    desk.source.documents["trust/new.md"] = "A new rule."
    listed = desk.source.files

    def slowly() -> list[SourceFile]:
        desk.source.files = listed  # type: ignore[method-assign]
        found = listed()
        desk.roll_back()
        return found

    desk.source.files = slowly  # type: ignore[method-assign]
    with pytest.raises(RefreshHeld):
        desk.refresh(by_itself=True)
    assert desk.ask("teachers paid") == ["Teachers are paid monthly."]


def test_what_another_refresh_added_while_the_sources_were_listed_stays(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    listed = desk.source.files

    def slowly() -> list[SourceFile]:
        desk.source.files = listed  # type: ignore[method-assign]
        found = listed()
        desk.source.documents["trust/new.md"] = "A new rule."
        desk.refresh()
        return found

    desk.source.files = slowly  # type: ignore[method-assign]
    assert desk.refresh().removed == ()
    assert desk.ask("new rule") == ["A new rule."]


def test_safeguarding_numbers_of_today_stay_through_a_rollback(desk: Desk) -> None:
    def trust(phone: str, name: str) -> Trust:
        contacts = (Contact("Designated safeguarding lead", phone),)
        return Trust(name, safeguarding=contacts, schools=(SchoolRecord(Slug("kestrel"), name, safeguarding=contacts),))

    desk.source.trust = trust("111", "Old name")
    desk.refresh()
    desk.source.trust = trust("222", "New name")
    report = desk.refresh()
    assert report.trust_changed
    assert desk.roll_back().trust_changed
    assert desk.look(lambda index: index.trust()) == trust("222", "Old name")


def test_a_document_that_must_not_be_read_does_not_come_back(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.source.problems["trust/leave.md"] = "its folder is no school's"
    desk.refresh()
    assert desk.roll_back().added == ()
    assert desk.ask("leave requested") == []


# ── what the registry holds of editions ──────────────────────────────────────────────────────────────────────────────


def test_every_edition_of_a_path_is_kept_the_latest_first(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = PAY_NOW
    desk.refresh()
    editions = desk.look(lambda index: [index.words_of(edition) for edition in index.editions_of("trust/pay.md")])
    assert [[passage.text for passage in passages or ()] for passages in editions] == [
        ["Teachers are paid weekly.", "Bonuses are rare."],
        ["Teachers are paid monthly.", "Bonuses are rare."],
    ]
