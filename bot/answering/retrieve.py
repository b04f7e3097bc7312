"""Which passages may answer, of the schools that were asked about and of no other?

Two searches over the same live passages, nearest vectors and BM25, are fused by reciprocal rank. The school filter is an
argument of both searches: nothing of another school is ever among the candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from numpy import float32
from numpy.typing import NDArray

from bot.answering.words import content_words, stem, stems
from bot.model import Evidence, LookUp, ScoredPassage
from ingestion.model import Hit, IndexedPassage, Slug

SEARCH_DEPTH = 40
"""Hits taken from each search before they are fused."""
KEPT = 8
"""Passages kept as evidence."""
RANK_CONSTANT = 60
"""k of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""


class PassageIndex(Protocol):
    """The part of the index that retrieval reads; `ingestion.index.Index` is the real one."""

    def nearest(
        self, vector: NDArray[float32], *, schools: tuple[Slug, ...], limit: int, trust_wide: bool = True
    ) -> list[Hit]: ...

    def matching(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
    ) -> list[Hit]: ...

    def word_weight(self, words: Sequence[str]) -> dict[str, float]: ...


def retrieve(
    lookup: LookUp,
    *,
    index: PassageIndex,
    vector: NDArray[float32],
    other_schools: tuple[Slug, ...] = (),
    kept: int = KEPT,
) -> Evidence:
    """The evidence for a look-up, best first; empty when both searches find nothing.

    `vector` is the embedded query, float32[dimension] of unit length. For each of `other_schools` only the similarity of
    its nearest passage is noted, to tell whether an answer would differ by school.
    """
    near = index.nearest(vector, schools=lookup.schools, limit=SEARCH_DEPTH)
    worded = index.matching(lookup.query, schools=lookup.schools, limit=SEARCH_DEPTH, expansions=lookup.expansions)
    elsewhere = []
    for slug in other_schools:
        hits = index.nearest(vector, schools=(slug,), limit=1, trust_wide=False)
        elsewhere += [(slug, hit.score) for hit in hits]
    return Evidence(kept=tuple(fuse(near, worded)[:kept]), elsewhere=tuple(elsewhere))


def fuse(near: Sequence[Hit], worded: Sequence[Hit]) -> list[ScoredPassage]:
    """Both lists as one, best first: a passage scores the sum of 1 / (k + rank) over the lists it stands in."""
    found: dict[int, IndexedPassage] = {}
    fused: dict[int, float] = {}
    cosine: dict[int, float] = {}
    bm25: dict[int, float] = {}
    for hits, scores in ((near, cosine), (worded, bm25)):
        for rank, hit in enumerate(hits, start=1):
            found[hit.found.id] = hit.found
            scores[hit.found.id] = hit.score
            fused[hit.found.id] = fused.get(hit.found.id, 0.0) + 1 / (RANK_CONSTANT + rank)
    return [
        ScoredPassage(found[id], fused[id], cosine.get(id), bm25.get(id)) for id in sorted(fused, key=lambda id: (-fused[id], id))
    ]


class WordCoverage:
    """How much of what a question is about stands in a text: the share of its content words, weighed by rarity.

    A word counts as present when its stem is, or when every word of an expansion of the question is (an acronym written
    out). `weights` are inverse document frequencies over the live passages.
    """

    def __init__(self, query: str, expansions: Sequence[str], weights: Mapping[str, float]) -> None:
        self._weights: dict[str, float] = {}
        for word in content_words(query):
            self._weights[stem(word)] = weights.get(word, 1.0)
        self._phrases = [frozenset(stems(phrase)) for phrase in expansions]
        self._total = sum(self._weights.values()) or 1.0

    def share(self, text: str) -> float:
        """From 0 (no word of the question) to 1 (all of them)."""
        present = frozenset(stems(text))
        phrase_said = any(phrase <= present for phrase in self._phrases)
        covered = sum(weight for word, weight in self._weights.items() if word in present)
        if phrase_said and self._phrases:
            acronyms = [word for word in self._weights if word not in present and len(word) <= 5]
            covered += max((self._weights[word] for word in acronyms), default=0.0)
        return min(1.0, covered / self._total)
