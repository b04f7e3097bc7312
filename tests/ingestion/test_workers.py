"""Claims about documents that take their reader down: it costs them, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingestion.errors import CannotStart
from ingestion.model import RawFile
from ingestion.workers import ReadDocument, Workers, read_in_process
from tests.ingestion.files import word
from tests.ingestion.misreading import misread

ON_LINUX = sys.platform == "linux"
MANY = 200_000_000
"""Bytes of memory that a worker of these tests may take: what it needs at rest, five times."""


def raw_files(*texts: str) -> list[RawFile]:
    return [RawFile(f"trust/{number}.txt", None, text.encode()) for number, text in enumerate(texts)]


def read_wrongly(*texts: str, seconds: float = 60, memory_bytes: int = MANY) -> list[str]:
    """What came of each text in turn, all handed to one worker: its words, or why they could not be read."""
    with Workers(count=1, seconds=seconds, memory_bytes=memory_bytes, read=misread) as workers:
        return [outcome(read) for read in workers.read_all(raw_files(*texts))]


def outcome(read: ReadDocument) -> str:
    return read.failure or read.passages[0].text


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process whose parent has not asked after it yet is listed, but dead.
    return not ON_LINUX or Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def await_end(*pids: int, scratch: Path | None = None) -> None:
    """Until none of the processes runs, and the folder is gone."""
    end = time.monotonic() + 20
    while any(map(is_alive, pids)) or (scratch is not None and scratch.exists()):
        assert time.monotonic() < end, f"still there: {pids}, {scratch}"
        time.sleep(0.02)


# ── documents that are read ──────────────────────────────────────────────────────────────────────────────────────────


def test_documents_are_read_as_in_this_process_and_in_their_order() -> None:
    policy = word(lambda document: document.add_heading("Phones") and document.add_paragraph("Phones stay in bags."))
    raws = [
        *(RawFile(f"trust/{number}.md", None, f"# Rule {number}\n\nIt holds.".encode()) for number in range(100)),
        RawFile("trust/phones.docx", None, policy),
        RawFile("trust/broken.docx", None, policy[:300]),
        RawFile("trust/heading.md", None, b"# A heading alone"),
        RawFile("schools/saltmarsh/last.md", None, b"The last one."),
    ]
    with Workers(count=2) as workers:
        assert list(workers.read_all(raws)) == list(read_in_process(raws))


def test_the_same_workers_read_again() -> None:
    with Workers(count=1, read=misread) as workers:
        [first] = workers.read_all(raw_files("PID"))
        [second] = workers.read_all(raw_files("PID"))
    assert outcome(first) == outcome(second) != str(os.getpid())


def test_no_process_is_started_before_the_first_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", fail)
    with Workers() as workers:
        assert list(workers.read_all([])) == []


def test_a_few_small_documents_start_one_process() -> None:
    with Workers(count=4, read=misread) as workers:
        assert len({outcome(read) for read in workers.read_all(raw_files(*["PID"] * 10))}) == 1


@pytest.mark.parametrize(("size", "most"), [(10, 100), (100_000, 70), (20_000_000, 6)])
def test_files_are_taken_only_a_little_ahead(size: int, most: int) -> None:
    taken = 0

    def endless() -> Iterator[RawFile]:
        nonlocal taken
        while True:
            taken += 1
            yield RawFile(f"trust/{taken}.txt", None, b"x" * size)

    with Workers(count=1, read=misread) as workers:
        reads = workers.read_all(endless())
        for _ in range(3):
            next(reads)
        assert taken <= most


def test_a_source_that_fails_stops_the_reading() -> None:
    def failing() -> Iterator[RawFile]:
        yield from raw_files("one")
        raise CannotStart("the source is gone")

    with Workers(count=1, read=misread) as workers, pytest.raises(CannotStart, match="the source is gone"):
        list(workers.read_all(failing()))


def test_a_worker_loads_only_what_reads_documents() -> None:
    [modules] = read_wrongly("MODULES")
    loaded = {name.partition(".")[0] for name in modules.split("\n")}
    assert {"docx", "ingestion"} <= loaded
    assert not loaded & {"torch", "chromadb", "sqlalchemy", "sentence_transformers", "structlog", "bot", "pytest"}


def test_what_a_library_prints_is_no_answer_and_the_next_document_is_not_its_input() -> None:
    assert read_wrongly("PRINT", "words") == ["no input", "words"]


# ── documents that are not ───────────────────────────────────────────────────────────────────────────────────────────

DIVIDE = "divide it into smaller documents, or save it again from the program it came from"


@pytest.mark.parametrize("way", ["HANG", "BACKTRACK"])
def test_a_document_that_hangs_is_stopped_and_named(way: str) -> None:
    assert read_wrongly("before", way, "after", seconds=2) == [
        "before",
        f"reading it took longer than 2 seconds, so it was stopped: {DIVIDE}",
        "after",
    ]


def test_a_document_has_time_anew_for_each_program_that_its_reader_calls() -> None:
    late = f"reading it took longer than 1.5 seconds, so it was stopped: {DIVIDE}"
    assert read_wrongly("CALL_OFTEN 5", "CALL_OFTEN 100", "after", seconds=1.5) == ["called", late, "after"]


def test_a_document_is_handed_out_as_soon_as_it_is_read() -> None:
    with Workers(count=1, read=misread) as workers:
        reads = workers.read_all(raw_files("before", "HANG"))
        assert outcome(next(reads)) == "before"


@pytest.mark.skipif(not ON_LINUX, reason="only Linux bounds the memory of a process")
def test_a_document_that_eats_memory_is_stopped_and_named() -> None:
    assert read_wrongly("before", "EAT", "after") == [
        "before",
        f"reading it needed more than 0.19 GB of memory: {DIVIDE}",
        "after",
    ]


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("CRASH", "the reader crashed on it (signal 11): it may be damaged; open it and save it again"),
        ("EXIT", "the reader crashed on it (exit status 3): it may be damaged; open it and save it again"),
        (
            "KILLED",
            "reading it was stopped from outside (signal 9), as happens where a computer runs out of memory: "
            "refresh again when more is free",
        ),
    ],
)
def test_a_document_on_which_its_reader_crashes_is_named(way: str, sentence: str) -> None:
    assert read_wrongly("before", way, way, "after") == ["before", sentence, sentence, "after"]


def test_a_document_is_not_blamed_for_what_an_earlier_one_left_behind(tmp_path: Path) -> None:
    crash_once = f"CRASH_ONCE {tmp_path / 'crashed'}"
    assert read_wrongly("before", crash_once, "after") == ["before", crash_once, "after"]
    assert (tmp_path / "crashed").exists()


def test_a_document_of_endless_text_is_named() -> None:
    assert read_wrongly("LONG", "after", memory_bytes=1 << 30) == [
        "it holds more text than is read of one document (some 5,000 pages): divide it into smaller ones",
        "after",
    ]


def test_a_fault_that_no_parser_foresaw_is_named_and_its_traceback_logged() -> None:
    with capture_logs() as logs:
        [sentence, after] = read_wrongly("FAULT", "after")
    assert sentence.startswith("reading it stopped at an unexpected fault (AttributeError: ")
    assert after == "after"
    [entry] = logs
    assert (entry["event"], entry["path"], entry["log_level"]) == ("document_not_read", "trust/0.txt", "error")
    assert entry["fault"].startswith("Traceback (most recent call last)")


def test_a_worker_hands_back_nothing_but_documents() -> None:
    assert read_wrongly("before", "TRICK", "after") == [
        "before",
        "its reader handed back what is no document, so it was stopped: it may be harmful; remove it",
        "after",
    ]


def test_a_worker_that_held_much_is_followed_by_another() -> None:
    with Workers(count=1, read=misread) as workers:
        pids = [
            outcome(read).split()[0]
            for text in ("HOLD 600", "PID", "PID")
            for read in workers.read_all(raw_files(text))
        ]
    assert pids[0] != pids[1] == pids[2]


def test_workers_that_cannot_start_stop_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    with Workers(count=1, memory_bytes=1 << 20) as workers, pytest.raises(CannotStart, match="does not start"):
        list(workers.read_all(raw_files("words")))
    assert "MemoryError" in capfd.readouterr().err


# ── what is left behind ──────────────────────────────────────────────────────────────────────────────────────────────


def called(note: Path) -> tuple[int, int, Path]:
    """The process of a worker, that of the program that it called, and its folder for temporary files."""
    end = time.monotonic() + 20
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    worker, program, scratch = note.read_text().split()
    return int(worker), int(program), Path(scratch)


def test_a_worker_that_is_stopped_takes_the_programs_with_it_that_it_called(tmp_path: Path) -> None:
    note = tmp_path / "called"
    [sentence] = read_wrongly(f"CALL {note}", seconds=2)
    assert sentence.startswith("reading it took longer than 2 seconds")
    worker, program, scratch = called(note)
    await_end(worker, program, scratch=scratch)


def test_workers_end_with_their_block_whatever_they_are_at(tmp_path: Path) -> None:
    note = tmp_path / "called"

    def interrupted() -> Iterator[RawFile]:
        yield RawFile("trust/a.txt", None, f"CALL {note}".encode() + b" " * 300_000)
        called(note)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Workers(count=1, read=misread) as workers:
        list(workers.read_all(interrupted()))
    worker, program, scratch = called(note)
    await_end(worker, program, scratch=scratch)


def test_an_interrupt_from_the_terminal_reaches_no_worker() -> None:
    with Workers(count=1, read=misread) as workers:
        [before] = workers.read_all(raw_files("PID"))
        assert os.getsid(int(outcome(before))) != os.getsid(0)
        os.kill(int(outcome(before)), signal.SIGINT)
        assert [outcome(read) for read in workers.read_all(raw_files("PID"))] == [outcome(before)]


@pytest.mark.parametrize("way", ["CALL", "BACKTRACK", "idle"])
def test_no_process_outlives_one_that_was_killed(way: str, tmp_path: Path) -> None:
    note, pid = tmp_path / "called", tmp_path / "pid"
    order = {"CALL": f"CALL {note}", "BACKTRACK": "BACKTRACK", "idle": "words"}[way]
    program = f"""
import time
from pathlib import Path
from ingestion.model import RawFile
from ingestion.workers import Workers
from tests.ingestion.misreading import misread

with Workers(count=1, read=misread) as workers:
    [read] = workers.read_all([RawFile("a.txt", None, b"PID")])
    Path({str(pid)!r}).write_text(read.passages[0].text)
    list(workers.read_all([RawFile("b.txt", None, {order!r}.encode())]))
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2]) as parent:
        end = time.monotonic() + 20
        while not (pid.exists() and pid.read_text()):
            assert time.monotonic() < end
            time.sleep(0.02)
        left = [int(pid.read_text())]
        if way == "CALL":
            left += called(note)[:2]
        time.sleep(0.2)
        assert all(map(is_alive, left))
        parent.kill()
    await_end(*left, scratch=called(note)[2] if way == "CALL" else None)
