"""Which days can a stated date mean, and which of two is the later?

A stated date is ISO 8601 of the precision that was written: "2027-09-01", "2027-09", "2027". A term or season is
written as ISO 8601-2 writes seasons: "2027-21" spring, "2027-22" summer, "2027-23" autumn, "2027-24" winter.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache

SEASON_NAMES = {21: "spring", 22: "summer", 23: "autumn", 24: "winter"}
"""ISO 8601-2, 4.8: the numbers of seasons without a hemisphere."""

_SEASON_DAYS = {21: ((1, 1), (4, 30)), 22: ((4, 1), (8, 31)), 23: ((9, 1), (12, 31)), 24: ((12, 1), (2, 28))}
"""A school's terms: the first day that each can begin on, and the last that each can end on. They overlap, since Easter
moves: spring terms have ended on any day from late March to mid-April, and a review is overdue only after all of it.
Winter, which is no term, begins in December of its year and ends in February of the next."""

_STATED = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def first_day(stated: str | None) -> date | None:
    """The earliest day that a stated date can mean: "2027-09" begins on 1 September 2027. None: it is no date."""
    span = _span(stated)
    return span[0] if span else None


def last_day(stated: str | None) -> date | None:
    """The latest day that a stated date can mean: "2027-23", autumn 2027, ends on 31 December 2027."""
    span = _span(stated)
    return span[1] if span else None


def compare_dates(ours: str | None, theirs: str | None) -> int:
    """1: ours is later; −1: earlier; 0: either is no date, or they share a day. Of two terms the order is plain."""
    if not ours or not theirs or ours == theirs:
        return 0
    a, b = _span(ours), _span(theirs)
    if a is None or b is None:
        return 0
    if _is_season(ours) and _is_season(theirs):
        return (a[0] > b[0]) - (a[0] < b[0])
    return (a[0] > b[1]) - (a[1] < b[0])


def is_within(narrow: str | None, wide: str | None) -> bool:
    """Whether every day that `narrow` can mean is one that `wide` can mean: they do not contradict each other."""
    a, b = _span(narrow), _span(wide)
    return a is not None and b is not None and b[0] <= a[0] and a[1] <= b[1]


@lru_cache(maxsize=20_000)
def _span(stated: str | None) -> tuple[date, date] | None:
    found = _STATED.fullmatch((stated or "").strip())
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    try:
        if month in SEASON_NAMES and not day:
            start, end = _SEASON_DAYS[month]
            return date(year, *start), date(year + (end < start), *end)
        if day:
            return date(year, month, day), date(year, month, day)
        if month:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:  # a day or a month that no calendar has
        return None


def _is_season(stated: str | None) -> bool:
    return (stated or "").strip()[4:] in _SEASON_CODES


_SEASON_CODES = frozenset(f"-{number}" for number in SEASON_NAMES)
