"""How is a registry kept in a SQLite file?

In WAL mode: readers never wait for the writer, and see the state before or after its transaction. Every transaction is
begun explicitly (the driver would begin one only at the first write, so that two SELECTs could see two states), and a
writing one takes the write lock at its start, where waiting for it is safe.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from ingestion.errors import IndexUnavailable
from ingestion.index.opened import WAIT_SECONDS, Database, OpenDatabase, closed_on_failure, migrate, read_revision
from ingestion.index.schema import HEAD

_CANNOT_WRITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC)


class SqliteDatabase(Database):
    """A registry in the file `path`. Of a copy, `stands_for` is the one it was made of, which messages name."""

    def __init__(self, path: Path, *, stands_for: Path | None = None) -> None:
        self.path = path
        self._named = stands_for or path

    def __str__(self) -> str:
        return str(self._named)

    def open_reading(self) -> OpenDatabase:
        if not self.path.is_file():
            raise self.nothing_indexed()
        engine = _engine(lambda: _connect(self.path, mode="rw", query_only=True), begin="BEGIN")
        opened = OpenDatabase(self, engine)
        with closed_on_failure(opened):
            self.check_form(opened)
        return opened

    def open_writing(self) -> OpenDatabase:
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexUnavailable(
                f"The folder {folder} for the index cannot be made ({error.strerror}): set STAFFROOM_DATA to a folder "
                "that can be written."
            ) from None
        engine = _engine(lambda: _connect(self.path, mode="rwc", query_only=False), begin="BEGIN IMMEDIATE")
        opened = OpenDatabase(self, engine)
        with closed_on_failure(opened), opened.transaction() as connection:
            if read_revision(connection) != HEAD:
                migrate(connection)
        return opened

    @contextmanager
    def rehearsal(self) -> Iterator[OpenDatabase]:
        with tempfile.TemporaryDirectory(prefix="staffroom-rehearsal-") as folder:
            copy = Path(folder) / "staffroom.db"
            if self.path.is_file():
                self._copy(copy)
            opened = SqliteDatabase(copy, stands_for=self.path).open_writing()
            try:
                yield opened
            finally:
                opened.close()

    def now(self, connection: Connection) -> datetime:
        return datetime.now(UTC)

    @property
    def folder(self) -> Path:
        return self.path.parent

    def no_answer(self, reason: BaseException | None) -> IndexUnavailable:
        if isinstance(reason, sqlite3.Error) and reason.sqlite_errorcode in _CANNOT_WRITE:
            return IndexUnavailable(
                f"The registry {self} cannot be written ({reason}): see whether its disk is full, free some room and "
                "run `staffroom refresh` again. What staff see has not changed."
            )
        return IndexUnavailable(
            f"The registry {self} does not answer ({reason}): if it is in use, try again; if it is damaged, delete it "
            "and run `staffroom refresh` to build it anew from the corpus."
        )

    def nothing_indexed(self) -> IndexUnavailable:
        return IndexUnavailable(f"Nothing is indexed yet under {self.path.parent}: run `staffroom refresh`.")

    def _copy(self, target: Path) -> None:
        """Copy the registry as it stands, while others read and write it; `target` must not exist yet."""
        try:
            with (
                closing(_connect(self.path, mode="rw", query_only=True)) as original,
                closing(sqlite3.connect(target)) as copy,
            ):
                original.backup(copy)
        except sqlite3.Error as error:
            raise self.no_answer(error) from error


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
        timeout=WAIT_SECONDS,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA query_only = ON" if query_only else "PRAGMA journal_mode = WAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
