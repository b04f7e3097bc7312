"""How does the index keep a document to the roles that may read it?

Each version's row names them, and a search asks for the asker's roles in its SQL; each row of the word index does, and
a search asks for them in its MATCH. `note_readers` writes them from what the documents state, so that neither an index
of an older form nor a change of the rules needs a document to be read again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, not_, or_, select, update

from ingestion.audience import readers_of, roles_read_by
from ingestion.index import codec
from ingestion.index.registry import IDS_PER_QUERY, IS_CORPUS, IS_LIVE, batches, read_passages
from ingestion.index.schema import passages, versions
from ingestion.index.words import WordRow, add_words, remove_words
from ingestion.model import IndexedPassage, Metadata, Version

ANOTHER_DOCUMENT = "another document"
"""What a doubt says instead of a document's path that its reader may not see."""


def readers_column(metadata: Metadata) -> str:
    """The roles that a document is kept to, as its row has them: "" for everybody, else "|headteacher|leader|"."""
    roles = sorted(readers_of(metadata))
    return f"|{'|'.join(roles)}|" if roles else ""


def is_readable(roles: Collection[str]) -> ColumnElement[bool]:
    """The condition that somebody with these roles may read a version."""
    named = [versions.c.readers.contains(f"|{role}|", autoescape=True) for role in sorted(roles_read_by(roles))]
    return or_(versions.c.readers == "", *named)


def word_rows(connection: Connection, version_id: int) -> Iterator[WordRow]:
    """What the word index holds of each passage of a version, in reading order."""
    for found in read_passages(connection, versions.c.id == version_id):
        version, passage = found.version, found.passage
        readers = readers_of(version.metadata)
        yield WordRow(found.id, version.school, version.title, passage.heading, passage.text, readers)


def has_wrong_readers(connection: Connection) -> bool:
    """Whether the registry keeps a document of the corpus to other roles than it states."""
    return bool(_wrong_readers(connection))


def note_readers(connection: Connection) -> bool:
    """Keep each document of the corpus to the roles that it states, in its row and in the word index; whether that
    changed who may read what."""
    wrong = _wrong_readers(connection)
    for id_, (_, right) in wrong.items():
        connection.execute(update(versions).where(versions.c.id == id_).values(readers=right))
    moved = [id_ for id_, (held, right) in wrong.items() if (held or "") != right]
    for some in batches(moved, IDS_PER_QUERY):
        indexed = select(versions.c.id).where(versions.c.is_indexed, versions.c.id.in_(some))
        ids = connection.execute(indexed).scalars().all()
        remove_words(
            connection, connection.execute(select(passages.c.id).where(passages.c.version_id.in_(ids))).scalars().all()
        )
        add_words(connection, (row for id_ in ids for row in word_rows(connection, id_)))
    return bool(moved)


def _wrong_readers(connection: Connection) -> Mapping[int, tuple[str | None, str]]:
    """The ids of the corpus's versions whose row says otherwise than their metadata: what it has, and what is right."""
    columns = (versions.c.id, versions.c.metadata, versions.c.readers)
    rows = connection.execute(select(*columns).where(IS_CORPUS)).all()
    right = {row.id: readers_column(codec.decode_metadata(row.metadata)) for row in rows}
    return {row.id: (row.readers, right[row.id]) for row in rows if row.readers != right[row.id]}


# ── what a document says of others ───────────────────────────────────────────────────────────────────────────────────


def hide_names(
    connection: Connection, found: Mapping[int, IndexedPassage], roles: Collection[str]
) -> dict[int, IndexedPassage]:
    """The passages, without the paths of documents that somebody with these roles may not read in their doubts."""
    if not any(one.version.doubt for one in found.values()):
        return dict(found)
    hidden = _hidden_paths(connection, roles)
    return {id_: replace(one, version=_without(hidden, one.version)) for id_, one in found.items()}


def hide_names_in(connection: Connection, told: list[Version], roles: Collection[str]) -> list[Version]:
    """As `hide_names`, of versions."""
    hidden = _hidden_paths(connection, roles) if any(version.doubt for version in told) else []
    return [_without(hidden, version) for version in told]


def _hidden_paths(connection: Connection, roles: Collection[str]) -> list[str]:
    """The longest first, so that none is taken for the beginning of another."""
    rows = connection.execute(select(versions.c.path).where(and_(IS_LIVE, not_(is_readable(roles)))))
    return sorted(rows.scalars(), key=len, reverse=True)


def _without(hidden: list[str], version: Version) -> Version:
    doubt = version.doubt
    for path in hidden:
        doubt = doubt.replace(path, ANOTHER_DOCUMENT) if doubt else doubt
    return version if doubt == version.doubt else replace(version, doubt=doubt)
