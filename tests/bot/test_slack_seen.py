"""An event is claimed once, by any process, for a day."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.slack.seen import KEPT_SECONDS, SeenEvents, events_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    return events_url(None, tmp_path / "data not made yet")


@pytest.fixture
def seen(url: str) -> Iterator[SeenEvents]:
    seen = SeenEvents(url)
    yield seen
    seen.close()


def test_the_second_claim_of_any_key_fails_and_claims_nothing(seen: SeenEvents) -> None:
    assert seen.claim(["event:1", "message:1"])
    assert not seen.claim(["event:2", "message:1"])
    assert seen.claim(["event:2", "message:2"])


def test_of_many_claims_at_once_by_two_processes_one_wins(seen: SeenEvents, url: str) -> None:
    other = SeenEvents(url)
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda number: (seen, other)[number % 2].claim(["event:1", "message:1"]), range(16)))
    other.close()
    assert won.count(True) == 1


def test_a_claim_given_back_can_be_made_again(seen: SeenEvents) -> None:
    seen.claim(["choice:1"])
    seen.forget(["choice:1"])
    assert seen.claim(["choice:1"])


def test_claims_are_kept_for_a_day_and_no_longer(url: str) -> None:
    now = 1_000_000.0
    seen = SeenEvents(url, clock=lambda: now)
    seen.claim(["event:1"])
    now += KEPT_SECONDS - 1
    assert not seen.claim(["event:1"])
    now += 3700
    assert seen.claim(["event:1"])
    seen.close()


def test_the_shared_database_is_used_where_there_is_one(tmp_path: Path) -> None:
    assert events_url("postgresql+psycopg://db/staffroom", tmp_path) == "postgresql+psycopg://db/staffroom"
