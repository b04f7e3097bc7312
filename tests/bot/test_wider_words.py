from __future__ import annotations

import pytest

from bot.answering.wider_words import spell_out, widen
from bot.model import Expansion
from tests.building import TRUST


def meanings(text: str) -> list[str]:
    return [expansion.means for expansion in widen(text, TRUST.acronyms)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time off for an ECT", ["early career teacher", "NQT"]),
        ("time off for an nqt", ["early career teacher", "ECT"]),
        ("time off as ECT2", ["early career teacher year 2", "NQT"]),
        ("who mentors an early career teacher", ["ECT"]),
        ("is it paid", []),
        ("who is the IT", ["induction tutor"]),
    ],
)
def test_acronyms_are_expanded_both_ways_and_from_former_names(text: str, expected: list[str]) -> None:
    assert meanings(text) == expected


@pytest.mark.parametrize("said", ["y6", "Y6", "yr6", "yr 6", "y6s"])
def test_a_year_group_is_understood_however_it_is_written(said: str) -> None:
    assert meanings(f"{said} in assembly") == ["Year 6"]


def test_a_year_that_is_written_out_is_left_as_it_is() -> None:
    assert meanings("Year 6 in assembly") == []


def test_everyday_words_mean_what_policies_write() -> None:
    assert meanings("epipen for a lad in y8") == ["Year 8", "adrenaline auto-injector", "pupil"]


def test_a_word_inside_another_means_nothing() -> None:
    assert meanings("headings and illness") == []


def test_what_is_embedded_has_the_meanings_beside_the_words() -> None:
    text = "time off as ECT2"
    assert spell_out(text, widen(text, TRUST.acronyms)) == "time off as ECT2 (early career teacher year 2)"


def test_a_meaning_that_is_said_already_is_not_said_again() -> None:
    assert (
        spell_out("the head, our headteacher", (Expansion("the head", "headteacher"),)) == "the head, our headteacher"
    )
