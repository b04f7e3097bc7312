"""Where does the registry live? In SQLite under the data folder, unless the settings name another database."""

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ingestion.errors import SettingsError
from ingestion.index.opened import Database
from ingestion.index.sqlite import SqliteDatabase


def database_at(*, data: Path, database_url: str | None) -> Database:
    """The file `staffroom.db` under `data`, unless `sqlite:///…` or `postgresql+psycopg://…` names another place.

    Nothing is opened yet. Raises SettingsError for an address that names no database that can be used.
    """
    if database_url is None:
        return SqliteDatabase(data / "staffroom.db")
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise SettingsError(
            "STAFFROOM_DATABASE_URL is not a database's address: leave it out, or write sqlite:///path/to/staffroom.db "
            "or postgresql+psycopg://user:password@host/database."
        ) from None
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        from ingestion.index.postgres import PostgresDatabase

        return PostgresDatabase(url)
    if url.get_backend_name() != "sqlite":
        raise SettingsError(
            f"STAFFROOM_DATABASE_URL names a {url.drivername} database, which Staffroom cannot use: leave it out, or "
            "write sqlite:///path/to/staffroom.db or postgresql+psycopg://user:password@host/database."
        )
    if not url.database or url.database == ":memory:":
        raise SettingsError("STAFFROOM_DATABASE_URL names no file: write sqlite:///path/to/staffroom.db.")
    return SqliteDatabase(Path(url.database))
