from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.programmes.offers import next_closing, offer_programmes

TODAY = date(2026, 11, 21)
NPQLBC: dict[str, Any] = {
    "id": "npqlbc",
    "name": "NPQ Leading Behaviour and Culture",
    "strand": "Lead",
    "kind": "NPQ",
    "audience": {"roles": ["head of year", "pastoral lead"]},
    "eligibility": [{"rule": "role", "says": "You lead behaviour, or soon will."}],
    "cohorts": [{"closes": "2026-10-16"}],
}
HLTA: dict[str, Any] = {
    "id": "hlta-apprenticeship",
    "name": "HLTA apprenticeship",
    "kind": "apprenticeship",
    "audience": {"roles": ["teaching assistant"]},
    "cohorts": [{"closes": "2026-06-01"}, {"closes": "2027-01-29"}, {"closes": "2028-01-28"}],
}
RECORDS = [NPQLBC, HLTA]


def ids(question: str, *expansions: str) -> list[str]:
    return [offer.id for offer in offer_programmes(question, RECORDS, today=TODAY, expansions=expansions)]


def test_a_programme_that_is_named_is_offered_alone() -> None:
    assert ids("when does NPQLBC close for a teaching assistant") == ["npqlbc"]


def test_a_role_finds_the_programmes_meant_for_it() -> None:
    assert ids("any courses for TAs", "teaching assistant") == ["hlta-apprenticeship"]
    assert ids("which programme suits a new head of year") == ["npqlbc"]


def test_a_question_about_something_else_is_offered_nothing() -> None:
    assert ids("what is the funding for the minibus") == []


def test_a_closed_programme_is_never_shown_as_open() -> None:
    [offer] = offer_programmes("npqlbc", RECORDS, today=TODAY)
    assert offer.closes is None
    assert offer.why == "No cohort is open for applications now. You lead behaviour, or soon will."
    assert offer.eligibility == "maybe"


def test_a_month_is_open_until_it_is_over() -> None:
    assert next_closing({"cohorts": [{"closes": "2026-11"}]}, TODAY) == "2026-11"
    assert next_closing({"cohorts": [{"closes": "2026-10"}]}, TODAY) is None


def test_what_is_no_date_is_not_shown_as_one() -> None:
    assert next_closing({"cohorts": [{"closes": "rolling"}]}, TODAY) is None


def test_a_former_name_or_alias_names_the_programme() -> None:
    record = {"id": "senco", "name": "NPQ for SENCOs", "former_names": "NASENCO award", "aliases": ["NPQS"]}
    for asked, offered in (("is the nasenco award closed", 1), ("npqs dates", 1), ("what is a lesson", 0)):
        assert len(offer_programmes(asked, [record], today=TODAY)) == offered


@pytest.mark.parametrize(
    ("today", "closes"),
    [
        (date(2026, 6, 1), "2026-06-01"),
        (date(2026, 6, 2), "2027-01-29"),
        (TODAY, "2027-01-29"),
        (date(2028, 1, 29), None),
    ],
)
def test_the_next_closing_date_is_counted_from_today(today: date, closes: str | None) -> None:
    assert next_closing(HLTA, today) == closes
