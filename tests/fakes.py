"""Stand-ins for what tests must not load or reach, each true to the real one's contract (tests/contract/ shows it)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ingestion.model import RawFile
from ingestion.workers import ReadDocument, read_in_process


class FakeEmbedder:
    """A hashed bag of stemmed words: texts that share words are near each other, and the same text is always the same.

    `embedded` holds every passage text that was embedded, in order.
    """

    def __init__(self, *, name: str = "fake-bag-of-words@1", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded.extend(texts)
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(len(texts), self.dimension)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        return self._vector(text)

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self.dimension, dtype=np.float32)
        vector[0] = 0.01  # a text without words has a direction too
        for word in re.findall(r"[^\W_]+", text.casefold()):
            digest = int.from_bytes(sha256(_stem(word).encode()).digest()[:8], "big")
            vector[digest % self.dimension] += 1.0 if digest >> 63 else -1.0
        length = np.linalg.norm(vector)
        return (vector / length).astype(np.float32)


class WorkersInProcess:
    """`Workers` without processes, which take time to start: for documents that a test knows to be harmless."""

    def __init__(self, *, count: int | None = None) -> None:
        self.count = count

    def read_all(self, raws: Iterable[RawFile]) -> Iterator[ReadDocument]:
        return read_in_process(raws)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def _stem(word: str) -> str:
    """The word without its commonest English endings: "phones" and "phone", "sanctions" and "sanction"."""
    return re.sub(r"(ing|ed|es|s)$", "", word) if len(word) > 4 else word
