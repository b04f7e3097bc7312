"""What does a worker process do? It reads the documents that it is handed, one after another, and nothing else.

`ingestion.workers` starts it. Of two processes, the one started is the keeper: it only waits, and when the worker or
whoever started them has ended, however that came about, it ends the worker with every program that the worker called
and clears their temporary files away.
"""

from __future__ import annotations

import logging
import os
import pickle
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from ingestion.errors import DocumentNotRead
from ingestion.model import ParsedDocument, Passage, RawFile

MAX_REPLY_BYTES = 64 << 20
"""Of one document's text with its structure, as it is handed back: some 5,000 pages. What is longer would burden the
process that asked, which has no bound."""
ENDED_BY_SIGNAL = 128
"""Added to the signal's number in the exit status of the keeper, as shells do."""
READY = "ready"
"""The first that a worker hands back: its libraries are loaded."""
CALLED = "called"
"""Handed back while a document is read: a program that its reader called has done its work."""
LISTENING_SECONDS = 1.0
"""How often a worker looks whether one has."""


@dataclass(frozen=True)
class ReadDocument:
    """What came of one file: a document with at least one passage, or why there is none."""

    path: str
    document: ParsedDocument | None
    passages: tuple[Passage, ...] = ()
    failure: str | None = None
    """A sentence with the mend; None where there is a document."""
    fault: str | None = None
    """The traceback of a failure that no parser foresaw, for the log."""


@dataclass(frozen=True)
class Reply:
    """What a worker hands back for each document; `read` is None where memory ran out."""

    read: ReadDocument | None
    peak_bytes: int
    """The most memory that the worker has held so far; 0 where the system does not tell."""


ReadOne = Callable[[RawFile], ReadDocument]


def read_document(raw: RawFile) -> ReadDocument:
    """Parse and split one file. Raises MemoryError, and nothing else: what fails is told."""
    from ingestion.parse import parse_document  # the libraries of all formats: only where documents are read
    from ingestion.split import split_document

    try:
        document = parse_document(raw)
        passages = split_document(document)
    except DocumentNotRead as error:
        return ReadDocument(raw.path, None, failure=str(error))
    except MemoryError:
        raise
    except Exception as error:  # one document that a library trips over must not cost all the others
        return ReadDocument(
            raw.path,
            None,
            failure=f"reading it stopped at an unexpected fault ({type(error).__name__}: {error})",
            fault=traceback.format_exc(),
        )
    if not passages:
        return ReadDocument(
            raw.path, None, failure="there is no text in it: put the document's text in it, or remove it"
        )
    return ReadDocument(raw.path, document, passages)


def main() -> None:
    """Read what arrives on standard input until it ends: first a function (`ReadOne`) and the bound on memory, then
    lists of RawFile; each file is answered by a Reply on standard output, in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    if hasattr(os, "fork"):
        _leave_a_keeper()
    orders, replies = _channel()
    read, memory_bytes = pickle.load(orders)  # noqa: S301 - from the process that started this one
    _bound_memory(memory_bytes)
    _say_nothing()
    import ingestion.parse  # noqa: F401 - now, so that no document's time pays for it

    threading.Thread(target=_tell_of_programs, args=(replies,), daemon=True).start()
    replies.send(pickle.dumps(READY))
    while True:
        try:
            raws: list[RawFile] = pickle.load(orders)  # noqa: S301 - as above
        except EOFError:
            return
        for raw in raws:
            replies.send(_answer(read, raw))


def _answer(read: ReadOne, raw: RawFile) -> bytes:
    try:
        outcome = read(raw)
        answer = pickle.dumps(Reply(outcome, _peak_bytes()), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(Reply(None, _peak_bytes()))
    if len(answer) <= MAX_REPLY_BYTES:
        return answer
    too_long = "it holds more text than is read of one document (some 5,000 pages): divide it into smaller ones"
    return pickle.dumps(Reply(ReadDocument(raw.path, None, failure=too_long), _peak_bytes()))


# ── the process ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _leave_a_keeper() -> None:
    """Go on in a child process, with this one as its keeper."""
    signal.signal(signal.SIGTERM, _leave_once)
    scratch = tempfile.mkdtemp(prefix="staffroom-")
    ends_with_worker, held_by_worker = os.pipe()
    worker = os.fork()
    if worker == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgid(0, 0)
        os.close(ends_with_worker)
        os.environ["TMPDIR"] = tempfile.tempdir = scratch
        return
    with suppress(OSError):  # whichever of the two comes first
        os.setpgid(worker, worker)
    try:
        os.close(held_by_worker)
        os.close(sys.stdout.fileno())  # so that whoever reads it sees the worker's end
        ends = select.poll()
        for end in (sys.stdin.fileno(), ends_with_worker):
            ends.register(end, 0)  # only its closing
        ends.poll()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(worker, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(status if status >= 0 else ENDED_BY_SIGNAL - status)


def _leave_once(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit()


class _Replies:
    """The way back to the process that asked; for several threads."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, answer: bytes) -> None:
        try:
            with self._lock:
                self._pipe.write(answer)
                self._pipe.flush()
        except BrokenPipeError:
            os._exit(0)  # nobody is left to read it


def _channel() -> tuple[BinaryIO, _Replies]:
    """What were standard input and output: libraries and the programs they call must neither read nor write there."""
    orders, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return orders, _Replies(replies)


def _tell_of_programs(replies: _Replies) -> None:
    """Send CALLED whenever a program that was called has ended, without end."""
    try:
        import resource
    except ImportError:
        return
    used = 0.0
    while True:
        time.sleep(LISTENING_SECONDS)
        programs = resource.getrusage(resource.RUSAGE_CHILDREN)  # of those that have ended
        if programs.ru_utime + programs.ru_stime > used:
            used = programs.ru_utime + programs.ru_stime
            replies.send(pickle.dumps(CALLED))


def _bound_memory(memory_bytes: int) -> None:
    """At most so much of the process's own data, and as much for each program that it calls; mapped libraries do not
    count. Only the time is bound where the system knows no such limit (Windows; macOS does not enforce it)."""
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")  # where the whole machine runs out of memory, this process goes first


def _peak_bytes() -> int:
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _say_nothing() -> None:
    """What libraries remark on a file while they read it is not for an admin: what matters of it becomes a failure or
    a warning of the document."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
