"""What got better and what got worse since an earlier run?

Only questions that both runs asked with the same words and the same expectations are compared. Whether the difference
is more than chance is told by the sign test on the questions whose result changed (exact, two-sided; for right and
wrong it is McNemar's test: Q. McNemar, Psychometrika 12, 1947): the probability that so uneven a split comes from
throwing a coin for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from bot.errors import SettingsError
from bot.evaluation.figures import Share
from bot.evaluation.grade import MEASURES, Result

MIN_COMMON = 0.5
"""Of all questions of both runs, the share that both must have asked. Below it figures say more of the questions than
of the answers."""


@dataclass(frozen=True)
class Row:
    """One share in both runs, over the same questions, with how many of them got better and worse."""

    name: str
    before: Share
    now: Share
    better: int
    worse: int

    @property
    def p_value(self) -> float:
        return sign_test(self.better, self.worse)


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side. `rows`: "all" first, then kinds, then measures. `better` and `worse` are the ids of
    questions that were wrong and are right, and the other way round. `settings`: what differs, by name, (before, now).
    """

    common: int
    only_before: int
    only_now: int
    reworded: int
    """Questions that both have under one id, with other words or expectations; not compared."""
    rows: tuple[Row, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    settings: Mapping[str, tuple[Any, Any]]


def check_common(before: Iterable[str], now: Iterable[str], *, folder: str) -> None:
    """Raises SettingsError where two runs, given as ids, have too few questions in common to be compared."""
    earlier, later = set(before), set(now)
    common, every = len(earlier & later), len(earlier | later)
    if common < MIN_COMMON * every:
        raise SettingsError(
            f"{folder} holds a run of other questions: {common} of the {every} ids of both are in both, and at least "
            f"{MIN_COMMON:.0%} are needed to compare. Compare runs of the same files."
        )


def compare_runs(
    before: Sequence[Result],
    now: Sequence[Result],
    *,
    settings_before: Mapping[str, Any],
    settings_now: Mapping[str, Any],
) -> Comparison:
    """The comparison over the questions that both runs asked alike."""
    earlier = {one.id: one for one in before}
    shared = [(earlier[one.id], one) for one in now if one.id in earlier]
    pairs = [(old, new) for old, new in shared if _asks_alike(old, new)]
    rows = [_row("all", [(old.is_right, new.is_right) for old, new in pairs])]
    for kind in sorted({new.kind for _, new in pairs}):
        rows.append(_row(kind, [(old.is_right, new.is_right) for old, new in pairs if new.kind == kind]))
    for measure in MEASURES:
        graded = [pair for pair in pairs if all(measure in one.graded for one in pair)]
        rows.append(_row(measure, [(measure not in old.failed, measure not in new.failed) for old, new in graded]))
    return Comparison(
        common=len(pairs),
        only_before=len(before) - len(shared),
        only_now=len(now) - len(shared),
        reworded=len(shared) - len(pairs),
        rows=tuple(row for row in rows if row.before.of),
        better=tuple(new.id for old, new in pairs if new.is_right and not old.is_right),
        worse=tuple(new.id for old, new in pairs if old.is_right and not new.is_right),
        settings=_differences(settings_before, settings_now),
    )


def sign_test(better: int, worse: int) -> float:
    """The two-sided p-value of so uneven a split, or a more uneven one, where each change is as likely either way; 1
    where nothing changed."""
    changed = better + worse
    if not changed:
        return 1.0
    tail = sum(comb(changed, number) for number in range(min(better, worse) + 1))
    return min(1.0, float(2 * tail / 2**changed))


def comparison_as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "common": comparison.common,
        "only_before": comparison.only_before,
        "only_now": comparison.only_now,
        "reworded": comparison.reworded,
        "rows": [
            {
                "name": row.name,
                "before": row.before.as_json(),
                "now": row.now.as_json(),
                "better": row.better,
                "worse": row.worse,
                "p_value": round(row.p_value, 4),
            }
            for row in comparison.rows
        ],
        "better": list(comparison.better),
        "worse": list(comparison.worse),
        "settings": {name: {"before": old, "now": new} for name, (old, new) in comparison.settings.items()},
    }


def _asks_alike(before: Result, now: Result) -> bool:
    return before.asked == now.asked and before.expected == now.expected and before.kind == now.kind


def _row(name: str, pairs: Sequence[tuple[bool, bool]]) -> Row:
    return Row(
        name,
        before=Share(sum(old for old, _ in pairs), len(pairs)),
        now=Share(sum(new for _, new in pairs), len(pairs)),
        better=sum(new and not old for old, new in pairs),
        worse=sum(old and not new for old, new in pairs),
    )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs, by dotted name; the day and the files of questions do not count."""
    earlier, later = _flat(before), _flat(now)
    return {
        name: (earlier.get(name), later.get(name))
        for name in dict.fromkeys((*earlier, *later))
        if earlier.get(name) != later.get(name) and name.partition(".")[0] not in ("date", "questions")
    }


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{above}{name}.") if isinstance(value, Mapping) else {f"{above}{name}": value}
    return flat
