from __future__ import annotations

import numpy as np

from bot.answering.remembering import RememberingEmbedder
from tests.fakes import FakeEmbedder


def test_a_text_is_embedded_once_and_comes_back_the_same() -> None:
    real = FakeEmbedder()
    embedder = RememberingEmbedder(real)
    first = embedder.embed_passages(["phones", "leave", "phones"])
    again = embedder.embed_passages(["leave", "vapes"])
    assert real.embedded == ["phones", "leave", "vapes"]
    assert np.array_equal(first[1], again[0])
    assert np.array_equal(first[0], first[2])


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    real = FakeEmbedder()
    embedder = RememberingEmbedder(real, texts=2)
    embedder.embed_passages(["phones", "leave"])
    embedder.embed_passages(["phones"])
    embedder.embed_passages(["vapes"])
    embedder.embed_passages(["phones", "leave"])
    assert real.embedded == ["phones", "leave", "vapes", "leave"]


def test_a_question_is_not_taken_for_a_passage_of_the_same_words() -> None:
    real = FakeEmbedder()
    embedder = RememberingEmbedder(real)
    question = embedder.embed_question("phones")
    assert np.array_equal(question, real.embed_question("phones"))
    assert embedder.embed_passages([]).shape == (0, real.dimension)
    assert real.embedded == []
