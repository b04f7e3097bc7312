"""What does the registry say is live? The questions that both the reader and the writer put to it, in SQL.

Every function takes a connection in a transaction, so that what a caller puts together is of one state.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from ingestion.index import codec
from ingestion.index.schema import facts, passages, versions
from ingestion.model import IndexedPassage, Passage, School, Slug, Status, Trust, Version

IDS_PER_QUERY = 500
"""SQLite takes at most 32,766 variables in a statement (999 before 3.32)."""

IS_LIVE = versions.c.state == "live"
IS_SEARCHED = and_(IS_LIVE, versions.c.status == "in_force")

T = TypeVar("T")


@dataclass(frozen=True)
class PastRefresh:
    """One finished refresh: when (ISO 8601, UTC), and how many documents it added, changed, … and failed to read."""

    started_at: str
    finished_at: str
    added: int
    changed: int
    removed: int
    kept: int
    failed: int
    passages_embedded: int


@dataclass(frozen=True)
class State:
    """What a snapshot of the index is known by: it moves on when a refresh changes something."""

    generation: int
    model: str | None


def read_state(connection: Connection) -> State:
    """Generation 0 and no model before the first refresh."""
    rows = connection.execute(select(facts).where(facts.c.name.in_(("generation", "model"))))
    found = {row.name: row.value for row in rows}
    return State(int(found.get("generation", 0)), found.get("model"))


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
    return {
        found.id: found
        for some in batches(ids, IDS_PER_QUERY)
        for found in read_passages(connection, passages.c.id.in_(some), *conditions)
    }


def read_passages_by_vector(
    connection: Connection, vector_ids: Iterable[str], *conditions: ColumnElement[bool]
) -> dict[str, list[IndexedPassage]]:
    """The passages that a vector stands for: usually one; more where a text stands twice."""
    found: dict[str, list[IndexedPassage]] = {}
    for some in batches(vector_ids, IDS_PER_QUERY):
        rows = connection.execute(
            select(versions, passages, passages.c.id.label("passage_id"))
            .join(versions, passages.c.version_id == versions.c.id)
            .where(passages.c.vector_id.in_(some), *conditions)
            .order_by(passages.c.id)
        )
        known: dict[int, Version] = {}
        for row in rows:
            found.setdefault(row.vector_id, []).append(_passage_of(row, known))
    return found


def read_versions(connection: Connection, *conditions: ColumnElement[bool]) -> list[Version]:
    rows = connection.execute(select(versions).where(*conditions).order_by(versions.c.path, versions.c.id))
    return [version_of(row) for row in rows]


def count_searched(connection: Connection, scope: School | None = None, *, everywhere: bool = False) -> int:
    """How many passages are searched: of one scope, or everywhere."""
    where = [IS_SEARCHED] if everywhere else [IS_SEARCHED, in_scopes([scope])]
    counted = select(func.coalesce(func.sum(versions.c.passage_count), 0)).where(*where)
    total: int = connection.execute(counted).scalar_one()
    return total


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
