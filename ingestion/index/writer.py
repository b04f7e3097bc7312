"""How does a refresh bring the index to its new state, so that no reader ever sees half of it?

Staged versions and new vectors are written first, where no reader looks. `switch` is one SQL transaction: staged
becomes live, live becomes retired, words and records follow, the generation moves on. `collect` then deletes the
vectors that nothing live needs. A refresh that died anywhere left only staged rows and spare vectors: the next one
drops the former and uses or deletes the latter.
"""

import os
import secrets
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Row, delete, insert, not_, select, update

from ingestion.editions import Edition, Standing
from ingestion.errors import RefreshRunning, SettingsError
from ingestion.index import codec
from ingestion.index.database import copy_registry, database_path, open_writing, transaction
from ingestion.index.registry import (
    IDS_PER_QUERY,
    IS_LIVE,
    IS_SEARCHED,
    batches,
    read_passages,
    read_state,
    read_trust,
)
from ingestion.index.schema import facts, failures, lease, passages, records, refreshes, versions
from ingestion.index.vectors import VectorStore, vector_id
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
    Trust,
)
from ingestion.plan import READER, KnownFile

LEASE_SECONDS = 600
"""How long a refresh on another machine is waited for after its last sign of life; one document never takes longer."""

LEASE_RENEWAL_SECONDS = 30

_PROCESS = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"


@dataclass(frozen=True)
class StagedFile:
    """A file that was read for this refresh, and its digest."""

    file: SourceFile
    digest: str


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
    if chroma_url is not None:
        raise SettingsError(
            "STAFFROOM_CHROMA_URL names a Chroma server, which this version cannot use yet: leave the setting out, and "
            "vectors are kept under STAFFROOM_DATA."
        )
    return IndexWriter(database=database_path(data=data, database_url=database_url), vectors=data / "chroma")


class IndexWriter:
    """The door for a refresh: `lease` to change the index, `rehearsal` to find out what would change."""

    def __init__(self, *, database: Path, vectors: Path) -> None:
        self._database = database
        self._vectors = vectors

    @contextmanager
    def lease(self) -> Iterator["WritableIndex"]:
        """The index, for one refresh at a time. Raises RefreshRunning while another one is at work."""
        engine = open_writing(self._database)
        try:
            index = WritableIndex(engine=engine, database=self._database, vectors=self._vectors)
            index.take_lease()
            try:
                index.discard_staged()
                yield index
            finally:
                index.close()
        finally:
            engine.dispose()

    @contextmanager
    def rehearsal(self) -> Iterator["WritableIndex"]:
        """A copy of the registry without its vectors: whatever is done to it is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="staffroom-rehearsal-") as folder:
            copy = Path(folder) / "staffroom.db"
            if self._database.is_file():
                copy_registry(self._database, copy)
            engine = open_writing(copy, stands_for=self._database)
            try:
                index = WritableIndex(engine=engine, database=self._database, vectors=None)
                index.discard_staged()
                yield index
            finally:
                engine.dispose()


class WritableIndex:
    """The index while one refresh works on it, in the order of the methods below."""

    def __init__(self, *, engine: Engine, database: Path, vectors: Path | None) -> None:
        """`database` is the file that messages name. `vectors` is None in a rehearsal: what is live is then taken to
        have its vectors."""
        self._engine = engine
        self._database = database
        self._vectors_folder = vectors
        self._vectors: VectorStore | None = None
        self._holder = f"{_PROCESS}:{secrets.token_hex(4)}"
        self._renew_at = datetime.now(UTC)

    def close(self) -> None:
        if self._vectors is not None:
            self._vectors.close()
        with self._transaction() as connection:
            connection.execute(delete(lease).where(lease.c.holder == self._holder))

    # ── one at a time ────────────────────────────────────────────────────────────────────────────────────────────────

    def take_lease(self) -> None:
        """Raises RefreshRunning where another refresh shows signs of life."""
        now = datetime.now(UTC)
        with self._transaction() as connection:
            held = connection.execute(select(lease).where(lease.c.name == "refresh")).first()
            if held is not None and held.expires_at > _iso(now) and _may_be_alive(held.holder):
                raise RefreshRunning(
                    "Another refresh is running: wait until it is done. (If it was stopped on another machine, its "
                    f"claim ends by itself at {held.expires_at[11:16]} UTC.)"
                )
            connection.execute(delete(lease).where(lease.c.name == "refresh"))
            connection.execute(insert(lease).values(name="refresh", holder=self._holder, expires_at=_lease_end(now)))
        self._renew_at = now + timedelta(seconds=LEASE_RENEWAL_SECONDS)

    def renew_lease(self) -> None:
        """A sign of life; cheap to call often. Raises RefreshRunning where the lease was lost."""
        now = datetime.now(UTC)
        if self._vectors_folder is None or now < self._renew_at:
            return
        with self._transaction() as connection:
            self._hold_lease(connection, now)
        self._renew_at = now + timedelta(seconds=LEASE_RENEWAL_SECONDS)

    def _hold_lease(self, connection: Connection, now: datetime) -> None:
        held = connection.execute(
            update(lease).where(lease.c.holder == self._holder).values(expires_at=_lease_end(now))
        ).rowcount
        if not held:
            raise RefreshRunning("Another refresh took over while this one stood still, so this one stops.")

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
                )
                for row in connection.execute(select(versions).where(IS_LIVE))
            }
        never_read = KnownFile(None, FileStamp(0, 0), "", "", failed=True, has_version=False)
        return known | dict.fromkeys(failed - known.keys(), never_read)

    def known_trust(self) -> Trust:
        """`trust.toml` as the last refresh read it; a trust with no schools before the first."""
        with self._transaction() as connection:
            return read_trust(connection) or Trust()

    def known_corpus(self) -> str | None:
        """The identity of the corpus that the last refresh read; None before the first."""
        with self._transaction() as connection:
            identity: str | None = connection.execute(select(facts.c.value).where(facts.c.name == "corpus")).scalar()
            return identity

    def stage(self, staged: StagedFile, document: ParsedDocument, split: Sequence[Passage]) -> None:
        """Write a new version with its passages and records, where no reader looks."""
        with self._transaction() as connection:
            inserted = connection.execute(
                insert(versions).values(
                    path=document.path,
                    school=document.school,
                    title=document.title,
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
                        "vector_id": vector_id(passage.embedding_text(document.title)),
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
            return [
                self._scope_work(
                    school,
                    now=_vector_counts(connection, now.get(school, [])),
                    then=_vector_counts(connection, then.get(school, [])),
                    model=model,
                    is_same_model=is_same_model,
                )
                for school in sorted(now.keys() | then.keys(), key=lambda school: school or "")
            ]

    def texts_to_embed(self, ids: Sequence[str]) -> list[str]:
        """The text that each vector is to be made of, in the order of `ids`."""
        with self._transaction() as connection:
            texts = {
                row.vector_id: Passage(
                    row.ordinal, codec.decode_words(row.heading), codec.decode_blocks(row.blocks)
                ).embedding_text(row.title)
                for some in batches(ids, IDS_PER_QUERY)
                for row in connection.execute(
                    select(passages, versions.c.title).join(versions).where(passages.c.vector_id.in_(some))
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

    # ── switch ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def switch(
        self,
        standings: Mapping[str, Standing],
        *,
        removed: Sequence[str],
        touched: Sequence[StagedFile],
        failed: Sequence[Failure],
        corpus: str,
        trust: Trust,
        model: str,
        has_new_vectors: bool,
    ) -> bool:
        """Make the new state the one that readers see, in one transaction; whether it differs from the old."""
        now = datetime.now(UTC)
        with self._transaction() as connection:
            self._hold_lease(connection, now)
            changes = [
                _retire(connection, removed, now),
                _promote_staged(connection, now),
                _set_standings(connection, standings),
                _set_fact(connection, "trust", codec.encode_trust(trust)),
                _set_fact(connection, "model", model),
                has_new_vectors,
            ]
            _set_fact(connection, "corpus", corpus)
            _unindex_words(connection)
            _forget_passages(connection, removed)
            _index_words(connection)
            _set_failures(connection, failed, now)
            _note_touched(connection, touched)
            if any(changes):
                _set_fact(connection, "generation", str(read_state(connection).generation + 1))
            return any(changes)

    def record(self, report: RefreshReport, *, started_at: datetime) -> None:
        """Note that a refresh finished, and its counts."""
        with self._transaction() as connection:
            connection.execute(
                insert(refreshes).values(
                    started_at=_iso(started_at),
                    finished_at=_iso(datetime.now(UTC)),
                    added=len(report.added),
                    changed=len(report.changed),
                    removed=len(report.removed),
                    kept=report.kept,
                    failed=len(report.failed),
                    passages_embedded=report.passages.embedded,
                )
            )

    def _scope_work(
        self, school: School, *, now: Mapping[str, int], then: Mapping[str, int], model: str, is_same_model: bool
    ) -> ScopeWork:
        if self._vectors_folder is None:
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

    def _store(self) -> VectorStore:
        assert self._vectors_folder is not None, "a rehearsal has no vectors"
        if self._vectors is None:
            self._vectors = VectorStore(self._vectors_folder)
        return self._vectors

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with transaction(self._engine, self._database) as connection:
            yield connection


_CORPUS = select(versions).where(versions.c.state.in_(("live", "staged")))

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
    for version_id in leaving:
        ids = connection.execute(select(passages.c.id).where(passages.c.version_id == version_id)).scalars()
        remove_words(connection, ids.all())
        connection.execute(update(versions).where(versions.c.id == version_id).values(is_indexed=False))


def _forget_passages(connection: Connection, removed: Sequence[str]) -> None:
    """Of a document that was removed, the registry keeps that it was there, and none of its words."""
    for some in batches(removed, IDS_PER_QUERY):
        gone = select(versions.c.id).where(versions.c.state == "retired", versions.c.path.in_(some))
        connection.execute(delete(passages).where(passages.c.version_id.in_(gone)))


def _index_words(connection: Connection) -> None:
    """Put the passages that are searched from now on into the word index, a document at a time."""
    entering = connection.execute(select(versions.c.id).where(not_(versions.c.is_indexed), IS_SEARCHED)).scalars().all()
    for version_id in entering:
        add_words(
            connection,
            (
                WordRow(found.id, found.version.school, found.version.title, found.passage.heading, found.passage.text)
                for found in read_passages(connection, versions.c.id == version_id)
            ),
        )
        connection.execute(update(versions).where(versions.c.id == version_id).values(is_indexed=True))


def _set_fact(connection: Connection, name: str, value: str) -> bool:
    old = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
    if old == value:
        return False
    connection.execute(delete(facts).where(facts.c.name == name))
    connection.execute(insert(facts).values(name=name, value=value))
    return True


def _set_failures(connection: Connection, failed: Sequence[Failure], now: datetime) -> None:
    """The failures of this refresh and no others; `since` stays with one that goes on for the same reason."""
    old = {row.path: row for row in connection.execute(select(failures))}
    new = {failure.path: failure.reason for failure in failed}
    for path, row in old.items():
        if new.get(path) != row.reason:
            connection.execute(delete(failures).where(failures.c.path == path))
    for path, reason in new.items():
        if path not in old or old[path].reason != reason:
            connection.execute(insert(failures).values(path=path, reason=reason, since=_iso(now)))


def _note_touched(connection: Connection, touched: Sequence[StagedFile]) -> None:
    """A file whose date moved and whose bytes did not need not be read again."""
    for one in touched:
        connection.execute(
            update(versions).where(IS_LIVE, versions.c.path == one.file.path).values(**_stamp_columns(one.file.stamp))
        )


def _stamp_of(row: Row[Any]) -> FileStamp:
    sidecar = None
    if row.sidecar_modified_ns is not None:
        sidecar = FileStamp(row.sidecar_size_bytes, row.sidecar_modified_ns)
    return FileStamp(row.size_bytes, row.modified_ns, sidecar)


def _stamp_columns(stamp: FileStamp) -> dict[str, int | None]:
    return {
        "size_bytes": stamp.size_bytes,
        "modified_ns": stamp.modified_ns,
        "sidecar_size_bytes": stamp.sidecar.size_bytes if stamp.sidecar else None,
        "sidecar_modified_ns": stamp.sidecar.modified_ns if stamp.sidecar else None,
    }


# ── small change ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _may_be_alive(holder: str) -> bool:
    """Whether a lease's holder can still be at work: of another process on this machine, only if it runs."""
    host, pid, token = holder.split(":")[:3]
    if host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        return _PROCESS.endswith(token)
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lease_end(now: datetime) -> str:
    return _iso(now + timedelta(seconds=LEASE_SECONDS))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _slug(school: str | None) -> School:
    return None if school is None else Slug(school)
