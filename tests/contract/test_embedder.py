"""What every embedder promises, the fake and the real ones alike; and that 8 bits say nearly what float32 says."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingestion.embed import Embedder, open_embedder
from tests.fakes import FakeEmbedder
from tests.ingestion.berts import LONGEST, WORDS, small_bert


@pytest.fixture(scope="module")
def float32() -> Embedder:
    return open_embedder(precision="float32")


@pytest.fixture(scope="module")
def int8() -> Embedder:
    return open_embedder(precision="int8")


@pytest.fixture(params=["fake", "float32", "int8"])
def embedder(request: pytest.FixtureRequest, float32: Embedder, int8: Embedder) -> Embedder:
    return {"fake": FakeEmbedder(), "float32": float32, "int8": int8}[request.param]


TEXTS = ["Phones stay in bags.", "Leave is requested in writing.", "", "Phones " * 2000, "Ünïcode — ☃"]

POLICY = [
    "Behaviour policy > Sanctions > Phones\nPhones are handed in at the gate and given back at the end of the day. A "
    "phone that is seen in a lesson is kept in the office until a parent comes for it.",
    "Leave of absence\nLeave in term time is requested in writing from the headteacher ten school days before.",
    "Home | 01632 960101\nReceipts are kept for six years | 4.2 | Finance team",
    "Induction\nIn week 5 early career teachers look at behaviour: routines, scripts and how to reset a class. The "
    "mentor observes one lesson and they talk it through the same day, with the observation form in Annex C.",
]


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


def test_a_name_carries_a_digest(embedder: Embedder) -> None:
    assert "@" in embedder.name


def test_the_two_precisions_of_a_model_never_share_a_name(float32: Embedder, int8: Embedder) -> None:
    assert int8.name == f"{float32.name}+int8"


# ── 8 bits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_eight_bits_say_nearly_what_float32_says(float32: Embedder, int8: Embedder) -> None:
    texts = [*TEXTS, *POLICY]
    agreement = (float32.embed_passages(texts) * int8.embed_passages(texts)).sum(axis=1)
    assert agreement.min() > 0.99
    assert agreement.mean() > 0.995


def test_in_eight_bits_a_vector_is_the_same_number_for_number_alone_in_a_batch_and_as_a_question(
    int8: Embedder,
) -> None:
    together = int8.embed_passages([*POLICY, *TEXTS])
    for text, row in zip([*POLICY, *TEXTS], together, strict=True):
        assert np.array_equal(int8.embed_passages([text])[0], row)
        assert np.array_equal(int8.embed_question(text), row)


def test_threads_that_embed_at_once_get_the_vectors_of_their_own_texts(int8: Embedder) -> None:
    expected = int8.embed_passages(POLICY)
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        found[number] = [int8.embed_question(POLICY[number]) for _ in range(5)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(POLICY))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, row in enumerate(expected):
        assert all(np.array_equal(vector, row) for vector in found[number])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"pooling": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}},
        {"pooling": {"pooling_mode": "cls"}},
        {"modules": ["Transformer", "Pooling"]},
        {"prompts": {"query": "where do ", "document": "the school "}},
        {"reading": {"max_seq_length": 6}},
        {"reading": {"max_seq_length": None}},
        {"weights_type": np.float16},
    ],
    ids=["mean", "first token", "first token, newer", "not normalised", "prompts", "cut", "uncut", "float16"],
)
def test_a_bert_of_another_make_says_in_eight_bits_what_it_says_in_float32(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    folder = str(small_bert(tmp_path / "small", **settings))
    float32, int8 = (open_embedder(folder, precision=precision) for precision in ("float32", "int8"))
    texts = ["phones stay in bags", "leave is requested in writing at school", "", " ".join(WORDS * 3), "Lunch!"]
    questions = np.stack([[one.embed_question(text) for text in texts] for one in (float32, int8)])
    assert (questions[0] * questions[1]).sum(axis=1).min() > 0.995
    assert (float32.embed_passages(texts) * int8.embed_passages(texts)).sum(axis=1).min() > 0.995


def test_a_text_is_cut_at_the_longest_that_the_model_reads(tmp_path: Path) -> None:
    int8 = open_embedder(str(small_bert(tmp_path / "small")), precision="int8")
    read = WORDS[: LONGEST - 2]  # between [CLS] and [SEP]
    whole = int8.embed_question(" ".join(read))
    assert np.array_equal(int8.embed_question(" ".join([*read, "school"])), whole)
    assert not np.array_equal(int8.embed_question(" ".join(read[:-1])), whole)
