"""How does a message reach its thread, whatever Slack makes of it?

Blocks first; when Slack rejects them, the same reply as plain text. A message that cannot be posted at all is logged
and counted, never dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.metrics import Metrics
from bot.slack.blocks import SlackMessage
from bot.slack.trouble import SLACK_TROUBLE, error_code

log = structlog.get_logger(__name__)

REJECTED_BLOCKS = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "msg_blocks_too_long",
        "msg_too_long",
        "only_one_table_allowed",
        "block_mismatch",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
    }
)
"""Errors of chat.postMessage that plain text avoids. https://docs.slack.dev/reference/methods/chat.postMessage#errors"""

FALLBACK_CHARACTERS = 4_000
"""Slack cuts a text at 40,000 characters and advises 4,000."""

PASSING_TROUBLE = frozenset(
    {"fatal_error", "internal_error", "rate_limited", "ratelimited", "request_timeout", "service_unavailable"}
)
"""Errors of chat.postMessage that pass by themselves; all others that Slack names would come again."""

Status = Literal["processing", "active"]

Posted = Literal["posted", "not_now", "never"]
"""Whether a message stands in its thread; `not_now` when Slack did not answer or has trouble of its own."""


@dataclass(frozen=True)
class Address:
    """Where to post: a channel and the thread in it."""

    channel: str
    thread_ts: str


class Deliver:
    """Posts to a thread through one client."""

    def __init__(self, client: AsyncWebClient, metrics: Metrics) -> None:
        self._client = client
        self._metrics = metrics

    async def post(self, to: Address, message: SlackMessage, *, metadata: dict[str, Any] | None = None) -> Posted:
        """Posts with blocks, else as text."""
        trouble = await self._post(to, text=message.text, blocks=list(message.blocks) or None, metadata=metadata)
        if trouble and error_code(trouble) in REJECTED_BLOCKS:
            log.warning("blocks_rejected", channel=to.channel, code=error_code(trouble), blocks=len(message.blocks))
            trouble = await self._post(to, text=_shorter(message.text))
        if trouble is None:
            return "posted"
        passes = _is_passing(trouble)
        log.warning("message_not_posted", channel=to.channel, code=error_code(trouble), passes=passes)
        return "not_now" if passes else "never"

    async def _post(self, to: Address, **content: Any) -> Exception | None:
        """None when it is posted, else what went wrong."""
        try:
            await self._client.chat_postMessage(
                channel=to.channel, thread_ts=to.thread_ts, unfurl_links=False, unfurl_media=False, **content
            )
        except SLACK_TROUBLE as error:
            self._count("chat.postMessage", error)
            return error
        return None

    async def show_status(self, to: Address, status: Status) -> None:
        """Shows that an answer is being made ("processing"), or that it is done ("active").

        A failure is logged and counted, and changes nothing else: the answer matters more than the sign of it.
        https://docs.slack.dev/reference/methods/agents.sessions.setStatus
        """
        try:
            await self._client.agents_sessions_setStatus(channel_id=to.channel, thread_ts=to.thread_ts, status=status)
        except SLACK_TROUBLE as error:
            log.info("status_not_shown", channel=to.channel, code=self._count("agents.sessions.setStatus", error))

    def _count(self, method: str, error: BaseException) -> str:
        code = error_code(error)
        self._metrics.slack_errors.labels(method=method, error=code).inc()
        return code


def _is_passing(error: Exception) -> bool:
    """True when Slack did not answer (no error of its own, or a 5xx or 429), or named an error that passes."""
    if not isinstance(error, SlackApiError):
        return True
    status = getattr(error.response, "status_code", 200)
    return status == 429 or status >= 500 or error_code(error) in PASSING_TROUBLE


def _shorter(text: str) -> str:
    """At most 4,000 characters, cut at a line."""
    if len(text) <= FALLBACK_CHARACTERS:
        return text
    cut = text.rfind("\n", 0, FALLBACK_CHARACTERS - 2)
    return text[: cut if cut > 0 else FALLBACK_CHARACTERS - 2].rstrip() + "\n…"
