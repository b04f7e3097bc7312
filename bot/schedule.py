"""How does the service refresh by itself? Every so many minutes, in a process of its own.

Not after a rollback, until a person has refreshed by hand: the state that was put aside would come straight back.
"""

from __future__ import annotations

import asyncio
import sys

import structlog

COMMAND = [sys.executable, "-m", "bot"]

log = structlog.get_logger(__name__)


async def refresh_on_schedule(*, every_minutes: float) -> None:
    """Runs `staffroom refresh` in a process of its own every so many minutes, until cancelled.

    A process of its own, so that reading and embedding take nothing from those who ask meanwhile. One that cannot be
    started, or that breaks, is logged, and the next one is tried all the same.
    """
    while True:
        await asyncio.sleep(every_minutes * 60)
        try:
            await _refresh_once()
        except Exception as error:  # nobody waits for this task: what ends it, ends it unseen
            log.exception("scheduled_refresh_broke", error=type(error).__name__)


async def _refresh_once() -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "refresh", "--json", "--who", "schedule", "--by-itself",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    match process.returncode:
        case 0:
            log.info("scheduled_refresh", status=0)
        case 2:  # it could not start: the last line is the sentence with the mend
            reason = errors.decode(errors="replace").strip().splitlines()[-1:]
            log.warning("scheduled_refresh", status=2, reason=" ".join(reason))
        case status:
            log.warning("scheduled_refresh", status=status)
