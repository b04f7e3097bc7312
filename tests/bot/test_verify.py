from __future__ import annotations

from datetime import date

import pytest

from bot.answering.dates import is_past
from bot.answering.verify import verify
from bot.model import Answered, Claim, Draft, Quotation
from ingestion.model import IndexedPassage, Metadata, Slug
from tests.building import TRUST, indexed

TODAY = date(2026, 11, 21)
KESTREL = Slug("kestrel")
SALTMARSH = Slug("saltmarsh")


def quotation(found: IndexedPassage, text: str | None = None) -> Quotation:
    return Quotation(found, text if text is not None else found.passage.text, str(found.passage.locator))


def verified(draft: Draft, *schools: Slug) -> Answered | None:
    return verify(draft, schools=schools, trust=TRUST, today=TODAY)


def test_a_sound_quotation_is_cited_with_all_that_tells_whether_to_trust_it() -> None:
    found = indexed(
        "Phones are kept until the end of the day.",
        heading=("Sanctions", "Phones"),
        title="Behaviour policy",
        path="schools/saltmarsh/behaviour.docx",
        school=SALTMARSH,
        metadata=Metadata(version="3.1", review_due="2027-09-01", url="https://samphire.example/b"),
    )
    answer = verified(Draft((quotation(found),), confidence=0.8), SALTMARSH)
    assert answer is not None
    [citation] = answer.citations
    assert (citation.number, citation.title, citation.school_name) == (
        1,
        "Behaviour policy",
        "Saltmarsh Primary School",
    )
    assert (citation.heading, citation.locator) == (("Sanctions", "Phones"), "page 1")
    assert (citation.version, citation.review_due, citation.review_overdue) == ("3.1", "2027-09-01", False)
    assert citation.url == "https://samphire.example/b"
    assert (answer.school, answer.confidence) == (SALTMARSH, 0.8)


def test_a_quotation_of_a_school_that_was_not_asked_about_is_dropped() -> None:
    assert verified(Draft((quotation(indexed("Words.", school=KESTREL)),)), SALTMARSH) is None


def test_a_quotation_of_a_school_is_dropped_when_no_school_is_known() -> None:
    assert verified(Draft((quotation(indexed("Words.", school=KESTREL)),))) is None


def test_a_trust_wide_quotation_stands_for_every_school() -> None:
    assert verified(Draft((quotation(indexed("Words.")),)), SALTMARSH) is not None


@pytest.mark.parametrize("status", ["superseded", "draft", "waiting", "withdrawn"])
def test_an_edition_that_is_not_in_force_is_never_quoted(status: str) -> None:
    assert verified(Draft((quotation(indexed("Words.", status=status)),))) is None  # type: ignore[arg-type]


def test_words_that_do_not_stand_in_the_passage_are_dropped() -> None:
    good, bad = indexed("Five days are paid.", id=1), indexed("Two days are paid.", id=2)
    answer = verified(Draft((quotation(bad, "Ten days are paid."), quotation(good))))
    assert answer is not None
    assert [(one.number, one.quote) for one in answer.citations] == [(1, "Five days are paid.")]


def test_an_empty_quotation_is_dropped() -> None:
    assert verified(Draft((quotation(indexed("Words."), ""),))) is None


def test_a_claim_that_its_passage_carries_is_kept_with_its_citation() -> None:
    found = indexed("Bereavement leave is up to five days, paid, for an immediate relative.")
    answer = verified(
        Draft((quotation(found),), (Claim("You may have up to 5 days of paid bereavement leave.", (0,)),))
    )
    assert answer is not None
    assert [(one.text, one.citations) for one in answer.sentences] == [
        ("You may have up to 5 days of paid bereavement leave.", (1,))
    ]


def test_a_claim_with_a_number_that_its_passage_does_not_hold_is_dropped() -> None:
    found = indexed("Bereavement leave is up to five days, paid, for an immediate relative.")
    assert verified(Draft((quotation(found),), (Claim("Bereavement leave is up to 10 days, paid.", (0,)),))) is None


@pytest.mark.parametrize(
    "claim",
    [
        "Staff may not take five days of bereavement leave.",
        "Staff must take five days of bereavement leave.",
        "Staff may take five days of bereavement leave, see https://evil.example/form.",
    ],
)
def test_a_claim_that_forbids_obliges_or_links_where_its_passage_does_not_is_dropped(claim: str) -> None:
    found = indexed("Staff may take up to five days of bereavement leave.")
    assert verified(Draft((quotation(found),), (Claim(claim, (0,)),))) is None
    right = Claim("Staff may take up to five days of bereavement leave.", (0,))
    assert verified(Draft((quotation(found),), (right,))) is not None


def test_a_claim_about_something_else_is_dropped() -> None:
    found = indexed("Bereavement leave is up to five days.")
    assert verified(Draft((quotation(found),), (Claim("Penguins swim under Antarctic ice.", (0,)),))) is None


def test_only_sources_that_a_kept_claim_uses_are_listed() -> None:
    used, unused = indexed("Leave is five days.", id=1), indexed("Parking is behind the hall.", id=2)
    draft = Draft(
        (quotation(unused), quotation(used)),
        (Claim("Parking costs 4 pounds.", (0,)), Claim("Leave is five days.", (1,))),
    )
    answer = verified(draft)
    assert answer is not None
    assert [one.quote for one in answer.citations] == ["Leave is five days."]
    assert answer.sentences[0].citations == (1,)


def test_a_claim_over_another_schools_passage_is_dropped_with_it() -> None:
    found = indexed("Phones are C2.", school=KESTREL)
    assert verified(Draft((quotation(found),), (Claim("Phones are C2.", (0,)),)), SALTMARSH) is None


def test_an_overdue_review_is_said() -> None:
    found = indexed("Words.", title="AI use policy", metadata=Metadata(review_due="2026-09-01"))
    answer = verified(Draft((quotation(found),)))
    assert answer is not None
    assert answer.notes == ("AI use policy was due for review by 1 September 2026: check that it still holds.",)


def test_a_doubt_about_the_edition_is_said() -> None:
    answer = verified(Draft((quotation(indexed("Words.", doubt="Two editions state no date.")),)))
    assert answer is not None
    assert answer.notes == ("Two editions state no date.",)


@pytest.mark.parametrize(
    ("stated", "past"),
    [
        ("2026-11-20", True),
        ("2026-11-21", False),
        ("2026-11", False),
        ("2026-10", True),
        ("2025", True),
        ("2026", False),
        ("2026-22", True),
        ("2026-23", False),
        ("2025-24", True),
        ("next spring", False),
        (None, False),
    ],
)
def test_a_date_is_past_only_when_all_of_it_is(stated: str | None, past: bool) -> None:
    assert is_past(stated, TODAY) is past


def test_a_claim_about_a_school_needs_a_source_of_that_school() -> None:
    found = indexed("Phones are handed in at the gate.", school=KESTREL)
    claim = Claim("At Saltmarsh phones are handed in at the gate.", (0,))
    assert verified(Draft((quotation(found),), (claim,)), SALTMARSH, KESTREL) is None
    right = Claim("At Kestrel phones are handed in at the gate.", (0,))
    assert verified(Draft((quotation(found),), (right,)), SALTMARSH, KESTREL) is not None
