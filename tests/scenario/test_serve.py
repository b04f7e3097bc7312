"""`staffroom serve` that cannot start says why, in one sentence."""

from __future__ import annotations

from pathlib import Path

from tests.scenario.office import Office


def test_where_slacks_events_cannot_be_kept_serve_is_one_sentence_and_exit_status_2(tmp_path: Path) -> None:
    office = Office(tmp_path)
    assert office.run("refresh").status == 0
    (office.data / "slack-events.sqlite3").mkdir()
    ran = office.run("serve", "--port", "0", SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="shhh")
    assert (ran.status, ran.out) == (2, "")
    [sentence] = ran.err.splitlines()
    assert "slack-events.sqlite3 cannot be opened" in sentence
    assert "STAFFROOM_DATA" in sentence
