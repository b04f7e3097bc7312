from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from bot.answering.redirects import (
    OTHER_FROM,
    SAFEGUARDING_FROM,
    STEP_CHARACTERS,
    WINDOW_CHARACTERS,
    Redirection,
    Redirects,
    touches_safeguarding,
)
from bot.answering.redirects.reading import (
    CLASSES,
    Logits,
    TrainedReader,
    changes,
    other_score,
    safeguarding_score,
)

EVAL = Path(__file__).parents[1] / "eval"


def logits(**given: float) -> Logits:
    """-5 for every class but those given."""
    return np.array([given.get(name, -5.0) for name in CLASSES], dtype=np.float32)


@dataclass
class FakeReader:
    """Gives a class its number where its words stand in the text; else a question. `seen` are the texts it read."""

    of_words: dict[str, dict[str, float]]
    seen: list[str] = field(default_factory=list)

    def read(self, text: str) -> Logits:
        self.seen.append(text)
        for words, given in self.of_words.items():
            if words in text:
                return logits(**given)
        return logits(question=5.0)


def test_what_the_reader_reads_as_harm_gets_the_safeguarding_reply_of_its_case() -> None:
    redirects = Redirects(FakeReader({"sharpener": {"self_harm": 4.0}}))
    assert redirects.of("took the blade out the sharpener again") == Redirection("safeguarding", "self_harm")
    assert redirects.of("where do i get a pencil") is None


def test_a_message_that_is_as_likely_harm_as_not_gets_the_reply() -> None:
    assert SAFEGUARDING_FROM < 0 <= OTHER_FROM
    redirects = Redirects(
        FakeReader({"odd": {"child": 1.0, "question": 1.0}, "login": {"system": 1.0, "question": 1.0}})
    )
    assert redirects.of("odd one in my form") == Redirection("safeguarding", "child")
    assert redirects.of("login for sims") is None


def test_a_case_that_is_not_sure_gets_the_reply_about_a_child() -> None:
    unsure = {"staff": 1.0, "head": 1.0, "image": 1.0, "weapon": 1.0}
    assert Redirects(FakeReader({"hm": unsure})).of("hm this is odd") == Redirection("safeguarding", "child")


def test_a_question_that_leans_on_a_disclosure_is_one_and_on_another_redirect_is_not() -> None:
    redirects = Redirects(FakeReader({"flinches": {"child": 4.0}, "payslip": {"payroll": 4.0}}))
    assert redirects.of("what do i do now?", earlier=["she flinches"]) == Redirection("safeguarding", "child")
    assert redirects.of("how long is a detention?", earlier=["my payslip is wrong"]) is None


@pytest.mark.parametrize(
    ("case", "kind"), [("payroll", "personal_data"), ("staff_record", "personal_data"), ("rules", "out_of_scope")]
)
def test_other_redirects_get_their_family(case: str, kind: str) -> None:
    redirection = Redirects(FakeReader({"x": {case: 4.0}})).of("x")
    assert redirection is not None
    assert (redirection.kind, redirection.case) == (kind, case)


def test_harm_goes_before_any_other_redirect() -> None:
    redirects = Redirects(FakeReader({"points": {"pupil_record": 4.0, "child": 4.0}}))
    assert redirects.of("how many points has kai, he has bruises") == Redirection("safeguarding", "child")


@pytest.mark.parametrize("length", [1, 40, 400])
def test_a_disclosure_anywhere_in_a_long_message_is_read(length: int) -> None:
    before = "so much has happened today " * length
    for text in (
        before + "and then she flinched",
        "and then she flinched " + before,
        before + "she flinched " + before,
    ):
        redirects = Redirects(FakeReader({"she flinched": {"child": 4.0}}))
        assert redirects.of(text) == Redirection("safeguarding", "child")


def test_every_word_of_a_long_message_is_read_in_windows_of_bounded_length() -> None:
    words = [f"w{number}" for number in range(2_000)]
    reader = FakeReader({})
    Redirects(reader).of(" ".join(words))
    assert {word for window in reader.seen for word in window.split()} >= set(words)
    assert max(map(len, reader.seen)) <= WINDOW_CHARACTERS
    assert len(reader.seen) <= len(" ".join(words)) / (STEP_CHARACTERS - 10) + 2
    unbroken = FakeReader({})
    Redirects(unbroken).of("x" * 5_000 + "harm")
    assert any("harm" in window for window in unbroken.seen)


def test_nothing_said_is_not_read() -> None:
    reader = FakeReader({"": {"child": 4.0}})
    assert Redirects(reader).of("?! …") is None
    assert reader.seen == []


def test_without_a_reader_plain_sentences_are_still_caught() -> None:
    assert Redirects().of("a pupil told me her dad hits her") == Redirection("safeguarding", "child")
    assert Redirects().of("how long is a detention") is None


def test_scores_are_logarithms_of_odds() -> None:
    even = np.zeros(len(CLASSES), dtype=np.float32)
    assert safeguarding_score(even) == pytest.approx(np.log(9 / 8))
    assert other_score(even) == pytest.approx(np.log(7 / 10))
    assert safeguarding_score(logits(child=800.0)) > 700


@pytest.mark.parametrize(
    "text",
    ["how long do we keep safeguarding records", "who is the DSL", "can we search for a knife", "self harm policy"],
)
def test_policy_questions_about_safeguarding_are_known(text: str) -> None:
    assert touches_safeguarding(text)


@pytest.mark.parametrize("text", ["how long is a detention", "is the funeral paid", "can i prevent a parking fine"])
def test_other_policy_questions_are_not_about_safeguarding(text: str) -> None:
    assert not touches_safeguarding(text)


def test_the_kept_weights_fit_the_classes_and_are_small() -> None:
    added = changes()
    assert len(added) == 18  # six matrices in each of three layers
    assert all(np.isfinite(one).all() and one.any() for one in added.values())
    assert all(name.startswith("encoder.layer.") and name.endswith(".weight") for name in added)

    class Level:
        def embed_question(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            return np.full(384, 384**-0.5, dtype=np.float32)

    assert TrainedReader(Level()).read("x").shape == (len(CLASSES),)
    kept = Path(__file__).parents[2] / "bot" / "answering" / "redirects" / "weights.npz"
    assert kept.stat().st_size < 1_000_000


def test_no_held_out_message_is_trained_on() -> None:
    def texts(pattern: str) -> set[str]:
        lines = (line for file in EVAL.glob(pattern) for line in file.read_text(encoding="utf-8").splitlines())
        return {json.loads(line)["text"].casefold() for line in lines if line.strip()}

    for folder in ("disclosure", "redirects"):
        assert texts(f"{folder}/development*.jsonl").isdisjoint(texts(f"{folder}/held_out*.jsonl"))
