"""How is the index brought in line with the corpus?

`refresh` reads as a straight line: list the sources, plan against what is known, read what is new, decide which
editions are in force, embed what has no vector, switch, collect. `roll_back` is the same line from where the documents
are at hand: as they were before the last refresh. Both can be stopped anywhere and run again.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal, Protocol

import structlog

from ingestion.belonging import doubtful_home
from ingestion.editions import Standing, decide_editions
from ingestion.embed import Embedder
from ingestion.errors import CannotStart, DocumentNotRead, RefreshHeld, SourceDown
from ingestion.index.history import HistoryEntry
from ingestion.index.registry import KnownSource
from ingestion.index.staging import StagedFile
from ingestion.index.switching import NextState
from ingestion.index.writer import IndexWriter, ScopeWork, WritableIndex
from ingestion.model import CORPUS, Failure, PassageCounts, RawFile, RefreshReport, SourceFile, Trust
from ingestion.plan import (
    READER,
    KnownFile,
    Listing,
    RefreshPlan,
    is_same_document,
    plan_refresh,
    refuse_empty_corpus,
    refuse_lost_trust,
    refuse_mass_removal,
)
from ingestion.sources import Source
from ingestion.workers import ReadDocument, read_in_process

MAX_FILE_BYTES = 256 << 20
"""A file is held in memory while it is read; a scanned book of 500 pages has 100 MB."""

MAX_PATH_BYTES = 2000
"""PostgreSQL's indexes take keys of 2,700 bytes."""

EMBEDDED_AT_A_TIME = 256
"""Passages held in memory between the registry and the vectors; enough to sort by length into even batches."""

log = structlog.get_logger(__name__)


class Corpus(Protocol):
    """All the places that a trust's documents are kept in."""

    def read_trust(self) -> Trust:
        """`trust.toml`; raises CorpusError where it cannot be used."""

    def sources(self, trust: Trust) -> Sequence[Source]:
        """The corpus folder, and whatever else `trust.toml` names."""


ReadDocuments = Callable[[Iterable[RawFile]], Iterator[ReadDocument]]
"""Parses and splits files in their order, taking only a few ahead; what fails is told and not raised."""


@dataclass(frozen=True)
class Progress:
    """How far a refresh is: `done` of `total` documents read, or passages embedded; `path` was read last."""

    step: Literal["reading", "embedding"]
    done: int
    total: int
    path: str | None = None


OnProgress = Callable[[Progress], None]
Standings = dict[str, Standing]


@dataclass
class _Reading:
    """What came of reading the files that the plan names."""

    staged: list[str] = field(default_factory=list)
    touched: list[StagedFile] = field(default_factory=list)
    read_again: set[str] = field(default_factory=set)
    """Files of the same bytes that a newer reader reads anew: staged, and no change of the document."""
    failed: list[Failure] = field(default_factory=list)
    displaced: list[str] = field(default_factory=list)
    """Those of `failed` whose last good edition was read as another school's, or the trust's: it must not stay."""
    unread: list[str] = field(default_factory=list)
    """Files of a source that went away while it was read: their documents stay as they are."""
    down: dict[str, str] = field(default_factory=dict)
    warnings: list[Failure] = field(default_factory=list)


def refresh(
    corpus: Corpus,
    writer: IndexWriter,
    embedder: Embedder,
    *,
    today: date,
    who: str,
    dry_run: bool = False,
    allow_mass_removal: bool = False,
    by_itself: bool = False,
    on_progress: OnProgress = lambda progress: None,
    read: ReadDocuments = read_in_process,
) -> RefreshReport:
    """Bring the index in line with the corpus, and tell what changed; with `dry_run`, only tell.

    `by_itself` says that nobody asked for it: after a rollback it raises RefreshHeld.

    A document that cannot be read is in `failed`, and its last good edition stays in service; unless it was another
    school's, or the document must not be read at all. Where nothing changed, nothing is written. Raises CannotStart
    where the corpus or index cannot be used, another refresh runs, too many documents went, or `trust.toml` did.
    """
    began, started_at = time.monotonic(), datetime.now(UTC)
    seen = _newest_record(writer, by_itself=by_itself)
    trust, sources, listings = _list_corpus(corpus)
    settled = _settled(writer, listings, trust, embedder, today=today)
    if settled is not None:
        return replace(settled, took_seconds=time.monotonic() - began, dry_run=dry_run)

    with writer.rehearsal() if dry_run else writer.lease() as index:
        if by_itself and index.is_held():
            raise _held()
        if index.newest_record() != seen:  # another refresh finished while the sources were listed
            trust, sources, listings = _list_corpus(corpus)
        known = index.known_files()
        plan = plan_refresh(listings, known)
        _refuse_mistakes(index, plan, listings, known, trust, allow_mass_removal=allow_mass_removal)

        reading = _read_documents(sources, plan, known, index, trust=trust, read=read, on_progress=on_progress)
        removed = tuple(sorted({*plan.remove, *reading.displaced}))
        known_sources = _known_sources(listings, reading.down)
        failed = _with_earlier_failures(reading, index.known_failures(), known, known_sources)
        state = NextState(
            standings=_decide(index, removed=removed, failed=failed, today=today),
            sources=known_sources,
            trust=trust,
            model=embedder.name,
            removed=removed,
            touched=tuple(reading.touched),
            failed=failed,
        )
        work = index.vector_work(state.standings, model=embedder.name)
        report = _report(plan, known, reading, state, work, index)
        if not dry_run:
            entry = HistoryEntry(who, started_at, report)
            _apply(state, entry, work, embedder, index, on_progress=on_progress)
        return replace(report, took_seconds=time.monotonic() - began, dry_run=dry_run)


def roll_back(
    writer: IndexWriter,
    embedder: Embedder,
    *,
    today: date,
    who: str,
    on_progress: OnProgress = lambda progress: None,
) -> RefreshReport:
    """Put the documents back in service as they were before the last refresh that changed any, and was not undone.

    The corpus is not touched: a refresh by hand brings its state in again, and until then none runs by itself (see
    `is_held`). Raises CannotStart where there is no state to go back to.
    """
    began, started_at = time.monotonic(), datetime.now(UTC)
    with writer.glance() as index:
        if index is None or index.last_to_undo() is None:
            raise _nothing_to_undo()
    with writer.lease() as index:
        past = index.last_to_undo()
        if past is None:
            raise _nothing_to_undo()
        removed = tuple(sorted(index.stage_before(past)))
        known = index.known_files()
        staged = index.staged_paths()
        failed = tuple(index.known_failures())
        state = NextState(
            standings=_decide(index, removed=removed, failed=failed, today=today),
            sources=index.known_sources(),
            trust=_trust_to_restore(past.trust_before, index.known_trust()),
            model=embedder.name,
            removed=removed,
            failed=failed,
        )
        work = index.vector_work(state.standings, model=embedder.name)
        had_version = {path for path, file in known.items() if file.has_version}
        report = RefreshReport(
            added=tuple(path for path in staged if path not in had_version),
            changed=tuple(path for path in staged if path in had_version),
            removed=removed,
            kept=len(had_version.difference(staged, removed)),
            passages=_passage_counts(work),
            trust_changed=state.trust != index.known_trust(),
        )
        entry = HistoryEntry(who, started_at, report, undoes=past.id)
        _apply(state, entry, work, embedder, index, on_progress=on_progress)
        return replace(report, took_seconds=time.monotonic() - began)


# ── before anything is read ──────────────────────────────────────────────────────────────────────────────────────────


def _newest_record(writer: IndexWriter, *, by_itself: bool) -> int:
    """The number of the last refresh on record, by which one that finishes meanwhile is noticed."""
    with writer.glance() as index:
        if index is None:
            return 0
        if by_itself and index.is_held():
            raise _held()
        return index.newest_record()


def _held() -> RefreshHeld:
    return RefreshHeld("The last refresh was rolled back: run `staffroom refresh` once by hand to go on.")


def _nothing_to_undo() -> CannotStart:
    return CannotStart("There is no refresh left that could be undone.")


def _list_corpus(corpus: Corpus) -> tuple[Trust, dict[str, Source], list[Listing]]:
    trust = corpus.read_trust()
    sources = {source.name: source for source in corpus.sources(trust)}
    return trust, sources, [_list(source) for source in sources.values()]


def _list(source: Source) -> Listing:
    try:
        return Listing(source.name, source.identity, tuple(source.files()))
    except SourceDown as error:
        log.warning("source_down", source=source.name)
        return Listing(source.name, source.identity, problem=str(error))


def _settled(
    writer: IndexWriter, listings: Sequence[Listing], trust: Trust, embedder: Embedder, *, today: date
) -> RefreshReport | None:
    """The report of a refresh that has nothing to do; None where there is, or may be, something."""
    with writer.glance() as index:
        if index is None:
            return None
        known = index.known_files()
        plan = plan_refresh(listings, known)
        if not plan.is_empty or any(file.failed for file in known.values()) or index.is_held():
            return None
        state = NextState(
            standings=_decide(index, removed=(), failed=(), today=today),
            sources=_known_sources(listings, {}),
            trust=trust,
            model=embedder.name,
        )
        passages = index.settled_passages(state)
        if passages is None:
            return None
        return RefreshReport(
            kept=len(plan.keep), sources_down=_sources_down(state), passages=PassageCounts(kept=passages)
        )


def _refuse_mistakes(
    index: WritableIndex,
    plan: RefreshPlan,
    listings: Sequence[Listing],
    known: Mapping[str, KnownFile],
    trust: Trust,
    *,
    allow_mass_removal: bool,
) -> None:
    """Raise CannotStart for what looks like one; another corpus folder is meant to replace all that was before, unless
    it is empty."""
    before = index.known_sources()
    replaced = {
        listing.source
        for listing in listings
        if listing.source in before and before[listing.source].identity != listing.identity
    }
    if CORPUS in replaced:
        if not allow_mass_removal:
            refuse_empty_corpus(listings, known)
        return
    refuse_lost_trust(trust, known_trust=index.known_trust(), known=known)
    if not allow_mass_removal:
        refuse_mass_removal(plan, listings, known, replaced=frozenset(replaced))


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_documents(
    sources: Mapping[str, Source],
    plan: RefreshPlan,
    known: Mapping[str, KnownFile],
    index: WritableIndex,
    *,
    trust: Trust,
    read: ReadDocuments,
    on_progress: OnProgress,
) -> _Reading:
    """Stage what is new or changed, a few documents in hand at a time."""
    reading = _Reading()
    in_hand: dict[str, StagedFile] = {}
    total, done = len(plan.read), 0

    def finish(path: str) -> None:
        nonlocal done
        done += 1
        on_progress(Progress("reading", done, total, path))
        index.renew_lease()
        index.need_room()

    def fail(file: SourceFile, reason: str) -> None:
        reading.failed.append(Failure(file.path, reason))
        before = known.get(file.path)
        if before is not None and before.has_version and before.school != file.school:
            reading.displaced.append(file.path)

    def raw_files() -> Iterator[RawFile]:
        for file in plan.read:
            if file.source in reading.down:
                reading.unread.append(file.path)
                finish(file.path)
                continue
            try:
                raw = _read_file(sources[file.source], file)
            except DocumentNotRead as error:
                fail(file, str(error))
                finish(file.path)
                continue
            except SourceDown as error:
                reading.down[file.source] = str(error)
                reading.unread.append(file.path)
                finish(file.path)
                continue
            staged = StagedFile(file, _digest(raw))
            before = known.get(file.path)
            if before is not None and is_same_document(before, file, digest=staged.digest):
                if before.reader == READER:
                    reading.touched.append(staged)
                    finish(file.path)
                    continue
                reading.read_again.add(file.path)
            in_hand[file.path] = staged
            yield raw

    on_progress(Progress("reading", 0, total))
    for read_one in read(raw_files()):
        one = _with_doubtful_home(read_one, trust)
        staged = in_hand.pop(one.path)
        if one.document is None:
            fail(staged.file, one.failure or "it could not be read")
        elif (problem := _stage(index, staged, one, moved_from=plan.moved.get(one.path))) is not None:
            fail(staged.file, problem)
        else:
            if one.path not in reading.read_again:
                reading.staged.append(one.path)
            reading.warnings += [Failure(one.path, warning) for warning in one.document.warnings]
        finish(one.path)
    reading.failed.sort(key=lambda failure: failure.path)
    return reading


def _read_file(source: Source, file: SourceFile) -> RawFile:
    if len(file.path.encode()) > MAX_PATH_BYTES:
        raise DocumentNotRead(f"its path is longer than {MAX_PATH_BYTES} bytes: shorten the names in it")
    if file.stamp.size_bytes > MAX_FILE_BYTES:
        raise DocumentNotRead(f"it is larger than {MAX_FILE_BYTES >> 20} MB: divide it, or take it out")
    return source.read(file)


def _with_earlier_failures(
    reading: _Reading,
    known_failures: Iterable[Failure],
    known: Mapping[str, KnownFile],
    sources: Mapping[str, KnownSource],
) -> tuple[Failure, ...]:
    """This refresh's failures, and those of before that it could not look into, since their source is down."""
    down = {name for name, source in sources.items() if source.problem is not None}
    told = {failure.path for failure in reading.failed}
    earlier = [one for one in known_failures if one.path not in told and known[one.path].source in down]
    return tuple(sorted([*reading.failed, *earlier], key=lambda failure: failure.path))


def _with_doubtful_home(one: ReadDocument, trust: Trust) -> ReadDocument:
    """What was read, warning where its cover names another school than the one it stands with."""
    doubt = doubtful_home(one.document, trust) if one.document is not None else None
    if one.document is None or doubt is None:
        return one
    return replace(one, document=replace(one.document, warnings=(*one.document.warnings, doubt)))


def _stage(index: WritableIndex, staged: StagedFile, one: ReadDocument, *, moved_from: str | None) -> str | None:
    """Write a document that was read; why it could not be written, where its text cannot be stored."""
    assert one.document is not None
    try:
        index.stage(staged, one.document, one.passages, moved_from=moved_from)
    except CannotStart:
        raise
    except Exception as error:  # text that the database does not take must not cost all the other documents
        log.exception("document_not_stored", path=one.path)
        return f"storing it stopped at an unexpected fault ({type(error).__name__}: {error})"
    return None


def _digest(raw: RawFile) -> str:
    """SHA-256 over the bytes and the sidecar, each with its length before it."""
    digest = hashlib.sha256()
    for part in (raw.data, raw.sidecar or b""):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _decide(index: WritableIndex, *, removed: Iterable[str], failed: Iterable[Failure], today: date) -> Standings:
    """Which editions are in force, with a doubt on each document of which only an earlier state could be read."""
    editions = {edition.path: edition for edition in index.editions(without=removed)}
    standings = decide_editions(editions.values(), today=today)
    for failure in failed:
        standing = standings.get(failure.path)
        if standing is not None and standing.status == "in_force":
            unread = (
                f"The file of “{editions[failure.path].title}” could not be read when it was last looked at: this is "
                "what it said before."
            )
            doubt = unread if standing.doubt is None else f"{standing.doubt} {unread}"
            standings[failure.path] = replace(standing, doubt=doubt)
    return standings


def _trust_to_restore(before: Trust | None, now: Trust) -> Trust:
    """`trust.toml` as it was, with the safeguarding contacts of today: an old number must not come back unasked."""
    if before is None:
        return now
    contacts = {school.slug: school.safeguarding for school in now.schools}
    schools = tuple(
        replace(school, safeguarding=contacts.get(school.slug, school.safeguarding)) for school in before.schools
    )
    return replace(before, safeguarding=now.safeguarding, schools=schools)


def _known_sources(listings: Sequence[Listing], down: Mapping[str, str]) -> dict[str, KnownSource]:
    return {
        listing.source: KnownSource(listing.identity, listing.problem or down.get(listing.source))
        for listing in listings
    }


def _report(
    plan: RefreshPlan,
    known: Mapping[str, KnownFile],
    reading: _Reading,
    state: NextState,
    work: Sequence[ScopeWork],
    index: WritableIndex,
) -> RefreshReport:
    had_version = {path for path, file in known.items() if file.has_version}
    before, same_file = index.standings(), had_version.difference(reading.staged, state.removed)
    in_force = {path for path in same_file if before[path].status == "in_force"}
    will_be = {path for path in same_file if state.standings[path].status == "in_force"}
    return RefreshReport(
        added=tuple(path for path in sorted(reading.staged) if path not in had_version),
        changed=tuple(path for path in sorted(reading.staged) if path in had_version),
        removed=state.removed,
        kept=len(plan.keep)
        + len(reading.touched)
        + len(reading.read_again.difference(failure.path for failure in reading.failed))
        + len(had_version.intersection(reading.unread)),
        starts=tuple(sorted(will_be - in_force)),
        ends=tuple(sorted(in_force - will_be)),
        trust_changed=bool(known) and state.trust != index.known_trust(),
        failed=state.failed,
        sources_down=_sources_down(state),
        warnings=tuple(reading.warnings),
        passages=_passage_counts(work),
    )


def _passage_counts(work: Sequence[ScopeWork]) -> PassageCounts:
    return PassageCounts(
        embedded=sum(scope.counts.embedded for scope in work),
        kept=sum(scope.counts.kept for scope in work),
        removed=sum(scope.counts.removed for scope in work),
    )


def _sources_down(state: NextState) -> tuple[Failure, ...]:
    return tuple(Failure(name, one.problem) for name, one in sorted(state.sources.items()) if one.problem is not None)


# ── applying ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _apply(
    state: NextState,
    entry: HistoryEntry,
    work: Sequence[ScopeWork],
    embedder: Embedder,
    index: WritableIndex,
    *,
    on_progress: OnProgress,
) -> None:
    """Embed what has no vector, switch, collect what nothing needs any more."""
    _embed_missing(work, embedder, index, on_progress=on_progress)
    index.switch(state, entry, has_new_vectors=any(scope.missing for scope in work))
    index.collect(work, model=state.model)


def _embed_missing(
    work: Sequence[ScopeWork], embedder: Embedder, index: WritableIndex, *, on_progress: OnProgress
) -> None:
    """Make the vectors that are missing, some at a time; with none missing, the model is never loaded."""
    total, done = sum(len(scope.missing) for scope in work), 0
    for scope in work:
        for start in range(0, len(scope.missing), EMBEDDED_AT_A_TIME):
            index.renew_lease()
            index.need_room()
            ids = scope.missing[start : start + EMBEDDED_AT_A_TIME]
            vectors = embedder.embed_passages(index.texts_to_embed(ids))
            index.add_vectors(ids, vectors, school=scope.school, model=embedder.name)
            done += len(ids)
            on_progress(Progress("embedding", done, total))
