"""A corpus of plain texts for tests of the index: what a test says stands in it, and one passage a paragraph.

A document's text may begin with lines `title: …`, `version: …`; a paragraph `# Words` is a heading; `CODE words` after
`statement ` is a framework statement's record.
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from sqlite3 import connect
from typing import Any, TypeVar
from zlib import crc32

from ingestion.errors import DocumentNotRead
from ingestion.index import Index, open_index
from ingestion.index.vectors import VectorStore
from ingestion.index.writer import open_writer
from ingestion.model import (
    Block,
    FileStamp,
    Locator,
    Metadata,
    ParsedDocument,
    Passage,
    RawFile,
    Record,
    RefreshReport,
    School,
    Section,
    Slug,
    SourceFile,
    Trust,
)
from ingestion.refresh import refresh
from tests.fakes import FakeEmbedder

T = TypeVar("T")

TODAY = date(2026, 11, 21)


class TextSource:
    """A corpus held in a dict: set `documents[path]` to add or change, delete to remove; `problems[path]` to refuse."""

    def __init__(self, documents: dict[str, str] | None = None, *, trust: Trust | None = None) -> None:
        self.identity = "a corpus"
        self.documents = dict(documents or {})
        self.trust = trust or Trust(name="a trust")
        self.problems: dict[str, str] = {}
        self.modified: dict[str, int] = {}
        self.reads: list[str] = []

    def touch(self, path: str) -> None:
        """Give the file another date, and the same bytes."""
        self.modified[path] = self.modified.get(path, 0) + 1

    def read_trust(self) -> Trust:
        return self.trust

    def files(self) -> list[SourceFile]:
        return [
            SourceFile(path, school_of(path), self._stamp(path), self.problems.get(path)) for path in self.documents
        ]

    def read(self, file: SourceFile) -> RawFile:
        if file.problem is not None:
            raise DocumentNotRead(file.problem)
        self.reads.append(file.path)
        return RawFile(file.path, file.school, self.documents[file.path].encode())

    def _stamp(self, path: str) -> FileStamp:
        text = self.documents[path].encode()
        return FileStamp(len(text), crc32(text) + self.modified.get(path, 0))


class Desk:
    """One data folder, one corpus and one embedder: what a test refreshes and asks."""

    def __init__(self, data: Path, documents: dict[str, str] | None = None) -> None:
        self.data = data
        self.source = TextSource(documents)
        self.embedder = FakeEmbedder()

    def refresh(self, *, today: date = TODAY, **options: Any) -> RefreshReport:
        report = refresh(
            self.source,
            open_writer(data=self.data),
            self.embedder,
            today=today,
            parse=parse_text,
            split=split_text,
            **options,
        )
        return replace(report, took_seconds=0.0)

    def open(self) -> Index:
        return open_index(data=self.data, model=self.embedder.name)

    def ask(self, question: str, *schools: str) -> list[str]:
        """The texts that either search finds, sorted: near ones only where they share a word with the question."""
        return self.ask_all([question], *schools)[0]

    def ask_all(self, questions: Iterable[str], *schools: str) -> list[list[str]]:
        slugs = tuple(Slug(school) for school in schools)

        def find(index: Index, question: str) -> list[str]:
            near = index.nearest(self.embedder.embed_question(question), schools=slugs, limit=5)
            worded = index.matching(question, schools=slugs, limit=5)
            found = [hit for hit in near if hit.score > 0.3] + worded
            return sorted({hit.found.passage.text for hit in found})

        return self.look(lambda index: [find(index, question) for question in questions])

    def look(self, question: Callable[[Index], T]) -> T:
        index = self.open()
        try:
            return question(index)
        finally:
            index.close()

    def contents(self) -> dict[str, object]:
        """All that a reader can find, and all that is kept: equal for two indexes that answer alike."""
        path = self.data / "staffroom.db"
        with closing(connect(path)) as database:
            rows = database.execute(
                "SELECT path, school, title, status, doubt, ordinal, heading, blocks, vector_id FROM versions "
                "JOIN passages ON passages.version_id = versions.id WHERE state = 'live' ORDER BY path, ordinal"
            ).fetchall()
            words = database.execute("SELECT scope, title, heading, body FROM words ORDER BY 1, 2, 3, 4").fetchall()
            staged = database.execute("SELECT count(*) FROM versions WHERE state = 'staged'").fetchone()
        store = VectorStore(self.data / "chroma")
        try:
            schools: set[School] = {None, *(Slug(row[1]) for row in rows if row[1])}
            vectors = {school: sorted(store.ids(school=school, model=self.embedder.name)) for school in schools}
        finally:
            store.close()
        return {"passages": rows, "words": words, "staged": staged, "vectors": vectors}

    def forget_vectors(self) -> None:
        shutil.rmtree(self.data / "chroma")


def school_of(path: str) -> School:
    return Slug(path.split("/")[1]) if path.startswith("schools/") else None


def parse_text(raw: RawFile) -> ParsedDocument:
    text = raw.data.decode()
    if "UNREADABLE" in text:
        raise DocumentNotRead("it is locked with a password: save it without one")
    if "TRIPS THE PARSER" in text:
        raise KeyError("xref")
    text = text.replace("HALF A PAIR", "\ud800")
    stated: dict[str, Any] = {}
    lines = text.splitlines()
    while lines and ": " in lines[0] and lines[0].split(": ")[0] in Metadata.__dataclass_fields__:
        name, stated[name] = lines[0].split(": ", 1)[0], lines.pop(0).split(": ", 1)[1]
    heading: tuple[str, ...] = ()
    sections: list[Section] = []
    records: list[Record] = []
    warnings = tuple(line for line in lines if line.startswith("no text on page"))
    for number, line in enumerate((line for line in lines if line.strip()), 1):
        if line.startswith("# "):
            heading = (line[2:],)
            continue
        locator = Locator("page", number)
        if line.startswith("statement "):
            code = line.split()[1]
            records.append(Record("statement", f"ecf:{code}", {"code": code, "text": line}, locator))
        if line.startswith("programme "):
            records.append(Record("programme", line.split()[1], {"name": line}, locator))
        sections.append(Section(heading, (Block("paragraph", line, locator),)))
    return ParsedDocument(raw.path, raw.school, Metadata(**stated), tuple(sections), tuple(records), warnings)


def split_text(document: ParsedDocument) -> tuple[Passage, ...]:
    return tuple(Passage(n, section.heading, section.blocks) for n, section in enumerate(document.sections))
