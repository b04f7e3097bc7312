"""Was this event accepted already, by this process or another, and which accepted questions still wait for an answer?

Slack delivers at least once: at once, after a minute and after five (https://docs.slack.dev/apis/events-api#errors).
Bolt does not drop repeats. A claim is one insert against a primary key, so of several deliveries exactly one wins.

A claim makes Slack stop sending, so the question is kept with it, in the same transaction and before the
acknowledgement, until its outcome stands in the thread; then only the claim's key is left. While a process answers, it
holds the question and says so every few seconds. What nobody holds any more, another process takes up, or this one
after its restart: a process killed between the post and its record answers twice, never not at all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import uuid4

import sqlalchemy
import structlog
from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, event, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from bot.errors import SettingsError

log = structlog.get_logger(__name__)

KEPT_SECONDS = 24 * 60 * 60.0
SWEEP_EVERY_SECONDS = 60 * 60.0
SQLITE_WAIT_SECONDS = 2.0
POSTGRES_WAIT_SECONDS = 2
"""Slack wants its acknowledgement within three seconds."""

LEASE_SECONDS = 45.0
"""How long a question is held without a word from its holder: longer than a shutdown takes (20 s to drain, 5 s to say
so), short enough for a person to be waiting still when a killed service is back."""
RENEW_SECONDS = 10.0
MAX_WAIT_SECONDS = 60 * 60.0
"""An older question is not answered any more: whoever asked has gone another way."""

_metadata = MetaData()
slack_events = Table(
    "slack_events",
    _metadata,
    Column("key", String(300), primary_key=True),
    Column("accepted_at", Float, nullable=False, index=False),
)
slack_unanswered = Table(
    "slack_unanswered",
    _metadata,
    Column("key", String(300), primary_key=True),
    Column("question", Text, nullable=False),
    Column("accepted_at", Float, nullable=False),
    Column("holder", String(32), nullable=False),
    Column("held_until", Float, nullable=False),
)
"""`holder` is a process that answers now; "" when nobody does."""


def events_url(database_url: str | None, data: Path) -> str:
    """Where claims are kept: the shared database, else a file of their own in the data folder.

    Of their own, because a refresh can hold SQLite's one write lock for longer than Slack waits.
    """
    return database_url or f"sqlite:///{data / 'slack-events.sqlite3'}"


class SeenEvents:
    """Claims on events and the questions behind them, shared by every process on the same database.

    Blocking; safe in several threads. A question is named by the first key of its claim, and is any text. Every method
    raises sqlalchemy's SQLAlchemyError when the database does not answer.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        """Raises SettingsError, a sentence with the mend, when the database cannot be opened."""
        self._clock = clock
        self._holder = uuid4().hex
        self._swept_at = 0.0
        self._sweeping = threading.Lock()
        self._engine = _open(url)

    def claim(self, keys: Iterable[str], question: str) -> bool:
        """True the first time, and the question is kept and held by this process; false when any of the keys was
        claimed within a day, and then nothing is claimed or kept.

        When this raises, Slack should send the event again.
        """
        now = self._clock()
        self._sweep(now)
        rows = [{"key": key, "accepted_at": now} for key in dict.fromkeys(keys)]
        kept = {**rows[0], "question": question, "holder": self._holder, "held_until": now + LEASE_SECONDS}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(slack_events), rows)
                connection.execute(insert(slack_unanswered), kept)
        except IntegrityError:
            return False
        return True

    def settle(self, keys: Iterable[str]) -> None:
        """Drops the question: its outcome stands in the thread. The claim stays, so that no repeat is answered."""
        with self._engine.begin() as connection:
            connection.execute(delete(slack_unanswered).where(slack_unanswered.c.key.in_(list(keys))))

    def forget(self, keys: Iterable[str]) -> None:
        """Drops the question and gives its claim back, so that the same thing may be asked for again."""
        names = list(keys)
        with self._engine.begin() as connection:
            for table in (slack_unanswered, slack_events):
                connection.execute(delete(table).where(table.c.key.in_(names)))

    def postpone(self, keys: Iterable[str], *, seconds: float) -> None:
        """Lets go of the question, for any process to take up after so many seconds."""
        with self._engine.begin() as connection:
            connection.execute(
                update(slack_unanswered)
                .where(slack_unanswered.c.key.in_(list(keys)))
                .values(holder="", held_until=self._clock() + seconds)
            )

    def renew(self) -> None:
        """Holds what this process holds for another 45 seconds."""
        with self._engine.begin() as connection:
            connection.execute(
                update(slack_unanswered)
                .where(slack_unanswered.c.holder == self._holder)
                .values(held_until=self._clock() + LEASE_SECONDS)
            )

    def take_up(self) -> list[str]:
        """The questions that nobody holds any more, oldest first, now held by this process.

        One statement takes them, so of two processes one gets each. What waited over an hour is dropped, and logged.
        """
        now = self._clock()
        kept = slack_unanswered.c
        too_old = delete(slack_unanswered).where(kept.accepted_at < now - MAX_WAIT_SECONDS).returning(kept.key)
        taking = (
            update(slack_unanswered)
            .where(kept.held_until < now)
            .values(holder=self._holder, held_until=now + LEASE_SECONDS)
            .returning(kept.accepted_at, kept.question)
        )
        with self._engine.begin() as connection:
            dropped = connection.scalars(too_old).all()
            taken = connection.execute(taking).all()
        for key in dropped:
            log.warning("question_too_old", key=key, after_seconds=MAX_WAIT_SECONDS)
        return [row.question for row in sorted(taken, key=lambda row: row.accepted_at)]

    def close(self) -> None:
        """Lets go of what was not answered, for another process to take up at once, and closes the connections."""
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    update(slack_unanswered)
                    .where(slack_unanswered.c.holder == self._holder)
                    .values(holder="", held_until=0.0)
                )
        finally:
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
        try:
            engine = sqlalchemy.create_engine(
                sqlalchemy.make_url(url).set(drivername="postgresql+psycopg"),
                connect_args={"connect_timeout": POSTGRES_WAIT_SECONDS},
                pool_pre_ping=True,
                hide_parameters=True,
            )
            _create_tables(engine)
        except ImportError as error:
            raise SettingsError(
                "STAFFROOM_DATABASE_URL names a PostgreSQL database, and its driver is not installed: run "
                "`pip install 'staffroom[postgres]'`."
            ) from error
        except SQLAlchemyError as error:
            raise SettingsError(
                f"The database of STAFFROOM_DATABASE_URL does not take Slack's events ({type(error).__name__}): check "
                "that it runs, that the address is right, and that its user may create tables."
            ) from error
        return engine
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": SQLITE_WAIT_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _overwrite_what_is_deleted)
    file = Path(engine.url.database or "")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _create_tables(engine)
    except (OSError, SQLAlchemyError) as error:
        reason = getattr(error, "orig", None) or getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError(
            f"{file} cannot be opened ({reason}), and without it Slack's questions could be lost: set STAFFROOM_DATA "
            "to a folder that can be written; if the file is damaged, delete it."
        ) from error
    return engine


def _overwrite_what_is_deleted(connection: object, _record: object) -> None:
    """An answered question leaves no words in the file. (In a write-ahead log they would stay; so there is none.)"""
    connection.execute("PRAGMA secure_delete=ON")  # type: ignore[attr-defined]  # the driver's own connection


def _create_tables(engine: Engine) -> None:
    """Creates the tables once; two processes starting together both find them there."""
    for table in _metadata.sorted_tables:
        try:
            with engine.begin() as connection:
                connection.execute(CreateTable(table, if_not_exists=True))
        except SQLAlchemyError:
            # PostgreSQL can report a duplicate although IF NOT EXISTS was said, when another process just creates it
            with engine.begin() as connection:
                connection.execute(select(table).limit(1))
