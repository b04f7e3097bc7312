"""Going back, looking back and following the corpus by itself, from the command line."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import CapturingLogger

import ingestion.index.staging
import ingestion.plan
import ingestion.refresh
from bot import schedule, watch
from bot.settings import read_settings
from bot.wording import spoken_date
from tests.scenario.office import DOCUMENTS, LEAVE, LEAVE_ASKED, Office

LEAVE_NOW = LEAVE.replace("five days", "ten days")
CHANGED = DOCUMENTS["trust/leave.md"].replace(LEAVE, LEAVE_NOW)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Indexed, then refreshed with ten days of leave for five."""
    changed = Office(tmp_path)
    assert changed.run("refresh").status == 0
    changed.write("trust/leave.md", CHANGED)
    assert changed.run("refresh", "--who", "ada").status == 0
    return changed


def quoted(office: Office) -> str:
    [citation] = office.ask(LEAVE_ASKED)["citations"]
    return str(citation["quote"])


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_history_tells_when_who_what_and_why_not(office: Office) -> None:
    office.write("trust/locked.pdf", b"%PDF-1.4 not really")
    office.run("refresh")
    told = office.run("refresh", "--history").out.splitlines()
    assert "0 added, 0 changed, 0 removed, 3 kept, 1 failed" in told[0]
    assert told[1].startswith("  failed trust/locked.pdf: it ")
    assert "refresh 2 by ada: 0 added, 1 changed" in told[2]
    assert told[3] == "  changed trust/leave.md"
    latest = office.run("refresh", "--history", "--json").json[0]
    assert (latest["kind"], latest["failed"], [one["path"] for one in latest["documents"]]) == (
        "refresh",
        1,
        ["trust/locked.pdf"],
    )


def test_without_an_index_there_is_no_history(tmp_path: Path) -> None:
    ran = Office(tmp_path).run("refresh", "--history")
    assert (ran.status, ran.out) == (2, "")
    assert "Nothing is indexed yet" in ran.err


@pytest.mark.parametrize(
    "options", [["--history", "--rollback"], ["--rollback", "--dry-run"], ["--history", "--allow-mass-removal"]]
)
def test_looking_back_and_going_back_stand_alone(office: Office, options: list[str]) -> None:
    ran = office.run("refresh", *options)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("--history and --rollback stand alone")


# ── rollback ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rollback_answers_as_before_and_says_what_comes_next(office: Office) -> None:
    assert quoted(office) == LEAVE_NOW
    ran = office.run("refresh", "--rollback")
    assert ran.status == 0
    assert "`staffroom refresh` brings it in again" in ran.out
    assert quoted(office) == LEAVE
    assert "was rolled back" in office.run("status").out
    assert office.run("status", "--json").json["rolled_back"] is True
    assert office.run("refresh", "--json").json["changed"] == ["trust/leave.md"]
    assert quoted(office) == LEAVE_NOW


def test_a_rollback_of_the_only_refresh_is_refused(tmp_path: Path) -> None:
    only = Office(tmp_path)
    only.run("refresh")
    ran = only.run("refresh", "--rollback")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("There is no refresh left that could be undone")


# ── what changed in a document ───────────────────────────────────────────────────────────────────────────────────────


TODAY = datetime.now(ZoneInfo("Europe/London")).date()


def compared(office: Office, *arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two editions that `show --changes` compares."""
    ran = office.run("show", *arguments, "--changes", "--json")
    assert ran.status == 0, ran.err
    return ran.json["before"], ran.json["after"]


def leave_policy(version: str, days: str, *, title: str = "Leave policy", more: str = "") -> str:
    """An edition of a policy, one passage long."""
    return f"---\ntitle: {title}\nkind: policy\nversion: {version}\n{more}---\n# {title}\n\nStaff take {days} days.\n"


def test_what_changed_in_a_document_is_shown_passage_by_passage(office: Office) -> None:
    ran = office.run("show", "trust/leave.md", "--changes")
    assert ran.out.splitlines() == [
        "Leave of absence policy (trust/leave.md, version 2.0, before, replaced on "
        f"{spoken_date(TODAY.isoformat())})  →  Leave of absence policy (trust/leave.md, version 2.0, in force)",
        "1 changed, 0 added, 0 removed, 1 kept",
        "",
        "[section “3 Bereavement”] 3 Bereavement: changed",
        f"  - {LEAVE}",
        f"  + {LEAVE_NOW}",
    ]
    shown = office.run("show", "trust/leave.md", "--changes", "--json").json
    assert [one["change"] for one in shown["passages"]] == ["changed", "kept"]
    assert (shown["before"]["status"], shown["before"]["retired_on"]) == ("replaced", TODAY.isoformat())
    assert (shown["after"]["status"], shown["after"]["retired_on"]) == ("in_force", None)


def test_a_document_that_was_removed_is_said_to_be(office: Office) -> None:
    (office.corpus / "trust/leave.md").unlink()
    office.run("refresh", "--allow-mass-removal")
    before, after = compared(office, "trust/leave.md")
    assert (before["status"], after["status"]) == ("replaced", "removed")
    ran = office.run("show", "trust/leave.md", "--changes")
    assert f"version 2.0, removed on {spoken_date(TODAY.isoformat())})" in ran.out


def test_the_day_of_a_replacement_is_that_of_the_schools(office: Office) -> None:
    with sqlite3.connect(office.data / "staffroom.db") as registry:
        registry.execute("update versions set retired_at = '2026-07-01T23:30:00+00:00' where retired_at is not null")
    before, _ = compared(office, "trust/leave.md")
    assert (before["status"], before["retired_on"]) == ("replaced", "2026-07-02")


def test_the_same_bytes_read_anew_are_no_edition(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (ingestion.plan, ingestion.refresh, ingestion.index.staging):
        monkeypatch.setattr(module, "READER", "newer")
    assert office.run("refresh").status == 0
    with sqlite3.connect(office.data / "staffroom.db") as registry:
        [[readings]] = registry.execute("select count(*) from versions where path = 'trust/leave.md'")
    assert readings == 3
    shown = office.run("show", "trust/leave.md", "--changes", "--json").json
    assert [one["change"] for one in shown["passages"]] == ["changed", "kept"]
    ran = office.run("show", "schools/kestrel/behaviour.md", "--changes")
    assert "holds one edition of schools/kestrel/behaviour.md" in ran.err


def test_an_edition_in_another_file_is_compared_with_the_one_it_replaced(office: Office) -> None:
    office.write("trust/leave-3.md", CHANGED.replace("version: 2.0", "version: 3.0").replace("ten days", "six days"))
    office.run("refresh")
    shown = office.run("show", "trust/leave-3.md", "--changes", "--json").json
    assert (shown["before"]["path"], shown["before"]["status"]) == ("trust/leave.md", "superseded")
    assert [one["change"] for one in shown["passages"]] == ["changed", "kept"]


def test_each_of_three_editions_is_compared_with_the_one_just_before(office: Office) -> None:
    for version, days in (("9", "five"), ("10", "six"), ("11", "seven")):
        office.write(f"trust/leave-v{version}.md", leave_policy(version, days))
    office.run("refresh")
    assert compared(office, "trust/leave-v11.md")[0]["path"] == "trust/leave-v10.md"
    assert compared(office, "trust/leave-v10.md")[0]["path"] == "trust/leave-v9.md"
    ran = office.run("show", "trust/leave-v9.md", "--changes")
    assert (ran.status, ran.out) == (2, "")
    assert "holds one edition of trust/leave-v9.md and none before it" in ran.err


def test_an_edition_is_compared_with_the_last_years_and_with_the_one_it_names(office: Office) -> None:
    office.write("trust/pay-old.md", leave_policy("1", "five", title="Pay policy 2024-25"))
    office.write("trust/pay.md", leave_policy("2", "six", title="Pay policy 2025-26"))
    office.write("trust/reward.md", leave_policy("1", "six", title="Reward policy", more="supersedes: trust/pay.md\n"))
    office.run("refresh")
    assert compared(office, "trust/pay.md")[0]["path"] == "trust/pay-old.md"
    assert compared(office, "trust/reward.md")[0]["path"] == "trust/pay.md"


def test_a_document_may_be_named_as_a_file(office: Office) -> None:
    file = str(office.corpus / "trust/leave.md")
    before, after = compared(office, file)
    assert (before["path"], after["path"]) == ("trust/leave.md", "trust/leave.md")
    before, _ = compared(office, "schools/kestrel/behaviour.md", "--against", "corpus/trust/leave.md")
    assert before["path"] == "trust/leave.md"


def test_an_edition_whose_words_are_no_longer_kept_is_said(office: Office) -> None:
    (office.corpus / "trust/leave.md").unlink()
    office.run("refresh", "--allow-mass-removal")
    for day in range(6):
        office.write("trust/other.md", f"# Another\n\nEdition {day} of it.\n")
        office.run("refresh")
    ran = office.run("show", "trust/leave.md", "--changes")
    assert (ran.status, ran.out) == (2, "")
    assert "are no longer kept" in ran.err


def test_any_two_documents_can_be_compared(office: Office) -> None:
    ran = office.run(
        "show", "schools/kestrel/behaviour.md", "--changes", "--against", "schools/saltmarsh/behaviour.md"
    )  # fmt: skip
    assert ran.status == 0
    assert "(schools/saltmarsh/behaviour.md, version 3.1, in force)" in ran.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trust/nothing.md", "--changes"], "There is no document 'trust/nothing.md' in the index"),
        (["schools/kestrel/behaviour.md", "--changes"], "holds one edition of schools/kestrel/behaviour.md"),
        (["trust/leave.md", "--against", "trust/leave.md"], "--against goes with --changes"),
    ],
)
def test_what_cannot_be_compared_is_said(office: Office, arguments: list[str], sentence: str) -> None:
    ran = office.run("show", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err


# ── by itself ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def watching(office: Office, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`staffroom watch` in a process of its own, with the fake embedding model."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.scenario.fake_model", "watch", *options],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "STAFFROOM_CORPUS": str(office.corpus), "STAFFROOM_DATA": str(office.data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        finally:
            process.kill()
            assert process.stdout is not None
            process.stdout.close()


def until(office: Office, quote: str, *, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while quoted(office) != quote:
        assert time.monotonic() < end, f"not quoted within {seconds} s: {quote}"
        time.sleep(0.3)


def test_a_watch_takes_up_what_changes_and_leaves_a_rollback_alone(office: Office) -> None:
    office.write("trust/leave.md", DOCUMENTS["trust/leave.md"])
    with watching(office) as process:
        until(office, LEAVE)  # what changed before it began
        office.write("trust/leave.md", CHANGED)
        until(office, LEAVE_NOW)
        office.run("refresh", "--rollback")
        office.write("trust/other.md", "# Another\n\nA document that should wait.\n")
        time.sleep(6)
        assert quoted(office) == LEAVE
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in out
    assert "run `staffroom refresh` once by hand to go on" in out
    assert [one["who"] for one in office.run("refresh", "--history", "--json").json][1:3] == ["watch", "watch"]


def test_a_watch_follows_the_folder_that_took_the_place_of_the_one_it_watched(office: Office) -> None:
    away = office.folder / "away"
    with watching(office) as process:
        office.write("trust/leave.md", DOCUMENTS["trust/leave.md"])
        until(office, LEAVE)
        office.corpus.rename(away)
        time.sleep(5)
        shutil.copytree(away, office.corpus)
        office.write("trust/leave.md", CHANGED)
        until(office, LEAVE_NOW)  # what the other folder holds
        time.sleep(3)
        office.write("trust/leave.md", DOCUMENTS["trust/leave.md"])
        until(office, LEAVE)  # what changes in it
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "cannot be watched (No such file or directory): trying again" in out
    assert "Traceback" not in out
    assert "KeyboardInterrupt" not in out


def test_a_watch_goes_on_after_an_error_that_it_does_not_know(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = iter([ZeroDivisionError("in a refresh"), KeyboardInterrupt()])

    def break_down(*_: object, **__: object) -> NoReturn:
        raise next(ends)

    monkeypatch.setenv("STAFFROOM_CORPUS", str(office.corpus))
    monkeypatch.setattr(tempfile, "tempdir", str(office.folder))
    monkeypatch.setattr(watch, "run_refresh", break_down)
    watch.watch_corpus(read_settings(), every_minutes=0.01)
    assert next(ends, None) is None, "it was tried again"
    [details] = office.folder.glob("staffroom-error-*.log")
    assert "ZeroDivisionError: in a refresh" in details.read_text()
    told = capsys.readouterr().err
    assert f"(ZeroDivisionError), and goes on watching. The details are in {details}." in told


async def test_a_schedule_refreshes_in_a_process_of_its_own(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFFROOM_CORPUS", str(office.corpus))
    monkeypatch.setenv("STAFFROOM_DATA", str(office.data))
    monkeypatch.setattr(schedule, "COMMAND", [sys.executable, "-m", "tests.scenario.fake_model"])
    office.write("trust/leave.md", DOCUMENTS["trust/leave.md"])
    task = asyncio.create_task(schedule.refresh_on_schedule(every_minutes=0.01))
    try:
        await asyncio.to_thread(until, office, LEAVE)
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert json.loads(office.run("refresh", "--history", "--json").out)[0]["who"] == "schedule"


async def test_a_schedule_goes_on_whatever_becomes_of_one_refresh(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = [sys.executable, "-m", "tests.scenario.fake_model"]
    monkeypatch.setenv("STAFFROOM_CORPUS", str(office.corpus))
    monkeypatch.setenv("STAFFROOM_DATA", str(office.data))
    monkeypatch.setattr(schedule, "COMMAND", [str(office.folder / "no-such-program")])
    monkeypatch.setattr(schedule, "log", log := CapturingLogger())
    office.write("trust/locked.pdf", b"%PDF-1.4 not really")
    task = asyncio.create_task(schedule.refresh_on_schedule(every_minutes=0.01))
    try:
        await logged(log, "exception", error="FileNotFoundError")
        monkeypatch.setattr(schedule, "COMMAND", fake)
        await logged(log, "warning", status=1)
        (office.corpus / "trust/locked.pdf").unlink()
        await logged(log, "info", status=0)
        office.corpus.rename(office.folder / "away")
        await logged(log, "warning", status=2, reason=f"the corpus folder {office.corpus} is not")
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def logged(log: CapturingLogger, level: str, **fields: object) -> None:
    """Waits until something was logged at that level with these fields; of words, their beginning."""
    end = time.monotonic() + 40
    while not any(
        call.method_name == level and all(str(call.kwargs.get(name)).startswith(str(fields[name])) for name in fields)
        for call in log.calls
    ):
        assert time.monotonic() < end, f"not logged: {level} {fields}, but {log.calls}"
        await asyncio.sleep(0.1)
