"""What do Slack and the web page need from the rest of Staffroom, and how do they ask it without blocking?"""

from __future__ import annotations

import uuid
from typing import Protocol

import anyio
import anyio.to_thread
import structlog

from bot.model import Failed, Question, Reply
from bot.prompts import load_replies
from ingestion.model import Trust

log = structlog.get_logger(__name__)

ANSWER_TIMEOUT_SECONDS = 90.0
"""Longer than a slow chat model takes; a person who has waited this long is told that it failed."""

MAX_ANSWERS_AT_ONCE = 4
"""Answering is bound by the processor (embedding, scoring); more at once makes each of them slower."""


class AnswerService(Protocol):
    """Answers one question. `answer` blocks, may be called from several threads, and never raises."""

    @property
    def trust(self) -> Trust: ...

    def answer(self, question: Question) -> Reply: ...


class AsyncAnswers:
    """Asks an AnswerService from the event loop: in worker threads, a few at once, never for ever."""

    def __init__(self, service: AnswerService, *, timeout_seconds: float = ANSWER_TIMEOUT_SECONDS) -> None:
        self.service = service
        self._timeout_seconds = timeout_seconds
        self._places = anyio.CapacityLimiter(MAX_ANSWERS_AT_ONCE)
        self._failed = load_replies()["failed"]

    async def ask(self, question: Question) -> Reply:
        """The reply; a `Failed` one with a reference when it took too long or broke its promise and raised."""
        try:
            with anyio.fail_after(self._timeout_seconds):
                return await anyio.to_thread.run_sync(
                    self.service.answer, question, limiter=self._places, abandon_on_cancel=True
                )
        except TimeoutError:
            return self.failed("answer_too_slow")
        except Exception:
            return self.failed("answer_raised")

    async def trust(self) -> Trust:
        """The trust as of the last refresh."""
        return await anyio.to_thread.run_sync(lambda: self.service.trust)

    def failed(self, what: str) -> Reply:
        """The written sentence with a reference; the error being handled goes to the log under it."""
        reference = uuid.uuid4().hex[:8]
        log.exception(what, reference=reference)
        return Reply(Failed(self._failed.fill(reference=reference), reference))
