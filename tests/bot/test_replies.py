from __future__ import annotations

from bot.answering.replies import no_evidence_reply, written_reply
from bot.model import Redirect
from bot.prompts import load_replies
from ingestion.model import SchoolRecord, Slug, Trust
from tests.building import TRUST

REPLIES = load_replies()


def safeguarding_text(school: str | None, trust: Trust = TRUST) -> str:
    redirect = Redirect("safeguarding", Slug(school) if school else None)
    return written_reply(redirect, replies=REPLIES, trust=trust).markdown


def test_a_disclosure_gets_the_right_schools_lead_and_deputies_and_the_trusts() -> None:
    text = safeguarding_text("saltmarsh")
    assert "999" in text
    assert "Saltmarsh Primary School" in text
    assert text.index("01632 960201") < text.index("01632 960202") < text.index("01632 960101")
    assert "01632 960301" not in text


def test_with_no_school_known_every_schools_lead_is_given() -> None:
    text = safeguarding_text(None)
    assert "Saltmarsh Primary School: 01632 960201" in text
    assert "Kestrel Heath Academy: 01632 960301" in text


def test_missing_contacts_are_said_with_whom_to_go_to_instead() -> None:
    trust = Trust(schools=(SchoolRecord(Slug("x"), "X School"),))
    text = safeguarding_text("x", trust)
    assert "I have no safeguarding number on record for X School" in text
    assert "children’s social care" in text


def test_a_corpus_without_a_trust_still_gets_the_reply() -> None:
    text = safeguarding_text(None, Trust())
    assert "999" in text
    assert "children’s social care" in text


def test_that_nothing_was_found_says_where_it_was_looked_for() -> None:
    kestrel = no_evidence_reply(schools=[Slug("kestrel")], replies=REPLIES, trust=TRUST, confidence=0.2)
    assert "in the documents of Kestrel Heath Academy or of the trust" in kestrel.sentence
    assert (kestrel.school, kestrel.confidence) == ("kestrel", 0.2)
    assert "in the documents." in no_evidence_reply(schools=[], replies=REPLIES, trust=Trust(), confidence=0).sentence
