"""How are documents read so that none can take anything down?

In worker processes with bounds on time and memory. A document that hangs, eats memory or crashes its reader costs that
process and is named as failed; the documents that were handed over with it are read by another.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import LifoQueue, SimpleQueue
from types import TracebackType
from typing import Any

import structlog

from ingestion.errors import CannotStart
from ingestion.model import RawFile
from ingestion.worker import CALLED, ENDED_BY_SIGNAL, READY, ReadDocument, ReadOne, Reply, read_document

__all__ = ["ReadDocument", "Workers", "read_in_process"]

SECONDS = 120.0
"""For one document, and anew whenever a program that its reader called has done its work (Tesseract, a page) …"""
IN_ALL = 4
"""… but at most so many times that: less than the 10 minutes for which a refresh claims the index."""
MEMORY_BYTES = 2 << 30
MAX_WORKERS = 4
"""Unless more are asked for: reading is seldom what a refresh waits for, and each may take `MEMORY_BYTES`."""
TOGETHER = 16
"""Documents handed to a worker at a time, and …"""
TOGETHER_BYTES = 256 << 10
"""… their size, past which no more join: a small document takes less time than handing it over."""
TOGETHER_SECONDS = 0.25
"""… and how long the first waits for others, where the source is slow."""
IN_HAND_BYTES = 64 << 20
"""Of files that are read ahead of the caller (or one, if it is larger)."""
FRESH_AGAIN_BYTES = 512 << 20
"""A worker that has held more is ended once it is idle: Python seldom gives memory back."""
START_SECONDS = 60.0
END_SECONDS = 10.0

log = structlog.get_logger(__name__)


def read_in_process(raws: Iterable[RawFile]) -> Iterator[ReadDocument]:
    """What `Workers.read_all` does, in this process and so without bounds: for documents that are known to be good."""
    for raw in raws:
        yield _noted(read_document(raw))


class Workers:
    """A few processes that read documents: `with Workers() as workers`.

    Each starts with its first document, and ends with the block, or with this process however that ends. `count`: None
    = one a processor, at most `MAX_WORKERS`. `seconds` and `memory_bytes` bound the reading of one document; a program
    that its reader calls (LibreOffice, Tesseract) may take as much memory again, and time anew once it is done. `read`:
    what each process calls; a function of a module, for it is handed over by name.
    """

    def __init__(
        self,
        *,
        count: int | None = None,
        seconds: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        read: ReadOne = read_document,
    ) -> None:
        self._count = count or min(MAX_WORKERS, _processors())
        self._workers = [_Worker(read, seconds=seconds, memory_bytes=memory_bytes) for _ in range(self._count)]
        self._idle: LifoQueue[_Worker] = LifoQueue()  # who read last is next: a few documents start one process
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="reading")
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._end_the_late, args=(min(1.0, seconds / 4),), daemon=True)

    def __enter__(self) -> Workers:
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()
        for worker in self._workers:
            worker.close()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()
        self._watch.join()

    def read_all(self, raws: Iterable[RawFile]) -> Iterator[ReadDocument]:
        """What came of each file, in the order of `raws`, which is taken only a little ahead of what is handed out:
        a few dozen small documents a worker, and at most about `IN_HAND_BYTES`.

        Raises CannotStart where no process can be started, and whatever `raws` raises.
        """
        ahead: deque[_Awaited] = deque()
        for together in _together(raws):
            results: _Results = SimpleQueue()
            self._threads.submit(self._read, together, results)
            ahead.extend(_Awaited(len(raw.data), results) for raw in together)
            while ahead and (not ahead[0].results.empty() or self._is_full(ahead)):
                yield _next(ahead)
        while ahead:
            yield _next(ahead)

    def _is_full(self, ahead: Sequence[_Awaited]) -> bool:
        return (
            len(ahead) > 4 * self._count * TOGETHER
            or (len(ahead) > 1 and sum(awaited.size_bytes for awaited in ahead) > IN_HAND_BYTES)
        )  # fmt: skip

    def _read(self, raws: Sequence[RawFile], results: _Results) -> None:
        worker = self._idle.get()
        try:
            for read in worker.read(raws):
                results.put(read)
        except Exception as error:  # for the thread that awaits a result, which may be able to act on it
            results.put(error)
        finally:
            self._idle.put(worker)

    def _end_the_late(self, every_seconds: float) -> None:
        while not self._closed.wait(every_seconds):
            for worker in self._workers:
                worker.end_if_late()


# ── handing over ─────────────────────────────────────────────────────────────────────────────────────────────────────


_Results = SimpleQueue[ReadDocument | Exception]


@dataclass(frozen=True)
class _Awaited:
    """A document that was handed over: its file's size, and where it or its like before it will come back."""

    size_bytes: int
    results: _Results


def _next(ahead: deque[_Awaited]) -> ReadDocument:
    read = ahead.popleft().results.get()
    if isinstance(read, Exception):
        raise read
    return _noted(read)


def _together(raws: Iterable[RawFile]) -> Iterator[list[RawFile]]:
    """The files as they are handed over: a large one alone or last, small ones by the dozen."""
    together: list[RawFile] = []
    began = 0.0
    for raw in raws:
        if not together:
            began = time.monotonic()
        together.append(raw)
        is_slow = time.monotonic() - began > TOGETHER_SECONDS
        if is_slow or len(together) >= TOGETHER or _size(together) > TOGETHER_BYTES:
            yield together
            together = []
    if together:
        yield together


def _size(raws: Iterable[RawFile]) -> int:
    return sum(len(raw.data) for raw in raws)


def _noted(read: ReadDocument) -> ReadDocument:
    """The same, with what no parser foresaw in the log."""
    if read.fault is not None:
        log.error("document_not_read", path=read.path, fault=read.fault)
    return read


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ── one worker ───────────────────────────────────────────────────────────────────────────────────────────────────────


class _Worker:
    """One process at a time that reads documents, and another after it has ended."""

    def __init__(self, read: ReadOne, *, seconds: float, memory_bytes: int) -> None:
        self._read_one = read
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._documents = 0
        """Read by this process so far."""
        self._lock = threading.Lock()
        """Over what follows: the late are ended, and all are closed, from other threads."""
        self._process: subprocess.Popen[bytes] | None = None
        self._due: float | None = None
        """By when it must answer, on the monotonic clock; None = nothing is awaited."""
        self._is_late = False
        self._is_closed = False

    def read(self, raws: Sequence[RawFile]) -> Iterator[ReadDocument]:
        """What came of each file, in their order. Raises CannotStart."""
        rest = deque(raws)
        while rest:
            for read in self._read_with_one_process(tuple(rest)):
                rest.popleft()
                yield read

    def end_if_late(self) -> None:
        with self._lock:
            if self._process is not None and self._due is not None and time.monotonic() > self._due:
                self._is_late, self._due = True, None
                self._process.terminate()

    def close(self) -> None:
        """End the process, whatever it is at, and start no other."""
        with self._lock:
            self._is_closed = True
            if self._process is not None:
                self._process.terminate()

    def end(self, *, has_ended: bool = False) -> int:
        """End the process where it has not ended of itself, and await that; its exit status."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        if not has_ended:
            process.terminate()
        try:
            status = process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what could not be handed over any more
                pipe and pipe.close()
        return status

    def _read_with_one_process(self, raws: Sequence[RawFile]) -> Iterator[ReadDocument]:
        """What came of the files, up to the first that ended the process.

        That one is among them as failed where it took too long, or was the first that the process read: else memory may
        have been short, or corrupt, for what an earlier document left behind, and it is read again by a fresh process.
        """
        process = self._started()
        peak_bytes = 0
        self._hand_over(process, raws)
        for raw in raws:
            reply = self._answer(process, seconds=self._seconds)
            if isinstance(reply, Reply) and reply.read is not None:
                self._documents += 1
                peak_bytes = reply.peak_bytes
                yield reply.read
                continue
            status = self.end(has_ended=reply is None)
            if self._is_late or self._documents == 0:
                yield ReadDocument(raw.path, None, failure=self._failure(status, reply))
            return
        if peak_bytes > FRESH_AGAIN_BYTES:
            self.end()

    def _started(self) -> subprocess.Popen[bytes]:
        """The process, its libraries loaded."""
        with self._lock:
            if self._is_closed:
                raise RuntimeError("documents were handed to workers that are closed")
            if self._process is not None:
                return self._process
            process = self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", "from ingestion.worker import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))},
                start_new_session=True,  # Ctrl-C at the terminal is for this process
            )
            self._documents = 0
        self._hand_over(process, (self._read_one, self._memory_bytes))
        if self._answer(process, seconds=START_SECONDS) != READY:
            status = self.end(has_ended=not self._is_late)
            raise CannotStart(
                f"the process that reads documents does not start (exit status {status}): the messages above say why; "
                "there may be too little memory, or a package missing (make setup)"
            )
        return process

    def _hand_over(self, process: subprocess.Popen[bytes], work: object) -> None:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended: that it does not answer will tell
            pickle.dump(work, process.stdin, pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()

    def _answer(self, process: subprocess.Popen[bytes], *, seconds: float) -> object:
        """What the process hands back next: a Reply; None where it ended, or was ended, before that; _NoDocument."""
        assert process.stdout is not None
        answer: object = CALLED
        last = time.monotonic() + IN_ALL * seconds
        while answer == CALLED:
            with self._lock:
                self._due, self._is_late = min(time.monotonic() + seconds, last), False
            try:
                answer = _Unpickler(process.stdout).load()
            except _NoDocument as error:
                answer = error
            except (EOFError, pickle.UnpicklingError):
                answer = None
            finally:
                with self._lock:
                    self._due = None
        return answer

    def _failure(self, status: int, reply: object) -> str:
        divide = "divide it into smaller documents, or save it again from the program it came from"
        if self._is_late:
            return f"reading it took longer than {self._seconds:g} seconds, so it was stopped: {divide}"
        if isinstance(reply, Reply):
            return f"reading it needed more than {self._memory_bytes / (1 << 30):.2g} GB of memory: {divide}"
        if isinstance(reply, _NoDocument):
            return "its reader handed back what is no document, so it was stopped: it may be harmful; remove it"
        number = -status if status < 0 else status - ENDED_BY_SIGNAL
        if number == signal.SIGKILL:
            return (
                "reading it was stopped from outside (signal 9), as happens where a computer runs out of memory: "
                "refresh again when more is free"
            )
        ended = f"signal {number}" if number > 0 else f"exit status {status}"
        return f"the reader crashed on it ({ended}): it may be damaged; open it and save it again"


class _NoDocument(Exception):
    """A worker handed back something that no document is made of."""


class _Unpickler(pickle.Unpickler):
    """Takes from a worker nothing but what documents are made of: a reader that a file has got the better of must not
    choose what this process runs."""

    def find_class(self, module: str, name: str) -> Any:
        if module not in ("ingestion.model", "ingestion.worker"):
            raise _NoDocument(f"{module}.{name}")
        return super().find_class(module, name)


_ROOT = str(Path(__file__).parents[1])
"""Where `ingestion` is found, also from a folder that was not installed."""
