"""How does one message to Staffroom become one answer in its thread?

    Asking ─may they see it?→ ─thread so far→ ─school→ Question ─answer→ Reply ─render→ message in the thread

Each message that is for Staffroom ends in one visible outcome: an answer, a refusal, or a sentence that says it failed.
An accepted question is kept until that outcome is posted, and taken up again when the process that had it is gone.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import structlog
from pydantic import TypeAdapter, ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from bot.answer_service import AsyncAnswers
from bot.metrics import Metrics
from bot.model import Asker, Failed, Question, Reply
from bot.slack.audience import Audience, Identity
from bot.slack.blocks import Asked, Choice, SlackMessage, read_choice, render_message, render_sentence
from bot.slack.deliver import Address, Deliver, Posted
from bot.slack.events import Ignored, Incoming, Place, read_message
from bot.slack.history import ThreadSoFar, read_thread, reply_metadata
from bot.slack.schools import AskersSchool
from bot.slack.seen import SeenEvents
from bot.slack.sentences import Sentences
from bot.slack.trouble import SLACK_TROUBLE, error_code
from bot.slack.turns import Turns, WhyCancelled
from bot.wording import EXAMPLE_QUESTIONS, outcome_of
from ingestion.model import Trust

log = structlog.get_logger(__name__)

POST_AGAIN_SECONDS = 60.0
"""When an answer is made again that Slack could not take just now; after an hour of this the question is dropped."""

Ended = Literal["done", "may_be_asked_again", "not_posted"]


@dataclass(frozen=True)
class Asking:
    """One question to answer, typed or chosen with a button. `text` None: it has to be read from the thread."""

    claims: tuple[str, ...]
    """What was claimed for it."""
    user: str
    place: Place
    to: Address
    ts: str
    """The message that holds the question."""
    text: str | None
    chosen_school: str | None = None
    is_externally_shared: bool = False
    is_pressed: bool = False
    """True for a button. It can be pressed again, so its claims are given back when that may help; a message cannot."""

    @property
    def needs_thread(self) -> bool:
        """True when something was said before, or the question itself must be read."""
        return self.text is None or self.to.thread_ts != self.ts


class Conversation:
    """Answers the messages of one workspace. Made once Slack has accepted the token."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        identity: Identity,
        answers: AsyncAnswers,
        seen: SeenEvents,
        turns: Turns,
        sentences: Sentences,
        metrics: Metrics,
    ) -> None:
        self.identity = identity
        self._client = client
        self._answers = answers
        self._seen = seen
        self._turns = turns
        self._sentences = sentences
        self._metrics = metrics
        self._audience = Audience(client, identity)
        self._schools = AskersSchool(client)
        self._deliver = Deliver(client, metrics)

    # ── what came in ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def accept_message(self, body: Mapping[str, Any]) -> Asking | None:
        """The question of a message event, claimed for this process; None when it is not for us or already taken.

        Raises sqlalchemy's SQLAlchemyError when the claim cannot be made: then Slack must send the event again.
        """
        incoming = read_message(body, bot_user=self.identity.bot_user)
        if isinstance(incoming, Ignored):
            self._metrics.slack_events.labels(taken=f"ignored_{incoming.reason}").inc()
            return None
        claims = (
            f"event:{incoming.team}:{incoming.event_id}",
            f"message:{incoming.team}:{incoming.channel}:{incoming.ts}",
        )
        return await self._claim(_asking_of(incoming, claims))

    async def accept_choice(self, body: Mapping[str, Any]) -> Asking | None:
        """The question of a pressed button; None when the button is not ours, or its answer is already being made.

        Raises as `accept_message` does.
        """
        action = (body.get("actions") or [{}])[0]
        value = str(action.get("value") or "")
        choice = read_choice(value)
        message = body.get("message") or {}
        message_ts = str((body.get("container") or {}).get("message_ts") or message.get("ts") or "")
        channel = str((body.get("channel") or {}).get("id") or "")
        user = str((body.get("user") or {}).get("id") or "")
        if choice is None or not (channel and user and message_ts):
            self._metrics.slack_events.labels(taken="ignored_incomplete").inc()
            return None
        digest = hashlib.sha256(value.encode()).hexdigest()[:16]
        claims = (f"choice:{(body.get('team') or {}).get('id', '')}:{channel}:{message_ts}:{digest}",)
        thread_ts = str(message.get("thread_ts") or message_ts)
        return await self._claim(_asking_of_choice(choice, claims, user, channel, thread_ts, message_ts))

    async def _claim(self, asking: Asking) -> Asking | None:
        """The question, kept until it is answered; None when it was taken before."""
        is_new = await asyncio.to_thread(self._seen.claim, asking.claims, _ASKING.dump_json(asking).decode())
        self._metrics.slack_events.labels(taken="accepted" if is_new else "repeated").inc()
        return asking if is_new else None

    async def take_up_unanswered(self) -> None:
        """Begins to answer what nobody answers any more; keeps what this process answers for itself.

        Raises sqlalchemy's SQLAlchemyError when the database does not answer.
        """
        await asyncio.to_thread(self._seen.renew)
        for kept in await asyncio.to_thread(self._seen.take_up):
            try:
                asking = _ASKING.validate_json(kept)
            except ValidationError:
                # of another version of Staffroom, and not ours to drop; the hour's limit does
                log.warning("kept_question_not_read", characters=len(kept))
                continue
            self._metrics.slack_events.labels(taken="taken_up").inc()
            log.info("question_taken_up", channel=asking.to.channel, ts=asking.ts)
            self.begin(asking)

    # ── one turn ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, asking: Asking) -> None:
        """Starts answering, after the earlier questions of the same thread; returns at once."""

        async def say_why(why: WhyCancelled) -> None:
            sentence = self._sentences.stopped if why == "stopped" else self._sentences.shutdown
            posted = await self._deliver.post(asking.to, render_sentence(sentence))
            if why == "stopped" or posted != "not_now":  # else the next process answers it
                await self._settle(asking, "may_be_asked_again")
            await self._deliver.show_status(asking.to, "active")

        self._turns.start(
            (asking.to.channel, asking.to.thread_ts), lambda: self._answer(asking), when_cancelled=say_why
        )

    async def stop(self, *, channel: str, thread_ts: str) -> None:
        """Ends the work in a thread because a person pressed Stop. The turn itself says so."""
        if not self._turns.stop((channel, thread_ts)):
            await self._deliver.show_status(Address(channel, thread_ts), "active")

    async def suggest_prompts(self, channel: str) -> None:
        """Offers three questions to try in an empty direct message."""
        prompts = [{"title": question, "message": question} for question in EXAMPLE_QUESTIONS]
        try:
            await self._client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)
        except SLACK_TROUBLE as error:
            log.info("prompts_not_shown", channel=channel, code=error_code(error))

    async def _answer(self, asking: Asking) -> None:
        started = time.monotonic()
        try:
            try:
                ended = await self._answer_or_refuse(asking, started)
            except Exception:
                reply = self._answers.failed("turn_failed")
                ended = _ended(await self._deliver.post(asking.to, render_message(reply)), may_help=True)
            await self._settle(asking, ended)
        finally:
            await self._deliver.show_status(asking.to, "active")

    async def _settle(self, asking: Asking, ended: Ended) -> None:
        """Drops the kept question, or leaves it for later when its outcome could not be posted now."""
        if ended == "not_posted":
            await asyncio.to_thread(self._seen.postpone, asking.claims, seconds=POST_AGAIN_SECONDS)
        elif ended == "may_be_asked_again" and asking.is_pressed:
            await asyncio.to_thread(self._seen.forget, asking.claims)
        else:
            await asyncio.to_thread(self._seen.settle, asking.claims)

    async def _answer_or_refuse(self, asking: Asking, started: float) -> Ended:
        refusal = await self._audience.refusal(
            user=asking.user,
            channel=asking.to.channel,
            place=asking.place,
            is_externally_shared=asking.is_externally_shared,
        )
        if refusal:
            self._metrics.refusals.labels(reason=refusal).inc()
            log.info("question_refused", reason=refusal, place=asking.place, channel=asking.to.channel)
            posted = await self._deliver.post(asking.to, render_sentence(getattr(self._sentences, refusal)))
            return _ended(posted, may_help=refusal == "cannot_check")
        await self._deliver.show_status(asking.to, "processing")
        thread = await self._thread_of(asking)
        text = asking.text if asking.text is not None else thread.question
        if text is None:
            return _ended(await self._deliver.post(asking.to, render_sentence(self._sentences.question_gone)))
        trust = await self._answers.trust()
        chosen = asking.chosen_school or thread.chosen_school
        school = await self._schools.find(trust, user=asking.user, channel=asking.to.channel, chosen=chosen)
        question = Question(text, Asker(school), thread.turns, id=asking.ts)
        reply = await self._answers.ask(question)
        message = self._render(reply, replace(asking, text=text), trust)
        posted = await self._deliver.post(asking.to, message, metadata=reply_metadata(to=asking.ts, school=chosen))
        self._record(reply, asking, started, turns=len(thread.turns))
        return _ended(posted, may_help=isinstance(reply.answer, Failed))

    async def _thread_of(self, asking: Asking) -> ThreadSoFar:
        """The thread so far; without it, a follow-up is answered as a question of its own."""
        if not asking.needs_thread:
            return ThreadSoFar()
        try:
            return await read_thread(
                self._client,
                self.identity,
                channel=asking.to.channel,
                thread_ts=asking.to.thread_ts,
                before_ts=asking.ts,
                asker=asking.user,
            )
        except SLACK_TROUBLE as error:
            code = error_code(error)
            self._metrics.slack_errors.labels(method="conversations.replies", error=code).inc()
            log.warning("thread_not_read", channel=asking.to.channel, code=code)
            return ThreadSoFar()

    def _render(self, reply: Reply, asking: Asking, trust: Trust) -> SlackMessage:
        school = trust.school(asking.chosen_school)
        heading = self._sentences.for_school.replace("{school}", school.name) if school else ""
        return render_message(reply, asked=Asked(asking.text or "", asking.ts), heading=heading)

    def _record(self, reply: Reply, asking: Asking, started: float, *, turns: int) -> None:
        seconds = time.monotonic() - started
        self._metrics.count_reply(reply, place=asking.place, seconds=seconds)
        log.info(
            "question_answered",
            outcome=outcome_of(reply.answer),
            place=asking.place,
            channel=asking.to.channel,
            ts=asking.ts,
            turns=turns,
            took_ms=round(seconds * 1000),
        )


_ASKING = TypeAdapter(Asking)


def _ended(posted: Posted, *, may_help: bool = False) -> Ended:
    """`may_help`: what was posted says that it failed, and asking again may help."""
    if posted == "not_now":
        return "not_posted"
    return "may_be_asked_again" if may_help or posted == "never" else "done"


def _asking_of(incoming: Incoming, claims: tuple[str, ...]) -> Asking:
    return Asking(
        claims=claims,
        user=incoming.user,
        place=incoming.place,
        to=Address(incoming.channel, incoming.thread_ts),
        ts=incoming.ts,
        text=incoming.text,
        is_externally_shared=incoming.is_externally_shared,
    )


def _asking_of_choice(
    choice: Choice, claims: tuple[str, ...], user: str, channel: str, thread_ts: str, message_ts: str
) -> Asking:
    return Asking(
        claims=claims,
        user=user,
        place="dm" if channel.startswith("D") else "channel",
        to=Address(channel, thread_ts),
        ts=choice.ts or message_ts,
        text=choice.question,
        chosen_school=choice.school,
        is_pressed=True,
    )
