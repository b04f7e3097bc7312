from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from bot.answering.wider_words import spell_out, widen
from bot.model import Expansion
from tests.building import TRUST


def meanings(text: str) -> list[str]:
    return [expansion.means for expansion in widen(text, TRUST.acronyms)]


def shown(text: str) -> list[str]:
    """What is embedded as well as searched for."""
    return [expansion.means for expansion in widen(text, TRUST.acronyms) if expansion.shown]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reviews for an ECT", ["early career teacher", "NQT"]),
        ("reviews for an nqt", ["early career teacher", "ECT"]),
        ("reviews as ECT2", ["early career teacher year 2", "NQT"]),
        ("who mentors an early career teacher", ["ECT"]),
        ("is it paid", []),
        ("who is the IT", ["induction tutor"]),
    ],
)
def test_acronyms_are_expanded_both_ways_and_from_former_names(text: str, expected: list[str]) -> None:
    assert meanings(text) == expected


@pytest.mark.parametrize("said", ["y6", "Y6", "yr6", "yr 6", "y6s"])
def test_a_year_group_is_understood_however_it_is_written(said: str) -> None:
    assert shown(f"{said} in assembly") == ["Year 6"]


def test_a_year_that_is_written_out_is_left_as_it_is() -> None:
    assert shown("Year 6 in assembly") == []


def test_everyday_words_mean_what_policies_write() -> None:
    assert shown("epipen for a lad in y8") == ["Year 8", "adrenaline auto-injector", "pupil"]


def test_a_word_inside_another_means_nothing() -> None:
    assert meanings("headings and illness") == []


def test_what_is_embedded_has_the_meanings_beside_the_words() -> None:
    text = "reviews as ECT2"
    assert spell_out(text, widen(text, TRUST.acronyms)) == "reviews as ECT2 (early career teacher year 2)"


def test_a_meaning_that_is_said_already_is_not_said_again() -> None:
    assert (
        spell_out("the head, our headteacher", (Expansion("the head", "headteacher"),)) == "the head, our headteacher"
    )


def test_a_year_is_found_under_its_key_stage_and_in_ranges_of_years() -> None:
    assert {"Year 2", "Key Stage 1", "KS1", "Years 1–3"} <= set(meanings("ratio for y2 on a trip"))
    assert "Years 4–6" not in meanings("ratio for y2 on a trip")


def test_a_key_stage_is_found_however_it_is_written() -> None:
    assert {"Key Stage 2", "Years 3–6"} <= set(meanings("phones in ks2"))
    assert "KS2" in meanings("phones in key stage 2")


def test_every_everyday_word_stands_for_something_else() -> None:
    table = tomllib.loads((files("bot.answering") / "everyday_words.toml").read_text(encoding="utf-8"))
    assert len(table) >= 250
    assert [means for means, sayings in table.items() if not sayings or means in sayings] == []
