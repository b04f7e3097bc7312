"""The sentences a place says by itself are all written, and checked when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.sentences import load_sentences
from bot.slack.sentences import load_slack_sentences
from bot.web.page import load_page_sentences


@dataclass(frozen=True)
class Said:
    hello: str
    for_school: str


def place(folder: Path, text: str) -> Path:
    (folder / "place.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_shipped_sentence_loads() -> None:
    assert "{school}" in load_slack_sentences().for_school
    assert "{most}" in load_page_sentences().too_long


def test_sentences_are_read_by_name(tmp_path: Path) -> None:
    folder = place(tmp_path, 'hello = "Hello."\nfor_school = "For {school}"\n')
    assert load_sentences(Said, "place", holding={"for_school": "{school}"}, folder=folder) == Said(
        "Hello.", "For {school}"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('hello = "Hello."\n', "'for_school' is missing, unknown or empty"),
        ('hello = " "\nfor_school = "For {school}"\n', "'hello' is missing, unknown or empty"),
        ('hello = 5\nfor_school = "For {school}"\n', "'hello' is missing, unknown or empty"),
        ('hello = "H"\nfor_school = "For {school}"\nhullo = "H"\n', "'hullo' is missing, unknown or empty"),
        ('hello = "H"\nfor_school = "For you"\n', "'for_school' must hold {school}"),
    ],
)
def test_a_sentence_that_cannot_be_said_fails_by_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_sentences(Said, "place", holding={"for_school": "{school}"}, folder=place(tmp_path, text))
    assert named in str(raised.value)
