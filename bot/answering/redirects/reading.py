"""What does a message mean to do: ask something, tell of harm, or want what no document holds?

The bundled embedding model, with small changes to its upper layers and one linear layer behind it, was trained on our
own written examples (tools/train_redirects.py). It gives one number for each of seventeen classes; what the numbers
decide, with the thresholds, is `bot.answering.redirects`. Figures: docs/safeguarding.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.model import RedirectCase

SAFEGUARDING: tuple[RedirectCase, ...] = (
    "child", "self_harm", "fgm", "radicalisation", "image", "weapon", "staff", "head", "own_crisis",
)  # fmt: skip
PERSONAL_DATA: tuple[RedirectCase, ...] = ("pupil_record", "staff_record", "payroll", "system")
OUT_OF_SCOPE: tuple[RedirectCase, ...] = ("write", "rules", "advice")
CLASSES: tuple[str, ...] = ("question", *SAFEGUARDING, *PERSONAL_DATA, *OUT_OF_SCOPE)
"""In the order of the weights."""

SHARPNESS = 10.0
"""What a vector of unit length is multiplied by before the last layer, so that its weights can stay small."""

Logits = NDArray[np.float32]

Weights = Mapping[str, NDArray[Any]]
"""By name: `…:down`, `…:up`, `head:weight` and `head:bias`."""


class MessageReader(Protocol):
    """Reads a text of up to a few sentences."""

    def read(self, text: str) -> Logits:
        """float32[len(CLASSES)]: the more, the likelier."""


class QuestionEmbedder(Protocol):
    """Embeds a text with the bundled model and the changes of `changes`: float32[dimension], of unit length."""

    def embed_question(self, text: str) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class TrainedReader:
    """The trained reader; `embedder` must have been opened with the `changes()` of the same weights."""

    embedder: QuestionEmbedder
    weights: Weights | None = None
    """None: those that come with Staffroom."""

    def read(self, text: str) -> Logits:
        weights = kept_weights() if self.weights is None else self.weights
        logits: Logits = self.embedder.embed_question(text) @ weights["head:weight"] + weights["head:bias"]
        return logits


def changes(weights: Weights | None = None) -> dict[str, NDArray[np.float32]]:
    """What is added to the weights of the bundled model, by their names."""
    weights = kept_weights() if weights is None else weights
    names = [name.removesuffix(":up") for name in weights if name.endswith(":up")]
    return {
        name: 2 * weights[f"{name}:up"].astype(np.float32) @ weights[f"{name}:down"].astype(np.float32)
        for name in names
    }


def safeguarding_score(logits: Logits) -> float:
    """How much likelier a safeguarding case is than anything else, as a logarithm of odds: 0 is even."""
    first, last = CLASSES.index(SAFEGUARDING[0]), CLASSES.index(SAFEGUARDING[-1]) + 1
    others = np.concatenate([logits[:first], logits[last:]])
    return float(_log_sum_exp(logits[first:last]) - _log_sum_exp(others))


def other_score(logits: Logits) -> float:
    """How much likelier one of the other redirects is than anything else, as a logarithm of odds."""
    first = CLASSES.index(PERSONAL_DATA[0])
    return float(_log_sum_exp(logits[first:]) - _log_sum_exp(logits[:first]))


def likeliest(logits: Logits, among: tuple[RedirectCase, ...]) -> tuple[RedirectCase, float]:
    """The likeliest of these classes, and its share of their probability (0 … 1)."""
    numbers = np.array([logits[CLASSES.index(case)] for case in among])
    shares = np.exp(numbers - _log_sum_exp(numbers))
    best = int(np.argmax(shares))
    return among[best], float(shares[best])


def _log_sum_exp(numbers: NDArray[Any]) -> float:
    largest = numbers.max()
    return float(largest + np.log(np.exp(numbers - largest).sum()))


@cache
def kept_weights() -> Weights:
    """The weights that come with Staffroom: of each changed matrix, the two thin ones; and the last layer."""
    with (files(__package__) / "weights.npz").open("rb") as file, np.load(file) as kept:
        return {name: kept[name] for name in kept.files}
