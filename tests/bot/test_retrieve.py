from __future__ import annotations

import pytest

from bot.answering.retrieve import FARTHER, MEANING_SHARE, Searched, WordCoverage, fuse
from bot.model import Expansion
from ingestion.model import Hit
from tests.building import indexed


def test_a_passage_is_scored_by_its_meaning_and_by_its_words() -> None:
    both, near_only, worded_only = (indexed("text", id=id) for id in (1, 2, 3))
    fused = fuse([Searched([Hit(near_only, 0.6), Hit(both, 0.5)], [Hit(worded_only, 12.0), Hit(both, 9.0)])])
    assert [one.found.id for one in fused] == [1, 3, 2]
    assert fused[0].fused == pytest.approx(MEANING_SHARE * 0.5 + (1 - MEANING_SHARE) * 9 / 12)
    assert fused[1].fused == pytest.approx(MEANING_SHARE * FARTHER * 0.5 + (1 - MEANING_SHARE))
    assert [(one.cosine, one.bm25) for one in fused] == [(0.5, 9.0), (None, 12.0), (0.6, None)]


def test_another_wording_of_the_question_counts_by_its_weight() -> None:
    asked, context, far = (indexed("text", id=id) for id in (1, 2, 3))
    itself = Searched([Hit(asked, 0.8), Hit(far, 0.1)], [])
    fused = fuse([Searched([Hit(context, 0.9), Hit(asked, 0.3)], [], 0.5), itself])
    assert [one.found.id for one in fused] == [1, 2, 3]
    assert fused[0].cosine == 0.8
    assert fused[0].fused == pytest.approx(MEANING_SHARE * (0.8 + 0.5 * 0.3) / 1.5)
    assert fused[1].fused == pytest.approx(MEANING_SHARE * (FARTHER * 0.1 + 0.5 * 0.9) / 1.5)


def test_nothing_found_is_nothing_fused() -> None:
    assert fuse([Searched([], [])]) == []


def test_coverage_is_the_share_of_the_questions_words_weighed_by_rarity() -> None:
    coverage = WordCoverage("phone sanction", (), {"phone": 3.0, "sanction": 1.0})
    assert coverage.share("Phones are confiscated") == 0.75
    assert coverage.share("No sanctions") == 0.25
    assert coverage.share("The phone sanctions") == 1.0
    assert coverage.share("Lunch") == 0.0


def test_an_acronym_written_out_counts_as_said() -> None:
    expansions = (Expansion("ECT", "early career teacher"),)
    coverage = WordCoverage("ECT timetable", expansions, {"ect": 3.0, "timetable": 1.0})
    assert coverage.share("Early career teachers teach a reduced timetable") == 1.0
    assert coverage.share("A teacher's timetable") == 0.25
