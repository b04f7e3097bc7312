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
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select, update

from ingestion.editions import Edition, Standing
from ingestion.errors import IndexUnavailable, RefreshRunning
from ingestion.index import codec
from ingestion.index.database import database_at
from ingestion.index.history import HistoryEntry
from ingestion.index.opened import Database, OpenDatabase
from ingestion.index.readers import has_wrong_readers
from ingestion.index.registry import (
    IDS_PER_QUERY,
    IS_CORPUS,
    IS_LIVE,
    KnownSource,
    PastRefresh,
    State,
    batches,
    count_searched,
    read_is_held,
    read_last_to_undo,
    read_sources,
    read_state,
    read_trust,
)
from ingestion.index.room import need_room
from ingestion.index.schema import changes, failures, lease, passages, refreshes, versions
from ingestion.index.staging import StagedFile, stage_again, stage_version, stamp_of
from ingestion.index.switching import NextState, switch_to
from ingestion.index.vectors import VectorPlace, VectorStore, vectors_at
from ingestion.model import (
    CORPUS,
    Failure,
    FileStamp,
    ParsedDocument,
    Passage,
    PassageCounts,
    School,
    Status,
    Trust,
)
from ingestion.plan import KnownFile

LEASE_SECONDS = 600
"""How long a refresh on another machine is waited for after its last sign of life; one document never takes longer."""

LEASE_RENEWAL_SECONDS = 30


_PROCESS = secrets.token_hex(8)
"""Tells this process from an earlier one with its number."""


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
            index = WritableIndex(database, vectors=self._vectors, is_rehearsal=True)
            index.discard_staged()
            yield index


class WritableIndex:
    """The index while one refresh works on it, in the order of the methods below."""

    def __init__(self, database: OpenDatabase, *, vectors: VectorPlace, is_rehearsal: bool = False) -> None:
        """In a rehearsal the vectors are not opened: what is live has them all, or none where their mark is gone."""
        self._database = database
        self._vectors_at = vectors
        self._is_rehearsal = is_rehearsal
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
            if held is not None and held.expires_at > codec.encode_moment(now) and _may_be_alive(held.holder):
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
            if place.folder is not None:
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
            sources = read_sources(connection)
            known = {
                row.path: KnownFile(
                    school=codec.decode_school(row.school),
                    stamp=stamp_of(row),
                    digest=row.digest,
                    reader=row.reader,
                    failed=row.path in failed,
                    source=row.source,
                )
                for row in connection.execute(select(versions).where(IS_LIVE))
            }
        never_read = KnownFile(None, FileStamp(0, 0), "", "", failed=True, has_version=False)
        return known | {path: replace(never_read, source=_source_of(path, sources)) for path in failed - known.keys()}

    def known_trust(self) -> Trust:
        """`trust.toml` as the last refresh read it; a trust with no schools before the first."""
        with self._transaction() as connection:
            return read_trust(connection) or Trust()

    def known_sources(self) -> dict[str, KnownSource]:
        """The sources as the last refresh met them, by name; empty before the first."""
        with self._transaction() as connection:
            return read_sources(connection)

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
                and read_sources(connection) == state.sources
                and {row.path: Standing(cast(Status, row.status), row.doubt) for row in rows} == state.standings
                and all(row.state == "live" for row in rows)
                and not has_wrong_readers(connection)
            )
            if not is_same or not self._has_mark(held):
                return None
            return count_searched(connection, everywhere=True)

    def newest_record(self) -> int:
        """The number of the last refresh on record; 0 before the first."""
        with self._transaction() as connection:
            newest: int = connection.execute(select(func.coalesce(func.max(refreshes.c.id), 0))).scalar_one()
            return newest

    def is_held(self) -> bool:
        """Whether a rollback keeps refreshes that nobody asked for from undoing it."""
        with self._transaction() as connection:
            return read_is_held(connection)

    def standings(self) -> dict[str, Standing]:
        """The standing of every document in service, by path, as readers see it."""
        with self._transaction() as connection:
            rows = connection.execute(select(versions).where(IS_LIVE))
            return {row.path: Standing(cast(Status, row.status), row.doubt) for row in rows}

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

        One that was taken out since it must not be read stays out. Raises CannotStart where the words of one are no
        longer kept.
        """
        removed = []
        with self._transaction() as connection:
            live = set(connection.execute(select(versions.c.path).where(IS_LIVE)).scalars())
            refused = set(connection.execute(select(failures.c.path)).scalars()) - live
            for row in connection.execute(select(changes).where(changes.c.refresh_id == past.id)).all():
                if row.before_id is not None and row.path not in refused:
                    stage_again(connection, row.before_id)
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
            stage_version(connection, staged, document, split, moved_from=moved_from)

    def editions(self, *, without: Iterable[str]) -> list[Edition]:
        """The corpus as it will be: staged versions, and live ones that are neither replaced nor removed."""
        gone = set(without)
        with self._transaction() as connection:
            coming = set(_coming(connection).values())
            return [
                Edition(row.path, codec.decode_school(row.school), row.title, codec.decode_metadata(row.metadata))
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
                    now.setdefault(codec.decode_school(row.school), []).append(row.id)
                if row.id in coming and row.path in standings and standings[row.path].status == "in_force":
                    then.setdefault(codec.decode_school(row.school), []).append(row.id)
            held = read_state(connection)
            has_vectors = held.model == model and self._has_mark(held) if self._is_rehearsal else True
            counts = {
                school: [_vector_counts(connection, ids.get(school, [])) for ids in (now, then)]
                for school in sorted(now.keys() | then.keys(), key=lambda school: school or "")
            }
        return [
            self._scope_work(school, now=before, then=after, model=model, has_vectors=has_vectors)
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
        with self._transaction() as connection:
            return switch_to(connection, state, entry, has_new_vectors=has_new_vectors)

    def _scope_work(
        self, school: School, *, now: Mapping[str, int], then: Mapping[str, int], model: str, has_vectors: bool
    ) -> ScopeWork:
        if self._is_rehearsal:
            present = set(now) if has_vectors else set()
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
        assert not self._is_rehearsal, "a rehearsal has no vectors"
        with self._transaction() as connection:
            state = read_state(connection)
            self._vectors_at.set_mark(state.identity, _mark(state))

    def _has_mark(self, state: State) -> bool:
        return self._vectors_at.mark(state.identity) == _mark(state)

    def _store(self) -> VectorStore:
        assert not self._is_rehearsal, "a rehearsal has no vectors"
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


_CORPUS = select(versions).where(IS_CORPUS)

# ── the corpus to come ───────────────────────────────────────────────────────────────────────────────────────────────


def _source_of(path: str, sources: Iterable[str]) -> str:
    """The source that a path is of: those of a source that `trust.toml` names begin with its name."""
    name = path.split("/", 1)[0]
    return name if name in sources else CORPUS


def _coming(connection: Connection) -> dict[str, int]:
    """The version that each path will have: the staged one, else the live one."""
    rows = connection.execute(select(versions.c.path, versions.c.id, versions.c.state).where(IS_CORPUS)).all()
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
    return codec.encode_moment(now + timedelta(seconds=LEASE_SECONDS))
