"""What did this person ask in this thread before, what was answered, and which school was chosen for it?

Read from Slack each time and kept nowhere. The thread's own replies carry as message metadata whose message they answer
and the chosen school, so any process can go on where another left off. What colleagues say to each other in a thread is
no part of a question: a bystander's "we had this at Saltmarsh" would otherwise decide the school.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
REPLY_METADATA = "staffroom_reply"


@dataclass(frozen=True)
class ThreadSoFar:
    """The asker's turns before a message and the replies to them, oldest first, at most ten; the school last chosen for
    a question of theirs; the message's own words."""

    turns: tuple[Turn, ...] = ()
    chosen_school: str | None = None
    question: str | None = None


async def read_thread(
    client: AsyncWebClient, identity: Identity, *, channel: str, thread_ts: str, before_ts: str, asker: str
) -> ThreadSoFar:
    """The thread up to the message `before_ts`, as far as it is the asker's. Raises SLACK_TROUBLE; needs the history
    scope of the conversation."""
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
    return thread_so_far(messages, identity, before_ts=before_ts, asker=asker)


def thread_so_far(
    messages: Iterable[Mapping[str, Any]], identity: Identity, *, before_ts: str, asker: str
) -> ThreadSoFar:
    """What a thread's messages say. Pure. Other people's and other apps' messages, the replies to them, and notices of
    edits and joins are left out.

    Who wrote the message `before_ts` is its asker, whoever pressed a button under it; `asker` is when nobody did. The
    school is looked for in the whole thread: a button may have been pressed after the message asked for.
    """
    in_order = sorted(messages, key=lambda message: _when(message.get("ts")))
    spoken = [message for message in in_order if _is_own(message, identity) or _is_a_persons(message)]
    asked = next((said for said in spoken if said.get("ts") == before_ts and not _is_own(said, identity)), None)
    asker = str(asked.get("user")) if asked else asker
    turns: list[Turn] = []
    chosen: str | None = None
    for message in _conversation_of(asker, spoken, identity):
        is_own = _is_own(message, identity)
        chosen = (_reply_metadata(message).get("school") if is_own else None) or chosen
        text = _words(message, identity)
        if text and _when(message.get("ts")) < _when(before_ts):
            turns.append(Turn("assistant" if is_own else "user", text[:MAX_TURN_CHARACTERS]))
    return ThreadSoFar(tuple(turns[-MAX_TURNS:]), chosen, _words(asked, identity) if asked else None)


def _conversation_of(
    asker: str, spoken: Iterable[Mapping[str, Any]], identity: Identity
) -> Iterator[Mapping[str, Any]]:
    """The asker's messages and the replies to them. A reply that does not say whom it answers is to who spoke last."""
    theirs: set[Any] = set()
    spoke_last = None
    for message in spoken:
        if _is_own(message, identity):
            to = _reply_metadata(message).get("to")
            is_theirs = to in theirs if to else spoke_last == asker
        else:
            spoke_last = message.get("user")
            is_theirs = spoke_last == asker
        if is_theirs:
            theirs.add(message.get("ts"))
            yield message


def reply_metadata(*, to: str, school: str | None) -> dict[str, Any]:
    """The metadata of a reply: `to` is the `ts` of the message it answers; `school` was chosen with a button.

    https://docs.slack.dev/messaging/message-metadata
    """
    payload = {"to": to, **({"school": school} if school else {})}
    return {"event_type": REPLY_METADATA, "event_payload": payload}


def _reply_metadata(message: Mapping[str, Any]) -> dict[str, str]:
    """What a reply of ours says of itself; {} for one posted without metadata."""
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != REPLY_METADATA:
        return {}
    payload = metadata.get("event_payload")
    said = payload if isinstance(payload, Mapping) else {}
    return {name: said[name] for name in ("to", "school") if isinstance(said.get(name), str)}


def _words(message: Mapping[str, Any], identity: Identity) -> str:
    return clean_text(str(message.get("text") or ""), bot_user=identity.bot_user)


def _is_own(message: Mapping[str, Any], identity: Identity) -> bool:
    return message.get("user") == identity.bot_user or message.get("bot_id") == identity.bot_id


def _is_a_persons(message: Mapping[str, Any]) -> bool:
    """False for another app's post and for a notice about a message."""
    return not message.get("bot_id") and message.get("subtype") in (None, *USERS_SUBTYPES)


def _when(ts: Any) -> tuple[int, int]:
    """A Slack timestamp ("1700000000.000100") in order; (0, 0) for anything else."""
    seconds, _, fraction = str(ts).partition(".")
    return (int(seconds), int(fraction)) if seconds.isdecimal() and fraction.isdecimal() else (0, 0)
