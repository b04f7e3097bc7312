"""Which words of the evidence are shown as the answer?

A few quotations within a budget of words, each with what it cannot do without. With a chat model, `write.py` makes
sentences over the same evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answering.agreement import agree, disagree
from bot.answering.find import Found
from bot.answering.rank import ScoredUnit
from bot.answering.units import (
    MAX_QUOTED_WORDS,
    Unit,
    as_quotation,
    in_whole_list,
    join_units,
    quotable_units,
    with_limits,
)
from bot.answering.words import stems
from bot.model import Draft
from ingestion.model import School, Slug

MAX_QUOTATIONS = 4
CLOSE_ENOUGH = 0.8
"""A further quotation must score at least this share of the first."""
BESIDE_ENOUGH = 0.7
"""Words that stand beside a quotation join it from this share of its score on; rows of a table from `ROW_ENOUGH`."""
ROW_ENOUGH = 0.8
TOTAL_WORDS = 200
"""All quotations together, where they are more than one, but for what `with_limits` adds. Chosen on the development
questions: 160 hold three in a hundred less of the right words, and save 15 words to read."""
TIES = 0.95
"""Quotations of one document stand in its order where they score at least this share of the best: a weaker one that
happens to stand earlier does not push the answer down."""
MAX_AGREEING = 2
"""Documents named besides because they say what a quotation says."""
AT_ODDS_ENOUGH = 0.5
"""A document that disagrees with a quotation is shown from this share of the best score on."""


def compose_quotations(found: Found) -> Draft:
    """The quotations, best first, but those that are nearly as good as the best in the order of their document. With
    several schools asked about, the best of each that has one worth quoting. Empty only without units.

    What agrees with a quotation and what disagrees with it is quoted too: `agreement.weigh_sources` tells them apart.
    """
    chosen = _chosen(found.scored, schools=found.lookup.schools)
    return Draft(tuple(as_quotation(unit) for unit in _completed([one.unit for one in _in_reading_order(chosen)])))


def _chosen(scored: Sequence[ScoredUnit], *, schools: Sequence[Slug]) -> list[ScoredUnit]:
    """Best first."""
    if not scored:
        return []
    best = scored[0].score
    if len(schools) > 1:
        return _best_of_each(scored, schools, floor=best * CLOSE_ENOUGH)
    chosen = [replace(scored[0], unit=widen_unit(scored[0], scored))]
    agreeing: list[ScoredUnit] = []
    for one in scored[1:]:
        if one.score < best * AT_ODDS_ENOUGH:
            break
        if any(_holds(other.unit, one.unit) for other in chosen):
            continue
        if _is_at_odds(one.unit, chosen):
            chosen.append(one)
        elif one.score < best * CLOSE_ENOUGH:
            continue
        elif any(_repeats(one.unit, other.unit) for other in (*chosen, *agreeing)):
            if len(agreeing) < MAX_AGREEING and _confirms(one.unit, chosen):
                agreeing.append(one)
        elif len(chosen) < MAX_QUOTATIONS and (unit := _that_fits(one, scored, beside=chosen)):
            chosen = [other for other in chosen if not _holds(unit, other.unit)] + [replace(one, unit=unit)]
    return [*chosen, *agreeing]


def _that_fits(one: ScoredUnit, scored: Sequence[ScoredUnit], *, beside: Sequence[ScoredUnit]) -> Unit | None:
    """The unit as wide as the budget of words allows beside the others; None when not even its own words fit."""
    for unit in (widen_unit(one, scored), in_whole_list(one.unit), in_whole_list(one.unit, most_words=0)):
        others = [other.unit for other in beside if not _holds(unit, other.unit)]
        if not any(_overlap(unit, other) for other in others) and sum(map(_length, (*others, unit))) <= TOTAL_WORDS:
            return unit
    return None


def _is_at_odds(unit: Unit, chosen: Sequence[ScoredUnit]) -> bool:
    return any(_path_of(unit) != _path_of(other.unit) and disagree(unit.text, other.unit.text) for other in chosen)


def _confirms(unit: Unit, chosen: Sequence[ScoredUnit]) -> bool:
    """True when a quotation of another document says it all, and no document is named twice for it."""
    paths = {_path_of(other.unit) for other in chosen}
    return _path_of(unit) not in paths and any(agree(other.unit.text, unit.text) for other in chosen)


def _in_reading_order(chosen: Sequence[ScoredUnit]) -> list[ScoredUnit]:
    """The documents in the order of their best words; of one document those that score alike as they stand there, and
    of one passage all."""
    documents: list[str] = []
    tiers: dict[int, int] = {}
    for one in chosen:
        documents += [path] if (path := _path_of(one.unit)) not in documents else []
        tiers.setdefault(one.unit.source.found.id, int(one.score < chosen[0].score * TIES))

    def place(one: ScoredUnit) -> tuple[int, int, int, int]:
        found = one.unit.source.found
        return documents.index(_path_of(one.unit)), tiers[found.id], found.passage.ordinal, one.unit.start

    return sorted(chosen, key=place)


def _completed(chosen: Sequence[Unit]) -> list[Unit]:
    """Each with what it cannot do without; those of one passage that then overlap become one."""
    completed: list[Unit] = []
    for unit in map(with_limits, chosen):
        beside = next((other for other in completed if _overlap(unit, other)), None)
        if beside is None:
            completed.append(unit)
        else:
            first, last = min(unit, beside, key=lambda one: one.start), max(unit, beside, key=lambda one: one.end)
            completed[completed.index(beside)] = replace(first, end=last.end, locator=first.locator.to(last.locator))
    return completed


def _best_of_each(scored: Sequence[ScoredUnit], schools: Sequence[Slug], *, floor: float) -> list[ScoredUnit]:
    """The best unit of each school, in the order the schools were named, and the trust's where it is the best of
    all."""
    good = [one for one in scored if one.score >= floor]
    firsts = [next((one for one in good if _school_of(one.unit) == slug), None) for slug in schools]
    trusts = [scored[0]] if _school_of(scored[0].unit) is None else []
    return [one for one in (*trusts, *firsts) if one is not None]


def widen_unit(best: ScoredUnit, scored: Sequence[ScoredUnit]) -> Unit:
    """The unit with those neighbours in its passage that answer as well or nearly, while it stays a short quotation.

    Rows of a table are joined to rows of the same table only, and must come nearer.
    """
    units = quotable_units(best.unit.source)
    scores = {one.unit.place: one.score for one in scored if one.unit.source == best.unit.source}
    enough = best.score * (ROW_ENOUGH if best.unit.rows else BESIDE_ENOUGH)
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
        return in_whole_list(best.unit)
    return in_whole_list(join_units(units[first], units[last], units[first + 1 : last]))


def _belong_together(units: Sequence[Unit]) -> bool:
    """All prose, or all rows under the same column names; and no longer together than a person reads."""
    alike = all(bool(unit.rows) == bool(units[0].rows) and unit.header == units[0].header for unit in units)
    return alike and sum(map(_length, units)) <= MAX_QUOTED_WORDS


def _length(unit: Unit) -> int:
    return len(unit.text.split())


def _school_of(unit: Unit) -> School:
    return unit.source.found.version.school


def _path_of(unit: Unit) -> str:
    return unit.source.found.version.path


def _holds(one: Unit, other: Unit) -> bool:
    """True when the words of the other stand among those of the one, in the same place."""
    return one.source.found.id == other.source.found.id and one.start <= other.start and other.end <= one.end


def _overlap(one: Unit, other: Unit) -> bool:
    return one.source.found.id == other.source.found.id and one.start < other.end and other.start < one.end


def _repeats(one: Unit, other: Unit) -> bool:
    """True when one unit says what the other says, word for word or nearly."""
    mine, theirs = frozenset(stems(one.text)), frozenset(stems(other.text))
    return len(mine & theirs) >= 0.8 * min(len(mine), len(theirs))
