"""Which passages may answer, of the schools that were asked about and of no other?

Two searches over the same live passages, nearest vectors and BM25, are fused by reciprocal rank. The school filter is
an argument of both searches: nothing of another school is ever among the candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from numpy import float32
from numpy.typing import NDArray

from bot.answering.wider_words import spell_out
from bot.answering.words import content_words, stem, stems
from bot.model import Evidence, Expansion, LookUp, ScoredPassage, Wording
from ingestion.model import Hit, IndexedPassage, Slug

SEARCH_DEPTH = 40
"""Hits taken from each search before they are fused."""
KEPT = 10
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


class QuestionEmbedder(Protocol):
    """Embeds questions: float32[dimension] of unit length. `name` tells the model and its precision."""

    @property
    def name(self) -> str: ...

    def embed_question(self, text: str) -> NDArray[float32]: ...


def retrieve(lookup: LookUp, *, index: PassageIndex, embedder: QuestionEmbedder, kept: int = KEPT) -> Evidence:
    """The evidence for a look-up, best first; nothing kept when both searches find nothing."""
    vector = embedder.embed_question(spell_out(lookup.query, lookup.expansions))
    depth = max(SEARCH_DEPTH, kept)
    lists: list[RankedHits] = []
    for wording in (Wording(spell_out(lookup.query, lookup.expansions), 1.0), *lookup.also):
        vector = embedder.embed_question(wording.text)
        is_question = wording.weight == 1.0
        words = lookup.query if is_question else wording.text
        meanings = [expansion.means for expansion in lookup.expansions] if is_question else []
        for schools, trust_wide in _searches(lookup.schools):
            near = index.nearest(vector, schools=schools, limit=depth, trust_wide=trust_wide)
            worded = index.matching(words, schools=schools, limit=depth, expansions=meanings, trust_wide=trust_wide)
            lists += [
                RankedHits("cosine", near, wording.weight),
                RankedHits("bm25", worded, wording.weight),
            ]
    fused = fuse(lists)
    return Evidence(tuple(fused[:kept]), tuple(fused[kept:]))


def _searches(schools: tuple[Slug, ...]) -> list[tuple[tuple[Slug, ...], bool]]:
    """The trust's documents, and the schools' beside them: a school has few, and they would drown among the trust's
    many."""
    return [((), True), (schools, False)] if schools else [((), True)]


@dataclass(frozen=True)
class RankedHits:
    """What one search found, best first; `by` is what its scores are, and its ranks count `weight` times."""

    by: Literal["cosine", "bm25"]
    hits: Sequence[Hit]
    weight: float = 1.0


def fuse(lists: Sequence[RankedHits]) -> list[ScoredPassage]:
    """All lists as one, best first: a passage scores the sum of weight / (k + rank) over the lists it stands in.

    Of several cosines or BM25 scores of a passage the one for the heaviest wording is kept, and the first of those.
    """
    found: dict[int, IndexedPassage] = {}
    fused: dict[int, float] = {}
    scores: dict[str, dict[int, float]] = {"cosine": {}, "bm25": {}}
    for ranked in sorted(lists, key=lambda one: -one.weight):
        for rank, hit in enumerate(ranked.hits, start=1):
            id_ = hit.found.id
            found[id_] = hit.found
            scores[ranked.by].setdefault(id_, hit.score)
            fused[id_] = fused.get(id_, 0.0) + ranked.weight / (RANK_CONSTANT + rank)
    return [
        ScoredPassage(found[id_], fused[id_], scores["cosine"].get(id_), scores["bm25"].get(id_))
        for id_ in sorted(fused, key=lambda id_: (-fused[id_], id_))
    ]


class WordCoverage:
    """How much of what a question is about stands in a text: the share of its content words, weighed by rarity.

    A word counts as present when its stem is, or when all words of an expansion that stands for it are. `weights` are
    inverse document frequencies over the live passages.
    """

    def __init__(self, query: str, expansions: Sequence[Expansion], weights: Mapping[str, float]) -> None:
        self._weights = {stem(word): weights.get(word, 1.0) for word in content_words(query)}
        self._total = sum(self._weights.values()) or 1.0
        self._stands_for: dict[str, list[frozenset[str]]] = {}
        for expansion in expansions:
            for said in stems(expansion.said):
                self._stands_for.setdefault(said, []).append(frozenset(stems(expansion.means)))

    def share(self, text: str) -> float:
        """From 0 (no word of the question) to 1 (all of them)."""
        present = frozenset(stems(text))
        covered = sum(weight for word, weight in self._weights.items() if self._stands_in(word, present))
        return covered / self._total

    def _stands_in(self, word: str, present: frozenset[str]) -> bool:
        return word in present or any(meaning <= present for meaning in self._stands_for.get(word, ()))
