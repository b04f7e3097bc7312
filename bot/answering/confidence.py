"""Do the documents answer, and would the answer differ by school?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def readings_of(evidence: Evidence, scored: Sequence[ScoredUnit], coverage: WordCoverage) -> dict[str, float]:
    """What the confidence is judged by; empty without evidence.

    How near the best unit and the nearest of the three best passages are in meaning (cosine), and how much of what the
    question is about (content words, weighed by rarity) stands in the best unit and in the one of the three best
    passages that holds most.
    """
    if not evidence.kept or not scored:
        return {}
    best, passages = scored[0], evidence.kept[:3]
    return {
        "best_cosine": best.cosine,
        "best_coverage": best.coverage,
        "best_phrase": best.phrase,
        "nearest_passage": max((one.cosine for one in passages if one.cosine is not None), default=0.0),
        "passage_coverage": max(coverage.share(passage_in_place(one)) for one in passages),
    }


def confidence_of(readings: Mapping[str, float]) -> float:
    """How sure it is that the evidence answers, from 0 to 1; 0 without readings.

    A logistic curve, fitted by logistic regression on the development questions, each also asked with the documents
    that answer it left out.
    """
    if not readings:
        return 0.0
    if readings["best_phrase"] == 1.0 and readings["best_coverage"] >= QUOTED_COVERAGE:
        return QUOTED_CONFIDENCE
    logit = (
        3.5 * readings["best_cosine"]
        + 1.3 * readings["best_coverage"]
        + 3.7 * readings["nearest_passage"]
        + 2.4 * readings["passage_coverage"]
        - 5.85
    )
    return 1 / (1 + exp(-logit))


def differs_by_school(scored: Sequence[ScoredUnit]) -> bool:
    """True when, over the documents of every school and the trust, some school's own words answer best."""
    of_schools = max((one.score for one in scored if one.unit.source.found.version.school is not None), default=0.0)
    of_trust = max((one.score for one in scored if one.unit.source.found.version.school is None), default=0.0)
    return of_schools > of_trust + SCHOOL_MARGIN
