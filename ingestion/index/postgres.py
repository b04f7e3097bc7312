"""How is a registry kept in PostgreSQL, for several processes on several machines?

Every transaction is REPEATABLE READ, so that all that is read in it is of one state; a reader's is read-only as well.
A writing one locks the lease's table as its first statement, which is what SQLite's BEGIN IMMEDIATE does: writers wait
for each other before they look at anything, and readers for nobody. (An advisory lock would not do: the statement that
waits for it has already fixed the state that the transaction sees.)

A rehearsal works on temporary tables of the same names in a session of its own, so that it neither waits for a refresh
that runs meanwhile nor makes it wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from ingestion.errors import IndexUnavailable, SettingsError
from ingestion.index.opened import WAIT_SECONDS, Database, OpenDatabase, closed_on_failure, migrate, read_revision
from ingestion.index.schema import HEAD, VERSION_TABLE, metadata

CONNECT_SECONDS = 5
"""How long a server may take to let us in; libpq waits for ever unless told."""

_FAST_SEARCHES = "-c jit=off -c plan_cache_mode=force_custom_plan"
"""A search of words takes milliseconds, and compiling it first takes longer; a plan that is kept for all queries would
read each query's words anew for every passage."""

_MIGRATING = 0x7374_6166_6672_6D01
"""The advisory lock under which the tables are made or brought up: of two processes, one does it."""


class PostgresDatabase(Database):
    """A registry in the schema that the address leads to (`public`, unless its `options` set another search path)."""

    def __init__(self, url: URL) -> None:
        try:
            import psycopg  # noqa: F401 – an extra, so that SQLite needs no driver
        except ImportError:
            raise SettingsError(
                "STAFFROOM_DATABASE_URL names a PostgreSQL database, and its driver is not installed: run "
                "`pip install 'staffroom[postgres]'`."
            ) from None
        self._url = url.set(drivername="postgresql+psycopg")

    def __str__(self) -> str:
        where = URL.create("postgresql", host=self._url.host, port=self._url.port, database=self._url.database)
        return where.render_as_string()

    @property
    def folder(self) -> None:
        return None

    def open_reading(self) -> OpenDatabase:
        reading = _engine(self._url).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        opened = OpenDatabase(self, reading)
        with closed_on_failure(opened):
            self.check_form(opened)
        return opened

    def open_writing(self) -> OpenDatabase:
        engine = _engine(self._url)
        making = OpenDatabase(self, engine.execution_options(isolation_level="READ COMMITTED"))
        with closed_on_failure(making), making.transaction() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
            if read_revision(connection) != HEAD:
                migrate(connection)
        writing = engine.execution_options(isolation_level="REPEATABLE READ")

        @event.listens_for(writing, "begin")
        def _wait_for_other_writers(connection: Connection) -> None:
            connection.exec_driver_sql("LOCK TABLE lease IN SHARE ROW EXCLUSIVE MODE")

        return OpenDatabase(self, writing)

    @contextmanager
    def rehearsal(self) -> Iterator[OpenDatabase]:
        place = self._schema()
        opened = OpenDatabase(self, _engine(self._url, only_temporary=True))
        try:
            with opened.transaction() as connection:
                if place is not None:
                    _copy_registry(connection, place)
                migrate(connection)
            yield opened
        finally:
            opened.close()

    def now(self, connection: Connection) -> datetime:
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)

    def no_answer(self, reason: BaseException | None) -> IndexUnavailable:
        first_line = str(reason).partition("\n")[0]
        return IndexUnavailable(
            f"The registry {self} does not answer ({first_line}): check that the server runs, that "
            "STAFFROOM_DATABASE_URL is right, and that its user may create and change tables; then try again."
        )

    def nothing_indexed(self) -> IndexUnavailable:
        return IndexUnavailable(f"Nothing is indexed yet in {self}: run `staffroom refresh`.")

    def _schema(self) -> str | None:
        """The schema that holds the registry; None where there is none."""
        opened = OpenDatabase(self, _engine(self._url))
        try:
            with opened.transaction() as connection:
                name: str | None = connection.execute(
                    text("SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass(:table)"),
                    {"table": VERSION_TABLE},
                ).scalar()
                return name
        finally:
            opened.close()


def _engine(url: URL, *, only_temporary: bool = False) -> Engine:
    """Connections to the server. With `only_temporary`, one session that can reach no other tables than its own
    temporary ones, and those of a schema that is named; they are gone when it ends."""
    options = f"{url.query.get('options', '')} -c lock_timeout={int(WAIT_SECONDS * 1000)} {_FAST_SEARCHES}"
    if only_temporary:
        options += " -c search_path=pg_temp"
    engine = create_engine(
        url,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "staffroom", "options": options.strip()},
        isolation_level="REPEATABLE READ",
        pool_size=1 if only_temporary else 8,
        max_overflow=0 if only_temporary else 32,
        pool_pre_ping=not only_temporary,  # after the server was away, the next transaction finds it again
        hide_parameters=True,  # a question's words are parameters, and an error's text may reach a log
    )

    @event.listens_for(engine, "connect")
    def _store_text_without_nul(connection: Any, _record: object) -> None:
        connection.adapters.register_dumper(str, _nul_free_dumper())

    return engine


def _nul_free_dumper() -> Any:
    """Text without its NUL characters, which PostgreSQL cannot hold; no reader could see them."""
    from psycopg.types.string import StrDumper

    class NulFree(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", ""))

    return NulFree


def _copy_registry(connection: Connection, schema: str) -> None:
    """Copy the tables of a schema, in the form they have there, into this session's temporary ones."""
    revision = connection.execute(text(f"SELECT version_num FROM {schema}.{VERSION_TABLE}")).scalar_one()  # noqa: S608 – our own names
    migrate(connection, to=revision)
    for table in metadata.sorted_tables:
        columns = connection.execute(
            text("SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0"),
            {"table": table.name},
        )
        names = ", ".join(columns.scalars())
        if not names:
            continue  # a later migration makes it
        connection.execute(text(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {schema}.{table.name}"))  # noqa: S608 – our own names
        if "id" in table.c:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('pg_temp.{table.name}', 'id'), "  # noqa: S608 – our own names
                    f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"
                )
            )
