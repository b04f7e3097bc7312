"""Which Slack events, buttons and stops does Staffroom listen to, and who handles each?

Every route is registered in `register_listeners`; the handlers beneath take what Bolt hands over and pass it on.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.slack.blocks import QUESTION_ACTION, SCHOOL_ACTION
from bot.slack.conversation import Conversation

Next = Callable[[], Awaitable[Any]]


def register_listeners(app: AsyncApp, conversation: Conversation) -> None:
    """All routes. A subscribed event without a handler would be answered 404 and sent again."""

    async def attach_conversation(context: AsyncBoltContext, next: Next) -> None:
        context["conversation"] = conversation
        await next()

    app.use(attach_conversation)
    app.event("app_mention", middleware=[accept_message])(answer_message)
    app.event("message", middleware=[accept_message])(answer_message)
    app.event("app_home_opened")(suggest_prompts)
    app.event("agent_session_stopped")(stop_answering)
    app.action(re.compile(rf"^({SCHOOL_ACTION}|{QUESTION_ACTION}):\d+$"))(answer_choice)


async def accept_message(context: AsyncBoltContext, body: dict[str, Any], next: Next) -> BoltResponse | None:
    """Claims the message before Bolt acknowledges it: if that fails, Slack is answered 500 and sends it again."""
    asking = await context["conversation"].accept_message(body)
    if asking is None:
        return BoltResponse(status=200, body="")
    context["asking"] = asking
    await next()
    return None


async def answer_message(context: AsyncBoltContext) -> None:
    context["conversation"].begin(context["asking"])


async def answer_choice(ack: AsyncAck, context: AsyncBoltContext, body: dict[str, Any]) -> None:
    """Claims the choice before it is acknowledged, as a message; if that fails, Slack shows the person a warning."""
    asking = await context["conversation"].accept_choice(body)
    await ack()
    if asking is not None:
        context["conversation"].begin(asking)


async def suggest_prompts(context: AsyncBoltContext, event: dict[str, Any]) -> None:
    if event.get("tab") == "messages" and event.get("channel"):
        await context["conversation"].suggest_prompts(str(event["channel"]))


async def stop_answering(context: AsyncBoltContext, event: dict[str, Any]) -> None:
    await context["conversation"].stop(
        channel=str(event.get("channel") or ""), thread_ts=str(event.get("thread_ts") or "")
    )
