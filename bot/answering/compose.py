"""Which words of the evidence are shown as the answer?

One to three quotations, each a unit of a passage. With a chat model, `write.py` makes sentences over the same evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.find import Found
from bot.answering.rank import ScoredUnit
from bot.answering.units import MAX_QUOTED_WORDS, Unit, as_quotation, join_units, quotable_units
from bot.answering.words import stems
from bot.model import Draft
from ingestion.model import School, Slug

MAX_QUOTATIONS = 3
CLOSE_ENOUGH = 0.8
"""A second or third quotation must score at least this share of the first."""
BESIDE_ENOUGH = 0.7
"""Prose that stands beside the first quotation joins it from this share of its score on."""


def compose_quotations(found: Found) -> Draft:
    """One to three quotations, best first; with several schools asked about, the best of each that has one worth
    quoting. Empty only without units.

    The first is widened with what answers as well beside it in its passage, as long as it stays short.
    """
    return Draft(tuple(as_quotation(unit) for unit in _chosen(found.scored, schools=found.lookup.schools)))


def _chosen(scored: Sequence[ScoredUnit], *, schools: Sequence[Slug]) -> list[Unit]:
    if not scored:
        return []
    floor = scored[0].score * CLOSE_ENOUGH
    if len(schools) > 1:
        return _best_of_each(scored, schools, floor=floor)
    chosen = [widen_unit(scored[0], scored)]
    for one in scored[1:]:
        if one.score < floor or len(chosen) == MAX_QUOTATIONS:
            break
        if not any(_repeats(one.unit, other) for other in chosen):
            chosen.append(one.unit)
    return chosen


def _best_of_each(scored: Sequence[ScoredUnit], schools: Sequence[Slug], *, floor: float) -> list[Unit]:
    """The best unit of each school, in the order the schools were named, and the trust's where it is the best of
    all."""
    good = [one for one in scored if one.score >= floor]
    firsts = [next((one.unit for one in good if _school_of(one.unit) == slug), None) for slug in schools]
    trusts = [scored[0].unit] if _school_of(scored[0].unit) is None else []
    return [*trusts, *(unit for unit in firsts if unit is not None)]


def widen_unit(best: ScoredUnit, scored: Sequence[ScoredUnit]) -> Unit:
    """The unit with those neighbours in its passage that answer as well or nearly, while it stays a short quotation.

    Rows of a table are joined to rows of the same table only, and must come nearer.
    """
    units = quotable_units(best.unit.source)
    scores = {one.unit.place: one.score for one in scored if one.unit.source == best.unit.source}
    enough = best.score * (CLOSE_ENOUGH if best.unit.rows else BESIDE_ENOUGH)
    first = last = best.unit.place
    while True:
        beside = [place for place in (first - 1, last + 1) if scores.get(place, 0.0) >= enough]
        for place in sorted(beside, key=lambda place: -scores[place]):
            wider = range(min(first, place), max(last, place) + 1)
            if _belong_together([units[one] for one in wider]):
                first, last = wider[0], wider[-1]
                break
        else:
            break
    if first == last:
        return best.unit
    return join_units(units[first], units[last], units[first + 1 : last])


def _belong_together(units: Sequence[Unit]) -> bool:
    """All prose, or all rows under the same column names; and no longer together than a person reads."""
    alike = all(bool(unit.rows) == bool(units[0].rows) and unit.header == units[0].header for unit in units)
    return alike and sum(len(unit.text.split()) for unit in units) <= MAX_QUOTED_WORDS


def _school_of(unit: Unit) -> School:
    return unit.source.found.version.school


def _repeats(one: Unit, other: Unit) -> bool:
    """True when one unit says what the other says, word for word or nearly."""
    mine, theirs = frozenset(stems(one.text)), frozenset(stems(other.text))
    return len(mine & theirs) >= 0.8 * min(len(mine), len(theirs))
