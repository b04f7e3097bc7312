"""Claims about the registry's file: where it is, its schema, and what is kept in its columns."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from ingestion import index
from ingestion.errors import IndexUnavailable, SettingsError
from ingestion.index import codec
from ingestion.index.database import database_path, open_reading, open_writing
from ingestion.index.schema import HEAD, VERSION_TABLE, metadata
from ingestion.model import Block, Locator, Metadata, Trust

# ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, Path("data/staffroom.db")),
        ("sqlite:///elsewhere/index.db", Path("elsewhere/index.db")),
        ("sqlite:////srv/index.db", Path("/srv/index.db")),
    ],
)
def test_the_registry_is_a_file_under_the_data_folder_unless_another_is_named(url: str | None, expected: Path) -> None:
    assert database_path(data=Path("data"), database_url=url) == expected


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql+psycopg://user:pass@host/db", "names a postgresql database, which this version cannot use yet"),
        ("postgresql://host/db", "names a postgresql database"),
        ("mysql://host/db", "names a mysql database"),
        ("sqlite://", "names no file"),
        ("staffroom.db", "is not a database's address"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_showing_its_password(url: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as refused:
        database_path(data=Path("data"), database_url=url)
    assert "pass" not in str(refused.value)


def test_a_folder_name_with_odd_characters_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "100% of ?mode=ro #1" / "staffroom.db"
    open_writing(path).dispose()
    assert [file.name for file in path.parent.iterdir()] == ["staffroom.db"]
    open_reading(path).dispose()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailable, match=r"folder .*/file/data for the index cannot be made \(Not a directory\)"):
        open_writing(tmp_path / "file" / "data" / "staffroom.db")


# ── its schema ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_migrations_make_the_tables_that_the_code_speaks_of(tmp_path: Path) -> None:
    engine = open_writing(tmp_path / "staffroom.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _is_ours(table: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Not the word index, whose tables SQLite makes itself, nor Alembic's own."""
    return kind != "table" or not (str(name).startswith("words") or name == VERSION_TABLE)


def test_the_newest_migration_is_the_one_that_readers_ask_for() -> None:
    folder = Path(index.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_a_registry_of_the_first_schema_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "staffroom.db"
    open_writing(path).dispose()
    kept = (1, "a.md", "A", "{}", "d", 3, 4, "1", "[]", "live", "in_force", 0, 0, "2026-11-21")
    columns = "id, path, title, metadata, digest, size_bytes, modified_ns, reader, warnings, state, status"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE versions DROP COLUMN sidecar_size_bytes")
        database.execute("ALTER TABLE versions DROP COLUMN sidecar_modified_ns")
        database.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0001'")
        database.execute(
            f"INSERT INTO versions ({columns}, is_indexed, passage_count, staged_at) VALUES ({', '.join('?' * 14)})",
            kept,
        )
    open_writing(path).dispose()
    open_reading(path).dispose()
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(f"SELECT {columns}, sidecar_size_bytes, sidecar_modified_ns FROM versions").fetchall()
    assert rows == [(*kept[:11], None, None)]


def test_a_registry_of_another_version_is_refused_by_readers(tmp_path: Path) -> None:
    path = tmp_path / "staffroom.db"
    open_writing(path).dispose()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0000'")
    with pytest.raises(IndexUnavailable, match=r"another version of Staffroom \(0000, not 0002\): run"):
        open_reading(path)


def test_a_database_of_something_else_holds_no_index(tmp_path: Path) -> None:
    path = tmp_path / "staffroom.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE other (id)")
    with pytest.raises(IndexUnavailable, match="Nothing is indexed yet"):
        open_reading(path)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "staffroom.db"
    open_writing(path).dispose()
    engine = open_reading(path)
    with engine.connect() as connection, pytest.raises(Exception, match="attempt to write a readonly database"):
        connection.exec_driver_sql("DELETE FROM facts")
    engine.dispose()


def test_a_read_transaction_sees_one_state(tmp_path: Path) -> None:
    path = tmp_path / "staffroom.db"
    writing = open_writing(path)
    reading = open_reading(path)
    with reading.begin() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM facts").scalar() == 0
        with writing.begin() as writer:
            writer.exec_driver_sql("INSERT INTO facts VALUES ('model', 'm')")
        assert reader.exec_driver_sql("SELECT count(*) FROM facts").scalar() == 0
    with reading.begin() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM facts").scalar() == 1
    reading.dispose()
    writing.dispose()


# ── what is kept in its columns ──────────────────────────────────────────────────────────────────────────────────────

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LOCATORS = st.builds(
    Locator,
    st.sampled_from(["page", "slide", "row", "section", "document"]),
    st.integers(0, 999),
    st.integers(0, 999),
    TEXT,
)
BLOCKS = st.builds(
    Block,
    st.sampled_from(["paragraph", "list_item", "table_header", "table_row"]),
    TEXT,
    LOCATORS,
    st.lists(TEXT, max_size=3).map(tuple),
)


@given(st.lists(BLOCKS, max_size=4).map(tuple))
def test_blocks_come_back_as_they_went(blocks: tuple[Block, ...]) -> None:
    assert codec.decode_blocks(codec.encode_blocks(blocks)) == blocks


@given(LOCATORS)
def test_locators_come_back_as_they_went(locator: Locator) -> None:
    assert codec.decode_locator(codec.encode_locator(locator)) == locator


@given(st.builds(Metadata, origins=st.dictionaries(TEXT, TEXT, max_size=3)))
def test_metadata_comes_back_as_it_went(stated: Metadata) -> None:
    assert codec.decode_metadata(codec.encode_metadata(stated)) == stated


@given(st.from_type(Trust))
def test_a_trust_comes_back_as_it_went(trust: Trust) -> None:
    assert codec.decode_trust(codec.encode_trust(trust)) == trust


@given(st.lists(TEXT, max_size=3).map(tuple))
def test_headings_come_back_as_they_went(heading: tuple[str, ...]) -> None:
    assert codec.decode_words(codec.encode_words(heading)) == heading


def test_a_records_fields_come_back_as_they_went() -> None:
    fields = {"code": "4.6", "roles": ["leader"], "closes": None, "months": 18, "online": True}
    assert codec.decode_fields(codec.encode_fields(fields)) == fields
