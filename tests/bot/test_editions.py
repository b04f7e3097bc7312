"""Claims about what changed between two editions, and what an answer says of editions that are not in force."""

import pytest

from bot.answering.editions import EditionChange, changes_between, notes_on_editions
from ingestion.model import Block, Metadata, Passage, PendingEdition, Status, Version
from tests.building import block, page


def edition(*parts: tuple[str, list[Block | str]]) -> list[Passage]:
    """One passage for each heading (levels parted by " > ") with its blocks; texts become paragraphs on page 1."""
    return [
        Passage(n, tuple(heading.split(" > ")), tuple(block(one) if isinstance(one, str) else one for one in blocks))
        for n, (heading, blocks) in enumerate(parts)
    ]


def told(changes: list[EditionChange]) -> list[tuple[str, str | None, str | None]]:
    return [(one.change, one.before and one.before.text, one.now and one.now.text) for one in changes]


PHONES = ("Phones", ["Phones are off all day. A phone that is seen is kept until the end of the week."])
UNIFORM = ("Uniform", ["Blazers are worn.", "A slip in uniform is a reminder."])


def test_of_a_paragraph_only_the_sentence_that_changed_is_told() -> None:
    now = edition(
        ("Phones", ["Phones are off all day. A phone that is seen is kept until the end of the day."]), UNIFORM
    )
    assert told(changes_between(edition(PHONES, UNIFORM), now)) == [
        (
            "changed",
            "A phone that is seen is kept until the end of the week.",
            "A phone that is seen is kept until the end of the day.",
        )
    ]


def test_what_was_put_in_and_what_went_is_told_in_the_order_of_the_later_edition() -> None:
    now = edition(("Toilets", ["One pupil at a time may leave."]), PHONES, ("Uniform", ["Blazers are worn."]))
    assert told(changes_between(edition(PHONES, UNIFORM), now)) == [
        ("added", None, "One pupil at a time may leave."),
        ("gone", "A slip in uniform is a reminder.", None),
    ]


def test_each_side_tells_where_it_stands() -> None:
    old = edition(("6 Phones", [block("Kept for a week in the office.", at=page(3))]))
    new = edition(("7 Phones > 7.1 Sanctions", [block("Kept for a day in the office.", at=page(5))]))
    [change] = changes_between(old, new)
    assert change.before is not None
    assert change.now is not None
    assert (change.before.heading, str(change.before.locator)) == (("6 Phones",), "page 3")
    assert (change.now.heading, str(change.now.locator)) == (("7 Phones", "7.1 Sanctions"), "page 5")
    assert (change.before.passage, change.now.passage) == (old[0], new[0])


def test_of_a_table_the_row_that_changed_is_told_with_the_names_of_its_columns() -> None:
    header = block("Step | Detention", kind="table_header")
    same = block("C1 | none", kind="table_row")
    old = edition(("Steps", [header, same, block("C2 | 20 minutes", kind="table_row")]))
    new = edition(("Steps", [header, same, block("C2 | 15 minutes", kind="table_row")]))
    [change] = changes_between(old, new)
    assert change.now is not None
    assert (change.now.header, change.now.cells) == (("Step", "Detention"), ("C2", "15 minutes"))
    assert told([change]) == [("changed", "C2 | 20 minutes", "C2 | 15 minutes")]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param([PHONES, UNIFORM], [UNIFORM, PHONES], id="sections in another order"),
        pytest.param([("4 Phones", PHONES[1])], [("5. Phones", PHONES[1])], id="a section with another number"),
        pytest.param([("Phones", ["It’s “off” – all day."])], [("Phones", ['It\'s "off" - all day'])], id="signs"),
        pytest.param([("Phones", ["PHONES ARE OFF."])], [("Phones", ["Phones are off."])], id="capitals"),
        pytest.param([("Phones", ["• Off all day;"])], [("Phones", ["(a) Off all day"])], id="bullets"),
        pytest.param(
            [("Phones", ["1. Off. Out of sight."])], [("Phones", ["2. Off.", "Out of sight."])], id="paragraphs"
        ),
        pytest.param(
            [("Phones", ["Off all day. Out of sight."])],
            [("Phones", ["Off all day."]), ("Phones", ["Out of sight."])],
            id="passages cut elsewhere",
        ),
    ],
)
def test_what_only_looks_different_is_no_change(
    before: list[tuple[str, list[Block | str]]], now: list[tuple[str, list[Block | str]]]
) -> None:
    assert changes_between(edition(*before), edition(*now)) == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Leave of 2.5 days is paid.", "Leave of 3.5 days is paid."),
        ("Staff may leave at noon on Fridays.", "Staff must leave at noon on Fridays."),
        ("2.5 days are paid for a funeral.", "3.5 days are paid for a funeral."),
        ("Phones are not allowed in lessons.", "Phones are allowed in lessons."),
    ],
)
def test_one_word_or_number_is_a_change(before: str, now: str) -> None:
    assert told(changes_between(edition(("A", [before])), edition(("A", [now])))) == [("changed", before, now)]


def test_a_table_header_said_again_for_its_next_part_is_no_change() -> None:
    header, row = block("Step | Who", kind="table_header"), block("C1 | teacher", kind="table_row")
    next_row = block("C2 | head of year", kind="table_row")
    whole = edition(("Steps", [header, row, next_row]))
    assert changes_between(whole, edition(("Steps", [header, row]), ("Steps", [header, next_row]))) == []


def test_against_nothing_all_is_new() -> None:
    now = edition(("A", ["One rule. Another rule."]))
    assert told(changes_between([], now)) == [("added", None, "One rule."), ("added", None, "Another rule.")]
    assert told(changes_between(now, [])) == [("gone", "One rule.", None), ("gone", "Another rule.", None)]
    assert changes_between([], []) == []


# ── what an answer says of editions ──────────────────────────────────────────────────────────────────────────────────


def version(title: str, status: Status = "in_force", *, id: int = 1, begins: str | None = None) -> Version:
    return Version(id, f"trust/{id}.md", None, title, Metadata(effective_from=begins), status)


def test_where_there_is_only_a_draft_that_is_said() -> None:
    pending = [PendingEdition(version("Home working policy", "draft"))]
    assert notes_on_editions([], pending) == ("There is only a draft of “Home working policy”: it is not in force.",)


def test_a_draft_of_what_has_an_edition_in_force_is_not_told() -> None:
    in_force = version("Leave policy", id=2)
    assert notes_on_editions([in_force], [PendingEdition(version("Leave policy", "draft"), in_force)]) == ()


@pytest.mark.parametrize(
    ("begins", "when"),
    [
        ("2027-01-01", " It takes effect on 1 January 2027."),
        ("2027-09", " It takes effect in September 2027."),
        ("2027-23", " It takes effect in autumn 2027."),
        (None, ""),
    ],
)
def test_of_what_is_quoted_the_edition_to_come_is_told_with_its_day(begins: str | None, when: str) -> None:
    in_force = version("Leave policy", id=2)
    pending = [PendingEdition(version("Leave policy", "waiting", begins=begins), in_force)]
    note = f"A new edition of “Leave policy” is on record that is not in force yet.{when}"
    assert notes_on_editions([in_force], pending) == (note,)
    assert notes_on_editions([version("Pay policy", id=3)], pending) == ()


def test_a_first_edition_that_waits_for_its_day_is_told() -> None:
    pending = [PendingEdition(version("AI policy", "waiting", begins="2027-01-01"))] * 2
    assert notes_on_editions([], pending) == ("“AI policy” is not in force yet. It takes effect on 1 January 2027.",)
