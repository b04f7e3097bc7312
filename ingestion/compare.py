"""What changed between two editions of a document, passage by passage?"""

from bisect import bisect
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ingestion.model import Passage

ALIKE = 0.5
"""From this share of common words on, two passages are one that was reworded (2·common / all, as difflib counts)."""

MAX_PAIRS = 2_000
"""So many pairs at most are all compared by their words, which takes a second at the worst. Beyond, a passage is
compared with its neighbours in order, and with those under the same heading where they are few."""

NEIGHBOURS = 2
"""How far, beyond MAX_PAIRS, a passage is looked for before and after its place; there are two such places, so that
ten are compared with it."""

FEW = 10
"""So many passages under one heading are compared with each other wherever they stand: a section may have moved."""


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
    same_before = set(pairs.values())
    left = [n for n in range(len(before)) if n not in same_before]
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
    places: dict[tuple[tuple[str, ...], str], deque[int]] = defaultdict(deque)
    for place, passage in enumerate(before):
        places[_words(passage)].append(place)
    return {place: same.popleft() for place, passage in enumerate(after) if (same := places.get(_words(passage)))}


def _reworded(before: Sequence[Passage], after: Sequence[Passage], left: list[int], new: list[int]) -> dict[int, int]:
    """The likeliest pairs among the rest, the most alike first; each passage is in one pair at most."""
    words_before = {other: before[other].text.split() for other in left}
    scored = []
    for place, others in _candidates(before, after, left, new).items():
        matcher = SequenceMatcher(None, b=after[place].text.split(), autojunk=False)
        for other in others:
            matcher.set_seq1(words_before[other])
            if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
                ratio = matcher.ratio()
                if ratio >= ALIKE:
                    same_heading = before[other].heading == after[place].heading
                    scored.append((ratio, same_heading, -abs(place - other), place, other))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for *_, place, other in sorted(scored, reverse=True):
        if place not in pairs and other not in taken:
            pairs[place] = other
            taken.add(other)
    return pairs


def _candidates(
    before: Sequence[Passage], after: Sequence[Passage], left: list[int], new: list[int]
) -> dict[int, list[int]]:
    """Place in the later edition → the places in the earlier one that are compared with it by their words: all where
    they are few, else its neighbours in order and the few under the same heading."""
    if len(left) * len(new) <= MAX_PAIRS:
        return dict.fromkeys(new, left)
    under: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for other in left:
        under[before[other].heading].append(other)
    found: dict[int, set[int]] = {}
    for place in new:
        same_heading = under.get(after[place].heading, [])
        found[place] = set(same_heading) if len(same_heading) <= FEW else set()
    for olds, news in _runs(before, after, left, new):
        for n, place in enumerate(news):
            # counted from the start of the run and from its end: rows put in at one place move only one of the two
            for at in (n, n + len(olds) - len(news)):
                found[place].update(olds[max(0, at - NEIGHBOURS) : max(0, at + NEIGHBOURS + 1)])
    return {place: sorted(others) for place, others in found.items()}


def _runs(
    before: Sequence[Passage], after: Sequence[Passage], left: list[int], new: list[int]
) -> list[tuple[list[int], list[int]]]:
    """The rest of the earlier edition beside the rest of the later one, run by run: what stands between the same two
    passages that both editions hold once, in the same order."""
    once_before, once_after = _standing_once(before), _standing_once(after)
    keys_before = [key for key in once_before if key in once_after]
    keys_after = [key for key in once_after if key in once_before]
    blocks = SequenceMatcher(None, keys_before, keys_after, autojunk=False).get_matching_blocks()
    anchors = [keys_before[block.a + n] for block in blocks for n in range(block.size)]
    at_before, at_after = [once_before[key] for key in anchors], [once_after[key] for key in anchors]
    runs: list[tuple[list[int], list[int]]] = [([], []) for _ in range(len(anchors) + 1)]
    for other in left:
        runs[bisect(at_before, other)][0].append(other)
    for place in new:
        runs[bisect(at_after, place)][1].append(place)
    return runs


def _standing_once(edition: Sequence[Passage]) -> dict[tuple[tuple[str, ...], str], int]:
    """Heading and words → the place, of what stands once in an edition, in its order."""
    keys = [_words(passage) for passage in edition]
    counts = Counter(keys)
    return {key: place for place, key in enumerate(keys) if counts[key] == 1}


def _words(passage: Passage) -> tuple[tuple[str, ...], str]:
    return passage.heading, passage.text
