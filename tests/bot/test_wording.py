"""What is said in the same words everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.wording import outcome_of, quoted_lines, spoken_date
from tests import replies
from tests.replies import LADDER

OUTCOMES = {
    "quoted": "answered",
    "quoted_table": "answered",
    "written": "answered",
    "which_school": "needs_detail",
    "no_evidence": "no_evidence",
    "safeguarding": "redirected",
    "failed": "failed",
}


@pytest.mark.parametrize("name", replies.ALL)
def test_every_answer_has_its_outcomes_name(name: str) -> None:
    assert outcome_of(replies.ALL[name].answer) == OUTCOMES[name]


def test_the_cells_of_a_row_are_labelled_by_the_header() -> None:
    citation = replace(LADDER, header=("Step", ""), rows=(("C1", "Reminder"), ("", "Letter home")))
    assert quoted_lines(citation) == ("Step: C1", "Reminder", "", "Letter home")


@pytest.mark.parametrize("row", [("C1", "Class teacher"), ("C1", "Reminder", "again", "Class teacher")])
def test_a_row_of_another_width_than_the_header_is_not_labelled(row: tuple[str, ...]) -> None:
    assert quoted_lines(replace(LADDER, rows=(row,))) == row


@pytest.mark.parametrize(
    ("stated", "spoken"),
    [
        ("2027-09-01", "1 September 2027"),
        ("2027-09", "September 2027"),
        ("2027", "2027"),
        ("2027-21", "spring 2027"),
        ("2027-22", "summer 2027"),
        ("2027-23", "autumn 2027"),
        ("2027-24", "winter 2027"),
        ("2027-13", "2027-13"),
        ("next year", "next year"),
    ],
)
def test_a_date_is_said_as_people_say_it(stated: str, spoken: str) -> None:
    assert spoken_date(stated) == spoken
