"""Do the documents answer, and would the answer differ by school?"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from bot.answering.rank import ScoredUnit, passage_in_place
from bot.answering.retrieve import WordCoverage
from bot.model import Evidence

MIN_CONFIDENCE = 0.30
"""Below this the answer is that the documents do not say. Chosen on `tests/eval/development.jsonl` where about one
answerable question in ten is declined."""
QUOTED_COVERAGE, QUOTED_CONFIDENCE = 0.6, 0.9
"""A question that quotes five words of the best unit in a row, and shares most of its own with it, is surely
answered."""
SCHOOL_MARGIN = 0.02
"""A school's best unit must score this much more than the trust's before the school is asked for."""


def judge(evidence: Evidence, scored: Sequence[ScoredUnit], coverage: WordCoverage) -> float:
    """How sure it is that the evidence answers, from 0 to 1; 0 without evidence.

    A logistic curve over four readings: how near the best unit and the nearest of the three best passages are in
    meaning (cosine), and how much of what the question is about (content words, weighed by rarity) stands in the best
    unit and in the one of the three best passages that holds most. Fitted by logistic regression on the development
    questions, each also asked with the documents that answer it left out.
    """
    if not evidence.kept or not scored:
        return 0.0
    best = scored[0]
    if best.phrase == 1.0 and best.coverage >= QUOTED_COVERAGE:
        return QUOTED_CONFIDENCE
    passages = evidence.kept[:3]
    nearest = max((one.cosine for one in passages if one.cosine is not None), default=0.0)
    covered = max(coverage.share(passage_in_place(one)) for one in passages)
    return 1 / (1 + exp(-(3.5 * best.cosine + 1.3 * best.coverage + 3.7 * nearest + 2.4 * covered - 5.85)))


def differs_by_school(scored: Sequence[ScoredUnit]) -> bool:
    """True when, over the documents of every school and the trust, some school's own words answer best."""
    of_schools = max((one.score for one in scored if one.unit.source.found.version.school is not None), default=0.0)
    of_trust = max((one.score for one in scored if one.unit.source.found.version.school is None), default=0.0)
    return of_schools > of_trust + SCHOOL_MARGIN
