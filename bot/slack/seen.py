"""Was this event accepted already, by this process or another?

Slack delivers at least once: at once, after a minute and after five (https://docs.slack.dev/apis/events-api#errors).
Bolt does not drop repeats. A claim is one insert against a primary key, so of several deliveries exactly one wins.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import Column, Float, MetaData, String, Table, create_engine, delete, event, insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

KEPT_SECONDS = 24 * 60 * 60.0
SWEEP_EVERY_SECONDS = 60 * 60.0
SQLITE_WAIT_SECONDS = 2.0
"""Slack wants its acknowledgement within three seconds."""

_metadata = MetaData()
slack_events = Table(
    "slack_events",
    _metadata,
    Column("key", String(300), primary_key=True),
    Column("accepted_at", Float, nullable=False, index=False),
)


def events_url(database_url: str | None, data: Path) -> str:
    """Where claims are kept: the shared database, else a file of their own in the data folder.

    Of their own, because a refresh can hold SQLite's one write lock for longer than Slack waits.
    """
    return database_url or f"sqlite:///{data / 'slack-events.sqlite3'}"


class SeenEvents:
    """Claims on events, shared by every process on the same database. Blocking; safe in several threads."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._swept_at = 0.0
        self._sweeping = threading.Lock()
        self._engine = _open(url)
        _create_table(self._engine)

    def claim(self, keys: Iterable[str]) -> bool:
        """True the first time; false when any of the keys was claimed within a day, and then none is claimed now.

        Raises sqlalchemy's SQLAlchemyError when the database does not answer: then Slack should send the event again.
        """
        now = self._clock()
        self._sweep(now)
        rows = [{"key": key, "accepted_at": now} for key in dict.fromkeys(keys)]
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(slack_events), rows)
        except IntegrityError:
            return False
        return True

    def forget(self, keys: Iterable[str]) -> None:
        """Gives claims back, so that the same thing may be asked for again."""
        with self._engine.begin() as connection:
            connection.execute(delete(slack_events).where(slack_events.c.key.in_(list(keys))))

    def close(self) -> None:
        """Closes the database's connections."""
        self._engine.dispose()

    def _sweep(self, now: float) -> None:
        with self._sweeping:
            if now - self._swept_at < SWEEP_EVERY_SECONDS:
                return
            self._swept_at = now
        with self._engine.begin() as connection:
            connection.execute(delete(slack_events).where(slack_events.c.accepted_at < now - KEPT_SECONDS))


def _open(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": SQLITE_WAIT_SECONDS})
    if engine.url.database and engine.url.database != ":memory:":
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def _use_write_ahead_log(connection: object, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]  # the driver's own connection

    return engine


def _create_table(engine: Engine) -> None:
    """Creates the table once; two processes starting together both find it there."""
    try:
        with engine.begin() as connection:
            connection.execute(CreateTable(slack_events, if_not_exists=True))
    except SQLAlchemyError:
        # PostgreSQL can report a duplicate although IF NOT EXISTS was said, when another process creates it just now
        with engine.begin() as connection:
            connection.execute(slack_events.select().limit(1))
