from __future__ import annotations

from bot.answering.retrieve import RANK_CONSTANT, RankedHits, WordCoverage, fuse
from bot.model import Expansion
from ingestion.model import Hit, Slug
from tests.building import indexed


def test_a_passage_found_by_both_searches_comes_before_one_found_by_either() -> None:
    both, near_only, worded_only = (indexed("text", id=id) for id in (1, 2, 3))
    fused = fuse(
        [
            RankedHits("cosine", [Hit(near_only, 0.9), Hit(both, 0.8)]),
            RankedHits("bm25", [Hit(worded_only, 12.0), Hit(both, 11.0)]),
        ]
    )
    assert [one.found.id for one in fused] == [1, 2, 3]
    assert fused[0].fused == 2 / (RANK_CONSTANT + 2)
    assert (fused[0].cosine, fused[0].bm25) == (0.8, 11.0)
    assert (fused[1].cosine, fused[1].bm25) == (0.9, None)


def test_the_best_of_a_schools_few_documents_stands_beside_the_best_of_the_trusts_many() -> None:
    trusts = [Hit(indexed("text", id=id), 0.9) for id in range(1, 30)]
    schools = [Hit(indexed("text", id=50, school=Slug("kestrel")), 0.5)]
    lists = [RankedHits("cosine", trusts), RankedHits("cosine", schools)]
    assert [one.found.id for one in fuse(lists)[:3]] == [1, 50, 2]
        1,
        50,
        2,
    ]


def test_another_wording_of_the_question_counts_by_its_weight() -> None:
    asked, context = indexed("text", id=1), indexed("text", id=2)
    fused = fuse([RankedHits("cosine", [Hit(context, 0.7)], 0.5), RankedHits("cosine", [Hit(asked, 0.6)])])
    assert [(one.found.id, one.fused) for one in fused] == [
        (1, 1 / (RANK_CONSTANT + 1)),
        (2, 0.5 / (RANK_CONSTANT + 1)),
    ]


def test_nothing_found_is_nothing_fused() -> None:
    assert fuse([RankedHits("cosine", []), RankedHits("bm25", [])]) == []


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
