"""Which words of the evidence are shown as the answer?

One to three quotations, each a unit of a passage. With a chat model, `write.py` makes sentences over the same evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.answering.rank import ScoredUnit
from bot.answering.units import MAX_QUOTED_WORDS, Unit, as_quotation, quotable_units
from bot.answering.words import stems
from bot.model import Quotation, ScoredPassage
from ingestion.model import Locator, Slug

MAX_QUOTATIONS = 3
CLOSE_ENOUGH = 0.8
"""A second or third quotation must score at least this share of the first."""
BESIDE_ENOUGH = 0.7
"""Prose that stands beside the first quotation joins it from this share of its score on."""


def compose_quotations(scored: Sequence[ScoredUnit], *, schools: tuple[Slug, ...] = ()) -> tuple[Quotation, ...]:
    """One to three quotations, best first; with several schools asked about, the best of each. Empty only without
    units.

    The first is widened with what answers as well beside it in its passage, as long as it stays short.
    """
    if not scored:
        return ()
    if len(schools) > 1:
        firsts = [
            next((one for one in scored if one.unit.source.found.version.school == slug), None) for slug in schools
        ]
        chosen = [one.unit for one in firsts if one is not None] or [scored[0].unit]
        return tuple(as_quotation(unit) for unit in chosen)
    chosen = [widen_unit(scored[0].unit, scored)]
    floor = scored[0].score * CLOSE_ENOUGH
    for one in scored[1:]:
        if one.score < floor or len(chosen) == MAX_QUOTATIONS:
            break
        if not any(_repeats(one.unit, other) for other in chosen):
            chosen.append(one.unit)
    return tuple(as_quotation(unit) for unit in chosen)


def widen_unit(unit: Unit, scored: Sequence[ScoredUnit]) -> Unit:
    """The unit with those neighbours in its passage that answer as well or nearly, while it stays a short quotation.

    Rows of a table are joined to rows of the same table only, and must come nearer.
    """
    scores = {one.unit.place: one.score for one in scored if one.unit.source == unit.source}
    units = {one.place: one for one in quotable_units(unit.source)}
    first = last = unit.place
    text, rows = unit.text, unit.rows
    while beside := [place for place in (first - 1, last + 1) if place in units]:
        beside.sort(key=lambda place: -scores.get(place, 0.0))
        for place in beside:
            longer = _joined(unit, units[place], scores, first=min(first, place), last=max(last, place), units=units)
            if longer is not None:
                first, last, (text, rows) = min(first, place), max(last, place), longer
                break
        else:
            break
    locators = [units[place].locator for place in (first, last)]
    locator = locators[0] if locators[0] == locators[1] else str(_span(unit.source, text))
    return replace(unit, text=text, rows=rows, locator=locator, place=first)


def _joined(
    unit: Unit, neighbour: Unit, scores: Mapping[int, float], *, first: int, last: int, units: Mapping[int, Unit]
) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """The passage's own words from unit `first` to unit `last`, and their rows; None where they do not belong
    together."""
    if bool(unit.rows) != bool(neighbour.rows) or unit.header != neighbour.header:
        return None
    enough = CLOSE_ENOUGH if unit.rows else BESIDE_ENOUGH
    if scores.get(neighbour.place, 0.0) < enough * scores.get(unit.place, 1.0):
        return None
    whole = unit.source.found.passage.text
    start = whole.find(units[first].text)
    end = whole.find(units[last].text, start) + len(units[last].text)
    text = whole[start:end]
    if start < 0 or len(text.split()) > MAX_QUOTED_WORDS:
        return None
    return text, tuple(row for place in range(first, last + 1) for row in units[place].rows)


def _span(source: ScoredPassage, text: str) -> Locator:
    """From the page (slide, row) where the text begins to the one where it ends."""
    quoted = [block.locator for block in source.found.passage.blocks if block.text in text or text in block.text]
    return quoted[0].to(quoted[-1])


def _repeats(one: Unit, other: Unit) -> bool:
    """True when one unit says what the other says, word for word or nearly."""
    mine, theirs = frozenset(stems(one.text)), frozenset(stems(other.text))
    return len(mine & theirs) >= 0.8 * min(len(mine), len(theirs))
