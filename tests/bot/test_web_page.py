"""A reply as HTML, and what stays text whatever a document or a person wrote."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from bot.model import Answered, Redirected, Reply
from bot.web.page import MAX_HISTORY_TURNS, read_history, render_exchange
from tests import replies
from tests.replies import LADDER, PHONES, QUOTED, QUOTED_TABLE, SAFEGUARDING, WRITTEN


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("name", replies.ALL)
def test_each_kind_of_reply_is_shown_with_its_outcome(name: str) -> None:
    outcome = {"quoted": "answered", "quoted_table": "answered", "written": "answered", "which_school": "needs_detail"}
    outcome |= dict.fromkeys(("also_in", "compared", "several", "past"), "answered")
    outcome |= {"safeguarding": "redirected", "look_at": "no_evidence"}
    html = render_exchange("phones?", replies.ALL[name])
    assert f'data-outcome="{outcome.get(name, name)}"' in html


def test_the_quotation_stands_under_the_line_that_says_whose_it_is() -> None:
    words = words_of(render_exchange("phones?", QUOTED))
    lead = words.index("Saltmarsh Primary School, Behaviour policy, version 3.1, page 4:")
    assert lead < words.index("A phone that is seen") < words.index("5.2 Phones review due 1 September 2027")


def test_schools_are_compared_in_a_table_that_a_screen_reader_can_read() -> None:
    html = render_exchange("phones everywhere?", replies.COMPARED)
    assert re.findall(r'<th scope="row" role="rowheader">([^<]*)<', html) == [
        "Saltmarsh Primary School",
        "Kestrel Heath Academy",
    ]
    assert html.count('<th scope="col" role="columnheader">') == 2
    words = words_of(html)
    assert words.index("gate to gate") < words.index("What its own documents say") < words.index("Not stated")


def test_each_of_several_questions_is_a_heading_over_its_answer() -> None:
    html = render_exchange("phones, parking, who", replies.SEVERAL)
    assert re.findall(r"<h2>([^<]*)</h2>", html) == ["what about phones", "where do I park?", "and who acts"]
    assert html.count("A phone that is seen") - html.count("data-turns") == 1
    words = words_of(html)
    assert words.index("where do I park?") < words.index("The documents do not say.") < words.index("See above: 1.")


def test_a_source_that_says_the_same_is_only_named() -> None:
    html = render_exchange("phones?", replies.ALSO_IN)
    assert html.count("<blockquote>") == 1
    assert "Also in" in words_of(html)


def test_an_edition_no_longer_in_force_is_marked() -> None:
    html = render_exchange("before?", replies.PAST)
    assert 'class="quotation past"' in html
    assert "superseded edition, version 2.4: no longer in force" in html


def test_documents_to_look_at_are_links_and_no_quotations() -> None:
    html = render_exchange("parrots?", replies.LOOK_AT)
    assert "<blockquote" not in html
    assert 'href="https://docs.example.org/behaviour"' in html
    assert "Or ask who keeps it: Deputy headteacher." in words_of(html)


def test_a_models_sentences_stand_first_with_their_numbers() -> None:
    assert words_of(render_exchange("phones?", WRITTEN)).startswith(
        "You asked: phones? Answer: The phone is kept in the office until 3.15 pm. 1 The second time"
    )


def test_a_table_keeps_its_header_and_rows() -> None:
    html = render_exchange("ladder?", QUOTED_TABLE)
    assert html.count("<th ") == 3
    assert html.count("<td ") == 9
    assert 'role="region" aria-label="Table from Behaviour policy"' in html


def test_a_header_that_does_not_fit_a_row_labels_none_of_its_cells() -> None:
    rows = (("C1", "Class teacher"), ("C2", "Five minutes", "Phase leader"))
    html = render_exchange("ladder?", Reply(Answered(citations=(replace(LADDER, rows=rows),))))
    assert re.findall(r"<td ([^>]*)>([^<]*)</td>", html) == [
        ('role="cell"', "C1"),
        ('role="cell"', "Class teacher"),
        ('role="cell" data-header="Step"', "C2"),
        ('role="cell" data-header="What happens"', "Five minutes"),
        ('role="cell" data-header="Who"', "Phase leader"),
    ]
    assert "<th " not in html


def test_nothing_that_was_written_becomes_markup() -> None:
    attack = "<script>alert(1)</script>"
    citation = replace(PHONES, quote=attack, title=attack, heading=(attack,), locator=attack, version=attack)
    html = render_exchange(
        attack, Reply(Answered(citations=(citation, replace(LADDER, rows=((attack,),))), notes=(attack,)))
    )
    assert "<script" not in html


def test_html_in_a_written_reply_is_shown_as_text() -> None:
    html = render_exchange("x", Reply(Redirected("help", "**Ask** <img src=x onerror=alert(1)>")))
    assert "<strong>Ask</strong>" in html
    assert "<img" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", None])
def test_only_web_addresses_are_links(url: str | None) -> None:
    assert "<a " not in render_exchange("x", Reply(Answered(citations=(replace(PHONES, url=url),))))


def test_a_safeguarding_reply_is_marked_as_one() -> None:
    html = render_exchange("x", SAFEGUARDING)
    assert 'class="written safeguarding"' in html
    assert "<li>Designated safeguarding lead: 01632 960201</li>" in html


def turns_told(html: str) -> list[dict[str, str]]:
    found = re.search(r'data-turns="([^"]*)"', html)
    assert found
    turns: list[dict[str, str]] = json.loads(unescape(found[1]))
    return turns


def test_the_page_is_told_to_remember_nothing_of_a_disclosure() -> None:
    assert turns_told(render_exchange("a pupil told me", SAFEGUARDING)) == []


def test_the_page_is_told_what_to_remember() -> None:
    turns = turns_told(render_exchange("phones?", QUOTED))
    assert [turn["role"] for turn in turns] == ["user", "assistant"]
    assert "A phone that is seen or heard" in turns[1]["text"]


def test_only_the_last_turns_of_a_long_history_are_kept() -> None:
    said = json.dumps([{"role": "user", "text": str(number)} for number in range(50)])
    assert [turn.text for turn in read_history(said)] == [str(number) for number in range(50 - MAX_HISTORY_TURNS, 50)]
