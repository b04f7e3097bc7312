from __future__ import annotations

from bot.answering.words import content_words, split_words, stems


def test_words_are_folded_to_lower_case_without_accents_or_possessives() -> None:
    assert split_words("Mother’s café, in Year 9's wing") == ["mother", "cafe", "in", "year", "9", "wing"]


def test_codes_and_versions_stay_whole() -> None:
    assert split_words("what does 4.6 say in version 3.1?") == ["what", "does", "4.6", "say", "in", "version", "3.1"]


def test_forms_of_a_word_share_a_stem() -> None:
    assert stems("sanctions sanctioned sanction") == ("sanction",) * 3


def test_stop_words_carry_no_meaning() -> None:
    assert content_words("how much time off do I get for a funeral?") == ["time", "funeral"]


def test_a_question_of_stop_words_keeps_them() -> None:
    assert content_words("who is it") == ["who", "is", "it"]
