"""A stated date means as many days as its precision leaves open, and a term begins and ends as terms do."""

from __future__ import annotations

import pytest

from ingestion.dates import compare_dates, first_day, is_within, last_day


@pytest.mark.parametrize(
    ("stated", "first", "last"),
    [
        ("2027-09-01", "2027-09-01", "2027-09-01"),
        ("2027-09", "2027-09-01", "2027-09-30"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2027", "2027-01-01", "2027-12-31"),
        ("2027-21", "2027-01-01", "2027-04-30"),
        ("2027-22", "2027-04-01", "2027-08-31"),
        ("2027-23", "2027-09-01", "2027-12-31"),
        ("2027-24", "2027-12-01", "2028-02-28"),
    ],
)
def test_a_stated_date_has_a_first_and_a_last_day(stated: str, first: str, last: str) -> None:
    assert (str(first_day(stated)), str(last_day(stated))) == (first, last)


@pytest.mark.parametrize(
    "stated", [None, "", "autumn 2027", "2027-13", "2027-25", "2027-02-30", "2027-23-01", "0000", "27"]
)
def test_what_is_no_date_has_none(stated: str | None) -> None:
    assert (first_day(stated), last_day(stated)) == (None, None)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-09-01", "2026-09-02"),
        ("2026-08", "2026-09-01"),
        ("2025", "2026-01-01"),
        ("2026-22", "2026-09"),
        ("2026-22", "2026-23"),
        ("2027-21", "2027-22"),
        ("2026-23", "2026-24"),
        ("2026-24", "2027-21"),
        ("2026-23", "2027"),
    ],
)
def test_of_two_dates_one_is_later(earlier: str, later: str) -> None:
    assert (compare_dates(earlier, later), compare_dates(later, earlier)) == (-1, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2026", "2026-05"), ("2026-09", "2026-09-15"), ("2026-23", "2026-10"), ("2027-21", "2027-04"), (None, "2026"),
     ("soon", "2026"), ("2026-23", "2026-23")],
)  # fmt: skip
def test_dates_that_share_a_day_are_in_no_order(one: str | None, other: str | None) -> None:
    assert (compare_dates(one, other), compare_dates(other, one)) == (0, 0)


def test_a_date_lies_within_a_coarser_one_that_agrees() -> None:
    assert is_within("2026-11-03", "2026-23")
    assert is_within("2026-11", "2026-23")
    assert is_within("2026-23", "2026")
    assert not is_within("2026-23", "2026-11")
    assert not is_within("2026-08", "2026-23")
    assert not is_within(None, "2026")
