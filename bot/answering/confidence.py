"""Do the documents answer, and would the answer differ by school?"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from bot.answering.compose import ScoredUnit
from bot.answering.retrieve import WordCoverage
from bot.model import Evidence

MIN_CONFIDENCE = 0.5
"""Below this the answer is that the documents do not say."""
SCHOOL_MARGIN = 0.0
"""A school's nearest passage must be this much nearer (cosine) than the trust's before the school is asked for."""


def judge(evidence: Evidence, scored: Sequence[ScoredUnit], coverage: WordCoverage) -> float:
    """How sure it is that the evidence answers, from 0 to 1; 0 without evidence.

    A logistic curve over two readings of the best passages: how near the nearest is in meaning (cosine), and how much of
    what the question is about (content words, weighed by rarity) stands in the one that holds most of it.
    """
    if not evidence.kept or not scored:
        return 0.0
    best = evidence.kept[:3]
    nearest = max((one.cosine for one in best if one.cosine is not None), default=0.0)
    unit = max(one.cosine for one in scored[:3])
    texts = [(one.found.version.title, *one.found.passage.heading, one.found.passage.text) for one in best]
    covered = max(coverage.share(" ".join(text)) for text in texts)
    return 1 / (1 + exp(-(6.0 * max(nearest, unit) + 4.0 * covered - 5.2)))


def differs_by_school(evidence: Evidence) -> bool:
    """True when some school's own documents are nearer to the question than the trust's."""
    if not evidence.elsewhere:
        return False
    trust_wide = max((one.cosine for one in evidence.kept if one.cosine is not None), default=0.0)
    return max(score for _, score in evidence.elsewhere) > trust_wide + SCHOOL_MARGIN
