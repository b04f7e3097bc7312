"""What was said in this thread before, and which school was chosen in it?

Read from Slack each time and kept nowhere. The thread's own replies carry the chosen school as message metadata, so any
process can go on where another left off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.model import Turn
from bot.slack.audience import Identity
from bot.slack.events import USERS_SUBTYPES, clean_text

MAX_TURNS = 10
MAX_TURN_CHARACTERS = 2_000
PAGE_MESSAGES = 200
MAX_PAGES = 5
SCHOOL_METADATA = "staffroom_school"


@dataclass(frozen=True)
class ThreadSoFar:
    """The turns before a message, oldest first, at most ten; the school last chosen; the message's own words."""

    turns: tuple[Turn, ...] = ()
    chosen_school: str | None = None
    question: str | None = None


async def read_thread(
    client: AsyncWebClient, identity: Identity, *, channel: str, thread_ts: str, before_ts: str
) -> ThreadSoFar:
    """The thread up to the message `before_ts`. Raises SLACK_TROUBLE; needs the history scope of the conversation."""
    messages: list[Mapping[str, Any]] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.conversations_replies(
            channel=channel, ts=thread_ts, limit=PAGE_MESSAGES, cursor=cursor, include_all_metadata=True
        )
        messages += page.get("messages") or ()
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return thread_so_far(messages, identity, before_ts=before_ts)


def thread_so_far(messages: Iterable[Mapping[str, Any]], identity: Identity, *, before_ts: str) -> ThreadSoFar:
    """What a thread's messages say. Pure. Other apps' posts and notices of edits and joins are left out.

    The school is looked for in the whole thread: a button may have been pressed after the message asked for.
    """
    turns: list[Turn] = []
    chosen: str | None = None
    question: str | None = None
    for message in sorted(messages, key=lambda message: _when(message.get("ts"))):
        is_own = message.get("user") == identity.bot_user or message.get("bot_id") == identity.bot_id
        if is_own:
            chosen = _chosen_school(message) or chosen
        elif message.get("bot_id") or message.get("subtype") not in (None, *USERS_SUBTYPES):
            continue
        text = clean_text(str(message.get("text") or ""), bot_user=identity.bot_user)
        if not is_own and message.get("ts") == before_ts:
            question = text
        if text and _when(message.get("ts")) < _when(before_ts):
            turns.append(Turn("assistant" if is_own else "user", text[:MAX_TURN_CHARACTERS]))
    return ThreadSoFar(tuple(turns[-MAX_TURNS:]), chosen, question)


def school_metadata(slug: str) -> dict[str, Any]:
    """The metadata that a reply carries so that the thread remembers its school.

    https://docs.slack.dev/messaging/message-metadata
    """
    return {"event_type": SCHOOL_METADATA, "event_payload": {"school": slug}}


def _chosen_school(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != SCHOOL_METADATA:
        return None
    payload = metadata.get("event_payload")
    school = payload.get("school") if isinstance(payload, Mapping) else None
    return school if isinstance(school, str) else None


def _when(ts: Any) -> tuple[int, int]:
    """A Slack timestamp ("1700000000.000100") in order; (0, 0) for anything else."""
    seconds, _, fraction = str(ts).partition(".")
    return (int(seconds), int(fraction)) if seconds.isdecimal() and fraction.isdecimal() else (0, 0)
