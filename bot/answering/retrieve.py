"""Which passages may answer, of the schools that were asked about and of no other?

Two searches over the same live passages, nearest vectors and BM25, are fused by their scores. The school filter is
an argument of both searches, and so are the asker's roles: nothing of another school, and nothing that is limited to
others, is ever among the candidates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.wider_words import spell_out
from bot.answering.words import content_words, stem, stems
from bot.model import Evidence, Expansion, LookUp, ScoredPassage, Wording
from ingestion.model import Hit, IndexedPassage, Slug

SEARCH_DEPTH = 40
"""Hits taken from each search before they are fused."""
KEPT = 16
"""Passages kept as evidence."""
MEANING_SHARE = 0.8
"""Of a passage's score, what its cosine counts. Between 0.7 and 0.9 the order is best on the development questions and
on two public sets alike (`benchmarks/ablation.py`)."""
FARTHER = 0.8
"""Of the lowest cosine found, what counts for a passage that the nearest-vector search did not reach."""


class PassageIndex(Protocol):
    """The part of the index that retrieval reads; `ingestion.index.Index` is the real one."""

    def nearest(
        self,
        vector: NDArray[float32],
        *,
        schools: tuple[Slug, ...],
        limit: int,
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[Hit]: ...

    def matching(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[Hit]: ...

    def word_weight(self, words: Sequence[str]) -> dict[str, float]: ...


class QuestionEmbedder(Protocol):
    """Embeds questions: float32[dimension] of unit length. `name` tells the model and its precision."""

    @property
    def name(self) -> str: ...

    def embed_question(self, text: str) -> NDArray[float32]: ...


def retrieve(lookup: LookUp, *, index: PassageIndex, embedder: QuestionEmbedder, kept: int = KEPT) -> Evidence:
    """The evidence for a look-up, best first; nothing kept when both searches find nothing."""
    fused = fuse(search_both(lookup, index=index, embedder=embedder, depth=max(SEARCH_DEPTH, kept)))
    return Evidence(tuple(fused[:kept]), tuple(fused[kept:]))


def search_both(
    lookup: LookUp, *, index: PassageIndex, embedder: QuestionEmbedder, depth: int = SEARCH_DEPTH
) -> list[Searched]:
    """What both searches find for the question and for each other wording of it, `depth` hits a search."""
    searched = []
    for wording in (Wording(lookup.query, 1.0), *lookup.also):
        is_question = wording.weight == 1.0
        vector = question_vector(lookup, embedder) if is_question else embedder.embed_question(wording.text)
        meanings = [expansion.means for expansion in lookup.expansions] if is_question else []
        near: list[Hit] = []
        worded: list[Hit] = []
        for schools, trust_wide in _searches(lookup.schools):
            near += index.nearest(vector, schools=schools, limit=depth, trust_wide=trust_wide, roles=lookup.roles)
            worded += index.matching(
                wording.text,
                schools=schools,
                limit=depth,
                expansions=meanings,
                trust_wide=trust_wide,
                roles=lookup.roles,
            )
        searched.append(Searched(tuple(near), tuple(worded), wording.weight))
    return searched


def question_vector(lookup: LookUp, embedder: QuestionEmbedder) -> NDArray[float32]:
    """The question's direction, float32[dimension] of unit length: half-way between its own words and the same with
    each expansion spelt out, since the model knows few acronyms of schools and much plain English."""
    plain = embedder.embed_question(lookup.query)
    spelt = spell_out(lookup.query, lookup.expansions)
    if spelt == lookup.query:
        return plain
    between = plain + embedder.embed_question(spelt)
    return np.asarray(between / np.linalg.norm(between), dtype=float32)


def _searches(schools: tuple[Slug, ...]) -> list[tuple[tuple[Slug, ...], bool]]:
    """The trust's documents, and the schools' beside them: a school has few, and they would drown among the trust's
    many."""
    return [((), True), (schools, False)] if schools else [((), True)]


@dataclass(frozen=True)
class Searched:
    """What the two searches found for one wording: `near` with cosines, `worded` with BM25 scores; it counts
    `weight` times."""

    near: Sequence[Hit]
    worded: Sequence[Hit]
    weight: float = 1.0


def fuse(searched: Sequence[Searched], *, meaning_share: float = MEANING_SHARE) -> list[ScoredPassage]:
    """The passages of both searches as one list, best first, scored from 0 to 1: `meaning_share` of the cosine and the
    rest of the BM25 score as a share of the best one's, over all wordings by their weight.

    A convex combination of scores (Bruch, Gai and Ingber 2023) instead of ranks: docs/decisions/0012. A passage that
    only words found counts as a little less near than the farthest that meaning found. The scores kept with a passage
    are those for the heaviest wording that found it.
    """
    total = sum(one.weight for one in searched) or 1.0
    found: dict[int, IndexedPassage] = {}
    fused: dict[int, float] = {}
    cosines: dict[int, float] = {}
    bm25s: dict[int, float] = {}
    ordered = sorted(searched, key=lambda one: -one.weight)
    for one in ordered:
        found |= {hit.found.id: hit.found for hit in (*one.near, *one.worded)}
    for one in ordered:
        near = {hit.found.id: hit.score for hit in one.near}
        worded = {hit.found.id: hit.score for hit in one.worded}
        cosines = near | cosines
        bm25s = worded | bm25s
        unseen = FARTHER * max(0.0, min(near.values(), default=0.0))
        best = max(worded.values(), default=1.0) or 1.0
        for id_ in found:
            meaning, words = max(0.0, near.get(id_, unseen)), worded.get(id_, 0.0) / best
            score = meaning_share * meaning + (1 - meaning_share) * words
            fused[id_] = fused.get(id_, 0.0) + one.weight / total * score
    return [
        ScoredPassage(found[id_], fused[id_], cosines.get(id_), bm25s.get(id_))
        for id_ in sorted(fused, key=lambda id_: (-fused[id_], id_))
    ]


class WordCoverage:
    """How much of what a question is about stands in a text: the share of its content words, weighed by rarity.

    A word counts as present when its stem is, or when all words of an expansion that stands for it are. `weights` are
    inverse document frequencies over the live passages; the highest of them, `unknown_weight`, is that of a word that
    no passage holds.
    """

    def __init__(
        self,
        query: str,
        expansions: Sequence[Expansion],
        weights: Mapping[str, float],
        *,
        unknown_weight: float | None = None,
    ) -> None:
        self._weights = {stem(word): weights.get(word, 1.0) for word in content_words(query)}
        self._total = sum(self._weights.values()) or 1.0
        self._heaviest = unknown_weight or max(self._weights.values(), default=1.0) or 1.0
        self._stands_for: dict[str, list[frozenset[str]]] = {}
        for expansion in expansions:
            for said in stems(expansion.said):
                self._stands_for.setdefault(said, []).append(frozenset(stems(expansion.means)))

    @property
    def words(self) -> int:
        """How many content words the question has."""
        return len(self._weights)

    @property
    def unknown(self) -> float:
        """The share of words that no passage of the index holds and that nothing stands for; 0 to 1."""
        unheard = [
            weight
            for word, weight in self._weights.items()
            if weight >= self._heaviest - 1e-6 and word not in self._stands_for
        ]
        return sum(unheard) / self._total

    def share(self, text: str) -> float:
        """From 0 (no word of the question) to 1 (all of them)."""
        return self.share_of(frozenset(stems(text)))

    def share_of(self, present: frozenset[str]) -> float:
        """As `share`, of a text whose stems are known."""
        covered = sum(weight for word, weight in self._weights.items() if self._stands_in(word, present))
        return covered / self._total

    def rarest_missing(self, text: str) -> float:
        """How rare the rarest word is that the text does not hold: 0 when it holds all, 1 for one unknown to the
        index."""
        present = frozenset(stems(text))
        missing = [weight for word, weight in self._weights.items() if not self._stands_in(word, present)]
        return max(missing, default=0.0) / self._heaviest

    def _stands_in(self, word: str, present: frozenset[str]) -> bool:
        return word in present or any(meaning <= present for meaning in self._stands_for.get(word, ()))
