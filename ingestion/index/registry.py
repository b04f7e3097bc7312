"""What does the registry say is live? The questions that both the reader and the writer put to it, in SQL.

Every function takes a connection in a transaction, so that what a caller puts together is of one state.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from ingestion.index import codec
from ingestion.index.schema import changes, facts, passages, refreshes, sources, versions
from ingestion.model import IndexedPassage, Passage, School, Slug, Status, Trust, Version

IDS_PER_QUERY = 500
"""SQLite takes at most 32,766 variables in a statement (999 before 3.32)."""

IS_LIVE = versions.c.state == "live"
IS_CORPUS = versions.c.state.in_(("live", "staged"))
IS_SEARCHED = and_(IS_LIVE, versions.c.status == "in_force")

T = TypeVar("T")


@dataclass(frozen=True)
class DocumentChange:
    """What a refresh did to one document: `change` is added, changed, removed, starts or ends (the edition came into
    force or left it although its file is the same), or failed, with the reason."""

    path: str
    change: str
    reason: str | None = None


@dataclass(frozen=True)
class PastRefresh:
    """One finished refresh: when (ISO 8601, UTC), by whom, and how many documents it added, changed, … and failed to
    read. `kind` is "refresh" or "rollback"; `is_undone` tells that a rollback undid it."""

    id: int
    kind: str
    who: str
    started_at: str
    finished_at: str
    added: int
    changed: int
    removed: int
    kept: int
    failed: int
    passages_embedded: int
    is_undone: bool = False
    trust_before: Trust | None = None
    """`trust.toml` as it was before, where this refresh brought another."""


@dataclass(frozen=True)
class KnownSource:
    """A source as the last refresh met it: what tells it from another place, and why it did not answer (None: it
    did)."""

    identity: str
    problem: str | None = None


@dataclass(frozen=True)
class State:
    """What a snapshot of the index is known by: it moves on when a refresh changes something."""

    generation: int
    model: str | None
    identity: str
    """Which index this is, among those that share a Chroma server."""


_STATE = select(facts).where(facts.c.name.in_(("generation", "model", "identity")))
"""Every transaction begins with it, so it is put together once."""


def read_state(connection: Connection) -> State:
    """Generation 0 and no model before the first refresh."""
    rows = connection.execute(_STATE)
    found = {row.name: row.value for row in rows}
    return State(int(found.get("generation", 0)), found.get("model"), found.get("identity", ""))


def read_trust(connection: Connection) -> Trust | None:
    text = connection.execute(select(facts.c.value).where(facts.c.name == "trust")).scalar()
    return None if text is None else codec.decode_trust(text)


def scopes_of(schools: Sequence[Slug], *, trust_wide: bool) -> list[School]:
    """The scopes a search may look into: the trust (None), unless left out, and the schools named."""
    return [*([None] if trust_wide else []), *dict.fromkeys(schools)]


def in_scopes(scopes: Sequence[School]) -> ColumnElement[bool]:
    """The condition that a version belongs to one of the scopes; of no scope, none."""
    slugs = [scope for scope in scopes if scope is not None]
    return or_(versions.c.school.in_(slugs), *([versions.c.school.is_(None)] if None in scopes else []))


def read_passages(connection: Connection, *conditions: ColumnElement[bool]) -> list[IndexedPassage]:
    """The passages that the conditions choose, with their versions, in the order of path and place."""
    rows = connection.execute(
        select(versions, passages, passages.c.id.label("passage_id"))
        .join(passages, passages.c.version_id == versions.c.id)
        .where(*conditions)
        .order_by(versions.c.path, passages.c.ordinal)
    )
    known: dict[int, Version] = {}
    return [_passage_of(row, known) for row in rows]


def read_passages_by_id(
    connection: Connection, ids: Iterable[int], *conditions: ColumnElement[bool]
) -> dict[int, IndexedPassage]:
    """The passages of these ids whose versions the conditions choose.

    Passages first and then their versions, and no join: SQLite would begin with all versions that are live.
    """
    found: dict[int, IndexedPassage] = {}
    for some in batches(ids, IDS_PER_QUERY):
        columns = (passages.c.id.label("passage_id"), *(c for c in passages.c if c.name != "id"))
        rows = connection.execute(select(*columns).where(passages.c.id.in_(some))).all()
        known = _versions_by_id(connection, {row.version_id for row in rows}, *conditions)
        found |= {row.passage_id: _passage_of(row, known) for row in rows if row.version_id in known}
    return found


def read_chosen_ids(connection: Connection, ids: Iterable[int], *conditions: ColumnElement[bool]) -> list[int]:
    """Those of the passage ids whose versions the conditions choose, in their order; each once."""
    wanted = list(dict.fromkeys(ids))
    version_of_passage: dict[int, int] = {}
    for some in batches(wanted, IDS_PER_QUERY):
        rows = connection.execute(select(passages.c.id, passages.c.version_id).where(passages.c.id.in_(some)))
        version_of_passage |= {row.id: row.version_id for row in rows}
    chosen = {
        id_
        for some in batches(set(version_of_passage.values()), IDS_PER_QUERY)
        for id_ in connection.execute(select(versions.c.id).where(versions.c.id.in_(some), *conditions)).scalars()
    }
    return [id_ for id_ in wanted if version_of_passage.get(id_) in chosen]


def read_ids_by_vector(
    connection: Connection, vector_ids: Iterable[str], *conditions: ColumnElement[bool]
) -> dict[str, list[int]]:
    """The ids of the passages that a vector stands for: usually one; more where a text stands twice."""
    found: dict[str, list[int]] = {}
    for some in batches(vector_ids, IDS_PER_QUERY):
        columns = (passages.c.id, passages.c.version_id, passages.c.vector_id)
        rows = connection.execute(select(*columns).where(passages.c.vector_id.in_(some)).order_by(passages.c.id)).all()
        chosen = {
            id_
            for ids in batches({row.version_id for row in rows}, IDS_PER_QUERY)
            for id_ in connection.execute(select(versions.c.id).where(versions.c.id.in_(ids), *conditions)).scalars()
        }
        for row in rows:
            if row.version_id in chosen:
                found.setdefault(row.vector_id, []).append(row.id)
    return found


def _versions_by_id(connection: Connection, ids: Iterable[int], *conditions: ColumnElement[bool]) -> dict[int, Version]:
    return {
        row.id: version_of(row)
        for some in batches(ids, IDS_PER_QUERY)
        for row in connection.execute(select(versions).where(versions.c.id.in_(some), *conditions))
    }


def read_versions(connection: Connection, *conditions: ColumnElement[bool]) -> list[Version]:
    rows = connection.execute(select(versions).where(*conditions).order_by(versions.c.path, versions.c.id))
    return [version_of(row) for row in rows]


def read_sources(connection: Connection) -> dict[str, KnownSource]:
    """The sources as the last refresh met them, by name."""
    return {row.name: KnownSource(row.identity, row.problem) for row in connection.execute(select(sources))}


def count_searched(connection: Connection, scope: School | None = None, *, everywhere: bool = False) -> int:
    """How many passages are searched: of one scope, or everywhere."""
    where = [IS_SEARCHED] if everywhere else [IS_SEARCHED, in_scopes([scope])]
    counted = select(func.coalesce(func.sum(versions.c.passage_count), 0)).where(*where)
    total: int = connection.execute(counted).scalar_one()
    return total


def read_refreshes(connection: Connection, *conditions: ColumnElement[bool], limit: int) -> list[PastRefresh]:
    """The refreshes on record that the conditions choose, the latest first."""
    rows = connection.execute(select(refreshes).where(*conditions).order_by(refreshes.c.id.desc()).limit(limit))
    return [
        PastRefresh(
            id=row.id,
            kind=row.kind,
            who=row.who,
            started_at=row.started_at,
            finished_at=row.finished_at,
            added=row.added,
            changed=row.changed,
            removed=row.removed,
            kept=row.kept,
            failed=row.failed,
            passages_embedded=row.passages_embedded,
            is_undone=row.undone_by is not None,
            trust_before=None if row.trust_before is None else codec.decode_trust(row.trust_before),
        )
        for row in rows
    ]


def read_changes(connection: Connection, refresh_id: int) -> list[DocumentChange]:
    """What a refresh did to each document, by path."""
    rows = connection.execute(select(changes).where(changes.c.refresh_id == refresh_id).order_by(changes.c.path))
    return [DocumentChange(row.path, row.change, row.reason) for row in rows]


CAN_BE_UNDONE = (
    refreshes.c.kind == "refresh",
    refreshes.c.undone_by.is_(None),
    or_(
        refreshes.c.trust_before.is_not(None),
        refreshes.c.id.in_(select(changes.c.refresh_id).where(changes.c.change.in_(("added", "changed", "removed")))),
    ),
)
"""A refresh that changed documents or the trust, and that no rollback undid."""


def read_last_to_undo(connection: Connection) -> PastRefresh | None:
    """The last refresh that can be undone; None where there is none, or nothing was before it."""
    last = next(iter(read_refreshes(connection, *CAN_BE_UNDONE, limit=1)), None)
    if last is None or read_refreshes(connection, refreshes.c.id < last.id, limit=1):
        return last
    replaced = select(changes.c.id).where(changes.c.refresh_id == last.id, changes.c.before_id.is_not(None)).limit(1)
    return last if connection.execute(replaced).first() is not None else None


def read_is_held(connection: Connection) -> bool:
    """Whether a rollback keeps refreshes that nobody asked for from undoing it."""
    return connection.execute(select(facts.c.value).where(facts.c.name == "held")).scalar() == "yes"


def version_of(row: Row[Any]) -> Version:
    return Version(
        id=row.id,
        path=row.path,
        school=None if row.school is None else Slug(row.school),
        title=row.title,
        metadata=codec.decode_metadata(row.metadata),
        status=cast(Status, row.status),
        doubt=row.doubt,
    )


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(values)
    while some := list(islice(iterator, size)):
        yield some


def _passage_of(row: Row[Any], known: dict[int, Version]) -> IndexedPassage:
    if row.version_id not in known:
        known[row.version_id] = version_of(row)
    return IndexedPassage(
        id=row.passage_id,
        version=known[row.version_id],
        passage=Passage(row.ordinal, codec.decode_words(row.heading), codec.decode_blocks(row.blocks)),
    )
