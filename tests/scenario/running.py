"""The real service on a loopback port, in this process, with an answer service that gives what a test decides."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI

from bot.model import Question, Reply
from bot.settings import Settings
from bot.status import CorpusStatus
from bot.web.service import create_service
from ingestion.model import Trust
from tests.building import TRUST
from tests.replies import QUOTED
from tests.slack_standin import BOT_TOKEN, SIGNING_SECRET, Sender, Workspace

NOTHING_WRONG = CorpusStatus(
    documents=3,
    passages=12,
    by_school=((None, TRUST.name, 3),),
    without_behaviour_policy=("Kestrel Heath Academy",),
    overdue=(),
    failures=(),
    drafts=(),
    superseded=(),
    doubts=(),
    last_refresh="2026-11-20T18:30:00+00:00",
)


@dataclass
class FakeStaffroom:
    """Answers with `reply`, or with what `replies` says of the question; remembers the questions it was asked."""

    reply: Reply = QUOTED
    replies: Callable[[Question], Reply] | None = None
    trust: Trust = TRUST
    health: CorpusStatus | Exception = NOTHING_WRONG
    asked: list[Question] = field(default_factory=list)

    def answer(self, question: Question) -> Reply:
        self.asked.append(question)
        return self.replies(question) if self.replies else self.reply

    def status(self) -> CorpusStatus:
        if isinstance(self.health, Exception):
            raise self.health
        return self.health


def settings_for(data: Path, *, slack: Workspace | None = None, **more: str) -> Settings:
    """Settings of these values, an empty one being unset; no `.env` file is read."""
    values: dict[str, Any] = {"STAFFROOM_DATA": str(data), **more}
    if slack:
        over_http = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": slack.url}
        values = {**over_http, **values}
    return Settings(_env_file=None, **{name: value for name, value in values.items() if value})


@asynccontextmanager
async def running(service: FastAPI) -> AsyncIterator[str]:
    """The address of the service, which has started; it is stopped as SIGTERM would stop it."""
    server = uvicorn.Server(uvicorn.Config(service, host="127.0.0.1", port=0, log_config=None, lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            await task
            raise RuntimeError("the service did not start")
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def staffroom_in_slack(
    staffroom: FakeStaffroom, slack: Workspace, data: Path, *, until_ready: bool = True, **more: str
) -> AsyncIterator[Sender]:
    """The service connected to the workspace, and what sends it events."""
    service = create_service(staffroom, settings_for(data, slack=slack, **more))
    async with running(service) as url, aiohttp.ClientSession() as session:
        if until_ready:
            await wait_until_ready(session, url)
        yield Sender(session, url)


async def wait_until_ready(session: aiohttp.ClientSession, url: str) -> None:
    """Returns when the service is ready; raises TimeoutError after five seconds."""
    async with asyncio.timeout(5):
        while True:
            async with session.get(f"{url}/health/ready") as response:
                if response.status == 200:
                    return
            await asyncio.sleep(0.01)


@contextmanager
def running_in_a_thread(service: FastAPI) -> Iterator[str]:
    """The address of the service, run beside a test that is not asynchronous."""
    server = uvicorn.Server(uvicorn.Config(service, host="127.0.0.1", port=0, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        threading.Event().wait(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
