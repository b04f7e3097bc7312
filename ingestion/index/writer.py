"""How does a refresh bring the index to its new state, so that no reader ever sees half of it?

Staged versions and new vectors are written first, where no reader looks. `switch` is one SQL transaction: staged
becomes live, live becomes retired, words and records follow, the generation moves on, and history notes it. `collect`
then deletes the vectors that nothing live needs. A refresh that died anywhere left only staged rows and spare vectors:
the next one drops the former and uses or deletes the latter.
"""

import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, literal, not_, select, update

from ingestion.editions import Edition, Standing
from ingestion.errors import CannotStart, IndexUnavailable, RefreshRunning
from ingestion.index import codec
from ingestion.index.database import database_at
from ingestion.index.opened import Database, OpenDatabase
from ingestion.index.registry import (
    IDS_PER_QUERY,
    IS_LIVE,
    IS_SEARCHED,
    PastRefresh,
    State,
    batches,
    count_searched,
    read_last_to_undo,
    read_passages,
    read_state,
    read_trust,
)
from ingestion.index.room import need_room
from ingestion.index.schema import changes, facts, failures, lease, passages, records, refreshes, versions
from ingestion.index.schema import sources as source_rows
from ingestion.index.vectors import VectorPlace, VectorStore, vector_id, vectors_at
from ingestion.index.words import WordRow, add_words, remove_words
from ingestion.model import (
    Failure,
    FileStamp,
    Locator,
    ParsedDocument,
    Passage,
    PassageCounts,
    Record,
    RefreshReport,
    School,
    Slug,
    SourceFile,
    Status,
    Trust,
)
from ingestion.plan import READER, KnownFile

LEASE_SECONDS = 600
"""How long a refresh on another machine is waited for after its last sign of life; one document never takes longer."""

LEASE_RENEWAL_SECONDS = 30

REFRESHES_TO_UNDO = 5
"""How many refreshes back the words of removed documents are kept, so that a rollback can bring them back."""

_PROCESS = secrets.token_hex(8)
"""Tells this process from an earlier one with its number."""


@dataclass(frozen=True)
class StagedFile:
    """A file that was read for this refresh, and its digest."""

    file: SourceFile
    digest: str


@dataclass(frozen=True)
class KnownSource:
    """A source as the last refresh met it: what tells it from another place, and why it did not answer (None: it
    did)."""

    identity: str
    problem: str | None = None


@dataclass(frozen=True)
class NextState:
    """What the switch makes the state that readers see, beside the versions that stand staged.

    `standings` has every document of the corpus; `touched` are files of which only the date moved; `failed` are this
    refresh's failures and no others.
    """

    standings: Mapping[str, Standing]
    sources: Mapping[str, KnownSource]
    trust: Trust
    model: str
    removed: tuple[str, ...] = ()
    touched: tuple[StagedFile, ...] = ()
    failed: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class HistoryEntry:
    """What history keeps of a refresh besides the documents: who ran it, since when, its counts; `undoes` is the
    refresh that a rollback undoes."""

    who: str
    started_at: datetime
    report: RefreshReport
    undoes: int | None = None


@dataclass(frozen=True)
class ScopeWork:
    """What the vectors of one school, or of the trust, need: ids to embed, and ids that nothing will need any more."""

    school: School
    missing: tuple[str, ...]
    orphans: tuple[str, ...]
    counts: PassageCounts
    """Passages that will be searched with a new vector, with one that is there, and those searched now no longer."""


def open_writer(*, data: Path, database_url: str | None = None, chroma_url: str | None = None) -> "IndexWriter":
    """The index under `data`, for a refresh. Nothing is made or written before the lease is taken."""
    return IndexWriter(
        database=database_at(data=data, database_url=database_url), vectors=vectors_at(data=data, chroma_url=chroma_url)
    )


class IndexWriter:
    """The door for a refresh: `lease` to change the index, `rehearsal` to find out what would change."""

    def __init__(self, *, database: Database, vectors: VectorPlace) -> None:
        self._database = database
        self._vectors = vectors

    @contextmanager
    def lease(self) -> Iterator["WritableIndex"]:
        """The index, for one refresh at a time. Raises RefreshRunning while another one is at work."""
        database = self._database.open_writing()
        try:
            index = WritableIndex(database, vectors=self._vectors)
            index.take_lease()
            try:
                index.discard_staged()
                yield index
            finally:
                index.close()
        finally:
            database.close()

    @contextmanager
    def glance(self) -> Iterator["WritableIndex | None"]:
        """The index to look at only, without the lease; None where nothing is indexed yet, or not in this form."""
        try:
            database = self._database.open_reading()
        except IndexUnavailable:
            yield None  # whatever it is, the refresh that follows meets it again, and says so
            return
        try:
            yield WritableIndex(database, vectors=self._vectors)
        finally:
            database.close()

    @contextmanager
    def rehearsal(self) -> Iterator["WritableIndex"]:
        """A copy of the registry without its vectors: whatever is done to it is gone afterwards."""
        with self._database.rehearsal() as database:
            index = WritableIndex(database, vectors=None)
            index.discard_staged()
            yield index


class WritableIndex:
    """The index while one refresh works on it, in the order of the methods below."""

    def __init__(self, database: OpenDatabase, *, vectors: VectorPlace | None) -> None:
        """`vectors` is None in a rehearsal: what is live is then taken to have its vectors."""
        self._database = database
        self._vectors_at = vectors
        self._vectors: VectorStore | None = None
        self._holder = f"{_machine()}:{os.getpid()}:{_PROCESS}:{secrets.token_hex(4)}"
        self._is_leased = False
        self._renew_at = 0.0

    def close(self) -> None:
        if self._vectors is not None:
            self._vectors.close()
        self._is_leased = False
        with self._transaction() as connection:
            connection.execute(delete(lease).where(lease.c.holder == self._holder))

    # ── one at a time ────────────────────────────────────────────────────────────────────────────────────────────────

    def take_lease(self) -> None:
        """Raises RefreshRunning where another refresh shows signs of life."""
        with self._transaction() as connection:
            now = self._database.place.now(connection)
            held = connection.execute(select(lease).where(lease.c.name == "refresh")).first()
            if held is not None and held.expires_at > _iso(now) and _may_be_alive(held.holder):
                raise RefreshRunning(
                    "Another refresh is running: wait until it is done. (If it was stopped on another machine, its "
                    f"claim ends by itself at {held.expires_at[11:16]} UTC.)"
                )
            connection.execute(delete(lease).where(lease.c.name == "refresh"))
            connection.execute(insert(lease).values(name="refresh", holder=self._holder, expires_at=_lease_end(now)))
        self._is_leased = True
        self._renew_at = time.monotonic() + LEASE_RENEWAL_SECONDS

    def need_room(self) -> None:
        """Raises IndexUnavailable where the disk is about to be full."""
        for place in (self._database.place, self._vectors_at):
            if place is not None and place.folder is not None:
                need_room(place.folder)

    def renew_lease(self) -> None:
        """A sign of life; cheap to call often. Raises RefreshRunning where the lease was lost."""
        if not self._is_leased or time.monotonic() < self._renew_at:
            return
        with self._transaction() as connection:
            end = _lease_end(self._database.place.now(connection))
            connection.execute(update(lease).where(lease.c.holder == self._holder).values(expires_at=end))
        self._renew_at = time.monotonic() + LEASE_RENEWAL_SECONDS

    def discard_staged(self) -> None:
        """Drop what a refresh left behind that never reached its switch."""
        with self._transaction() as connection:
            connection.execute(delete(versions).where(versions.c.state == "staged"))

    # ── gather ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def known_files(self) -> dict[str, KnownFile]:
        """Every path that the registry knows: live versions, and files that failed from the first."""
        with self._transaction() as connection:
            failed = set(connection.execute(select(failures.c.path)).scalars())
            known = {
                row.path: KnownFile(
                    school=_slug(row.school),
                    stamp=_stamp_of(row),
                    digest=row.digest,
                    reader=row.reader,
                    failed=row.path in failed,
                    source=row.source,
                )
                for row in connection.execute(select(versions).where(IS_LIVE))
            }
        never_read = KnownFile(None, FileStamp(0, 0), "", "", failed=True, has_version=False)
        return known | dict.fromkeys(failed - known.keys(), never_read)

    def known_trust(self) -> Trust:
        """`trust.toml` as the last refresh read it; a trust with no schools before the first."""
        with self._transaction() as connection:
            return read_trust(connection) or Trust()

    def known_sources(self) -> dict[str, KnownSource]:
        """The sources as the last refresh met them, by name; empty before the first."""
        with self._transaction() as connection:
            return _sources(connection)

    def known_failures(self) -> list[Failure]:
        """The documents that the last refresh could not read, by path."""
        with self._transaction() as connection:
            rows = connection.execute(select(failures).order_by(failures.c.path))
            return [Failure(row.path, row.reason) for row in rows]

    def settled_passages(self, state: NextState) -> int | None:
        """How many passages are searched, if this is the state that readers see already with all its vectors; else
        None."""
        with self._transaction() as connection:
            held = read_state(connection)
            rows = connection.execute(_CORPUS).all()
            is_same = (
                held.model == state.model
                and read_trust(connection) == state.trust
                and _sources(connection) == state.sources
                and {row.path: Standing(cast(Status, row.status), row.doubt) for row in rows} == state.standings
                and all(row.state == "live" for row in rows)
            )
            if not is_same or not self._has_mark(held):
                return None
            return count_searched(connection, everywhere=True)

    def staged_paths(self) -> list[str]:
        with self._transaction() as connection:
            staged = select(versions.c.path).where(versions.c.state == "staged").order_by(versions.c.path)
            return list(connection.execute(staged).scalars())

    def last_to_undo(self) -> PastRefresh | None:
        """The last refresh that changed something and was not undone; None where nothing was before it."""
        with self._transaction() as connection:
            return read_last_to_undo(connection)

    def stage_before(self, past: PastRefresh) -> list[str]:
        """Stage every document as it was before that refresh; the paths of those that were not there, to be removed.

        Raises CannotStart where the words of one are no longer kept.
        """
        removed = []
        with self._transaction() as connection:
            live = set(connection.execute(select(versions.c.path).where(IS_LIVE)).scalars())
            for row in connection.execute(select(changes).where(changes.c.refresh_id == past.id)).all():
                if row.before_id is not None:
                    _stage_again(connection, row.before_id)
                elif row.change == "added" and row.path in live:
                    removed.append(row.path)
        return removed

    def stage(
        self,
        staged: StagedFile,
        document: ParsedDocument,
        split: Sequence[Passage],
        *,
        moved_from: str | None = None,
    ) -> None:
        """Write a new version with its passages and records, where no reader looks.

        Of the same bytes under another name, `moved_from` is the old one: its passages keep the vectors they have, also
        where the title was the file's name.
        """
        with self._transaction() as connection:
            title = document.title
            if moved_from is not None:
                title = _embedded_title_of(connection, moved_from, digest=staged.digest) or title
            inserted = connection.execute(
                insert(versions).values(
                    path=document.path,
                    source=staged.file.source,
                    school=document.school,
                    title=document.title,
                    embedded_title=title,
                    metadata=codec.encode_metadata(document.metadata),
                    digest=staged.digest,
                    **_stamp_columns(staged.file.stamp),
                    reader=READER,
                    warnings=codec.encode_words(document.warnings),
                    state="staged",
                    status="draft",
                    is_indexed=False,
                    passage_count=len(split),
                    staged_at=_iso(datetime.now(UTC)),
                )
            ).inserted_primary_key
            assert inserted is not None
            version_id = inserted[0]
            connection.execute(
                insert(passages),
                [
                    {
                        "version_id": version_id,
                        "ordinal": passage.ordinal,
                        "heading": codec.encode_words(passage.heading),
                        "blocks": codec.encode_blocks(passage.blocks),
                        "vector_id": vector_id(passage.embedding_text(title)),
                    }
                    for passage in split
                ],
            )
            if document.records:
                rows = connection.execute(select(passages).where(passages.c.version_id == version_id))
                ids = {row.ordinal: row.id for row in rows}
                connection.execute(
                    insert(records),
                    [
                        {
                            "version_id": version_id,
                            "passage_id": ids[_holding(record, split).ordinal],
                            "kind": record.kind,
                            "key": record.key,
                            "code": str(record.fields.get("code", record.key)).strip().casefold(),
                            "fields": codec.encode_fields(record.fields),
                            "locator": codec.encode_locator(record.locator),
                        }
                        for record in document.records
                    ],
                )

    def editions(self, *, without: Iterable[str]) -> list[Edition]:
        """The corpus as it will be: staged versions, and live ones that are neither replaced nor removed."""
        gone = set(without)
        with self._transaction() as connection:
            coming = set(_coming(connection).values())
            return [
                Edition(row.path, _slug(row.school), row.title, codec.decode_metadata(row.metadata))
                for row in connection.execute(_CORPUS)
                if row.id in coming and row.path not in gone
            ]

    # ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def vector_work(self, standings: Mapping[str, Standing], *, model: str) -> list[ScopeWork]:
        """For each scope, what its vectors lack and what they could lose, once `standings` hold."""
        with self._transaction() as connection:
            coming = set(_coming(connection).values())
            now: dict[School, list[int]] = {}
            then: dict[School, list[int]] = {}
            for row in connection.execute(_CORPUS):
                if row.state == "live" and row.status == "in_force":
                    now.setdefault(_slug(row.school), []).append(row.id)
                if row.id in coming and row.path in standings and standings[row.path].status == "in_force":
                    then.setdefault(_slug(row.school), []).append(row.id)
            is_same_model = read_state(connection).model == model
            counts = {
                school: [_vector_counts(connection, ids.get(school, [])) for ids in (now, then)]
                for school in sorted(now.keys() | then.keys(), key=lambda school: school or "")
            }
        return [
            self._scope_work(school, now=before, then=after, model=model, is_same_model=is_same_model)
            for school, (before, after) in counts.items()
        ]

    def texts_to_embed(self, ids: Sequence[str]) -> list[str]:
        """The text that each vector is to be made of, in the order of `ids`."""
        with self._transaction() as connection:
            texts = {
                row.vector_id: Passage(
                    row.ordinal, codec.decode_words(row.heading), codec.decode_blocks(row.blocks)
                ).embedding_text(row.embedded_title)
                for some in batches(ids, IDS_PER_QUERY)
                for row in connection.execute(
                    select(passages, versions.c.embedded_title).join(versions).where(passages.c.vector_id.in_(some))
                )
            }
        return [texts[id_] for id_ in ids]

    def add_vectors(self, ids: Sequence[str], vectors: NDArray[np.float32], *, school: School, model: str) -> None:
        self._store().add(ids, vectors, school=school, model=model)

    def collect(self, work: Iterable[ScopeWork], *, model: str) -> None:
        """Delete the vectors that nothing live needs; after the switch, or when there was nothing to switch."""
        needed: list[School] = []
        for scope in work:
            if scope.counts.embedded + scope.counts.kept:
                needed.append(scope.school)
                self._store().delete(scope.orphans, school=scope.school, model=model)
        self._store().drop_other_collections(needed, model=model)
        self._set_mark()

    # ── switch ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def switch(self, state: NextState, entry: HistoryEntry, *, has_new_vectors: bool) -> bool:
        """Make the new state the one that readers see, in one transaction; whether it differs from the old.

        History notes a refresh that changed something, or failed at something new.
        """
        now = datetime.now(UTC)
        with self._transaction() as connection:
            trust_before = read_trust(connection)
            done = _documents_changed(connection, state)
            is_changed = any(
                [
                    _retire(connection, state.removed, now),
                    _promote_staged(connection, now),
                    _set_standings(connection, state.standings),
                    _set_fact(connection, "trust", codec.encode_trust(state.trust)),
                    _set_fact(connection, "model", state.model),
                    has_new_vectors,
                ]
            )
            is_news = any(
                [
                    is_changed,
                    _set_sources(connection, state.sources, now),
                    _set_failures(connection, state.failed, now),
                ]
            )
            _unindex_words(connection)
            _index_words(connection)
            _note_touched(connection, state.touched)
            if is_changed:
                _set_fact(connection, "generation", str(read_state(connection).generation + 1))
            if is_news:
                changed_trust = trust_before is not None and trust_before != state.trust
                _note_refresh(connection, entry, done, now, trust_before=trust_before if changed_trust else None)
                _forget_passages(connection)
            return is_changed

    def _scope_work(
        self, school: School, *, now: Mapping[str, int], then: Mapping[str, int], model: str, is_same_model: bool
    ) -> ScopeWork:
        if self._vectors_at is None:
            present = set(now) if is_same_model else set()
        else:
            present = self._store().ids(school=school, model=model)
        missing = then.keys() - present
        embedded = sum(then[id_] for id_ in missing)
        return ScopeWork(
            school=school,
            missing=tuple(sorted(missing)),
            orphans=tuple(sorted(present - then.keys())),
            counts=PassageCounts(
                embedded=embedded,
                kept=sum(then.values()) - embedded,
                removed=sum(now[id_] for id_ in now.keys() - then.keys()),
            ),
        )

    # Opening Chroma writes to its folder and takes a second, so a refresh that finds nothing to do must not. A mark
    # beside the vectors says of which state they are; it goes with them, and a refresh that died has not set it.

    def _set_mark(self) -> None:
        assert self._vectors_at is not None, "a rehearsal has no vectors"
        with self._transaction() as connection:
            state = read_state(connection)
            self._vectors_at.set_mark(state.identity, _mark(state))

    def _has_mark(self, state: State) -> bool:
        return self._vectors_at is not None and self._vectors_at.mark(state.identity) == _mark(state)

    def _store(self) -> VectorStore:
        assert self._vectors_at is not None, "a rehearsal has no vectors"
        if self._vectors is None:
            with self._transaction() as connection:
                identity = read_state(connection).identity
            self._vectors = self._vectors_at.open(identity)
        return self._vectors

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """One transaction; with the lease, only while it is still held. Writers wait for each other at a transaction's
        start, so no one can take the lease over before it ends."""
        with self._database.transaction() as connection:
            if self._is_leased:
                held = connection.execute(select(lease.c.name).where(lease.c.holder == self._holder)).first()
                if held is None:
                    raise RefreshRunning("Another refresh took over while this one stood still, so this one stops.")
            yield connection


_IS_CORPUS = versions.c.state.in_(("live", "staged"))
_CORPUS = select(versions).where(_IS_CORPUS)

# ── the corpus to come ───────────────────────────────────────────────────────────────────────────────────────────────


def _coming(connection: Connection) -> dict[str, int]:
    """The version that each path will have: the staged one, else the live one."""
    rows = connection.execute(select(versions.c.path, versions.c.id, versions.c.state)).all()
    live = {row.path: row.id for row in rows if row.state == "live"}
    return live | {row.path: row.id for row in rows if row.state == "staged"}


def _vector_counts(connection: Connection, version_ids: Sequence[int]) -> dict[str, int]:
    """The vectors that the passages of these versions need, and by how many passages each."""
    counts: dict[str, int] = {}
    for some in batches(version_ids, IDS_PER_QUERY):
        rows = connection.execute(select(passages.c.vector_id).where(passages.c.version_id.in_(some)))
        for id_ in rows.scalars():
            counts[id_] = counts.get(id_, 0) + 1
    return counts


def _holding(record: Record, split: Sequence[Passage]) -> Passage:
    """The passage in which a record stands: the first with a row at its locator, else with words there that name it,
    else with any words there. A table's header comes last: it is given the locator of the row that follows it."""
    code = str(record.fields.get("code", record.key))

    def fit(passage: Passage) -> tuple[bool, bool, bool, bool]:
        there = [block for block in passage.blocks if _covers(block.locator, record.locator)]
        words = [block for block in there if block.kind != "table_header"]
        has_row = any(block.kind == "table_row" for block in words)
        return has_row, any(code in block.text for block in words), bool(words), bool(there)

    return max(split, key=fit)


def _covers(span: Locator, place: Locator) -> bool:
    if (span.kind, span.name) != (place.kind, place.name):
        return False
    return span.number <= place.number <= max(span.number, span.last)


# ── the parts of the switch; each tells whether it changed what readers see ──────────────────────────────────────────


def _retire(connection: Connection, removed: Sequence[str], now: datetime) -> bool:
    """Live versions whose file went, or for which a staged one stands ready."""
    staged = connection.execute(select(versions.c.path).where(versions.c.state == "staged")).scalars().all()
    retired = 0
    for some in batches([*removed, *staged], IDS_PER_QUERY):
        retired += connection.execute(
            update(versions).where(IS_LIVE, versions.c.path.in_(some)).values(state="retired", retired_at=_iso(now))
        ).rowcount
    return retired > 0


def _promote_staged(connection: Connection, now: datetime) -> bool:
    promoted = connection.execute(
        update(versions).where(versions.c.state == "staged").values(state="live", live_at=_iso(now))
    )
    return promoted.rowcount > 0


def _set_standings(connection: Connection, standings: Mapping[str, Standing]) -> bool:
    changed = False
    for row in connection.execute(select(versions).where(IS_LIVE)).all():
        standing = standings[row.path]
        if (row.status, row.doubt) != (standing.status, standing.doubt):
            changed = True
            connection.execute(
                update(versions).where(versions.c.id == row.id).values(status=standing.status, doubt=standing.doubt)
            )
    return changed


def _unindex_words(connection: Connection) -> None:
    """Take the passages that are no longer searched out of the word index."""
    leaving = connection.execute(select(versions.c.id).where(versions.c.is_indexed, not_(IS_SEARCHED))).scalars().all()
    for some in batches(leaving, IDS_PER_QUERY):
        ids = connection.execute(select(passages.c.id).where(passages.c.version_id.in_(some))).scalars()
        remove_words(connection, ids.all())
        connection.execute(update(versions).where(versions.c.id.in_(some)).values(is_indexed=False))


def _index_words(connection: Connection) -> None:
    """Put the passages that are searched from now on into the word index, read a document at a time."""
    entering = connection.execute(select(versions.c.id).where(not_(versions.c.is_indexed), IS_SEARCHED)).scalars().all()
    for some in batches(entering, IDS_PER_QUERY):
        add_words(
            connection,
            (
                WordRow(found.id, found.version.school, found.version.title, found.passage.heading, found.passage.text)
                for version_id in some
                for found in read_passages(connection, versions.c.id == version_id)
            ),
        )
        connection.execute(update(versions).where(versions.c.id.in_(some)).values(is_indexed=True))


def _set_fact(connection: Connection, name: str, value: str) -> bool:
    old = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
    if old == value:
        return False
    connection.execute(delete(facts).where(facts.c.name == name))
    connection.execute(insert(facts).values(name=name, value=value))
    return True


def _set_sources(connection: Connection, sources: Mapping[str, KnownSource], now: datetime) -> bool:
    """The sources of this refresh and no others; `since` moves on when one starts or stops answering."""
    old = _sources(connection)
    for name in old.keys() | sources.keys():
        if old.get(name) != sources.get(name):
            connection.execute(delete(source_rows).where(source_rows.c.name == name))
            if (new := sources.get(name)) is not None:
                connection.execute(
                    insert(source_rows).values(name=name, identity=new.identity, problem=new.problem, since=_iso(now))
                )
    return old != sources


def _set_failures(connection: Connection, failed: Sequence[Failure], now: datetime) -> bool:
    """The failures of this refresh and no others; `since` stays with one that goes on for the same reason."""
    old = {row.path: row for row in connection.execute(select(failures))}
    new = {failure.path: failure.reason for failure in failed}
    for path, row in old.items():
        if new.get(path) != row.reason:
            connection.execute(delete(failures).where(failures.c.path == path))
    for path, reason in new.items():
        if path not in old or old[path].reason != reason:
            connection.execute(insert(failures).values(path=path, reason=reason, since=_iso(now)))
    return new != {path: row.reason for path, row in old.items()}


def _note_touched(connection: Connection, touched: Sequence[StagedFile]) -> None:
    """A file whose date moved and whose bytes did not need not be read again."""
    for one in touched:
        connection.execute(
            update(versions).where(IS_LIVE, versions.c.path == one.file.path).values(**_stamp_columns(one.file.stamp))
        )


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _DocumentChange:
    path: str
    change: Literal["added", "changed", "removed", "failed"]
    reason: str | None = None
    before_id: int | None = None
    after_id: int | None = None


def _documents_changed(connection: Connection, state: NextState) -> list[_DocumentChange]:
    """What the switch is about to do to each document, and at which the refresh failed."""
    rows = connection.execute(select(versions.c.id, versions.c.path, versions.c.state).where(_IS_CORPUS)).all()
    live = {row.path: row.id for row in rows if row.state == "live"}
    done = [
        _DocumentChange(
            row.path, "changed" if row.path in live else "added", before_id=live.get(row.path), after_id=row.id
        )
        for row in rows
        if row.state == "staged"
    ]
    done += [_DocumentChange(path, "removed", before_id=live[path]) for path in state.removed if path in live]
    done += [_DocumentChange(failure.path, "failed", failure.reason) for failure in state.failed]
    return sorted(done, key=lambda change: change.path)


def _note_refresh(
    connection: Connection,
    entry: HistoryEntry,
    done: Sequence[_DocumentChange],
    now: datetime,
    *,
    trust_before: Trust | None,
) -> None:
    report = entry.report
    inserted = connection.execute(
        insert(refreshes).values(
            kind="refresh" if entry.undoes is None else "rollback",
            who=entry.who,
            started_at=_iso(entry.started_at),
            finished_at=_iso(now),
            added=len(report.added),
            changed=len(report.changed),
            removed=len(report.removed),
            kept=report.kept,
            failed=len(report.failed),
            passages_embedded=report.passages.embedded,
            trust_before=None if trust_before is None else codec.encode_trust(trust_before),
        )
    ).inserted_primary_key
    assert inserted is not None
    refresh_id = inserted[0]
    if done:
        connection.execute(insert(changes), [{"refresh_id": refresh_id, **asdict(change)} for change in done])
    if entry.undoes is not None:
        connection.execute(update(refreshes).where(refreshes.c.id == entry.undoes).values(undone_by=refresh_id))


def _forget_passages(connection: Connection) -> None:
    """Of a document that was removed, its words are kept as long as a rollback may ask for them, and no longer."""
    last = select(refreshes.c.id).order_by(refreshes.c.id.desc()).limit(REFRESHES_TO_UNDO)
    may_come_back = select(changes.c.before_id).where(changes.c.refresh_id.in_(last), changes.c.before_id.is_not(None))
    live = versions.alias("live")
    is_gone = not_(exists().where(live.c.path == versions.c.path, live.c.state == "live"))
    gone = select(versions.c.id).where(versions.c.state == "retired", is_gone, versions.c.id.not_in(may_come_back))
    connection.execute(delete(passages).where(passages.c.version_id.in_(gone)))


def _stage_again(connection: Connection, version_id: int) -> None:
    """A staged copy of a retired version, its passages and its records."""
    row = connection.execute(select(versions).where(versions.c.id == version_id)).one()
    held = connection.execute(select(func.count()).where(passages.c.version_id == version_id)).scalar_one()
    if held != row.passage_count:
        raise CannotStart(
            f"The last refresh cannot be undone: the words of {row.path} as it was before are no longer kept. Put the "
            "file back and run `staffroom refresh`."
        )
    fresh = {**row._mapping, "state": "staged", "is_indexed": False, "staged_at": _iso(datetime.now(UTC))}
    for name in ("id", "live_at", "retired_at"):
        del fresh[name]
    inserted = connection.execute(insert(versions).values(**fresh)).inserted_primary_key
    assert inserted is not None
    copy_id = inserted[0]
    copied = (passages.c.ordinal, passages.c.heading, passages.c.blocks, passages.c.vector_id)
    connection.execute(
        insert(passages).from_select(
            ["version_id", *(column.name for column in copied)],
            select(literal(copy_id), *copied).where(passages.c.version_id == version_id).order_by(passages.c.ordinal),
        )
    )
    old, new = passages.alias("old"), passages.alias("new")
    kept = (records.c.kind, records.c.key, records.c.code, records.c.fields, records.c.locator)
    connection.execute(
        insert(records).from_select(
            ["version_id", "passage_id", *(column.name for column in kept)],
            select(literal(copy_id), new.c.id, *kept)
            .join(old, records.c.passage_id == old.c.id)
            .join(new, and_(new.c.version_id == copy_id, new.c.ordinal == old.c.ordinal))
            .where(records.c.version_id == version_id)
            .order_by(records.c.id),
        )
    )


def _embedded_title_of(connection: Connection, path: str, *, digest: str) -> str | None:
    """The title that the live version at a path was embedded with, if its bytes were these."""
    title: str | None = connection.execute(
        select(versions.c.embedded_title).where(IS_LIVE, versions.c.path == path, versions.c.digest == digest)
    ).scalar()
    return title


def _sources(connection: Connection) -> dict[str, KnownSource]:
    return {row.name: KnownSource(row.identity, row.problem) for row in connection.execute(select(source_rows))}


# ── what tells that a file changed ───────────────────────────────────────────────────────────────────────────────────


def _stamp_of(row: Row[Any]) -> FileStamp:
    sidecar = None
    if row.sidecar_modified_ns is not None:
        sidecar = FileStamp(row.sidecar_size_bytes, row.sidecar_modified_ns)
    return FileStamp(row.size_bytes, row.modified_ns, sidecar, row.tag)


def _stamp_columns(stamp: FileStamp) -> dict[str, int | str | None]:
    return {
        "size_bytes": stamp.size_bytes,
        "modified_ns": stamp.modified_ns,
        "tag": stamp.tag,
        "sidecar_size_bytes": stamp.sidecar.size_bytes if stamp.sidecar else None,
        "sidecar_modified_ns": stamp.sidecar.modified_ns if stamp.sidecar else None,
    }


# ── small change ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _machine() -> str:
    """Where a process's number means that process: two containers of one name, or one machine before and after it was
    started anew, are told apart where Linux tells them apart."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        numbers = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{numbers}"


def _may_be_alive(holder: str) -> bool:
    """Whether a lease's holder can still be at work: of another process on this machine, only if it runs."""
    machine, pid, process = holder.split(":")[:3]
    if machine != _machine():
        return True
    if int(pid) == os.getpid():
        return process == _PROCESS
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _mark(state: State) -> str:
    return f"{state.generation} {state.model}\n"


def _lease_end(now: datetime) -> str:
    return _iso(now + timedelta(seconds=LEASE_SECONDS))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _slug(school: str | None) -> School:
    return None if school is None else Slug(school)
