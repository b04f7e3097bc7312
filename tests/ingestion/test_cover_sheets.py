"""Cover sheets in many layouts, as real files through the real parsers, are read as a careful administrator would."""

from __future__ import annotations

import pytest

from tests.ingestion.cover_sheets.build import read_sheets
from tests.ingestion.cover_sheets.grade import HALVES, Grade, grade_half, share_right

MIN_SHARE_RIGHT = {"development": 0.98, "held out": 0.98}
"""A little below what is reached: 100 % of both."""


@pytest.fixture(scope="module", params=sorted(HALVES))
def half(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def grades(half: str) -> list[Grade]:
    return grade_half(half)


def test_what_is_stated_is_read(half: str, grades: list[Grade]) -> None:
    missed = [grade for grade in grades if grade.stated is not None and not grade.is_right]
    assert share_right(grades) >= MIN_SHARE_RIGHT[half], missed


def test_no_value_is_invented(grades: list[Grade]) -> None:
    assert [grade for grade in grades if grade.is_invented] == []


def test_there_are_sheets_enough_of_every_sort() -> None:
    sheets = [sheet for path in HALVES.values() for sheet in read_sheets(path)]
    assert len({sheet.name for sheet in sheets}) == len(sheets) >= 64
    assert {sheet.format for sheet in sheets} == {"docx", "pdf", "pptx", "html", "md", "txt"}
    assert sum(1 for sheet in sheets if sheet.unclear) >= 6
    assert {sheet.states["kind"] for sheet in sheets} == {
        "policy", "behaviour", "values", "cpd", "programme", "framework", "other",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "read", "is_right", "is_invented"),
    [
        ("2027-09", "2027-09", True, False),
        ("2027-09", None, False, False),
        (None, "2027-09", False, True),
        ("2", "3", False, True),
    ],
)
def test_a_grade_tells_a_miss_from_an_invention(
    stated: str | None, read: str | None, is_right: bool, is_invented: bool
) -> None:
    grade = Grade("a sheet", "review_due", stated, read)
    assert (grade.is_right, grade.is_invented) == (is_right, is_invented)
