"""Is this event a message to Staffroom, and if so, what was asked, by whom and where?

Pure: an event's payload in, an `Incoming` message or the reason to ignore it out. Slack sends every kind of message
event to one listener, edits and other apps' posts among them, and Bolt drops only the app's own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Place = Literal["dm", "channel"]
IgnoreReason = Literal["bot", "own_message", "subtype", "not_a_dm", "dm_mention", "incomplete"]

USERS_SUBTYPES = frozenset({"file_share", "thread_broadcast"})
"""Subtypes of a person's own new message: with a file, or a reply also shown in the channel. All others are news about
a message (edited, deleted, joined …). https://docs.slack.dev/reference/events/message"""


@dataclass(frozen=True)
class Incoming:
    """A message to Staffroom. `ts` names it in its channel; `thread_ts` is the thread to answer in."""

    event_id: str
    team: str
    channel: str
    place: Place
    user: str
    ts: str
    thread_ts: str
    text: str
    is_externally_shared: bool = False
    """What the envelope says of the channel (`is_ext_shared_channel`)."""


@dataclass(frozen=True)
class Ignored:
    """An event that is not a message to Staffroom."""

    reason: IgnoreReason


def read_message(body: Mapping[str, Any], *, bot_user: str) -> Incoming | Ignored:
    """What an `app_mention` or `message` envelope asks. `bot_user` is the app's own user id."""
    event = body.get("event")
    if not isinstance(event, Mapping):
        return Ignored("incomplete")
    if event.get("user") == bot_user:
        return Ignored("own_message")
    if event.get("bot_id") or event.get("bot_profile"):
        return Ignored("bot")
    if event.get("hidden") or (event.get("subtype") and event["subtype"] not in USERS_SUBTYPES):
        return Ignored("subtype")
    is_mention = event.get("type") == "app_mention"
    if not is_mention and event.get("channel_type") != "im":
        return Ignored("not_a_dm")
    user, channel, ts = (str(event.get(name) or "") for name in ("user", "channel", "ts"))
    if not (user and channel and ts):
        return Ignored("incomplete")
    if is_mention and channel.startswith("D"):
        return Ignored("dm_mention")  # the same message comes as message.im
    return Incoming(
        event_id=str(body.get("event_id", "")),
        team=str(body.get("team_id") or event.get("team") or ""),
        channel=channel,
        place="channel" if is_mention else "dm",
        user=user,
        ts=ts,
        thread_ts=str(event.get("thread_ts") or ts),
        text=clean_text(str(event.get("text") or ""), bot_user=bot_user),
        is_externally_shared=bool(body.get("is_ext_shared_channel")),
    )


def clean_text(text: str, *, bot_user: str) -> str:
    """The words a person typed: without the mention of Staffroom, link markup, emoji codes and Slack's escapes.

    Other people's mentions become "a colleague": who they are is no part of a question.
    """
    text = _MARKUP.sub(lambda match: _said(match[1], bot_user), text)
    text = html.unescape(text)  # Slack escapes &, < and > and nothing else
    text = _EMOJI.sub("", text)
    text = _FORMATTING.sub("", text)
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


_MARKUP = re.compile(r"<([^<>]+)>")
_EMOJI = re.compile(r"(?<![\w:]):(?:[+-]1|(?=[^:\s]*[a-z])[a-z0-9_+'-]+):(?::skin-tone-\d:)?(?!\w)")
_FORMATTING = re.compile(r"(?<![\w*_~`])[*_~`]+(?=\w)|(?<=[\w.,;:!?)])[*_~`]+(?![\w*_~`])")


def _said(markup: str, bot_user: str) -> str:
    """One `<…>` of Slack's markup as a person sees it. https://docs.slack.dev/messaging/formatting-message-text"""
    target, _, label = markup.partition("|")
    if target.startswith("@"):
        return "" if target[1:] == bot_user else "a colleague"
    if target.startswith("#"):
        return f"#{label}" if label else "a channel"
    if target.startswith("!"):
        return "" if target in ("!here", "!channel", "!everyone") else label
    return label or target.removeprefix("mailto:").removeprefix("tel:")
