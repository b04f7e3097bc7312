from __future__ import annotations

import time

import pytest

from bot.answering.spelling import CurrentWords, KnownWords, corrections, phone_spelling
from bot.answering.wider_words import widen
from bot.model import Expansion
from tests.building import TRUST

KNOWN = KnownWords(
    {"procedure": 40, "behaviour": 90, "vapes": 3, "pebble": 4, "reception": 30, "absence": 20, "receipt": 5}
)


def corrected(text: str, **names: frozenset[str]) -> list[tuple[str, str]]:
    return [(one.said, one.means) for one in corrections(text, KNOWN, **names)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wot is the proceedure for vapes", [("proceedure", "procedure")]),
        ("behavoiur policy", [("behavoiur", "behaviour")]),
        ("full peble jar", [("peble", "pebble")]),
        ("absense line", [("absense", "absence")]),
        ("what is the procedure", []),
        ("procedures for vaping", []),
    ],
)
def test_a_misspelt_word_is_read_as_the_documents_spell_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert corrected(text) == expected


@pytest.mark.parametrize(
    "text", ["curry in the fridge", "the recession", "flushes", "bunked off", "ben@school.example", "EX1"]
)
def test_an_english_word_that_no_document_has_is_left_alone(text: str) -> None:
    assert corrected(text) == []


def test_a_name_is_never_read_as_something_else() -> None:
    assert corrected("pebbla", names=frozenset({"pebbla"})) == []


def test_of_equally_near_words_the_more_frequent_is_meant() -> None:
    assert KnownWords({"detention": 50, "retention": 4, "detentioz": 2}).meant_by("detentioq") == "detention"


@pytest.mark.parametrize(
    ("word", "meant"), [("tmrw", "tomorrow"), ("appt", "appointment"), ("snd", "SEND"), ("skool", "school")]
)
def test_words_as_typed_on_a_phone_are_understood(word: str, meant: str) -> None:
    assert Expansion(word, meant) in phone_spelling(f"what about {word} then")


def test_corrections_widen_the_search_and_leave_what_was_written() -> None:
    widened = widen("proceedure for an ect at kestral", TRUST.acronyms, known=KNOWN, names={"kestral"})
    assert Expansion("proceedure", "procedure") in widened
    assert not any(one.said == "kestral" for one in widened)


def test_a_word_is_found_among_twenty_thousand_in_two_milliseconds() -> None:
    letters = "abcdefghijklmn"
    many = {f"{a}{b}{c}{d}ing": 1 for a in letters for b in letters for c in letters for d in "aeiouxyz"}
    known = KnownWords({**many, "procedure": 9})
    corrected_first = list(corrections("proceedure", known))
    assert corrected_first == [Expansion("proceedure", "procedure")]
    took = []
    for _ in range(30):
        started = time.process_time()
        list(corrections("wot is the proceedure for detenshun at lunch", known))
        took.append(time.process_time() - started)
    assert len(many) > 20_000
    assert sorted(took)[15] < 0.002


class FakeVocabulary:
    def __init__(self) -> None:
        self.now, self.words, self.read = 1, {"procedure": 1}, 0

    def generation(self) -> int:
        return self.now

    def vocabulary(self) -> dict[str, int]:
        self.read += 1
        return dict(self.words)


def test_the_words_are_read_once_and_again_after_a_refresh() -> None:
    source = FakeVocabulary()
    current = CurrentWords(source)
    assert current().has("procedure")
    assert current().has("procedure")
    assert source.read == 1
    source.now, source.words = 2, {"protocol": 1}
    deadline = time.monotonic() + 5
    while not current().has("protocol") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert current().has("protocol")
    assert source.read == 2
