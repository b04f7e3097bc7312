"""Claims about a refresh that runs out of room: staff keep reading the last good state, and the next one finishes."""

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from ingestion.errors import IndexUnavailable
from tests.ingestion.starving import AFTER, BEFORE
from tests.ingestion.texts import Desk

Disk = namedtuple("Disk", "total used free")
QUESTIONS = ("teachers paid", "leave requested", "pupils walk")


@pytest.mark.parametrize("limit_bytes", [200_000, 600_000, 2_000_000])
def test_a_disk_that_is_full_harms_no_reader_and_the_next_refresh_finishes(tmp_path: Path, limit_bytes: int) -> None:
    desk = Desk(tmp_path / "data", BEFORE)
    desk.refresh()
    before = desk.ask_all(QUESTIONS)
    starved = subprocess.run(
        [sys.executable, "-m", "tests.ingestion.starving", str(desk.data), str(limit_bytes)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (starved.returncode, starved.stderr) == (2, "")
    assert "full" in starved.stdout
    assert desk.ask_all(QUESTIONS) == before

    desk.source.documents = dict(AFTER)
    desk.refresh()
    anew = Desk(tmp_path / "anew", AFTER)
    anew.refresh()
    assert desk.contents() == anew.contents()


def test_a_refresh_stops_while_there_is_room_for_those_who_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path / "data", BEFORE)
    desk.refresh()
    before = desk.ask_all(QUESTIONS)
    desk.source.documents = dict(AFTER)
    with monkeypatch.context() as patch:
        sizes = iter([100 << 20] * 50)
        patch.setattr(shutil, "disk_usage", lambda folder: Disk(0, 0, next(sizes, 7 << 20)))
        with pytest.raises(IndexUnavailable, match=r"^The disk of .*/data is full but for 7 MB: free some room"):
            desk.refresh()
    assert desk.ask_all(QUESTIONS) == before
    assert len(desk.refresh().added) == 120
