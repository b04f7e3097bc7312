"""How much does each reading count? `weights.toml` holds the numbers, `tools/fit_answers.py` fits them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def unit_weights() -> Mapping[str, float]:
    """What each reading of a unit counts towards its score (`bot.answering.rank`)."""
    return _weights()["unit"]


def confidence_weights() -> Mapping[str, float]:
    """What each reading counts towards the confidence, with `intercept` and `least` (`bot.answering.confidence`)."""
    return _weights()["confidence"]


@cache
def _weights() -> dict[str, dict[str, float]]:
    table = tomllib.loads((files("bot.answering") / "weights.toml").read_text(encoding="utf-8"))
    return {part: {name: float(value) for name, value in numbers.items()} for part, numbers in table.items()}
