"""What is said in the same words everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import NoEvidence
from bot.wording import citation_details, lead_of, outcome_of, owner_line, quoted_lines, spoken_date, with_details
from tests import replies
from tests.replies import LADDER, PHONES

OUTCOMES = {
    "quoted": "answered",
    "quoted_table": "answered",
    "written": "answered",
    "also_in": "answered",
    "compared": "answered",
    "several": "answered",
    "past": "answered",
    "look_at": "no_evidence",
    "which_school": "needs_detail",
    "no_evidence": "no_evidence",
    "safeguarding": "redirected",
    "failed": "failed",
}


@pytest.mark.parametrize("name", replies.ALL)
def test_every_answer_has_its_outcomes_name(name: str) -> None:
    assert outcome_of(replies.ALL[name].answer) == OUTCOMES[name]


def test_the_lead_of_a_quotation_says_whose_it_is_which_edition_and_where() -> None:
    assert lead_of(PHONES) == "Saltmarsh Primary School, Behaviour policy, version 3.1, page 4:"
    assert lead_of(replace(PHONES, school_name="", version=None)) == "Behaviour policy, page 4:"


def test_an_edition_that_is_not_in_force_is_named_as_one_wherever_it_is_named() -> None:
    past = replace(PHONES, version="2.4", status="superseded")
    assert "superseded edition, version 2.4: no longer in force" in lead_of(past)
    assert citation_details(past)[0] == "superseded edition, version 2.4: no longer in force"
    assert lead_of(replace(past, version=None, status="draft")) == (
        "Saltmarsh Primary School, Behaviour policy, draft: not in force, page 4:"
    )


def test_what_the_lead_leaves_out_is_said_once_for_quotations_of_one_section() -> None:
    other = replace(PHONES, heading=("6 Vapes",))
    shown = [details for _, details in with_details([PHONES, replace(PHONES, number=2), other])]
    assert shown == [
        (),
        ("5.2 Phones", "review due 1 September 2027"),
        ("6 Vapes", "review due 1 September 2027"),
    ]


def test_nobody_is_named_to_ask_where_no_document_states_its_keeper() -> None:
    answer = replies.LOOK_AT.answer
    assert isinstance(answer, NoEvidence)
    assert owner_line(answer.nearest) == "Or ask who keeps it: Deputy headteacher."
    assert owner_line(answer.nearest[1:]) == ""


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
