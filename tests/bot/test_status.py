"""The health of the corpus names what a person must look at."""

from __future__ import annotations

from datetime import date
from inspect import signature

from bot.status import CorpusStatus, corpus_status
from ingestion.model import Metadata, Status, Trust, Version


def version(path: str, status: Status, doubt: str | None = None, review_due: str | None = None) -> Version:
    return Version(1, path, None, path, Metadata(review_due=review_due), status, doubt)


def status_of(*versions: Version) -> CorpusStatus:
    others = {"trust": Trust(), "passages": 0, "last_refresh": None, "today": date(2026, 11, 21)}
    empty = {name: () for name in signature(corpus_status).parameters if name not in (*others, "versions")}
    return corpus_status(versions, **others, **empty)  # type: ignore[arg-type]


def test_both_the_edition_that_is_searched_and_the_others_are_in_doubt() -> None:
    searched, other, certain = (
        version("a", "in_force", "doubt"),
        version("b", "superseded", "doubt"),
        version("c", "draft"),
    )
    assert status_of(searched, other, certain).doubts == (searched, other)


def test_a_review_due_in_a_term_is_overdue_after_its_last_day() -> None:
    past, coming = version("a", "in_force", review_due="2026-22"), version("b", "in_force", review_due="2026-23")
    assert status_of(past, coming).overdue == (past,)
