from __future__ import annotations

import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from bot.model import (
    Answered,
    AnswerSentence,
    Citation,
    Failed,
    NearDocument,
    NeedsDetail,
    NoEvidence,
    PartAnswered,
    ProgrammeOffer,
    Redirected,
    Reply,
    SchoolAnswer,
    Trace,
)
from bot.render import plain, render_markdown, reply_as_json
from ingestion.model import Slug
from tests import replies

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


def test_a_quotation_stands_under_one_line_that_says_whose_it_is() -> None:
    assert render_markdown(Answered((CITATION,))).splitlines() == [
        "[1] Saltmarsh Primary School, Behaviour policy, version 3.1, page 4:",
        "",
        "> A phone seen or heard is kept in the office until the end of the day.",
        "",
        "6.2 What happens · review due 1 September 2027",
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
        "notes", "nearest", "comparison", "parts",
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
            "status": "in_force",
        }
    ]
    assert printed["programmes"] == [
        {"id": "npqlbc", "name": "NPQLBC", "eligibility": "maybe", "why": "If you lead.", "closes": "2027-01-15"}
    ]


def test_a_source_that_says_the_same_is_named_and_its_words_are_not_repeated() -> None:
    shown = render_markdown(replies.ALSO_IN.answer)
    assert shown.count("A phone that is seen or heard") == 1
    assert "Also in [2] Staff handbook, Saltmarsh Primary School" in shown


def test_schools_are_compared_in_a_table_under_what_holds_for_all() -> None:
    lines = render_markdown(replies.COMPARED.answer).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert lines.index("> Phones are off and out of sight from gate to gate.") < lines.index(table[0])
    assert table == [
        "| School | What its own documents say |",
        "| --- | --- |",
        "| Saltmarsh Primary School | A phone that is seen or heard is kept in the school office until 3.15 pm. / "
        "The second time in a half-term, a parent or carer collects it. [2] |",
        "| Kestrel Heath Academy | Not stated |",
    ]
    assert [line for line in lines if line.startswith("[")][-1].startswith("[2] Behaviour policy, Saltmarsh")


def test_each_of_several_questions_stands_over_its_answer_or_over_that_there_is_none() -> None:
    shown = render_markdown(replies.SEVERAL.answer)
    phones, parking, acts = (
        shown.index(f"**{asked}**") for asked in ("what about phones", "where do I park?", "and who acts")
    )
    assert phones < shown.index("[1] Saltmarsh") < parking < shown.index("The documents do not say.") < acts
    assert shown[acts:].index("[2] Saltmarsh") < shown[acts:].index("See above: [1].")
    assert shown.count("A phone that is seen") == 1
    assert "Designated safeguarding lead 01632 960201" in shown


def test_the_parts_of_a_written_answer_carry_their_sentences() -> None:
    part = PartAnswered("phones?", (1,), (AnswerSentence("It is kept.", (1,)),))
    shown = render_markdown(Answered((CITATION,), parts=(part,)))
    assert shown.startswith("**phones?**\n\nIt is kept. [1]\n\n[1] Behaviour policy")
    assert "Written by a language model" in shown


def test_documents_to_look_at_are_no_answer() -> None:
    printed = reply_as_json(replies.LOOK_AT)
    assert (printed["outcome"], printed["citations"]) == ("no_evidence", [])
    assert [near["path"] for near in printed["nearest"]] == ["schools/saltmarsh/behaviour.docx", "trust/visits.pdf"]
    assert printed["text"].splitlines() == [
        "I could not find this in the documents.",
        "",
        "You could look at these. They came nearest, but may not answer your question:",
        "",
        "- Behaviour policy, Saltmarsh Primary School · 5.2 Phones · page 4 <https://docs.example.org/behaviour>",
        "- Visits policy, Samphire Coast Learning Trust · page 1",
        "",
        "Or ask who keeps it: Deputy headteacher.",
    ]


def test_the_line_that_leads_into_a_long_list_stands_above_the_items_quoted() -> None:
    shown = render_markdown(replies.PAST.answer)
    assert "superseded edition, version 2.4: no longer in force" in shown
    assert "> A phone must not be: […]\n>\n> A phone that is seen" in shown


def test_how_it_came_about_is_printed_only_when_asked_for() -> None:
    reply = Reply(Failed("Sorry.", "ab12"), trace=Trace(query="phones"))
    assert "trace" not in reply_as_json(reply)
    assert reply_as_json(reply, explain=True)["trace"]["query"] == "phones"


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


LIVE = (
    "![chart](https://evil.example/seen.png)",
    "[the new form](https://evil.example)",
    "[the form][1]\n\n[1]: https://evil.example",
    r"\[the form](https://evil.example)",
    r"the form\](https://evil.example) or [this\](https://evil.example)",
    "<img src=x onerror=alert(1)> <b>now</b>",
    "<https://evil.example> <javascript:alert(1)>",
    "<!-- hidden --> <?php ?> </div>",
)


@pytest.mark.parametrize("words", LIVE)
def test_markup_of_a_document_is_shown_and_does_nothing(words: str) -> None:
    poisoned = replace(CITATION, title=words, heading=(words,), quote=words, lead_in=words)
    answers = (
        Answered((poisoned,), notes=(words,), programmes=(ProgrammeOffer("p", words, "maybe", words),)),
        Answered((poisoned,), (AnswerSentence(words, (1,)),), made_by="m 0"),
        Answered((poisoned,), parts=(PartAnswered(words, (1,)),)),
        Answered((poisoned,), comparison=(SchoolAnswer(Slug("saltmarsh"), "Saltmarsh", (1,)),)),
        Answered((replace(poisoned, header=(words,), rows=((words,),)),)),
        NoEvidence("No.", nearest=(NearDocument(words, "x", "", (words,), "page 1", "javascript:alert(1)", words),)),
    )
    for answer in answers:
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(render_markdown(answer))
        for live in ("<a ", "<img", "<b>", "<!--", "<?php", "</div"):
            assert live not in html, (live, render_markdown(answer))
        assert "evil.example" in html or "evil" not in words  # it is shown all the same


def test_the_quotation_of_a_citation_in_json_is_as_it_stands_in_the_document() -> None:
    quote = "See [the form](https://trust.example) and <b>sign</b>."
    printed = reply_as_json(Reply(Answered((replace(CITATION, quote=quote),))))
    assert printed["citations"][0]["quote"] == quote
    assert r"> See [the form\](https://trust.example) and \<b>sign\</b>." in printed["text"]


def test_ordinary_words_are_not_escaped() -> None:
    said = r"Fewer than 5 < 6 [see 4.2] at C:\temp; ring 01632 960101 & ask (at once) * must * [2][3]"
    assert plain(said) == said
