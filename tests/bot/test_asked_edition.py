from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.answering.asked_edition import edition_asked

EVAL = Path(__file__).parents[1] / "eval"


@pytest.mark.parametrize(
    ("text", "edition", "rest"),
    [
        ("what did it say before?", "before", "what did it say"),
        (
            "what did the behaviour policy say about phones before?",
            "before",
            "what did the behaviour policy say about phones",
        ),
        ("what did the old behaviour policy say about phones", "before", "what did behaviour policy say about phones"),
        ("phones in the previous version", "before", "phones version"),
        ("what did the phone rule use to be", "before", "what did the phone rule"),
        ("what was it before", "before", "what was it"),
        ("what changed in the behaviour policy", "changes", "the behaviour policy"),
        ("whats new in the staff handbook", "changes", "the staff handbook"),
        ("what are the changes to the leave policy", "changes", "the leave policy"),
        ("has the phone policy changed since last year", "changes", "last year"),
        ("difference between the old and the new version", "changes", None),
    ],
)
def test_an_earlier_edition_is_asked_for_in_so_many_words(text: str, edition: str, rest: str | None) -> None:
    asked, left = edition_asked(text)
    assert asked == edition
    if rest is not None and edition == "before":
        assert left.rstrip("?") == rest


@pytest.mark.parametrize(
    "text",
    [
        "what time is before school club",
        "can pupils use phones before lunch",
        "what must be done before a trip",
        "who do i tell before the visit",
        "my address has changed, who do i tell",
        "what changes when i become an ect2",
        "are pupils used to the new rules",
        "where do the old PE kits go",
        "is there an old building risk assessment",
        "can i see last year's exam papers",
        "what did the parent say before she left",
    ],
)
def test_before_and_old_in_another_sense_ask_for_what_is_in_force(text: str) -> None:
    assert edition_asked(text) == ("in_force", text)


def test_no_graded_question_is_taken_to_ask_for_an_earlier_edition() -> None:
    asked = {
        json.loads(line)["id"]
        for path in sorted(EVAL.glob("development*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if edition_asked(json.loads(line)["question"])[0] != "in_force"
    }
    assert asked == set()
