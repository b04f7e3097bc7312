"""Where does the registry live, and how is it opened: for reading only, or for writing with its schema brought up?

SQLite in WAL mode: readers never wait for the writer, and see the state before or after its transaction. Every
transaction is begun explicitly (the driver would begin one only at the first write, so that two SELECTs could see two
states), and a writing one takes the write lock at its start, where waiting for it is safe.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ingestion.errors import IndexUnavailable, SettingsError
from ingestion.index.schema import HEAD, VERSION_TABLE

BUSY_TIMEOUT_SECONDS = 30.0
"""How long a writer waits for another; the longest transaction is the switch of a first refresh."""


def database_path(*, data: Path, database_url: str | None) -> Path:
    """The SQLite file of the registry: `staffroom.db` under `data`, unless `sqlite:///…` names another.

    Raises SettingsError for any other kind of database.
    """
    if database_url is None:
        return data / "staffroom.db"
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise SettingsError(
            "STAFFROOM_DATABASE_URL is not a database's address: leave it out, or write sqlite:///path/to/staffroom.db."
        ) from None
    if url.get_backend_name() != "sqlite":
        raise SettingsError(
            f"STAFFROOM_DATABASE_URL names a {url.get_backend_name()} database, which this version cannot use yet: "
            "leave the setting out, and the index is kept in SQLite under STAFFROOM_DATA."
        )
    if not url.database or url.database == ":memory:":
        raise SettingsError("STAFFROOM_DATABASE_URL names no file: write sqlite:///path/to/staffroom.db.")
    return Path(url.database)


def open_reading(path: Path) -> Engine:
    """An engine that cannot write. Raises IndexUnavailable where there is no registry, or one of another schema."""
    if not path.is_file():
        raise nothing_indexed(path.parent)
    engine = _engine(lambda: _connect(path, mode="rw", query_only=True), begin="BEGIN")
    try:
        with transaction(engine, path) as connection:
            revision = _revision(connection)
    except IndexUnavailable:
        engine.dispose()
        raise
    if revision != HEAD:
        engine.dispose()
        if revision is None:
            raise nothing_indexed(path.parent)
        raise IndexUnavailable(
            f"The index under {path.parent} has the form of another version of Staffroom ({revision}, not {HEAD}): "
            "run `staffroom refresh` to bring it up to date."
        )
    return engine


def open_writing(path: Path, *, stands_for: Path | None = None) -> Engine:
    """An engine that writes, over the newest schema; the folder and file are made where they are missing.

    Of a copy, `stands_for` is the registry it was made of, which messages name. Raises IndexUnavailable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexUnavailable(
            f"The folder {path.parent} for the index cannot be made ({error.strerror}): set STAFFROOM_DATA to a folder "
            "that can be written."
        ) from None
    engine = _engine(lambda: _connect(path, mode="rwc", query_only=False), begin="BEGIN IMMEDIATE")
    try:
        with transaction(engine, stands_for or path) as connection:
            if _revision(connection) != HEAD:
                migrate(connection)
    except IndexUnavailable:
        engine.dispose()
        raise
    return engine


def migrate(connection: Connection) -> None:
    """Run the migrations that the database lacks, in the connection's transaction."""
    from alembic import command  # only a refresh needs Alembic; readers start without it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def transaction(engine: Engine, path: Path) -> Iterator[Connection]:
    """One transaction: everything read in it is of one state. Raises IndexUnavailable where the database fails."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _no_answer(path, error.orig) from error


def _no_answer(path: Path, reason: BaseException | None) -> IndexUnavailable:
    return IndexUnavailable(
        f"The registry {path} does not answer ({reason}): if it is in use, try again; if it is damaged, delete it and "
        "run `staffroom refresh` to build it anew from the corpus."
    )


def nothing_indexed(data: Path) -> IndexUnavailable:
    return IndexUnavailable(f"Nothing is indexed yet under {data}: run `staffroom refresh`.")


def copy_registry(source: Path, target: Path) -> None:
    """Copy the registry as it stands, while others read and write it; `target` must not exist yet.

    Raises IndexUnavailable where the registry fails, as every other use of it does.
    """
    try:
        with (
            _closing(_connect(source, mode="rw", query_only=True)) as original,
            _closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
    except sqlite3.Error as error:
        raise _no_answer(source, error) from error


def _engine(connect: Callable[[], sqlite3.Connection], *, begin: str) -> Engine:
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
        hide_parameters=True,  # a question's words are parameters, and an error's text may reach a log
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _connect(path: Path, *, mode: str, query_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        check_same_thread=False,  # the pool lends a connection to one thread at a time
        isolation_level=None,  # transactions are begun by `_engine`
        timeout=BUSY_TIMEOUT_SECONDS,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA query_only = ON" if query_only else "PRAGMA journal_mode = WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _closing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield connection
    finally:
        connection.close()


def _revision(connection: Connection) -> str | None:
    found = connection.execute(
        text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": VERSION_TABLE}
    ).first()
    if found is None:
        return None
    revision: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 – a constant
    return revision
