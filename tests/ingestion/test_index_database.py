"""Claims about the registry: where it is, its schema, and what is kept in its columns."""

import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from ingestion import index
from ingestion.errors import IndexUnavailable, SettingsError
from ingestion.index import codec
from ingestion.index.database import database_at
from ingestion.index.opened import Database, migrate
from ingestion.index.schema import HEAD, VERSION_TABLE, metadata
from ingestion.index.sqlite import SqliteDatabase
from ingestion.model import Block, Locator, Metadata, SourceRecord, Trust
from tests.backends import Place, place_at

# ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, "data/staffroom.db"),
        ("sqlite:///elsewhere/index.db", "elsewhere/index.db"),
        ("sqlite:////srv/index.db", "/srv/index.db"),
        ("postgresql+psycopg://user:pass@host:5433/db?sslmode=require&password=pass", "postgresql://host:5433/db"),
        ("postgresql://host/db", "postgresql://host/db"),
    ],
)
def test_the_registry_is_a_file_under_the_data_folder_unless_another_place_is_named(
    url: str | None, expected: str
) -> None:
    assert str(database_at(data=Path("data"), database_url=url)) == expected


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://user:pass@host/db", "names a mysql database, which Staffroom cannot use"),
        ("postgresql+asyncpg://user:pass@host/db", r"names a postgresql\+asyncpg database"),
        ("sqlite://", "names no file"),
        ("staffroom.db", "is not a database's address"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_showing_its_password(url: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as refused:
        database_at(data=Path("data"), database_url=url)
    assert "pass@" not in str(refused.value)


def test_a_missing_driver_is_named_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"driver is not installed: run `pip install 'staffroom\[postgres\]'`"):
        database_at(data=Path("data"), database_url="postgresql://host/db")


def test_a_server_that_is_not_there_is_named_without_a_password() -> None:
    database = database_at(data=Path("data"), database_url="postgresql://user:secret@127.0.0.1:1/db")
    with pytest.raises(IndexUnavailable, match=r"^The registry postgresql://127.0.0.1:1/db does not answer") as failed:
        database.open_reading()
    assert "secret" not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_folder_name_with_odd_characters_is_only_a_name(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "100% of ?mode=ro #1" / "staffroom.db")
    database.open_writing().close()
    assert [file.name for file in database.path.parent.iterdir()] == ["staffroom.db"]
    database.open_reading().close()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailable, match=r"folder .*/file/data for the index cannot be made \(Not a directory\)"):
        SqliteDatabase(tmp_path / "file" / "data" / "staffroom.db").open_writing()


# ── its schema ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def place(tmp_path: Path, backend: str) -> Place:
    return place_at(tmp_path)


@pytest.fixture
def database(place: Place) -> Database:
    """A registry with nothing in it."""
    place.database.open_writing().close()
    return place.database


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database: Database) -> None:
    opened = database.open_writing()
    with opened.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, metadata) == []
    opened.close()


def _is_ours(table: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Not the word index, whose tables only SQL speaks of, nor Alembic's own."""
    return kind != "table" or not (str(name).startswith("word") or name == VERSION_TABLE)


def test_the_newest_migration_is_the_one_that_readers_ask_for() -> None:
    folder = Path(index.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_a_registry_of_the_first_schema_keeps_what_it_holds(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "staffroom.db")
    columns = "id, path, title, metadata, digest, size_bytes, modified_ns, reader, warnings, state, status"
    kept = (1, "a.md", "A", "{}", "d", 3, 4, "1", "[]", "live", "in_force")
    first = sqlite3.connect(database.path)
    engine = create_engine("sqlite://", creator=lambda: first)
    with engine.begin() as connection:
        migrate(connection, to="0001")
        connection.exec_driver_sql(
            f"INSERT INTO versions ({columns}, is_indexed, passage_count, staged_at) "
            f"VALUES ({', '.join('?' * len(kept))}, 0, 0, '2026-11-21')",
            kept,
        )
    engine.dispose()
    database.open_writing().close()
    opened = database.open_reading()
    with opened.transaction() as connection:
        [row] = connection.execute(text(f"SELECT {columns}, sidecar_size_bytes, source FROM versions"))
    opened.close()
    assert tuple(row) == (*kept, None, "corpus")


def test_a_registry_of_another_version_is_refused_by_readers(database: Database, place: Place) -> None:
    place.damage(f"UPDATE {VERSION_TABLE} SET version_num = '0000'")
    with pytest.raises(IndexUnavailable, match=rf"another version of Staffroom \(0000, not {HEAD}\): run"):
        database.open_reading()


def test_a_database_of_something_else_holds_no_index(place: Place) -> None:
    place.damage("CREATE TABLE other (id integer)")
    with pytest.raises(IndexUnavailable, match="Nothing is indexed yet"):
        place.database.open_reading()


def test_every_registry_has_an_identity_of_its_own_that_stays(tmp_path: Path, backend: str) -> None:
    identities = []
    for folder in ("a", "a", "b"):
        place = place_at(tmp_path / folder)
        place.database.open_writing().close()
        identities += place.select("SELECT value FROM facts WHERE name = 'identity'")
    assert identities[0] == identities[1] != identities[2]


def test_a_reader_cannot_write(database: Database) -> None:
    opened = database.open_reading()
    with pytest.raises(IndexUnavailable, match=r"read-?only"), opened.transaction() as reader:
        reader.execute(text("DELETE FROM facts"))
    opened.close()


def test_a_read_transaction_sees_one_state(database: Database) -> None:
    writing, reading = database.open_writing(), database.open_reading()
    with reading.transaction() as reader:
        assert reader.scalar(text("SELECT count(*) FROM failures")) == 0
        with writing.transaction() as writer:
            writer.execute(text("INSERT INTO failures VALUES ('a.md', 'locked', '2026-11-21')"))
        assert reader.scalar(text("SELECT count(*) FROM failures")) == 0
    with reading.transaction() as reader:
        assert reader.scalar(text("SELECT count(*) FROM failures")) == 1
    reading.close()
    writing.close()


def test_what_is_rehearsed_is_done_to_a_copy(database: Database) -> None:
    with database.rehearsal() as copy, copy.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM facts")) == 1
        connection.execute(text("DELETE FROM facts"))
    opened = database.open_reading()
    with opened.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM facts")) == 1
    opened.close()


def test_a_rehearsal_of_nothing_makes_nothing(place: Place) -> None:
    with place.database.rehearsal() as copy, copy.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM versions")) == 0
    with pytest.raises(IndexUnavailable, match="Nothing is indexed yet"):
        place.database.open_reading()


def test_text_is_ordered_by_code_point(database: Database, place: Place) -> None:
    names = ["B", "a", "b", "É"]
    place.damage(*(f"INSERT INTO failures VALUES ('{name}', 'locked', '2026')" for name in reversed(names)))
    assert place.select("SELECT path FROM failures ORDER BY path") == [(name,) for name in names]


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


SOURCES = st.builds(SourceRecord, seconds_between=st.floats(0, 60))


@given(st.builds(Trust, sources=st.lists(SOURCES, max_size=2).map(tuple)))
def test_a_trust_comes_back_as_it_went(trust: Trust) -> None:
    assert codec.decode_trust(codec.encode_trust(trust)) == trust


@given(st.lists(TEXT, max_size=3).map(tuple))
def test_headings_come_back_as_they_went(heading: tuple[str, ...]) -> None:
    assert codec.decode_words(codec.encode_words(heading)) == heading


def test_a_records_fields_come_back_as_they_went() -> None:
    fields = {"code": "4.6", "roles": ["leader"], "closes": None, "months": 18, "online": True}
    assert codec.decode_fields(codec.encode_fields(fields)) == fields
