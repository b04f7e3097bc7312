from __future__ import annotations

import json

from bot.model import (
    Answered,
    AnswerSentence,
    Citation,
    Failed,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
    Reply,
)
from bot.render import render_markdown, reply_as_json
from ingestion.model import Slug

CITATION = Citation(
    number=1,
    title="Behaviour policy",
    path="schools/saltmarsh/behaviour.docx",
    school=Slug("saltmarsh"),
    school_name="Saltmarsh Primary School",
    heading=("6 Phones", "6.2 What happens"),
    locator="page 4",
    quote="A phone seen or heard is kept in the office until the end of the day.",
    version="3.1",
    review_due="2027-09-01",
)


def test_the_answer_comes_first_and_then_its_source_in_one_line() -> None:
    assert render_markdown(Answered((CITATION,))).splitlines() == [
        "> A phone seen or heard is kept in the office until the end of the day.",
        "",
        "[1] Behaviour policy, Saltmarsh Primary School · version 3.1 · 6.2 What happens · page 4"
        " · review due 1 September 2027",
        "",
        "*Made of quotations from the trust’s documents. It can be wrong: check the source.*",
    ]


def test_a_models_sentences_carry_their_numbers() -> None:
    answer = Answered((CITATION,), (AnswerSentence("It is kept until the end of the day.", (1,)),), made_by="m 0")
    assert render_markdown(answer).startswith("It is kept until the end of the day. [1]\n\n[1] Behaviour policy")


def test_a_table_row_is_shown_under_its_column_names() -> None:
    row = Citation(
        **{
            **CITATION.__dict__,
            "quote": "Phone | Office",
            "header": ("What", "Response"),
            "rows": (("Phone", "Office"),),
        }
    )
    shown = render_markdown(Answered((row,)))
    assert "> | What | Response |\n> | --- | --- |\n> | Phone | Office |" in shown


def test_the_lines_of_a_quotation_stay_apart() -> None:
    listed = Citation(**{**CITATION.__dict__, "quote": "Vapes are:\nconfiscated\nbagged"})
    assert "> Vapes are:\n>\n> confiscated\n>\n> bagged" in render_markdown(Answered((listed,)))


def test_json_has_the_fixed_keys_in_their_order() -> None:
    reply = Reply(
        Answered(
            (CITATION,),
            programmes=(ProgrammeOffer("npqlbc", "NPQLBC", "maybe", "If you lead.", "2027-01-15"),),
            school=Slug("saltmarsh"),
            confidence=0.8312,
        ),
        took_ms=41.66,
        question_id="q1",
    )
    printed = json.loads(json.dumps(reply_as_json(reply)))
    assert list(printed) == [
        "id", "outcome", "redirect", "school", "text", "citations", "programmes", "confidence", "took_ms",
    ]  # fmt: skip
    assert (printed["id"], printed["outcome"], printed["school"]) == ("q1", "answered", "saltmarsh")
    assert (printed["confidence"], printed["took_ms"]) == (0.831, 41.7)
    assert printed["citations"] == [
        {
            "number": 1,
            "title": "Behaviour policy",
            "path": "schools/saltmarsh/behaviour.docx",
            "school": "saltmarsh",
            "heading": ["6 Phones", "6.2 What happens"],
            "locator": "page 4",
            "quote": "A phone seen or heard is kept in the office until the end of the day.",
            "version": "3.1",
            "review_due": "2027-09-01",
            "url": None,
        }
    ]
    assert printed["programmes"] == [
        {"id": "npqlbc", "name": "NPQLBC", "eligibility": "maybe", "why": "If you lead.", "closes": "2027-01-15"}
    ]


def test_no_outcome_but_an_answer_has_citations() -> None:
    options = (("saltmarsh", "Saltmarsh Primary School"),)
    for answer, outcome in (
        (NeedsDetail("school", "Which school?", options), "needs_detail"),
        (NoEvidence("Not in the documents."), "no_evidence"),
        (Redirected("safeguarding", "Speak to a person."), "redirected"),
        (Failed("Sorry.", "ab12"), "failed"),
    ):
        printed = reply_as_json(Reply(answer))
        assert (printed["outcome"], printed["citations"], printed["programmes"]) == (outcome, [], [])
        assert printed["text"]
    assert reply_as_json(Reply(Redirected("help", "I answer.")))["redirect"] == "help"
    assert "- Saltmarsh Primary School" in render_markdown(NeedsDetail("school", "Which school?", options))
