"""How is an edition written where no reader looks yet? As a staged version, with its passages and records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, literal, select

from ingestion.errors import CannotStart
from ingestion.index import codec
from ingestion.index.readers import readers_column
from ingestion.index.registry import IS_LIVE
from ingestion.index.schema import passages, records, versions
from ingestion.index.vectors import vector_id
from ingestion.model import FileStamp, Locator, ParsedDocument, Passage, Record, SourceFile
from ingestion.plan import READER


@dataclass(frozen=True)
class StagedFile:
    """A file that was read for this refresh, and its digest."""

    file: SourceFile
    digest: str


def stage_version(
    connection: Connection,
    staged: StagedFile,
    document: ParsedDocument,
    split: Sequence[Passage],
    *,
    moved_from: str | None,
) -> None:
    """Write a version of a document that was read; `moved_from` as in `WritableIndex.stage`."""
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
            readers=readers_column(document.metadata),
            digest=staged.digest,
            **stamp_columns(staged.file.stamp),
            reader=READER,
            warnings=codec.encode_words(document.warnings),
            state="staged",
            status="draft",
            is_indexed=False,
            passage_count=len(split),
            staged_at=codec.encode_moment(datetime.now(UTC)),
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


def stage_again(connection: Connection, version_id: int) -> None:
    """A staged copy of a retired version, its passages and its records."""
    row = connection.execute(select(versions).where(versions.c.id == version_id)).one()
    held = connection.execute(select(func.count()).where(passages.c.version_id == version_id)).scalar_one()
    if held != row.passage_count:
        raise CannotStart(
            f"The last refresh cannot be undone: the words of {row.path} as it was before are no longer kept. Put the "
            "file back and run `staffroom refresh`."
        )
    fresh = {
        **row._mapping,
        "state": "staged",
        "is_indexed": False,
        "staged_at": codec.encode_moment(datetime.now(UTC)),
    }
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


# ── what tells that a file changed ───────────────────────────────────────────────────────────────────────────────────


def stamp_of(row: Row[Any]) -> FileStamp:
    sidecar = None
    if row.sidecar_modified_ns is not None:
        sidecar = FileStamp(row.sidecar_size_bytes, row.sidecar_modified_ns)
    return FileStamp(row.size_bytes, row.modified_ns, sidecar, row.tag)


def stamp_columns(stamp: FileStamp) -> dict[str, int | str | None]:
    return {
        "size_bytes": stamp.size_bytes,
        "modified_ns": stamp.modified_ns,
        "tag": stamp.tag,
        "sidecar_size_bytes": stamp.sidecar.size_bytes if stamp.sidecar else None,
        "sidecar_modified_ns": stamp.sidecar.modified_ns if stamp.sidecar else None,
    }
