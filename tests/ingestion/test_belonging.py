"""A document in the wrong school's folder is pointed out, and never moved."""

from __future__ import annotations

import pytest

from ingestion.belonging import doubtful_home
from ingestion.model import Block, Locator, Metadata, ParsedDocument, School, SchoolRecord, Section, Slug, Trust

SALTMARSH = SchoolRecord(
    Slug("saltmarsh"), "Saltmarsh Primary School", ("Saltmarsh", "the primary", "The Primary School")
)
KESTREL = SchoolRecord(Slug("kestrel"), "Kestrel Heath Academy", ("Kestrel", "the secondary"))
ROWAN = SchoolRecord(Slug("rowan"), "Rowan House School", ())
TRUST = Trust("Samphire Coast Learning Trust", schools=(SALTMARSH, KESTREL, ROWAN))
PAGE = Locator("page", 1, 1)


def document(school: str | None, title: str, *lines: str) -> ParsedDocument:
    of: School = Slug(school) if school else None
    blocks = tuple(Block("paragraph", line, PAGE) for line in lines)
    return ParsedDocument("a.docx", of, Metadata(title=title), (Section((), blocks),))


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Saltmarsh Primary School behaviour policy", ()),
        ("Behaviour policy", ("SALTMARSH PRIMARY  SCHOOL", "Version 3.1")),
        ("Saltmarsh behaviour policy", ()),
    ],
)
def test_a_schools_document_whose_cover_names_only_another_school_is_in_doubt(
    title: str, lines: tuple[str, ...]
) -> None:
    assert doubtful_home(document("kestrel", title, *lines), TRUST) == (
        "it stands in schools/kestrel and its cover names only Saltmarsh Primary School: "
        "move it to schools/saltmarsh if it is theirs"
    )


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Behaviour policy", ()),
        ("Behaviour policy", ("Kestrel Heath Academy", "Adapted from Saltmarsh Primary School")),
        ("Kestrel and Saltmarsh Primary School: joint trips", ()),
        ("Moving on from the primary", ("The Primary School hands over its notes.",)),
        ("Transition", ("Saltmarsh Primary School and Rowan House School send pupils.",)),
        ("Transition", ("word " * 120, "Saltmarsh Primary School")),
        ("Transition", ("Pupils from Saltmarsh visit in July.",)),
        ("Saltmarshes: a unit of work", ()),
    ],
)
def test_anything_else_leaves_no_doubt(title: str, lines: tuple[str, ...]) -> None:
    assert doubtful_home(document("kestrel", title, *lines), TRUST) is None


@pytest.mark.parametrize("title", ["Kestrel Heath Academy staff handbook", "Kestrel staff handbook"])
def test_a_trusts_document_whose_title_names_one_school_is_in_doubt(title: str) -> None:
    assert doubtful_home(document(None, title), TRUST) == (
        "it stands among the trust’s documents and its title names Kestrel Heath Academy: "
        "move it to schools/kestrel if it holds there alone"
    )


@pytest.mark.parametrize("title", ["Staff handbook", "Kestrel and Saltmarsh: trips", "Trips for the secondary"])
def test_a_trusts_document_whose_title_names_no_school_or_several_is_not(title: str) -> None:
    assert doubtful_home(document(None, title, "Approved by Kestrel Heath Academy"), TRUST) is None


def test_a_corpus_without_schools_has_no_doubts() -> None:
    assert doubtful_home(document(None, "Kestrel Heath Academy"), Trust()) is None
