"""What ingestion passes along, from a file in the corpus to a passage in the index.

    SourceFile ─read→ RawFile ─parse→ ParsedDocument ─split→ Passage…
                                          └─ compared with what is known ─plan→ RefreshPlan ─apply→ RefreshReport

Every type is frozen, and none holds an open file, a connection or a library's object. Dates are ISO 8601 text of the
precision that was stated ("2027-09-01", "2027-09", "2027", and "2027-23", autumn 2027): a day is never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

Slug = NewType("Slug", str)
"""A school's short name in `trust.toml` and in `schools/<slug>/`."""

School = Slug | None
"""Whose a document is: one school's, or the trust's (None), which holds for every school."""

CORPUS = "corpus"
"""The name of the corpus folder among the sources."""

Status = Literal["in_force", "superseded", "draft", "waiting", "withdrawn"]
"""Of a version: only `in_force` is searched. `waiting`: it takes effect on a later day."""

Kind = Literal["values", "behaviour", "policy", "cpd", "programme", "framework", "other"]
BlockKind = Literal["paragraph", "list_item", "table_header", "table_row"]
LocatorKind = Literal["page", "slide", "row", "section", "document"]


# ── the trust ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Contact:
    """Whom to ring: a role and a telephone number, never a name."""

    role: str
    phone: str


@dataclass(frozen=True)
class SchoolRecord:
    """One school of the trust, as `trust.toml` states it; `safeguarding` has the lead first, then the deputies."""

    slug: Slug
    name: str
    aliases: tuple[str, ...] = ()
    phase: str | None = None
    slack_usergroup: str | None = None
    slack_channels: tuple[str, ...] = ()
    safeguarding: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class Acronym:
    """A short form, what it stands for, and the short forms it replaced ("ECT", "early career teacher", ("NQT",))."""

    short: str
    expansion: str
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceRecord:
    """A place besides the corpus folder that documents come from, as `trust.toml` states it: a website (`website` or
    `sitemap`) or any address that fsspec opens (`address`). `school` is the one school it holds for; None = see
    `ingestion.sources`."""

    name: str
    school: Slug | None = None
    website: tuple[str, ...] = ()
    sitemap: str | None = None
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    max_pages: int = 500
    seconds_between: float = 1.0
    address: str | None = None


@dataclass(frozen=True)
class Trust:
    """`trust.toml`, read. A corpus without that file is a trust with no schools, named `the trust`."""

    name: str = "the trust"
    precedence: Literal["trust", "school"] = "trust"
    safeguarding: tuple[Contact, ...] = ()
    schools: tuple[SchoolRecord, ...] = ()
    acronyms: tuple[Acronym, ...] = ()
    sources: tuple[SourceRecord, ...] = ()

    def school(self, slug: str | None) -> SchoolRecord | None:
        """The school with that slug; None when there is none."""
        return next((school for school in self.schools if school.slug == slug), None)


# ── from file to document ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class FileStamp:
    """What tells, without reading it, that a file or its sidecar changed. `sidecar` is None where there is none."""

    size_bytes: int
    modified_ns: int
    """Nanoseconds since the epoch."""
    sidecar: FileStamp | None = None
    tag: str | None = None
    """What the place itself tells one state of the file from another by (an ETag, a checksum); None where it has
    none."""


@dataclass(frozen=True)
class SourceFile:
    """One file as a source lists it, unread. `path` is relative to the corpus root, with forward slashes; that of a
    source which `trust.toml` names begins with the source's name ("dfe/induction.pdf")."""

    path: str
    school: School
    stamp: FileStamp
    problem: str | None = None
    """Why it must not be read, in a sentence with the mend (its folder is no school of the trust); None = it may be.
    Nothing of a file with a problem is searched, not even the edition that was read before."""
    source: str = CORPUS
    """The name of the source that lists it."""


@dataclass(frozen=True)
class RawFile:
    """One file's bytes; `sidecar` is the text of `NAME.EXT.toml` beside it, where there is one."""

    path: str
    school: School
    data: bytes
    sidecar: bytes | None = None
    url: str | None = None
    """Where it stands on the web, for a reader to open; None where the source knows no address."""


@dataclass(frozen=True)
class Locator:
    """Where words stand for a reader; `str()` is what a citation prints: "page 4", "pages 4–5", "slide 3", …

    `number` and `last` count from 1 (last = number unless a range); `name` is the sheet of a row, or the section.
    """

    kind: LocatorKind
    number: int = 0
    last: int = 0
    name: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "page" | "slide":
                span = f"{self.number}" if self.last <= self.number else f"{self.number}–{self.last}"
                return f"{self.kind}{'s' if self.last > self.number else ''} {span}"
            case "row":
                rows = f"row {self.number}" if self.last <= self.number else f"rows {self.number}–{self.last}"
                return f"sheet {self.name}, {rows}" if self.name else rows
            case "section":
                return f"section “{self.name}”"
            case "document":
                return "whole document"

    def to(self, end: Locator) -> Locator:
        """The range from this locator to `end`, where both count in the same pages, slides or rows; else this one."""
        if self.kind != end.kind or self.kind in ("section", "document") or self.name != end.name:
            return self
        return Locator(self.kind, self.number, max(self.last, self.number, end.last, end.number), self.name)


@dataclass(frozen=True)
class Block:
    """The smallest piece that is kept whole: a paragraph, a list item, a row of a table.

    `text` is what the document says, verbatim but for white space (runs folded to one blank). A row's text is its cells
    joined with " | "; `cells` has them apart (empty for other kinds). `table_header` is the row that names the columns.
    """

    kind: BlockKind
    text: str
    locator: Locator
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """The blocks under one heading path, in reading order. `heading` is () before the first heading."""

    heading: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def locator(self) -> Locator:
        """From the first block to the last; "whole document" for a section without blocks."""
        if not self.blocks:
            return Locator("document")
        return self.blocks[0].locator.to(self.blocks[-1].locator)

    @property
    def text(self) -> str:
        """The section's own heading, then a line a block."""
        return "\n".join([*self.heading[-1:], *(block.text for block in self.blocks)])


@dataclass(frozen=True)
class Metadata:
    """What a document says of itself. None or () = it does not say; nothing here is guessed.

    `review_cycle` is how often it is reviewed, in its own words ("every two years"). `origins` tells, for each field
    that is stated, where: "sidecar", "front matter", "cover sheet", "file name". `conflicts` holds the fields of which
    one place states two values, each in its words with where: "July 2027 (cover table)". Such a field is None, but for
    a status of which one is a draft.
    """

    title: str | None = None
    kind: Kind | None = None
    version: str | None = None
    status: Status | None = None
    owner: str | None = None
    approved_by: str | None = None
    approved_on: str | None = None
    effective_from: str | None = None
    review_due: str | None = None
    supersedes: str | None = None
    audience: tuple[str, ...] = ()
    url: str | None = None
    created_on: str | None = None
    review_cycle: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    conflicts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """A structured entry of a document, kept beside its prose: a programme or a framework statement.

    `fields` holds plain JSON values. A statement's: framework, section, section_name, type, code, text.
    """

    kind: Literal["programme", "statement"]
    key: str
    fields: Mapping[str, Any]
    locator: Locator


@dataclass(frozen=True)
class ParsedDocument:
    """A document as Staffroom read it. `sections` holds all the text that was read, in reading order."""

    path: str
    school: School
    metadata: Metadata
    sections: tuple[Section, ...]
    records: tuple[Record, ...] = ()
    warnings: tuple[str, ...] = ()
    """What was not read of a document that was: "no text on pages 2 and 5: …"; sentences with the mend."""

    @property
    def title(self) -> str:
        """The stated title, else the file's name made readable."""
        if self.metadata.title:
            return self.metadata.title
        stem = self.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return stem.replace("_", " ").replace("-", " ").strip().capitalize() or self.path


@dataclass(frozen=True)
class Passage:
    """A part of a document under one heading path: the unit that is embedded, found and cited."""

    ordinal: int
    """Its place in the document, from 0."""
    heading: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """A line a block, verbatim."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def locator(self) -> Locator:
        return self.blocks[0].locator.to(self.blocks[-1].locator)

    def embedding_text(self, title: str) -> str:
        """What is embedded: the title and heading path as context, then the text."""
        return f"{' > '.join((title, *self.heading))}\n{self.text}"


# ── in the index ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Version:
    """One edition of a document as the registry holds it."""

    id: int
    path: str
    school: School
    title: str
    metadata: Metadata
    status: Status
    doubt: str | None = None
    """Why it is uncertain that this edition is the one in force; None when it is certain."""


@dataclass(frozen=True)
class IndexedPassage:
    """A live passage with the version it belongs to."""

    id: int
    version: Version
    passage: Passage


@dataclass(frozen=True)
class PastEdition:
    """What stood before an edition in force: its `status` is never "in_force". `passages` are in reading order, and
    empty where its words are no longer kept. `until` (ISO 8601, UTC) is when it left the corpus; None: it stands there
    still, as superseded."""

    version: Version
    passages: tuple[IndexedPassage, ...]
    until: str | None = None


@dataclass(frozen=True)
class PendingEdition:
    """A document that is not in force yet, a draft or one that waits for its day; `replaces` is the edition in force
    that it will take the place of, None where there is none."""

    version: Version
    replaces: Version | None = None


@dataclass(frozen=True)
class Hit:
    """One passage that a search found. `score` is the search's own: cosine similarity (−1 … 1), or BM25 (higher =
    better)."""

    found: IndexedPassage
    score: float


# ── refresh ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Failure:
    """A document that could not be read, and why, in a sentence with the mend."""

    path: str
    reason: str


@dataclass(frozen=True)
class PassageCounts:
    embedded: int = 0
    kept: int = 0
    removed: int = 0


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh did, or with `dry_run` would do; paths sorted. `kept` counts unchanged documents."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: int = 0
    failed: tuple[Failure, ...] = ()
    sources_down: tuple[Failure, ...] = ()
    """The sources that did not answer, by name: their documents stay as they were."""
    starts: tuple[str, ...] = ()
    """Documents whose file is the same and that come into force: their day has come, or what stood before them went."""
    ends: tuple[str, ...] = ()
    """Documents whose file is the same and that leave force: another edition took their place."""
    trust_changed: bool = False
    """`trust.toml` says something else than before."""
    warnings: tuple[Failure, ...] = ()
    """What was not read of documents that were added or changed, a sentence each."""
    passages: PassageCounts = PassageCounts()
    took_seconds: float = 0.0
    dry_run: bool = False

    @property
    def is_partial(self) -> bool:
        """Something failed, and is named; everything else is done."""
        return bool(self.failed or self.sources_down)
