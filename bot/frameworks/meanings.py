"""Which statements are about a subject, by their words and by their meaning?

The texts are embedded once and kept, by text: a framework changes about once in years, and a service embeds them all
before its first question (`bot.app`).
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.words import content_words, stem, stems
from bot.model import Expansion
from ingestion.model import IndexedPassage, Record

MOST = 8
"""Statements that are shown about a subject."""
BY_WORDS = 0.2
"""What the words count, beside the meaning. Of 40 subjects that were asked of the ECF, the first statement was right
for 33 with 0.2 to 0.4, for 31 by meaning alone and for 32 by words nearly alone; the best eight held most with 0.2."""
WEAKEST = 0.36
"""The least score of a statement that is shown. Of twelve subjects that no framework has (parking, jury service), the
highest scores were 0.39 and 0.28; of the 40, one was lower than this."""
WEAKEST_NAMED = 0.27
"""The same where a question names the framework, and so wants a statement of it."""
CLOSE_ENOUGH = 0.7
"""Of the best score, what a further statement must reach."""
MOST_KEPT = 4_000
"""Texts whose vectors are kept, about 1,500 bytes each: many times the statements that a trust has."""


class TextEmbedder(Protocol):
    """Embeds questions, float32[dimension], and texts, float32[n, dimension]; rows of unit length."""

    @property
    def name(self) -> str: ...

    def embed_question(self, text: str) -> NDArray[float32]: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


class StatementMeanings:
    """The vectors of texts, each made once. May be asked from several threads."""

    def __init__(self) -> None:
        self._vectors: dict[tuple[str, str], NDArray[float32]] = {}
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str], embedder: TextEmbedder) -> NDArray[float32]:
        """float32[len(texts), dimension], rows of unit length, in the order of `texts`; at least one text."""
        with self._lock:
            if len(self._vectors) > MOST_KEPT:
                self._vectors.clear()
            missing = [text for text in dict.fromkeys(texts) if (embedder.name, text) not in self._vectors]
            if missing:
                made = embedder.embed_passages(missing)
                self._vectors |= {(embedder.name, text): row for text, row in zip(missing, made, strict=True)}
            return np.stack([self._vectors[embedder.name, text] for text in texts])


def meant_text(record: Record) -> str:
    """A statement as its meaning is compared: under the name of its section."""
    return f"{record.fields['section_name']}: {record.fields['text']}"


def statements_about(
    subject: str,
    statements: Sequence[tuple[Record, IndexedPassage]],
    *,
    expansions: Sequence[Expansion] = (),
    embedder: TextEmbedder,
    meanings: StatementMeanings,
    weakest: float = WEAKEST,
) -> list[tuple[Record, IndexedPassage]]:
    """The statements that are about the subject, best first, at most `MOST`; empty where none scores `weakest`."""
    if not statements or not content_words(subject):
        return []
    cosines = meanings.of([meant_text(record) for record, _ in statements], embedder) @ embedder.embed_question(subject)
    shares = _word_shares(subject, [str(record.fields["text"]) for record, _ in statements], expansions)
    scores = [
        (1 - BY_WORDS) * max(0.0, float(cosine)) + BY_WORDS * share
        for cosine, share in zip(cosines, shares, strict=True)
    ]
    order = sorted(range(len(statements)), key=lambda at: -scores[at])
    floor = max(weakest, CLOSE_ENOUGH * scores[order[0]])
    return [statements[at] for at in order[:MOST] if scores[at] >= floor]


def _word_shares(subject: str, texts: Sequence[str], expansions: Sequence[Expansion]) -> list[float]:
    """Of each text, the share of the subject's words that it holds, weighed by how rare they are among the texts."""
    held = [frozenset(stems(text)) for text in texts]
    frequency = Counter(word for words in held for word in words)
    wanted = {stem(word) for word in content_words(subject)}
    weights = {word: math.log(1 + len(texts) / (1 + frequency[word])) for word in wanted}
    stands_for: dict[str, list[Collection[str]]] = {}
    for expansion in expansions:
        for said in stems(expansion.said):
            stands_for.setdefault(said, []).append(frozenset(stems(expansion.means)))
    total = sum(weights.values())
    return [
        sum(
            weight
            for word, weight in weights.items()
            if word in words or any(frozenset(meaning) <= words for meaning in stands_for.get(word, ()))
        )
        / total
        for words in held
    ]
