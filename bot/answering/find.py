"""What stands in the documents on one look-up, best first, and how sure is it that it answers?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.answering.confidence import confidence_of, readings_of
from bot.answering.rank import ScoredUnit, TextEmbedder, score_units
from bot.answering.retrieve import PassageIndex, QuestionEmbedder, WordCoverage, retrieve
from bot.answering.schools import is_of_other_schools
from bot.answering.trace import TraceNotes
from bot.answering.words import content_words
from bot.model import Evidence, LookUp
from ingestion.model import Trust

UNKNOWN_WORD = "qxzjvwq"
"""Stands in no document: what a word weighs that none holds."""


class Embedder(QuestionEmbedder, TextEmbedder, Protocol):
    """Embeds questions, float32[dimension], and texts, float32[n, dimension]; rows of unit length."""


@dataclass(frozen=True)
class Found:
    """What a search brought for one look-up: the evidence, its units best first, and how sure it is to answer (0 … 1)
    with the readings that says it by."""

    lookup: LookUp
    evidence: Evidence
    scored: tuple[ScoredUnit, ...]
    confidence: float
    readings: Mapping[str, float]


def find(lookup: LookUp, *, index: PassageIndex, embedder: Embedder, trust: Trust, notes: TraceNotes) -> Found:
    """The evidence for a look-up, weighed. Confidence 0 where nothing was found.

    What a trust's document says of a school by name is no answer for another one.
    """
    with notes.step("retrieve"):
        evidence = retrieve(lookup, index=index, embedder=embedder)
        coverage = coverage_of(lookup, index)
    with notes.step("weigh"):
        scored = tuple(
            score_units(
                lookup,
                evidence,
                embedder=embedder,
                coverage=coverage,
                leave_out=lambda unit: is_of_other_schools(unit, lookup.schools, trust),
            )
        )
        readings = readings_of(evidence, scored, coverage)
        confidence = confidence_of(readings)
    notes.looked_up(lookup)
    notes.found(evidence)
    notes.weighed(scored)
    notes.judged(confidence, readings)
    return Found(lookup, evidence, scored, confidence, readings)


def coverage_of(lookup: LookUp, index: PassageIndex) -> WordCoverage:
    """What tells how much of a look-up's words a text holds, each weighed by its rarity in the index."""
    weights = index.word_weight([*content_words(lookup.query), UNKNOWN_WORD])
    return WordCoverage(lookup.query, lookup.expansions, weights, unknown_weight=weights.get(UNKNOWN_WORD))
