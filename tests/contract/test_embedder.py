"""What every embedder promises, the fake and the real one alike."""

import numpy as np
import pytest

from ingestion.embed import Embedder, SentenceTransformerEmbedder
from tests.fakes import FakeEmbedder


@pytest.fixture(scope="module", params=[FakeEmbedder, SentenceTransformerEmbedder])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    made: Embedder = request.param()
    return made


TEXTS = ["Phones stay in bags.", "Leave is requested in writing.", "", "Phones " * 2000, "Ünïcode — ☃"]


def test_a_passage_becomes_a_row_of_unit_length(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_a_question_becomes_one_vector_of_unit_length(embedder: Embedder) -> None:
    vector = embedder.embed_question("May I use my phone?")
    assert vector.shape == (embedder.dimension,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_no_passages_are_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_a_text_has_one_vector_whatever_is_embedded_beside_it(embedder: Embedder) -> None:
    together = embedder.embed_passages(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        assert embedder.embed_passages([text])[0] == pytest.approx(row, abs=1e-4)


def test_a_question_is_nearer_to_the_passage_that_answers_it(embedder: Embedder) -> None:
    phones, leave = embedder.embed_passages(TEXTS[:2])
    question = embedder.embed_question("Where do phones stay?")
    assert question @ phones > question @ leave


def test_a_name_is_stable_and_carries_a_digest(embedder: Embedder) -> None:
    assert embedder.name == type(embedder)().name
    assert "@" in embedder.name
