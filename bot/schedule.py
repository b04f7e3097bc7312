"""How does the service refresh by itself? Every so many minutes, in a process of its own.

Not after a rollback, until a person has refreshed by hand: the state that was put aside would come straight back.
"""

from __future__ import annotations

import asyncio
import sys

import structlog

from bot.app import open_reading_index
from bot.errors import StaffroomError
from bot.settings import Settings

COMMAND = [sys.executable, "-m", "bot"]

log = structlog.get_logger(__name__)


async def refresh_on_schedule(settings: Settings, *, every_minutes: float) -> None:
    """Runs `staffroom refresh` in a process of its own every so many minutes, until cancelled.

    A process of its own, so that reading and embedding take nothing from those who ask meanwhile.
    """
    while True:
        await asyncio.sleep(every_minutes * 60)
        if await asyncio.to_thread(is_held, settings):
            log.info("scheduled_refresh_held")
            continue
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "refresh", "--json", "--who", "schedule",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            _, errors = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        reason = errors.decode(errors="replace").strip().splitlines()[-1:] if process.returncode == 2 else []
        log.info("scheduled_refresh", status=process.returncode, reason=" ".join(reason))


def is_held(settings: Settings) -> bool:
    """Whether the last thing that happened to the index is a rollback; False where there is no index yet."""
    try:
        index = open_reading_index(settings, model=None)
    except StaffroomError:
        return False
    try:
        last = index.last_refresh()
        return last is not None and last.kind == "rollback"
    finally:
        index.close()
