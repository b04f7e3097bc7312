from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.answering.conversation import how_it_leans, read_in_conversation
from bot.model import Turn

EVAL = Path(__file__).parents[1] / "eval"


def talk(*texts: str) -> tuple[Turn, ...]:
    """Turns of an asker and the assistant, the asker first."""
    return tuple(Turn("assistant" if number % 2 else "user", text) for number, text in enumerate(texts))


@pytest.mark.parametrize(
    ("text", "before", "query"),
    [
        (
            "and if they refuse?",
            "phone out at lunch, what do i do",
            "phone out at lunch, what do i do and if they refuse?",
        ),
        ("is that paid?", "how many days if my dad dies", "how many days if my dad dies is that paid?"),
        ("and for reception?", "what ratio for y5 on a trip", "what ratio for reception on a trip"),
        ("and at 0.8?", "im 0.6 how long is induction", "im 0.8 how long is induction"),
        ("what about ear buds then", "can i keep my smart watch on in class", "can i keep my ear buds on in class"),
        ("and parents?", "can staff park at the front", "can parents park at the front"),
    ],
)
def test_a_follow_up_takes_what_it_leaves_out_from_the_question_before(text: str, before: str, query: str) -> None:
    assert read_in_conversation(text, talk(before, "An answer.")).query == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("no i meant staff not pupils", "can staff use phones at lunch"),
        ("i meant staff", "can staff use phones at lunch"),
        ("not pupils, staff", "can staff use phones at lunch"),
        ("staff not pupils", "can staff use phones at lunch"),
        ("sorry i meant watches", "can pupils use watches at lunch"),
        ("no i meant on a trip", "on a trip can pupils use phones at lunch"),
    ],
)
def test_a_correction_stands_in_the_place_of_what_was_misunderstood(text: str, query: str) -> None:
    assert read_in_conversation(text, talk("can pupils use phones at lunch", "No.")).query == query


@pytest.mark.parametrize(
    "text", ["can you send me the actual page", "where does it say that?", "which page is that", "show me the policy"]
)
def test_who_asks_for_the_source_asks_the_question_before_again(text: str) -> None:
    assert read_in_conversation(text, talk("mileage rate?", "45p a mile")).query == "mileage rate?"


def test_a_chain_of_follow_ups_reaches_back_to_the_question_that_stands_alone() -> None:
    reading = read_in_conversation(
        "and on a friday?", talk("how long is a C3 at lunch", "30 min.", "and after school?", "60.")
    )
    assert reading.query == "how long is a C3 at lunch and after school? and on a friday?"
    assert reading.leans_on == ("and after school?", "how long is a C3 at lunch")


def test_a_new_subject_leaves_the_old_one_behind() -> None:
    reading = read_in_conversation("how many days bereavement leave for a grandparent", talk("phone sanction?", "C2."))
    assert reading.query == "how many days bereavement leave for a grandparent"
    assert (reading.also, reading.leans_on) == ((), ())


def test_what_the_subject_began_with_is_searched_and_an_older_subject_is_not() -> None:
    history = talk(
        "where do visitors sign in", "At reception.", "moving house leave?", "One day.", "is it paid", "Yes."
    )
    wordings = [wording.text for wording in read_in_conversation("and if its in the holidays", history).also]
    assert not any("visitors" in text for text in wordings)
    assert any("moving house" in text for text in (*wordings, read_in_conversation("and if not", history).query))


def test_what_the_answer_said_is_searched_beside_the_follow_up() -> None:
    reading = read_in_conversation("is that paid?", talk("my dad died", "Leave of absence policy: up to 5 days."))
    assert any(wording.text == "Leave of absence policy: up to 5 days. is that paid?" for wording in reading.also)


def test_an_answer_that_said_nothing_is_not_searched() -> None:
    reading = read_in_conversation("is that paid?", talk("my dad died", "I could not find this; sorry."))
    assert len(read_in_conversation("is that paid?", talk("my dad died", "Sorry, I cannot say.")).also) <= len(
        reading.also
    )
    assert not any(
        "cannot say" in one.text for one in read_in_conversation("ok and then?", talk("q", "I cannot say.")).also
    )


def test_where_both_readings_are_open_both_are_searched() -> None:
    reading = read_in_conversation("where do i park", talk("first day at the primary, what time", "8.15."))
    assert reading.query == "where do i park"
    assert not reading.surely
    assert [wording.weight for wording in reading.also] == [0.3, 0.3]


def test_without_a_history_nothing_is_filled_in() -> None:
    assert read_in_conversation("and if they refuse?", ()).query == "and if they refuse?"


def test_a_history_of_answers_alone_is_none() -> None:
    assert read_in_conversation("and then?", (Turn("assistant", "Which school?"),)).also == ()


def stand_alone_questions() -> Iterator[dict[str, Any]]:
    for path in sorted(EVAL.glob("development*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if not entry.get("history"):
                yield entry


def test_no_graded_question_that_stands_alone_takes_up_what_was_said_before() -> None:
    unrelated = talk("how long do we keep cctv of the bike shed", "Thirty days.")
    questions = [entry["question"] for entry in stand_alone_questions()]
    changed = [text for text in questions if read_in_conversation(text, unrelated).query != text]
    doubted = [text for text in questions if how_it_leans(text) == "perhaps"]
    assert len(questions) > 250
    assert changed == []
    assert len(doubted) <= 0.05 * len(questions)
