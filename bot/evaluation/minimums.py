"""Which figures fell short of what was asked for?

A minimum is a share from 0 to 1: of the whole score ("0.9"), or of a kind, a measure or any other named share
("follow_up=0.85", "document=0.95", "disclosures=0.98").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import SettingsError
from bot.evaluation.figures import Figures, Share
from bot.evaluation.grade import MEASURES
from bot.evaluation.questions import GradedQuestion

OVERALL = ""
OTHER_SHARES = ("answerable", "unanswerable", "disclosures", "look-alikes", "other questions")


@dataclass(frozen=True)
class Shortfall:
    """A share below its minimum; `name` is "" for the whole score, `share` None where no question tells."""

    name: str
    minimum: float
    share: Share | None

    @property
    def sentence(self) -> str:
        name = self.name or "the whole score"
        if self.share is None or self.share.share is None:
            return f"{name}: no question tells, and at least {self.minimum:g} was asked for"
        return f"{name} is {self.share.share:.3f} ({self.share.right} of {self.share.of}), below {self.minimum:g}"


def read_minimums(values: Sequence[str]) -> dict[str, float]:
    """The minimum by name, "" being the whole score; where one is given twice, the higher. Raises SettingsError."""
    minimums: dict[str, float] = {}
    for value in values:
        name, _, number = value.rpartition("=")
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise SettingsError(
                f"--min {value}: write a share from 0 to 1, alone or after a name: --min 0.9, --min document=0.95."
            )
        minimums[name.strip()] = max(share, minimums.get(name.strip(), 0.0))
    return minimums


def check_names(minimums: Mapping[str, float], questions: Collection[GradedQuestion]) -> None:
    """Raises SettingsError for a name that no figure can have, before anything is asked."""
    kinds = sorted({one.kind for one in questions})
    known = [*kinds, *MEASURES, *OTHER_SHARES]
    for name in minimums:
        if name != OVERALL and name not in known:
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise SettingsError(
                f"--min {name}=…: there is no kind or measure of that name.{hint} Kinds: {', '.join(kinds)}; measures: "
                f"{', '.join((*MEASURES, *OTHER_SHARES))}."
            )


def shortfalls(figures: Figures, minimums: Mapping[str, float]) -> list[Shortfall]:
    """The shares below their minimum, in the order asked for. A share of no question fell short: nothing shows that it
    was reached. A kind that is called like a measure is held to the minimum as well."""
    named = figures.named()
    short = []
    for name, minimum in minimums.items():
        shares = [figures.overall] if name == OVERALL else named.get(name, [])
        if not shares and minimum > 0:
            short.append(Shortfall(name, minimum, None))
        short += [Shortfall(name, minimum, one) for one in shares if one.share is not None and one.share < minimum]
    return short
