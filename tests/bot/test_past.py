from __future__ import annotations

import pytest

from bot.answering.find import Found
from bot.answering.past import load_past_sentences, quote_past
from bot.answering.rank import score_units
from bot.answering.retrieve import WordCoverage
from bot.model import EditionAsked, Evidence, LookUp
from ingestion.model import IndexedPassage, Metadata, PastEdition, Version
from tests.building import block, indexed, scored
from tests.fakes import FakeEmbedder

NOW = indexed(
    "A phone is kept until the end of the day.",
    "Lateness is never sanctioned.",
    id=2,
    heading=("Phones",),
    title="Behaviour policy",
    metadata=Metadata(version="3.1"),
)
BEFORE = indexed(
    "A phone is kept until the end of the week.",
    "Lateness is never sanctioned.",
    id=1,
    heading=("Phones",),
    title="Behaviour policy",
    status="superseded",
    metadata=Metadata(version="2.4"),
)


class Editions:
    """An index of one document in force, with the edition before it where there is one."""

    def __init__(self, *before: IndexedPassage) -> None:
        self._before = before

    def edition_before(self, version: Version, *, roles: object = ()) -> PastEdition | None:
        return PastEdition(self._before[0].version, self._before) if self._before else None

    def passages_of(self, path: str) -> list[IndexedPassage]:
        return [NOW]

    def word_weight(self, words: object) -> dict[str, float]:
        return {}


def asked(query: str, edition: EditionAsked, index: Editions) -> tuple[list[str], tuple[str, ...]]:
    embedder = FakeEmbedder()
    lookup = LookUp(query, edition=edition)
    evidence = Evidence((scored(NOW),))
    units = score_units(lookup, evidence, embedder=embedder, coverage=WordCoverage(query, (), {}))
    found = Found(lookup, evidence, tuple(units), 0.8, {})
    told = quote_past(found, index=index, embedder=embedder, sentences=load_past_sentences())
    assert told is not None
    return [f"{one.found.version.status}: {one.text}" for one in told.draft.quotations], told.notes


def test_what_was_said_before_stands_beside_what_is_said_now() -> None:
    quotations, notes = asked("how long is a phone kept", "before", Editions(BEFORE))
    assert quotations[0].startswith("superseded: A phone is kept until the end of the week.")
    assert quotations[-1].startswith("in_force: A phone is kept until the end of the day.")
    assert "version 2.4" in notes[0]
    assert "version 3.1" in notes[0]


def test_only_what_changed_is_told_of_a_change_with_both_sides() -> None:
    quotations, notes = asked("phone", "changes", Editions(BEFORE))
    assert quotations == [
        "superseded: A phone is kept until the end of the week.",
        "in_force: A phone is kept until the end of the day.",
    ]
    assert "between version 2.4 and version 3.1" in notes[0]


def test_no_change_on_a_matter_is_said_so() -> None:
    quotations, notes = asked("lateness sanctioned", "changes", Editions(BEFORE))
    assert all(one.startswith("in_force: ") for one in quotations)
    assert notes[0].startswith("I found no change on this")


@pytest.mark.parametrize("edition", ["before", "changes"])
def test_where_no_earlier_edition_is_on_record_that_is_said(edition: EditionAsked) -> None:
    quotations, notes = asked("how long is a phone kept", edition, Editions())
    assert quotations
    assert all(one.startswith("in_force: ") for one in quotations)
    assert notes == ("No earlier edition of “Behaviour policy” is on record here. This is what is in force.",)


def test_a_tables_column_names_are_no_change() -> None:
    old = indexed(
        block("What | Who", kind="table_header"),
        block("Phone | Head", kind="table_row"),
        id=1,
        heading=("Phones",),
        title="Behaviour policy",
        status="superseded",
        metadata=Metadata(version="2.4"),
    )
    quotations, _ = asked("phone", "changes", Editions(old))
    assert not any("What | Who" in one for one in quotations)
