"""Claims about what is said to have changed between two editions."""

from ingestion.compare import compare_editions
from ingestion.model import Block, Locator, Passage


def edition(*texts: str) -> list[Passage]:
    """Passages, one a text; "Heading: words" stands under a heading."""
    return [
        Passage(
            place,
            (text.split(": ")[0],) if ": " in text else (),
            (Block("paragraph", text.split(": ")[-1], Locator("page", place + 1)),),
        )
        for place, text in enumerate(texts)
    ]


def told(before: list[Passage], after: list[Passage]) -> list[tuple[str, str | None, str | None]]:
    return [
        (one.change, one.before.text if one.before else None, one.after.text if one.after else None)
        for one in compare_editions(before, after)
    ]


PHONES = "Phones: Phones stay in bags all day and are switched off."
PHONES_NOW = "Phones: Phones stay in lockers all day and are switched off."
UNIFORM = "Uniform: Blazers are worn on the way to school."
LATE = "Lateness: A pupil who is late twice has a detention."


def test_equal_editions_are_kept_whole() -> None:
    assert [change for change, *_ in told(edition(PHONES, LATE), edition(PHONES, LATE))] == ["kept", "kept"]


def test_a_reworded_passage_is_shown_before_and_after() -> None:
    assert told(edition(PHONES, LATE), edition(PHONES_NOW, LATE))[0] == (
        "changed",
        "Phones stay in bags all day and are switched off.",
        "Phones stay in lockers all day and are switched off.",
    )


def test_what_was_added_and_removed_stands_in_its_place() -> None:
    compared = told(edition(PHONES, UNIFORM, LATE), edition("Aims: We are kind.", PHONES, LATE))
    assert [(change, (after or before or "")[:6]) for change, before, after in compared] == [
        ("added", "We are"),
        ("kept", "Phones"),
        ("removed", "Blazer"),
        ("kept", "A pupi"),
    ]


def test_a_passage_that_moved_is_kept() -> None:
    assert sorted(change for change, *_ in told(edition(PHONES, LATE), edition(LATE, PHONES))) == ["kept", "kept"]


def test_a_passage_that_stands_twice_and_then_once_was_removed_once() -> None:
    assert [change for change, *_ in told(edition(LATE, LATE), edition(LATE))] == ["kept", "removed"]


def test_the_same_words_under_another_heading_are_a_change() -> None:
    after = edition(PHONES.replace("Phones:", "Devices:"))
    assert [change for change, *_ in told(edition(PHONES), after)] == ["changed"]


def test_an_edition_without_words_is_all_added_or_all_removed() -> None:
    assert [change for change, *_ in told([], edition(PHONES, LATE))] == ["added", "added"]
    assert [change for change, *_ in told(edition(PHONES, LATE), [])] == ["removed", "removed"]
    assert told([], []) == []


def test_many_passages_are_compared_in_reasonable_time_and_all_told() -> None:
    before = edition(*(f"Rule {number}: Pupils follow rule number {number} at all times." for number in range(400)))
    after = edition(*(f"Rule {number}: Pupils follow rule number {number} always." for number in range(400)))
    assert [change for change, *_ in told(before, after)] == ["changed"] * 400


def test_a_sheet_of_thousands_of_rows_under_one_heading_is_compared_row_by_row() -> None:
    told_of = (
        "is open to every school of the trust and costs nothing. " + "Cover is arranged by the school office. " * 6
    )
    before = edition(*(f"Programmes: Programme {number} {told_of}" for number in range(2000)))
    after = edition(
        *(f"Programmes: Programme {number} {told_of.replace('nothing', 'a fee')}" for number in range(2000))
    )
    compared = compare_editions(before, after)
    assert [(one.change, one.before, one.after) for one in compared] == [
        ("changed", old, new) for old, new in zip(before, after, strict=True)
    ]


def test_rows_put_into_a_long_sheet_do_not_part_the_others_from_what_they_were() -> None:
    rows = [f"Rota: Week {number}, {word} is on duty at the gate." for number in range(40) for word in ("Mon", "Tue")]
    reworded = [row.replace("gate", "main gate") for row in rows]
    extra = [f"Rota: Holiday {number} has nobody." for number in range(30)]
    compared = told(edition(*rows), edition(*reworded[:20], *extra, *reworded[20:]))
    assert [(before, after) for change, before, after in compared if change == "changed"] == [
        (row.removeprefix("Rota: "), new.removeprefix("Rota: ")) for row, new in zip(rows, reworded, strict=True)
    ]
    assert [change for change, *_ in compared].count("added") == 30


def test_a_reworded_section_of_a_long_document_is_known_where_it_moved_to() -> None:
    before = edition(*(f"Rule {number}: Pupils follow rule number {number} at all times." for number in range(100)))
    after = edition(*(f"Rule {number}: Pupils follow rule number {number} always." for number in reversed(range(100))))
    compared = compare_editions(before, after)
    assert [one.change for one in compared] == ["changed"] * 100
    assert all(one.before and one.after and one.before.heading == one.after.heading for one in compared)
