from __future__ import annotations

from typing import Any

import pytest

from bot.errors import SettingsError
from bot.evaluate import grade, read_graded, summarise
from tests.building import TRUST


def got(**changed: Any) -> dict[str, Any]:
    citation = {"path": "a.docx", "school": "saltmarsh", "quote": "until the end of the day", "locator": "page 1"}
    base = {
        "outcome": "answered",
        "redirect": None,
        "text": "**A**",
        "citations": [citation],
        "took_ms": 10.0,
        "confidence": 0.9,
    }
    return {**base, **changed}


def asked(**expected: Any) -> dict[str, Any]:
    return {"id": "q", "question": "?", **expected}


def test_an_answer_is_right_when_all_that_was_expected_holds() -> None:
    expected = asked(outcome="answered", path=["b.docx", "a.docx"], words="End of the Day", school="saltmarsh")
    assert grade(expected, got(), trust=TRUST).failed == ()


@pytest.mark.parametrize(
    ("expected", "failed"),
    [
        (asked(school="saltmarsh", outcome="no_evidence"), ("outcome",)),
        (asked(school="saltmarsh", redirect="safeguarding"), ("outcome",)),
        (asked(school="saltmarsh", path="b.docx"), ("document",)),
        (asked(school="saltmarsh", words=["end of the day", "end of the week"]), ("words",)),
        (asked(school="kestrel"), ("school",)),
        (asked(school="kestrel", path="a.docx"), ("school",)),
        (asked(path="a.docx"), ("school",)),
        (asked(school="saltmarsh", path="a.docx"), ()),
        ({**asked(school="kestrel", path="a.docx"), "question": "and at Saltmarsh?"}, ()),
    ],
)
def test_what_failed_is_named(expected: dict[str, Any], failed: tuple[str, ...]) -> None:
    assert grade(expected, got(), trust=TRUST).failed == failed


def test_scores_are_counted_by_kind_and_by_measure() -> None:
    policy = asked(kind="policy", school="saltmarsh", outcome="answered")
    report = summarise(
        [
            grade({**policy, "path": "a.docx"}, got(took_ms=10.0), trust=TRUST),
            grade({**policy, "path": "b.docx"}, got(took_ms=30.0), trust=TRUST),
        ]
    )
    assert (report.questions, report.score) == (2, 0.5)
    assert report.by_kind == {"policy": (2, 0.5)}
    assert report.by_measure == {"outcome": (2, 1.0), "document": (2, 0.5), "school": (2, 1.0)}
    assert [miss.failed for miss in report.misses] == [("document",)]
    assert report.took_ms[0] == 20.0


def test_a_line_that_cannot_be_used_is_named() -> None:
    with pytest.raises(SettingsError, match=r"q\.jsonl, line 2: unknown key 'paht'"):
        read_graded(['{"question": "a"}', '{"question": "b", "paht": "c"}'], name="q.jsonl")
    with pytest.raises(SettingsError, match="line 1: not JSON"):
        read_graded(["{"], name="q.jsonl")


def test_an_empty_file_is_no_success() -> None:
    with pytest.raises(SettingsError, match="no graded question"):
        summarise([])
