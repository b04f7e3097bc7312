"""A trust office in a temporary folder: a corpus, a data folder, and `staffroom` run in this process as in a terminal.

The embedding model is the fake; everything else is the real thing, and nothing outside the folder is read or written.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
import structlog

import bot.administer
import bot.app
from bot.answering.redirects import Redirects
from bot.cli import main
from tests.fakes import FakeEmbedder, WorkersInProcess
from tests.slack_standin import slack_workspace

TRUST_TOML = """
[trust]
name = "Samphire Coast Learning Trust"

[[safeguarding]]
role = "Trust safeguarding lead"
phone = "01632 960101"

[[schools]]
slug = "saltmarsh"
name = "Saltmarsh Primary School"
aliases = ["Saltmarsh"]

[[schools.safeguarding]]
role = "Designated safeguarding lead"
phone = "01632 960201"

[[schools]]
slug = "kestrel"
name = "Kestrel Heath Academy"
aliases = ["Kestrel Heath"]

[[schools.safeguarding]]
role = "Designated safeguarding lead"
phone = "01632 960301"

[acronyms]
ECT = "early career teacher"
"""

SALTMARSH_PHONES = "A phone that is seen or heard in a lesson is kept in the school office until quarter past three."
KESTREL_PHONES = "A phone that is seen or heard in a lesson is confiscated for five days and a parent collects it."
LEAVE = "Staff may take five days of paid leave for the funeral of a close relative."
DOCUMENTS = {
    "trust.toml": TRUST_TOML,
    "trust/leave.md": "---\ntitle: Leave of absence policy\nversion: 2.0\nreview_due: 2027-09-01\nkind: policy\n---\n"
    f"# Leave of absence policy\n\n## 3 Bereavement\n\n{LEAVE}\n\n## 4 Moving house\n\n"
    "One day of paid leave is given for moving house, once in a year.\n",
    "schools/saltmarsh/behaviour.md": "---\ntitle: Behaviour policy\nversion: 3.1\nkind: behaviour\n---\n"
    f"# Behaviour policy\n\n## 5 Phones\n\n{SALTMARSH_PHONES}\n",
    "schools/kestrel/behaviour.md": "---\ntitle: Behaviour policy\nversion: 7\nkind: behaviour\n---\n"
    f"# Behaviour policy\n\n## 2 Phones\n\n{KESTREL_PHONES}\n",
}
"""What every office starts with: one policy of the trust, and one that differs between its two schools."""

PHONES_ASKED = "What happens when a phone is seen in a lesson?"
LEAVE_ASKED = "How many days of paid leave for a funeral?"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Office:
    """`folder/corpus` and `folder/data`, and the command line set to them."""

    def __init__(self, folder: Path, documents: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.corpus = folder / "corpus"
        self.data = folder / "data"
        for path, text in (DOCUMENTS if documents is None else documents).items():
            self.write(path, text)

    def write(self, path: str, content: str | bytes) -> None:
        """A document of the corpus, new or changed."""
        file = self.corpus / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def run(self, *arguments: str, stdin: str | bytes = "", embedder: Any = None, **settings: str) -> Ran:
        """`staffroom ARGUMENTS`, with these settings beside the two folders'. A traceback on either stream fails."""
        model: FakeEmbedder = embedder or FakeEmbedder()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("STAFFROOM_", "SLACK_"))]:
                patch.delenv(name)
            for name, value in {"STAFFROOM_CORPUS": self.corpus, "STAFFROOM_DATA": self.data, **settings}.items():
                patch.setenv(name, str(value))
            patch.chdir(self.folder)
            patch.setattr(tempfile, "tempdir", str(self.folder))
            patch.setattr(sys, "argv", ["staffroom", *arguments])
            patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data), "utf-8"))
            for module in (bot.app, bot.administer):
                patch.setattr(module, "embedder_of", lambda settings: model)
            patch.setattr(bot.app, "redirects_of", lambda settings: Redirects())
            patch.setattr(bot.administer, "Workers", WorkersInProcess)
            status = 0
            try:
                with redirect_stdout(out), redirect_stderr(err):
                    main()
            except SystemExit as end:
                status = int(end.code or 0)
            finally:
                structlog.reset_defaults()
        ran = Ran(status, *(_written(stream) for stream in (out, err)))
        assert "Traceback" not in ran.out + ran.err, ran.err
        return ran

    def ask(self, question: str, *arguments: str, **settings: str) -> Any:
        """The object that `ask --json` prints."""
        return self.run("ask", question, "--json", *arguments, **settings).json

    def state(self) -> dict[str, bytes]:
        """Every file under the data folder, by path."""
        return {str(file.relative_to(self.data)): file.read_bytes() for file in self.data.rglob("*") if file.is_file()}


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, BytesIO)
    return stream.buffer.getvalue().decode("utf-8")


@contextmanager
def slack_in_a_thread() -> Iterator[str]:
    """The address of the Slack stand-in, for a command that runs beside it."""
    address: list[str] = []
    started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with slack_workspace() as workspace:
            address.append(workspace.url)
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(5)
        yield address[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
