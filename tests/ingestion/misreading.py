"""A reader that goes wrong as it is told: what workers are tried with. A file's first word says how, the rest of its
first line with what; any other file is read as its words."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingestion.model import Block, Locator, Metadata, ParsedDocument, Passage, RawFile, Section
from ingestion.worker import ReadDocument, read_document


def misread(raw: RawFile) -> ReadDocument:
    command, _, rest = raw.data.decode().strip().partition(" ")
    match command:
        case "HANG":
            time.sleep(600)
        case "BACKTRACK":  # in C, with Python's lock held: no signal handler and no other thread gets a turn
            re.match(r"(a+)+$", "a" * 60 + "b")
        case "CALL":
            with subprocess.Popen(["sleep", "600"]) as program:
                Path(rest).write_text(f"{os.getpid()} {program.pid} {tempfile.gettempdir()}")
        case "CALL_OFTEN":
            for _ in range(int(rest)):
                subprocess.run(["sleep", "0.5"], check=True)
            return told(raw, "called")
        case "EAT":
            eaten = []
            while True:
                eaten.append(bytearray(1 << 20))
        case "CRASH":
            ctypes.string_at(0)
        case "CRASH_ONCE" if not Path(rest).exists():
            Path(rest).touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        case "KILLED":
            os.kill(os.getpid(), signal.SIGKILL)
        case "EXIT":
            os._exit(3)
        case "FAULT":
            return read_document(RawFile(raw.path, raw.school, None))  # type: ignore[arg-type]
        case "LONG":
            return told(raw, *(f"Sentence {number}, {'x' * 1000}." for number in range(80_000)))
        case "HOLD":
            held = bytearray(int(rest) << 20)
            return told(raw, str(os.getpid()), str(len(held)))
        case "MODULES":
            return told(raw, *sorted(sys.modules))
        case "PID":
            return told(raw, str(os.getpid()))
        case "PRINT":
            print("to be read by nobody")
            return told(raw, sys.stdin.read() or "no input")
        case "TRICK":
            return ReadDocument(raw.path, None, failure=Path("/"))  # type: ignore[arg-type]
    return told(raw, raw.data.decode())


def told(raw: RawFile, *texts: str) -> ReadDocument:
    blocks = tuple(Block("paragraph", text, Locator("document")) for text in texts)
    document = ParsedDocument(raw.path, raw.school, Metadata(), (Section((), blocks),))
    return ReadDocument(raw.path, document, (Passage(0, (), blocks),))
