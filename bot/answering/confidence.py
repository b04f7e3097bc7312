"""Do the documents answer, and would the answer differ by school?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

from bot.answering.rank import ScoredUnit, passage_in_place
from bot.answering.retrieve import WordCoverage
from bot.answering.weights import confidence_weights
from bot.model import Evidence

MIN_CONFIDENCE = confidence_weights()["least"]
"""Below this the answer is that the documents do not say; docs/answering.md has the curve it was chosen on."""
DOUBTFUL = 0.45
"""Below this an answer is given with a word of doubt: the confidence is calibrated, so more such answers are wrong than
right."""
QUOTED_COVERAGE, QUOTED_CONFIDENCE = 0.6, 0.9
"""A question that quotes five words of the best unit in a row, and shares most of its own with it, is surely
answered."""
SCHOOL_MARGIN = 0.05
"""A school's best unit may score so much less than the trust's and the answer still differ. Development questions
without a school: those that need one lie above, those that the trust answers for all below."""
PASSAGES_READ = 3
SHARPNESS = 18.0
"""Scores as the ranker's log-likelihoods: it is fitted in nats and scaled down to about 1 (`tools/fit_answers.py`)."""


def readings_of(evidence: Evidence, scored: Sequence[ScoredUnit], coverage: WordCoverage) -> dict[str, float]:
    """What the confidence is judged by, each about 0 to 1; empty without evidence.

    How well the best unit and passages answer by meaning and by words, how far they stand out from the rest, and
    whether both searches agree on them.
    """
    if not evidence.kept or not scored:
        return {}
    best, passages = scored[0], evidence.kept[:PASSAGES_READ]
    scores = [one.score for one in scored]
    rest = [one.score for one in scored if one.unit.source.found.version.path != best.unit.source.found.version.path]
    by_cosine = sorted(evidence.kept, key=lambda one: -(one.cosine or 0.0))
    by_words = sorted(evidence.kept, key=lambda one: -(one.bm25 or 0.0))
    shares = [exp((score - scores[0]) * SHARPNESS) for score in scores]
    return {
        "best_score": best.score,
        "best_meaning": best.cosine,
        "best_words": best.coverage,
        "best_phrase": best.phrase,
        "best_letters": best.readings.get("letters_in_place", 0.0),
        "first_passage": evidence.kept[0].fused,
        "spread": evidence.kept[0].fused - evidence.kept[-1].fused,
        "nearest_passage": max((one.cosine for one in passages if one.cosine is not None), default=0.0),
        "passage_words": max(coverage.share(passage_in_place(one)) for one in passages),
        "stands_out": sum(shares[:PASSAGES_READ]) / sum(shares),
        "margin": best.score - max(rest, default=0.0),
        "agreement": 1 / (1 + abs(by_cosine.index(best.unit.source) - by_words.index(best.unit.source))),
    }


def confidence_of(readings: Mapping[str, float]) -> float:
    """How sure it is that the evidence answers, from 0 to 1; 0 without readings.

    A logistic curve over the readings, calibrated on graded questions (docs/answering.md).
    """
    if not readings:
        return 0.0
    if readings["best_phrase"] == 1.0 and readings["best_words"] >= QUOTED_COVERAGE:
        return QUOTED_CONFIDENCE
    weights = confidence_weights()
    logit = weights["intercept"] + sum(weights.get(name, 0.0) * value for name, value in readings.items())
    return 1 / (1 + exp(-logit))


def differs_by_school(scored: Sequence[ScoredUnit]) -> bool:
    """True when, over the documents of every school and the trust, some school's own words answer best or nearly."""
    of_schools = max((one.score for one in scored if one.unit.source.found.version.school is not None), default=0.0)
    of_trust = max((one.score for one in scored if one.unit.source.found.version.school is None), default=0.0)
    return of_schools > max(0.0, of_trust - SCHOOL_MARGIN)
