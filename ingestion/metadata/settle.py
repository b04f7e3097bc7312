"""Which of a cover's statements counts, and which contradict each other?

Statements that agree, one more precisely than another, are one. Two that contradict each other leave the field unknown,
and are reported in the words that state them: nothing is guessed. But what calls itself a draft anywhere is kept as
one, for a draft must not be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingestion.dates import compare_dates, is_within, last_day
from ingestion.metadata.labels import DATES, PAST_OR_COMING
from ingestion.metadata.statements import STAMP, Statement
from ingestion.metadata.values import version_key

NAMES = {
    "version": "versions",
    "status": "statuses",
    "approved_on": "approval dates",
    "effective_from": "dates of effect",
    "review_due": "review dates",
    "created_on": "dates of creation",
}
"""The fields in which two statements can contradict each other, in the plural; of the others the first counts."""


def settle(statements: Sequence[Statement]) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """What is stated, by field; and the conflicts: field → the words that state it, each with its place."""
    statements = _of_last_approval(_without_past_reviews(statements))
    stated: dict[str, Any] = {}
    conflicts: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(one.name for one in statements):
        ours = [one for one in statements if one.name == name]
        if name == "status":
            ours = _as_stamped(ours)
        value = _agreed(name, ours)
        if value is None:
            conflicts[name] = tuple(dict.fromkeys(f"{one.words} ({one.place})" for one in _one_of_each(name, ours)))
            if name == "status" and any(one.value == "draft" for one in ours):
                value = "draft"
        if value is not None:
            stated[name] = value
    return stated, conflicts


def conflict_sentences(conflicts: Mapping[str, Sequence[str]], stated: Mapping[str, Any]) -> tuple[str, ...]:
    """What an admin is told of each conflict, with the mend."""
    return tuple(
        f"it states {_count(len(words))} {NAMES[name]}, {' and '.join(words)}: "
        + ("it is kept as a draft" if stated.get(name) == "draft" else "none of them is taken")
        + f"; state {name} in a sidecar"
        for name, words in conflicts.items()
    )


def _as_stamped(statuses: Sequence[Statement]) -> list[Statement]:
    """An old edition still has the cover it was approved with: the stamp across it is later."""
    stamps = [one for one in statuses if one.place == STAMP and one.value != "draft"]
    return stamps or list(statuses)


def _agreed(name: str, statements: Sequence[Statement]) -> Any:
    """The value that no statement contradicts, the most precise; None where there is none."""
    if name not in NAMES:
        return statements[0].value
    candidates = [one for one in statements if all(_agrees(name, one.value, other.value) for other in statements)]
    return candidates[0].value if candidates else None


def _agrees(name: str, value: Any, other: Any) -> bool:
    """Whether `value` says all that `other` says: the same, or the more precise date."""
    if name in DATES:
        return value == other or is_within(value, other)
    if name == "version":
        return value == other or (version_key(value) != () and version_key(value) == version_key(other))
    return bool(value == other)


def _one_of_each(name: str, statements: Sequence[Statement]) -> list[Statement]:
    """The first statement of each value."""
    first: list[Statement] = []
    for one in statements:
        if not any(one.value == other.value or _agrees(name, other.value, one.value) for other in first):
            first.append(one)
    return first


# ── what was, before what counts ─────────────────────────────────────────────────────────────────────────────────────


def _without_past_reviews(stated: Sequence[Statement]) -> list[Statement]:
    """Without what "Review date" says of a review that was: a plainer label beside it names the one to come, or it is
    no later than the approval it led to."""
    approved = [one.value for one in stated if one.name == "approved_on"]
    plain = {one.place for one in stated if one.name == "review_due" and one.label not in PAST_OR_COMING}

    def is_past(one: Statement) -> bool:
        if one.name != "review_due" or one.label not in PAST_OR_COMING:
            return False
        return one.place in plain or any(one.value == day or compare_dates(one.value, day) < 0 for day in approved)

    return [one for one in stated if not is_past(one)]


_STAGE = re.compile(r"(?P<verb>approv|ratif|adopt|agree|determin|sign)\w*(?: off)?(?: by (?P<body>.+))?")


def _of_last_approval(stated: Sequence[Statement]) -> Sequence[Statement]:
    """Without the stages before the last, where one place tells of several under labels of their own: approved by the
    headteacher in May and ratified by governors in July, it was approved by governors, in July."""
    dated = [one for one in stated if one.name == "approved_on"]
    last = max(dated, key=lambda one: str(last_day(one.value)), default=None)
    earlier = [one for one in dated if last and compare_dates(one.value, last.value) < 0]
    are_stages = all(last and one.place == last.place and _stage(one) != _stage(last) for one in earlier)
    if last is None or not earlier or not are_stages or len({_stage(one) for one in earlier}) < len(earlier):
        return stated
    gone = {*map(id, earlier)} | {
        id(one) for one in stated if one.name == "approved_by" and _stage(one) != _stage(last)
    }
    return [one for one in stated if id(one) not in gone]


def _stage(one: Statement) -> tuple[str | None, str | None]:
    found = _STAGE.search(one.label)
    return (found["verb"], found["body"]) if found else (None, None)


def _count(number: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(number, str(number))
