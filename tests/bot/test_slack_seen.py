"""An event is claimed once, by any process, for a day; its question is kept until it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
import structlog
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SettingsError
from bot.slack.seen import KEPT_SECONDS, LEASE_SECONDS, MAX_WAIT_SECONDS, SeenEvents, events_url
from tests.backends import Place, kept_on_servers, place_at


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["a file", "PostgreSQL"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with kept_on_servers() if request.param == "PostgreSQL" else nullcontext():
        yield place_at(tmp_path / "data not made yet")


@pytest.fixture
def url(place: Place) -> str:
    return events_url(place.database_url, place.data)


@pytest.fixture
def seen(url: str, clock: Clock) -> Iterator[SeenEvents]:
    seen = SeenEvents(url, clock=clock)
    yield seen
    seen.close()


@pytest.fixture
def other(url: str, clock: Clock) -> Iterator[SeenEvents]:
    """Another process on the same database."""
    other = SeenEvents(url, clock=clock)
    yield other
    other.close()


@pytest.fixture
def died(url: str, clock: Clock) -> Iterator[SeenEvents]:
    """A process that never lets go of what it holds, as long as the test runs."""
    died = SeenEvents(url, clock=clock)
    yield died
    died.close()


def test_the_second_claim_of_any_key_fails_and_claims_and_keeps_nothing(seen: SeenEvents, clock: Clock) -> None:
    assert seen.claim(["event:1", "message:1"], "one")
    assert not seen.claim(["event:2", "message:1"], "one again")
    assert seen.claim(["event:2", "message:2"], "two")
    clock.now += LEASE_SECONDS + 1
    assert seen.take_up() == ["one", "two"]


def test_of_many_claims_at_once_by_two_processes_one_wins(seen: SeenEvents, other: SeenEvents) -> None:
    with ThreadPoolExecutor(8) as threads:
        won = list(
            threads.map(lambda number: (seen, other)[number % 2].claim(["event:1", "message:1"], "?"), range(16))
        )
    assert won.count(True) == 1


def test_a_claim_given_back_can_be_made_again_and_nothing_of_it_is_taken_up(seen: SeenEvents, clock: Clock) -> None:
    seen.claim(["choice:1"], "before")
    seen.forget(["choice:1"])
    assert seen.claim(["choice:1"], "again")
    clock.now += LEASE_SECONDS + 1
    assert seen.take_up() == ["again"]


def test_claims_are_kept_for_a_day_and_no_longer(seen: SeenEvents, clock: Clock) -> None:
    seen.claim(["event:1"], "?")
    seen.settle(["event:1"])
    clock.now += KEPT_SECONDS - 1
    assert not seen.claim(["event:1"], "?")
    clock.now += 3700
    assert seen.claim(["event:1"], "?")


def test_the_shared_database_is_used_where_there_is_one(tmp_path: Path) -> None:
    assert events_url("postgresql+psycopg://db/staffroom", tmp_path) == "postgresql+psycopg://db/staffroom"


def test_the_question_of_a_process_that_died_is_taken_up_once_and_not_before_its_lease_ends(
    seen: SeenEvents, other: SeenEvents, died: SeenEvents, clock: Clock
) -> None:
    died.claim(["event:1", "message:1"], "phones?")
    clock.now += LEASE_SECONDS - 1
    assert seen.take_up() == []
    clock.now += 2
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda number: (seen, other)[number % 2].take_up(), range(8)))
    assert sorted(taken)[-1] == ["phones?"]
    assert sum(map(len, taken)) == 1


def test_a_process_that_says_so_holds_its_question_for_as_long_as_it_takes(
    seen: SeenEvents, other: SeenEvents, clock: Clock
) -> None:
    seen.claim(["event:1"], "phones?")
    for _ in range(5):
        clock.now += LEASE_SECONDS - 1
        seen.renew()
        assert other.take_up() == []


def test_an_answered_question_is_never_taken_up_and_its_claim_stays(seen: SeenEvents, clock: Clock) -> None:
    seen.claim(["event:1", "message:1"], "phones?")
    seen.settle(["event:1", "message:1"])
    clock.now += LEASE_SECONDS + 1
    assert seen.take_up() == []
    assert not seen.claim(["event:1", "message:1"], "phones?")


def test_an_answered_question_leaves_no_word_in_the_data_folder(tmp_path: Path) -> None:
    words = "an unmistakable question"
    seen = SeenEvents(events_url(None, tmp_path))

    def is_on_disk() -> bool:
        return any(words.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())

    seen.claim(["event:1"], words)
    assert is_on_disk()
    seen.settle(["event:1"])
    assert not is_on_disk()
    seen.close()


def test_a_question_put_off_is_taken_up_when_its_time_comes_even_by_the_same_process(
    seen: SeenEvents, clock: Clock
) -> None:
    seen.claim(["event:1"], "phones?")
    seen.postpone(["event:1"], seconds=60)
    clock.now += 59
    seen.renew()
    assert seen.take_up() == []
    clock.now += 2
    assert seen.take_up() == ["phones?"]


def test_what_a_process_leaves_when_it_stops_is_taken_up_at_once(url: str, clock: Clock, seen: SeenEvents) -> None:
    stopping = SeenEvents(url, clock=clock)
    stopping.claim(["event:1"], "phones?")
    stopping.close()
    assert seen.take_up() == ["phones?"]


def test_a_question_older_than_an_hour_is_dropped_with_a_line_that_does_not_quote_it(
    died: SeenEvents, clock: Clock, seen: SeenEvents
) -> None:
    died.claim(["event:1"], "phones?")
    clock.now += MAX_WAIT_SECONDS + 1
    with structlog.testing.capture_logs() as logged:
        assert seen.take_up() == []
    assert [(line["event"], line["key"]) for line in logged] == [("question_too_old", "event:1")]
    assert "phones?" not in str(logged)


def test_an_error_of_the_database_does_not_quote_the_question(seen: SeenEvents, url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE slack_unanswered RENAME COLUMN question TO of_another_version"))
    with pytest.raises(SQLAlchemyError) as raised:
        seen.claim(["event:1"], "my unmistakable question")
    assert "unmistakable" not in str(raised.value)


@pytest.mark.parametrize("spoil", ["folder", "damaged"])
def test_a_file_that_cannot_be_opened_is_a_sentence_with_the_mend(tmp_path: Path, spoil: str) -> None:
    file = tmp_path / "slack-events.sqlite3"
    if spoil == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"no database at all, " * 100)
    with pytest.raises(SettingsError) as raised:
        SeenEvents(events_url(None, tmp_path))
    assert str(file) in str(raised.value)
    assert "STAFFROOM_DATA" in str(raised.value)


def test_a_data_folder_that_is_a_file_is_a_sentence_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsError, match="STAFFROOM_DATA"):
        SeenEvents(events_url(None, tmp_path / "data"))
