"""A corpus of plain texts for tests of the index: what a test says stands in it, and one passage a paragraph.

A document's text may begin with lines `title: …`, `version: …`, `audience: …, …` (as a sidecar states it); a paragraph
`# Words` is a heading; `CODE words` after `statement ` is a framework statement's record.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from ingestion.errors import DocumentNotRead, SourceDown
from ingestion.index import Index
from ingestion.model import (
    CORPUS,
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
from ingestion.refresh import refresh, roll_back
from ingestion.sources import Source
from ingestion.workers import ReadDocument
from tests.backends import place_at
from tests.fakes import FakeEmbedder

T = TypeVar("T")

TODAY = date(2026, 11, 21)


class TextSource:
    """A corpus held in a dict: set `documents[path]` to add or change, delete to remove; `problems[path]` to refuse."""

    def __init__(self, documents: dict[str, str] | None = None, *, trust: Trust | None = None) -> None:
        self.name = CORPUS
        self.identity = "a corpus"
        self.others: list[Source] = []
        self.documents = dict(documents or {})
        self.trust = trust or Trust(name="a trust")
        self.is_down = False
        self.problems: dict[str, str] = {}
        self.modified: dict[str, int] = {}
        self.reads: list[str] = []

    def touch(self, path: str) -> None:
        """Give the file another date, and the same bytes."""
        self.modified[path] = self.modified.get(path, 0) + 1

    def read_trust(self) -> Trust:
        return self.trust

    def sources(self, trust: Trust) -> list[Source]:
        return [self, *self.others]

    def files(self) -> list[SourceFile]:
        if self.is_down:
            raise SourceDown(f"{self.name} does not answer: see that it is there.")
        return [
            SourceFile(path, school_of(path), self._stamp(path), self.problems.get(path), self.name)
            for path in self.documents
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
    """One place for an index, one corpus and one embedder: what a test refreshes and asks."""

    def __init__(self, data: Path, documents: dict[str, str] | None = None) -> None:
        self.data = data
        self.place = place_at(data)
        self.source = TextSource(documents)
        self.embedder = FakeEmbedder()

    def refresh(self, *, today: date = TODAY, **options: Any) -> RefreshReport:
        report = refresh(
            self.source,
            self.place.open_writer(),
            self.embedder,
            today=today,
            **{"who": "a desk", "read": read_texts, **options},
        )
        return replace(report, took_seconds=0.0)

    def roll_back(self, *, today: date = TODAY, who: str = "a desk") -> RefreshReport:
        return roll_back(self.place.open_writer(), self.embedder, today=today, who=who)

    def words_kept(self, words: str) -> bool:
        """Whether the registry holds these words in any edition, searched or not."""
        return words in str(self.place.select("SELECT blocks FROM passages"))

    def open(self) -> Index:
        return self.place.open_index(model=self.embedder.name)

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
        rows = self.place.select(
            "SELECT path, school, title, status, doubt, ordinal, heading, blocks, vector_id FROM versions "
            "JOIN passages ON passages.version_id = versions.id WHERE state = 'live' ORDER BY path, ordinal"
        )
        [staged] = self.place.select("SELECT count(*) FROM versions WHERE state = 'staged'")
        with self.place.store() as store:
            schools: set[School] = {None, *(Slug(row[1]) for row in rows if row[1])}
            vectors = {school: sorted(store.ids(school=school, model=self.embedder.name)) for school in schools}
        return {"passages": rows, "words": self.place.words(), "staged": staged, "vectors": vectors}

    def forget_vectors(self) -> None:
        self.place.forget_vectors()


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
    if "audience" in stated:
        stated["audience"] = tuple(stated["audience"].split(", "))
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


def read_texts(raws: Iterable[RawFile]) -> Iterator[ReadDocument]:
    """What `Workers.read_all` does, for the texts of a test."""
    for raw in raws:
        try:
            document = parse_text(raw)
        except DocumentNotRead as error:
            yield ReadDocument(raw.path, None, failure=str(error))
        except KeyError as error:
            yield ReadDocument(raw.path, None, failure=f"reading it stopped at an unexpected fault ({error!r})")
        else:
            passages = split_text(document)
            failure = None if passages else "there is no text in it: put the document's text in it, or remove it"
            yield ReadDocument(raw.path, document if passages else None, passages, failure)


def split_text(document: ParsedDocument) -> tuple[Passage, ...]:
    return tuple(Passage(n, section.heading, section.blocks) for n, section in enumerate(document.sections))
