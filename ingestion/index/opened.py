"""What is a registry, wherever it lives? A `Database` that can be opened; an `OpenDatabase` that gives transactions.

`sqlite.py` and `postgres.py` are the two kinds; `database.py` chooses between them. Whatever the kind: all that is read
in one transaction is of one state, readers never wait for a writer, and writers wait for each other at their start.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select, text
from sqlalchemy.exc import DataError, DBAPIError

from ingestion.errors import IndexUnavailable
from ingestion.index.readers import note_readers
from ingestion.index.schema import HEAD, VERSION_TABLE, facts

WAIT_SECONDS = 30.0
"""How long a writer waits for another; the longest transaction is the switch of a first refresh."""


class Database(ABC):
    """Where a registry lives. `str(database)` names it in messages, without a password."""

    @abstractmethod
    def open_reading(self) -> "OpenDatabase":
        """To read only. Raises IndexUnavailable where there is no registry, one of another form, or no answer."""

    @abstractmethod
    def open_writing(self) -> "OpenDatabase":
        """To read and write, over the newest form; what is missing is made. Raises IndexUnavailable."""

    @abstractmethod
    def rehearsal(self) -> AbstractContextManager["OpenDatabase"]:
        """A copy to write into, of the registry as it stands; it is gone afterwards. Raises IndexUnavailable."""

    @abstractmethod
    def now(self, connection: Connection) -> datetime:
        """The time, in UTC, by the one clock that all who share the registry go by."""

    @abstractmethod
    def no_answer(self, reason: BaseException | None) -> IndexUnavailable:
        """What to raise when the database fails."""

    @abstractmethod
    def nothing_indexed(self) -> IndexUnavailable:
        """What to raise where no refresh has finished yet."""

    @property
    @abstractmethod
    def folder(self) -> Path | None:
        """Where it stands on a disk of this machine; None where it is a server's."""

    def check_form(self, opened: "OpenDatabase") -> None:
        """Raises IndexUnavailable where there is no registry, or one of another version's form."""
        with opened.transaction() as connection:
            revision = read_revision(connection)
        if revision is None:
            raise self.nothing_indexed()
        if revision != HEAD:
            raise IndexUnavailable(
                f"The index in {self} has the form of another version of Staffroom ({revision}, not {HEAD}): run "
                "`staffroom refresh` to bring it up to date."
            )


class OpenDatabase:
    """A registry's connections. Its methods may be called from several threads."""

    def __init__(self, place: Database, engine: Engine) -> None:
        self.place = place
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: everything read in it is of one state. Raises IndexUnavailable where the database fails."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except DataError:  # a value that no column takes: the document's fault, not the database's
            raise
        except DBAPIError as error:
            raise self.place.no_answer(error.orig) from error


@contextmanager
def closed_on_failure(opened: OpenDatabase) -> Iterator[None]:
    """Do not leave connections behind when what was opened turns out to be of no use."""
    try:
        yield
    except BaseException:
        opened.close()
        raise


def read_revision(connection: Connection) -> str | None:
    """The newest migration that the database has had; None where there is no registry."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 – a constant
    return revision


def migrate(connection: Connection, *, to: str = "head") -> None:
    """Run the migrations that the database lacks, in the connection's transaction."""
    from alembic import command  # only a refresh needs Alembic; readers start without it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    if to == "head":
        _give_identity(connection)
        note_readers(connection)


def _give_identity(connection: Connection) -> None:
    """A name of its own for every registry, by which its vectors are known on a server that others use as well."""
    known = connection.execute(select(facts.c.value).where(facts.c.name == "identity")).first()
    if known is None:
        connection.execute(insert(facts).values(name="identity", value=secrets.token_hex(8)))
