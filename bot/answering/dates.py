"""Has a stated date passed? Stated dates are ISO 8601 of any precision: a day, a month or a year."""

from __future__ import annotations

from datetime import date


def is_past(stated: str | None, today: date) -> bool:
    """True when the whole of a stated date ("2026-09-01", "2026-09", "2026") lies before today; False when none is
    stated."""
    return bool(stated) and today.isoformat()[: len(stated or "")] > (stated or "")
