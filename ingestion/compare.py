"""What changed between two editions of a document, passage by passage?"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ingestion.model import Passage

ALIKE = 0.5
"""From this share of common words on, two passages are one that was reworded (2·common / all, as difflib counts)."""

MAX_PAIRS = 40_000
"""Beyond so many pairs to compare by their words, only passages under the same heading are."""


@dataclass(frozen=True)
class PassageChange:
    """One passage of either edition: `before` is None for one that was added, `after` for one that was removed; with
    both, `kept` has the same heading and words and `changed` has not."""

    change: Literal["kept", "changed", "added", "removed"]
    before: Passage | None
    after: Passage | None


def compare_editions(before: Sequence[Passage], after: Sequence[Passage]) -> list[PassageChange]:
    """Every passage of both editions, in the order of the later one; what was removed stands where it stood."""
    pairs = _same(before, after)
    left = [n for n in range(len(before)) if n not in pairs.values()]
    new = [n for n in range(len(after)) if n not in pairs]
    pairs |= _reworded(before, after, left, new)
    compared: list[PassageChange] = []
    kept_before = set(pairs.values())
    told = 0  # how far the earlier edition is told
    for place, passage in enumerate(after):
        partner = pairs.get(place)
        if partner is None:
            compared.append(PassageChange("added", None, passage))
            continue
        compared += _removed(before, range(told, partner), kept_before)
        told = max(told, partner + 1)
        is_same = _words(before[partner]) == _words(passage)
        compared.append(PassageChange("kept" if is_same else "changed", before[partner], passage))
    return compared + _removed(before, range(told, len(before)), kept_before)


def _removed(before: Sequence[Passage], places: range, kept: set[int]) -> list[PassageChange]:
    return [PassageChange("removed", before[place], None) for place in places if place not in kept]


def _same(before: Sequence[Passage], after: Sequence[Passage]) -> dict[int, int]:
    """Place in the later edition → place in the earlier one, of passages with the same heading and words."""
    places: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for place, passage in enumerate(before):
        places.setdefault(_words(passage), []).append(place)
    return {place: same.pop(0) for place, passage in enumerate(after) if (same := places.get(_words(passage)))}


def _reworded(before: Sequence[Passage], after: Sequence[Passage], left: list[int], new: list[int]) -> dict[int, int]:
    """The likeliest pairs among the rest, the most alike first; each passage is in one pair at most."""
    is_many = len(left) * len(new) > MAX_PAIRS
    scored = []
    for place in new:
        matcher = SequenceMatcher(None, b=after[place].text.split(), autojunk=False)
        for other in left:
            same_heading = before[other].heading == after[place].heading
            if is_many and not same_heading:
                continue
            matcher.set_seq1(before[other].text.split())
            if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
                ratio = matcher.ratio()
                if ratio >= ALIKE:
                    scored.append((ratio, same_heading, -abs(place - other), place, other))
    pairs: dict[int, int] = {}
    for *_, place, other in sorted(scored, reverse=True):
        if place not in pairs and other not in pairs.values():
            pairs[place] = other
    return pairs


def _words(passage: Passage) -> tuple[tuple[str, ...], str]:
    return passage.heading, passage.text
