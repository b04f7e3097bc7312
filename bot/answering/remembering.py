"""Embeds each text once, as long as it is asked about now and again: questions share what they compare."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.find import Embedder

KEPT_TEXTS = 10_000
"""Stretches of documents whose vectors are kept: 15 MB at 384 dimensions. A trust of ten schools has about as many."""
KEPT_QUESTIONS = 256


class RememberingEmbedder:
    """An embedder that keeps what it embedded lately. Safe to call from several threads; vectors are never written to.

    What it is given and gives is as for any `Embedder`.
    """

    def __init__(self, embedder: Embedder, *, texts: int = KEPT_TEXTS, questions: int = KEPT_QUESTIONS) -> None:
        self._embedder = embedder
        self.name = embedder.name
        self._texts = _Recent(texts)
        self._questions = _Recent(questions)

    def embed_question(self, text: str) -> NDArray[float32]:
        known = self._questions.get([text])
        if text not in known:
            known = {text: self._embedder.embed_question(text)}
            self._questions.put(known)
        return known[text]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]:
        known = self._texts.get(texts)
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            learnt = dict(zip(new, self._embedder.embed_passages(new), strict=True))
            self._texts.put(learnt)
            known |= learnt
        if not texts:
            return self._embedder.embed_passages(texts)
        return np.stack([known[text] for text in texts])


class _Recent:
    """The vectors used last, at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, NDArray[float32]] = OrderedDict()

    def get(self, texts: Sequence[str]) -> dict[str, NDArray[float32]]:
        """Those of the texts that are kept."""
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
            for text in found:
                self._kept.move_to_end(text)
        return found

    def put(self, learnt: dict[str, NDArray[float32]]) -> None:
        with self._lock:
            self._kept.update(learnt)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
