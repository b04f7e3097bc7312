"""Which answers are being made now, in what order, and how does a shutdown wait for them?

Bolt starts listeners as tasks that nothing refers to or waits for. Here each turn is kept, one at a time in a thread
(Slack does not keep the order of events), and drained when the service stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

log = structlog.get_logger(__name__)

Thread = tuple[str, str]
"""Channel and thread timestamp."""

WhyCancelled = Literal["stopped", "shutdown"]
FAREWELL_SECONDS = 5.0
"""How long a cancelled turn has to say so."""


@dataclass(eq=False)
class _Turn:
    """`work` is what is cancelled; `whole` waits for it, says why when it was, and is left to end by itself."""

    work: asyncio.Task[None]
    whole: asyncio.Task[None] = field(init=False)
    why: WhyCancelled = "shutdown"


@dataclass
class _Line:
    """The turns of one thread; they take its lock in order of arrival."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: set[_Turn] = field(default_factory=set)


class Turns:
    """The turns under way, by thread."""

    def __init__(self) -> None:
        self._lines: dict[Thread, _Line] = {}

    @property
    def under_way(self) -> int:
        """How many turns are running or waiting for their thread."""
        return sum(len(line.turns) for line in self._lines.values())

    def start(
        self,
        thread: Thread,
        work: Callable[[], Coroutine[Any, Any, None]],
        *,
        when_cancelled: Callable[[WhyCancelled], Awaitable[None]],
    ) -> None:
        """Runs `work` after the earlier turns of its thread.

        A turn that is cancelled says so, even one that waits or has not taken its first step.
        """
        line = self._lines.setdefault(thread, _Line())

        async def run() -> None:
            async with line.lock:
                await work()

        async def see_it_through() -> None:
            try:
                await turn.work
            except asyncio.CancelledError:
                await when_cancelled(turn.why)

        turn = _Turn(asyncio.create_task(run()))
        turn.whole = asyncio.create_task(see_it_through())
        line.turns.add(turn)
        turn.whole.add_done_callback(lambda _: self._ended(thread, line, turn))

    def stop(self, thread: Thread) -> bool:
        """Cancels the turns of a thread because a person asked for it; true when there were any."""
        line = self._lines.get(thread)
        for turn in line.turns if line else ():
            turn.why = "stopped"
            turn.work.cancel()
        return line is not None

    async def drain(self, timeout_seconds: float) -> None:
        """Waits for the turns under way; those not done in time are cancelled, and have five seconds to say so."""
        turns = {turn.whole: turn for line in self._lines.values() for turn in line.turns}
        if not turns:
            return
        _, late = await asyncio.wait(turns, timeout=timeout_seconds)
        for whole in late:
            turns[whole].work.cancel()
        if late:
            log.warning("turns_cancelled_at_shutdown", count=len(late))
            await asyncio.wait(late, timeout=FAREWELL_SECONDS)

    def _ended(self, thread: Thread, line: _Line, turn: _Turn) -> None:
        line.turns.discard(turn)
        if not line.turns and self._lines.get(thread) is line:
            del self._lines[thread]
        if not turn.whole.cancelled() and (error := turn.whole.exception()):
            log.error("turn_failed", exc_info=error)
