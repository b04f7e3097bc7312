from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.answering.split_questions import last_question, split_questions

EVAL = Path(__file__).parents[1] / "eval"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("start time, parking AND dress code", ["start time", "parking", "dress code"]),
        ("whats the start time, parking and dress code?", ["start time", "parking", "dress code"]),
        ("in by what time and where do i park", ["in by what time", "where do i park"]),
        ("where do i park? what time do i start?", ["where do i park?", "what time do i start?"]),
        ("what is an LLC1 form? also where do i get fit notes", ["what is an LLC1 form?", "where do i get fit notes"]),
        ("how do i claim mileage and can i claim parking", ["how do i claim mileage", "can i claim parking"]),
        ("to know for monday: the start time, the code for the gate", ["start time", "code for the gate"]),
    ],
)
def test_several_questions_are_told_apart(text: str, parts: list[str]) -> None:
    assert [part.words for part in split_questions(text)] == parts


def test_what_is_told_before_them_belongs_to_each() -> None:
    parts = split_questions("first day monday. what time in, where do i park, can i wear jeans")
    assert [part.query for part in parts] == [
        "first day monday. what time in",
        "first day monday. where do i park",
        "first day monday. can i wear jeans",
    ]


def test_a_part_that_points_back_takes_the_one_before_it_along() -> None:
    parts = split_questions("whats the mileage rate? when must the form for it go to finance?")
    assert parts[1].query == "whats the mileage rate? when must the form for it go to finance?"


def test_more_than_four_are_four() -> None:
    parts = split_questions(
        "where do i park? what is for lunch? who is my mentor's cover? where is the gym? what is a C3?"
    )
    assert len(parts) == 4
    assert "gym" in parts[3].words
    assert "C3" in parts[3].words


@pytest.mark.parametrize(
    "text",
    [
        "behaviour and rewards policy",
        "terms and conditions",
        "what do i do if im sick and absent",
        "drugs, alcohol and tobacco policy",
        "who do i tell and how quick",
        "im poorly, what number do i ring n by when",
        "when and where do i sign in",
        "what happens and who decides when a pupil is suspended",
        "what if a pupil is late and has no note",
        "can i claim for parking, tolls and lunch",
        "free flu jabs this winter? where do i book",
        "",
    ],
)
def test_one_question_with_and_in_it_stays_one(text: str) -> None:
    assert split_questions(text) == ()


def test_few_graded_questions_of_one_part_are_split() -> None:
    entries = [
        json.loads(line)
        for path in sorted(EVAL.glob("development*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    several = [one["id"] for one in entries if one["kind"] == "several_parts" and not split_questions(one["question"])]
    split = [one["id"] for one in entries if one["kind"] != "several_parts" and split_questions(one["question"])]
    assert several == []
    assert len(split) <= 0.02 * len(entries)


def test_a_story_ends_in_its_question() -> None:
    assert last_question("y6 phone went off in maths. how long do we keep the phone") == "how long do we keep the phone"
    assert last_question("how long do we keep the phone") is None
    assert last_question("y6 phone went off. what then?") is None
