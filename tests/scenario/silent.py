"""A service that takes events and never answers: `python -m tests.scenario.silent SLACK_URL DATA` prints its address.

To be killed, as a process that runs out of memory is. It holds its questions for half a second only.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import structlog

import bot.slack.seen
from bot.model import Question, Reply
from bot.web.service import create_service
from tests.scenario.running import FakeStaffroom, running, settings_for
from tests.slack_standin import Workspace


def never_answer(_: Question) -> Reply:
    threading.Event().wait()
    raise AssertionError


async def main(slack_url: str, data: Path) -> None:
    bot.slack.seen.LEASE_SECONDS = 0.5
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    service = create_service(FakeStaffroom(replies=never_answer), settings_for(data, slack=Workspace(url=slack_url)))
    async with running(service) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
