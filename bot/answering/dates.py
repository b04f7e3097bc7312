"""Has a stated date passed? Stated dates are ISO 8601 of any precision: a day, a month, a year, or a term."""

from __future__ import annotations

from datetime import date

from ingestion.dates import last_day


def is_past(stated: str | None, today: date) -> bool:
    """True when the whole of a stated date ("2026-09-01", "2026-09", "2026", "2026-23": autumn 2026) lies before today;
    False when none is stated, or what is stated is no date."""
    last = last_day(stated)
    return last is not None and last < today
