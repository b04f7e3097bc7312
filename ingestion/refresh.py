"""How is the index brought in line with the corpus?

`refresh` reads as a straight line: gather what the source lists and what is known, plan, read what is new, decide which
editions are in force, embed what has no vector, switch, collect. It can be stopped anywhere and run again.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal, Protocol

import structlog

from ingestion.editions import decide_editions
from ingestion.embed import Embedder
from ingestion.errors import CannotStart, DocumentNotRead
from ingestion.index.writer import IndexWriter, ScopeWork, StagedFile, WritableIndex
from ingestion.model import (
    Failure,
    ParsedDocument,
    Passage,
    PassageCounts,
    RawFile,
    RefreshReport,
    SourceFile,
    Trust,
)
from ingestion.parse import parse_document
from ingestion.plan import (
    KnownFile,
    RefreshPlan,
    is_unchanged,
    plan_refresh,
    refuse_lost_trust,
    refuse_mass_removal,
)
from ingestion.split import split_document

EMBEDDED_AT_A_TIME = 256
"""Passages held in memory between the registry and the vectors; enough to sort by length into even batches."""

log = structlog.get_logger(__name__)


class Source(Protocol):
    """A place that documents come from. `identity` tells it from another place, also after a restart."""

    @property
    def identity(self) -> str: ...

    def read_trust(self) -> Trust:
        """`trust.toml`; raises CorpusError where it cannot be used."""

    def files(self) -> Sequence[SourceFile]:
        """Every file of the corpus, unread; raises CorpusError where the corpus cannot be listed."""

    def read(self, file: SourceFile) -> RawFile:
        """The file's bytes; raises DocumentNotRead where they cannot be had."""


@dataclass(frozen=True)
class Progress:
    """How far a refresh is: `done` of `total` documents read, or passages embedded."""

    step: Literal["reading", "embedding"]
    done: int
    total: int
    path: str | None = None


@dataclass
class _Reading:
    """What came of reading the files that the plan names."""

    staged: list[str] = field(default_factory=list)
    touched: list[StagedFile] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    displaced: list[str] = field(default_factory=list)
    """Those of `failed` whose last good edition was read as another school's, or the trust's: it must not stay."""
    warnings: list[Failure] = field(default_factory=list)


def refresh(
    source: Source,
    writer: IndexWriter,
    embedder: Embedder,
    *,
    today: date,
    dry_run: bool = False,
    allow_mass_removal: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    parse: Callable[[RawFile], ParsedDocument] = parse_document,
    split: Callable[[ParsedDocument], Sequence[Passage]] = split_document,
) -> RefreshReport:
    """Bring the index in line with the source, and tell what changed; with `dry_run`, only tell.

    A document that cannot be read is in `failed`, and its last good edition stays in service; unless it was another
    school's, or the document must not be read at all. Raises CannotStart where the corpus or index cannot be used,
    another refresh runs, too many documents went, or `trust.toml` did.
    """
    began, started_at = time.monotonic(), datetime.now(UTC)
    with writer.rehearsal() if dry_run else writer.lease() as index:
        trust = source.read_trust()
        found = {file.path: file for file in source.files()}
        known = index.known_files()
        plan = plan_refresh(found, known)
        if index.known_corpus() in (None, source.identity):  # another corpus is meant to replace the one before
            refuse_lost_trust(trust, known_trust=index.known_trust(), known=known)
            if not allow_mass_removal:
                refuse_mass_removal(plan)

        reading = _read_documents(source, plan, known, index, parse=parse, split=split, on_progress=on_progress)
        removed = tuple(sorted({*plan.remove, *reading.displaced}))
        standings = decide_editions(index.editions(without=removed), today=today)
        work = index.vector_work(standings, model=embedder.name)
        report = _report(plan, known, reading, work, removed=removed)
        if dry_run:
            return _finished(report, began, dry_run=True)

        _embed_missing(work, embedder, index, on_progress=on_progress)
        index.switch(
            standings,
            removed=removed,
            touched=reading.touched,
            failed=reading.failed,
            corpus=source.identity,
            trust=trust,
            model=embedder.name,
            has_new_vectors=any(scope.missing for scope in work),
        )
        index.collect(work, model=embedder.name)
        report = _finished(report, began)
        index.record(report, started_at=started_at)
        return report


def _read_documents(
    source: Source,
    plan: RefreshPlan,
    known: dict[str, KnownFile],
    index: WritableIndex,
    *,
    parse: Callable[[RawFile], ParsedDocument],
    split: Callable[[ParsedDocument], Sequence[Passage]],
    on_progress: Callable[[Progress], None],
) -> _Reading:
    """Stage what is new or changed, one document at a time."""
    reading = _Reading()
    for done, file in enumerate(plan.read):
        on_progress(Progress("reading", done, len(plan.read), file.path))
        index.renew_lease()
        try:
            raw = source.read(file)
            staged = StagedFile(file, _digest(raw))
            if is_unchanged(known.get(file.path), school=file.school, digest=staged.digest):
                reading.touched.append(staged)
                continue
            document, passages = _read_document(raw, parse=parse, split=split)
            index.stage(staged, document, passages)
            reading.staged.append(file.path)
            reading.warnings += [Failure(file.path, warning) for warning in document.warnings]
            continue
        except DocumentNotRead as error:
            reading.failed.append(Failure(file.path, str(error)))
        except CannotStart:
            raise
        except Exception as error:  # one document that a library trips over must not cost all the others
            log.exception("document_not_read", path=file.path)
            reading.failed.append(
                Failure(file.path, f"reading it stopped at an unexpected fault ({type(error).__name__}: {error})")
            )
        before = known.get(file.path)
        if before is not None and before.has_version and before.school != file.school:
            reading.displaced.append(file.path)
    on_progress(Progress("reading", len(plan.read), len(plan.read)))
    return reading


def _read_document(
    raw: RawFile, *, parse: Callable[[RawFile], ParsedDocument], split: Callable[[ParsedDocument], Sequence[Passage]]
) -> tuple[ParsedDocument, Sequence[Passage]]:
    """The document and its passages, of which there is at least one."""
    document = parse(raw)
    passages = split(document)
    if not passages:
        raise DocumentNotRead("there is no text in it: put the document's text in it, or remove it")
    return document, passages


def _embed_missing(
    work: Sequence[ScopeWork], embedder: Embedder, index: WritableIndex, *, on_progress: Callable[[Progress], None]
) -> None:
    """Make the vectors that are missing, some at a time; with none missing, the model is never loaded."""
    total, done = sum(len(scope.missing) for scope in work), 0
    for scope in work:
        for start in range(0, len(scope.missing), EMBEDDED_AT_A_TIME):
            index.renew_lease()
            ids = scope.missing[start : start + EMBEDDED_AT_A_TIME]
            vectors = embedder.embed_passages(index.texts_to_embed(ids))
            index.add_vectors(ids, vectors, school=scope.school, model=embedder.name)
            done += len(ids)
            on_progress(Progress("embedding", done, total))


def _report(
    plan: RefreshPlan,
    known: dict[str, KnownFile],
    reading: _Reading,
    work: Sequence[ScopeWork],
    *,
    removed: tuple[str, ...],
) -> RefreshReport:
    had_version = {path for path, file in known.items() if file.has_version}
    return RefreshReport(
        added=tuple(path for path in reading.staged if path not in had_version),
        changed=tuple(path for path in reading.staged if path in had_version),
        removed=removed,
        kept=len(plan.keep) + len(reading.touched),
        failed=tuple(reading.failed),
        warnings=tuple(reading.warnings),
        passages=PassageCounts(
            embedded=sum(scope.counts.embedded for scope in work),
            kept=sum(scope.counts.kept for scope in work),
            removed=sum(scope.counts.removed for scope in work),
        ),
    )


def _finished(report: RefreshReport, began: float, *, dry_run: bool = False) -> RefreshReport:
    return replace(report, took_seconds=time.monotonic() - began, dry_run=dry_run)


def _digest(raw: RawFile) -> str:
    """SHA-256 over the bytes and the sidecar, each with its length before it."""
    digest = hashlib.sha256()
    for part in (raw.data, raw.sidecar or b""):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
