"""What a reply looks like in Slack, and that Slack would take any."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
)
from bot.slack.blocks import (
    Asked,
    Choice,
    SlackMessage,
    clip,
    markdown_as_mrkdwn,
    mrkdwn,
    read_choice,
    render_message,
    render_sentence,
)
from ingestion.model import Slug
from tests import replies
from tests.replies import LADDER, PHONES, QUOTED, QUOTED_TABLE, WHICH_SCHOOL
from tests.slack_limits import problems_of_message

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("name", replies.ALL)
def test_each_kind_of_reply_looks_as_agreed(name: str, golden: Golden) -> None:
    message = render_message(replies.ALL[name], asked=Asked("what about phones?", "17.1"))
    golden(
        f"slack/{name}.json", json.dumps({"text": message.text, "blocks": message.blocks}, indent=1, ensure_ascii=False)
    )


def test_a_link_or_mention_that_a_document_holds_is_shown_as_it_stands() -> None:
    quote = "Use [the new form](https://evil.example), <!channel> and <https://evil.example|this>."
    assert isinstance(QUOTED.answer, Answered)
    poisoned = replace(QUOTED.answer.citations[0], title=quote, quote=quote)
    text = render_message(Reply(replace(QUOTED.answer, citations=(poisoned,)))).text
    assert (
        text.count("Use [the new form](https://evil.example), &lt;!channel&gt; and &lt;https://evil.example|this&gt;.")
        == 2
    )
    assert "<" not in text


def types(message: SlackMessage) -> list[str]:
    return [block["type"] for block in message.blocks]


def test_the_lead_stands_first_then_the_quotation_then_what_the_lead_leaves_out_then_the_quiet_line() -> None:
    message = render_message(QUOTED)
    assert types(message) == ["context", "rich_text", "context", "context"]
    [quote] = message.blocks[1]["elements"]
    assert (quote["type"], quote["elements"][0]["text"]) == ("rich_text_quote", PHONES.quote)
    assert message.blocks[2]["elements"][0]["text"] == "5.2 Phones · review due 1 September 2027"


def test_the_lead_names_school_document_version_and_page_and_links_to_it() -> None:
    assert render_message(QUOTED).blocks[0]["elements"][0]["text"] == (
        "*1* · <https://docs.example.org/saltmarsh/behaviour?v=3&amp;p=4|Saltmarsh Primary School, Behaviour policy, "
        "version 3.1, page 4>:"
    )


def test_schools_are_a_table_and_where_slack_cannot_hold_it_lines() -> None:
    table = next(block for block in render_message(replies.COMPARED).blocks if block["type"] == "table")
    assert [row[0]["text"] for row in table["rows"]] == ["School", "Saltmarsh Primary School", "Kestrel Heath Academy"]
    assert table["rows"][2][1]["text"] == "Not stated"
    answer = replies.COMPARED.answer
    assert isinstance(answer, Answered)
    long = tuple(replace(citation, quote="long words " * 300) for citation in answer.citations)
    message = render_message(Reply(replace(answer, citations=long)))
    assert "table" not in types(message)
    assert "*Kestrel Heath Academy*\nNot stated" in [
        block["text"]["text"] for block in message.blocks if block["type"] == "section"
    ]


def test_each_of_several_questions_stands_over_its_answer() -> None:
    shown = [block["text"]["text"] for block in render_message(replies.SEVERAL).blocks if block["type"] == "section"]
    assert shown[:4] == ["*what about phones*", "*where do I park?*", "The documents do not say.", "*and who acts*"]
    assert "01632 960201" in shown[-1]


def test_documents_to_look_at_are_quiet_and_never_quoted() -> None:
    message = render_message(replies.LOOK_AT)
    assert types(message) == ["section", "context", "context"]
    assert (
        "• <https://docs.example.org/behaviour|Behaviour policy, Saltmarsh Primary School · 5.2 Phones · page 4>"
        in (message.blocks[1]["elements"][0]["text"])
    )


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a.example/a b", "https://a.example/|x", "file:///x", ""]
)
def test_an_address_that_is_not_a_plain_web_address_is_no_link(url: str) -> None:
    message = render_message(Reply(Answered(citations=(replace(PHONES, url=url),))))
    assert "<" not in message.blocks[0]["elements"][0]["text"]


def test_several_rows_are_a_table_with_their_header_and_one_row_is_lines_that_name_each_column() -> None:
    table = render_message(QUOTED_TABLE).blocks[4]
    assert [[cell["text"] for cell in row] for row in table["rows"]][:2] == [
        ["Step", "What happens", "Who"],
        ["C1", "Reminder of the rule", "Class teacher"],
    ]
    one_row = render_message(Reply(Answered(citations=(replace(LADDER, rows=LADDER.rows[:1]),))))
    assert one_row.blocks[1]["elements"][0]["elements"][0]["text"] == (
        "Step: C1\nWhat happens: Reminder of the rule\nWho: Class teacher"
    )


def test_a_second_table_is_lines_because_slack_takes_one() -> None:
    two = render_message(Reply(Answered(citations=(LADDER, replace(LADDER, number=2)))))
    assert types(two) == ["context", "table", "context", "rich_text", "context", "context"]


def test_rows_of_another_width_than_their_header_are_lines_without_its_names() -> None:
    rows = (("C1", "Class teacher"), ("C2", "Phase leader"))
    message = render_message(Reply(Answered(citations=(replace(LADDER, rows=rows),))))
    assert "table" not in types(message)
    assert message.blocks[1]["elements"][0]["elements"][0]["text"] == "C1\nClass teacher\n\nC2\nPhase leader"


def test_a_table_too_large_for_slack_is_lines() -> None:
    rows = tuple((f"C{number}", "x", "y") for number in range(100))
    assert "table" not in types(render_message(Reply(Answered(citations=(replace(LADDER, rows=rows),)))))


def test_nothing_in_a_document_can_mention_or_link() -> None:
    sneaky = replace(PHONES, title="<!channel> <https://evil.example|click>", url=None)
    message = render_message(Reply(Answered(citations=(sneaky,), sentences=(AnswerSentence("<!here> now", (1,)),))))
    assert message.blocks[0]["text"]["text"] == "&lt;!here&gt; now [1]"
    assert "<!" not in json.dumps(message.blocks)
    assert "<!" not in message.text


def test_what_a_model_wrote_stands_before_the_quotations_and_says_so() -> None:
    message = render_message(replies.WRITTEN)
    assert types(message) == ["section", "context", "rich_text", "context", "context"]
    assert message.blocks[-1]["elements"][0]["text"].startswith("Written by a language model")


def test_a_doubt_and_an_overdue_review_are_told_under_the_answer() -> None:
    said = [block["elements"][0]["text"] for block in render_message(QUOTED_TABLE).blocks if block["type"] == "context"]
    assert "review was due September 2025" in said[3]
    assert said[4:6] == [
        "Note: The review of “Behaviour policy” was due in September 2025.",
        "Note: Two editions call themselves 3.1; the one approved last is quoted.",
    ]


def test_a_school_button_carries_the_school_and_the_question() -> None:
    buttons = render_message(WHICH_SCHOOL, asked=Asked("phones?", "17.1")).blocks[1]["elements"]
    assert [button["text"]["text"] for button in buttons] == ["Saltmarsh Primary School", "Kestrel Heath Academy"]
    assert read_choice(buttons[1]["value"]) == Choice(school="kestrel", question="phones?", ts="17.1")


def test_a_question_too_long_for_a_button_is_named_by_its_message() -> None:
    buttons = render_message(WHICH_SCHOOL, asked=Asked("x" * 3000, "17.1")).blocks[1]["elements"]
    assert read_choice(buttons[0]["value"]) == Choice(school="saltmarsh", ts="17.1")


@pytest.mark.parametrize("value", ["", "no json", "[]", "{}", '{"school": 5, "ts": "1"}', '{"school": "saltmarsh"}'])
def test_a_value_that_is_not_ours_is_no_choice(value: str) -> None:
    assert read_choice(value) is None


def test_thirty_schools_are_thirty_buttons() -> None:
    options = tuple((f"s{number}", f"School {number}") for number in range(30))
    message = render_message(Reply(NeedsDetail("school", "Which?", options)), asked=Asked("phones?", "17.1"))
    assert [len(block["elements"]) for block in message.blocks if block["type"] == "actions"] == [25, 5]


def test_an_answer_beyond_slacks_limits_is_cut_between_sources_and_says_so() -> None:
    many = tuple(replace(PHONES, number=number, quote="long " * 400) for number in range(1, 20))
    message = render_message(Reply(Answered(citations=many)))
    assert problems_of_message(message.text, list(message.blocks)) == []
    assert types(message)[-2:] == ["context", "context"]
    assert "longer than a Slack message" in message.blocks[-2]["elements"][0]["text"]
    shown = types(message)[:-2]
    assert shown == ["context", "rich_text"] * (len(shown) // 2)
    assert message.blocks[-3]["type"] == "rich_text"


def test_a_written_reply_keeps_its_bold_lists_and_links() -> None:
    assert markdown_as_mrkdwn("## Now\n**Ring** *us*\n- [here](https://a.example)\n> said & done") == (
        "*Now*\n*Ring* _us_\n• <https://a.example|here>\n> said &amp; done"
    )


def test_a_cut_never_splits_an_escape() -> None:
    text = mrkdwn("&" * 100)
    for limit in range(20, 60):
        assert clip(text, limit).removesuffix(" […]").replace("&amp;", "") == ""
        assert len(clip(text, limit)) <= limit


def test_a_sentence_is_a_message_of_its_own() -> None:
    assert render_sentence("Not <here>").blocks[0]["text"]["text"] == "Not &lt;here&gt;"


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["", " ", "&" * 3500, "word " * 900, "<!channel>", "x" * 50_000, "a\n\nb", "*", "”"]
)
cells = st.lists(words, max_size=25).map(tuple)
citations = st.builds(
    Citation,
    number=st.integers(1, 9),
    title=words,
    path=words,
    school=st.none(),
    school_name=words,
    heading=st.lists(words, max_size=2).map(tuple),
    locator=words,
    quote=words,
    version=st.none() | words,
    review_due=st.none() | words,
    review_overdue=st.booleans(),
    url=st.none() | words | words.map(lambda word: f"https://a.example/{word}"),
    header=cells,
    rows=st.lists(cells, max_size=4).map(tuple) | st.just((("a", "b"),) * 120),
    doubt=st.none() | words,
    status=st.sampled_from(["in_force", "superseded", "draft"]),
    lead_in=words,
    says_as=st.none() | st.integers(1, 9),
)
numbers = st.lists(st.integers(1, 9), max_size=3).map(tuple)
near = st.builds(
    NearDocument,
    title=words,
    path=words,
    school_name=words,
    heading=st.lists(words, max_size=2).map(tuple),
    locator=words,
    url=st.none() | words.map(lambda word: f"https://a.example/{word}"),
    owner=st.none() | words,
)
offers = st.builds(
    ProgrammeOffer,
    id=words,
    name=words,
    eligibility=st.sampled_from(["eligible", "maybe", "not_eligible"]),
    why=words,
    closes=st.none() | words,
    url=st.none() | words,
)
sentences = st.builds(AnswerSentence, text=words, citations=st.lists(st.integers(1, 9), max_size=3).map(tuple))
options = st.lists(st.tuples(words, words), max_size=4).map(tuple) | st.just((("slug", "School"),) * 60)
answers: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        Answered,
        citations=st.lists(citations, max_size=4).map(tuple),
        sentences=st.lists(sentences, max_size=3).map(tuple),
        programmes=st.lists(offers, max_size=4).map(tuple),
        notes=st.lists(words, max_size=3).map(tuple),
        parts=st.lists(st.builds(PartAnswered, asked=words, citations=numbers), max_size=3).map(tuple),
        comparison=st.lists(
            st.builds(SchoolAnswer, school=st.just(Slug("s")), school_name=words, citations=numbers), max_size=4
        ).map(tuple),
        contact_line=st.none() | words,
    ),
    st.builds(NeedsDetail, asks=st.sampled_from(["school", "question"]), sentence=words, options=options),
    st.builds(
        NoEvidence, sentence=words, nearest=st.lists(near, max_size=3).map(tuple), contact_line=st.none() | words
    ),
    st.builds(Redirected, kind=st.just("safeguarding"), markdown=words),
    st.builds(Failed, sentence=words, reference=words),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(answer=answers, question=words, heading=words)
def test_slack_takes_any_reply(answer: Any, question: str, heading: str) -> None:
    message = render_message(Reply(answer), asked=Asked(question, "17.1"), heading=heading)
    assert problems_of_message(message.text, list(message.blocks)) == []
