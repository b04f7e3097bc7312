"""Small pieces of the trust's world, to build tests from."""

from __future__ import annotations

from bot.model import ScoredPassage
from ingestion.model import (
    Acronym,
    Block,
    BlockKind,
    Contact,
    IndexedPassage,
    Locator,
    Metadata,
    Passage,
    School,
    SchoolRecord,
    Slug,
    Status,
    Trust,
    Version,
)

SALTMARSH = SchoolRecord(
    Slug("saltmarsh"),
    "Saltmarsh Primary School",
    aliases=("Saltmarsh", "the primary"),
    phase="primary",
    safeguarding=(
        Contact("Designated safeguarding lead", "01632 960201"),
        Contact("Deputy designated safeguarding lead", "01632 960202"),
    ),
)
KESTREL = SchoolRecord(
    Slug("kestrel"),
    "Kestrel Heath Academy",
    aliases=("Kestrel Heath", "Kestrel", "the high school"),
    phase="secondary",
    safeguarding=(Contact("Designated safeguarding lead", "01632 960301"),),
)
TRUST = Trust(
    name="Samphire Coast Learning Trust",
    safeguarding=(Contact("Trust safeguarding lead", "01632 960101"),),
    schools=(SALTMARSH, KESTREL),
    acronyms=(
        Acronym("ECT", "early career teacher", ("NQT",)),
        Acronym("IT", "induction tutor"),
        Acronym("DSL", "designated safeguarding lead"),
    ),
)


def page(number: int) -> Locator:
    return Locator("page", number)


def block(text: str, *, kind: BlockKind = "paragraph", at: Locator | None = None) -> Block:
    """A block on page 1 unless said otherwise; the cells of a table row are split at " | "."""
    cells = tuple(text.split(" | ")) if kind in ("table_row", "table_header") else ()
    return Block(kind, text, at or page(1), cells)


def indexed(
    *blocks: Block | str,
    id: int = 1,
    heading: tuple[str, ...] = (),
    title: str = "Leave of absence policy",
    path: str = "trust/leave.docx",
    school: School = None,
    status: Status = "in_force",
    metadata: Metadata | None = None,
    doubt: str | None = None,
) -> IndexedPassage:
    """A live passage; texts become paragraphs on page 1."""
    version = Version(id, path, school, title, metadata or Metadata(), status, doubt)
    made = tuple(block(one) if isinstance(one, str) else one for one in blocks)
    return IndexedPassage(id, version, Passage(0, heading, made))


def scored(found: IndexedPassage, *, fused: float = 0.03, cosine: float | None = 0.6) -> ScoredPassage:
    return ScoredPassage(found, fused, cosine, None)
