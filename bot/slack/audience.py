"""May this person, in this conversation, see an answer?

Staff of the trust only, and only where no one outside the trust can read along. Whatever cannot be checked is refused.
A refusal says nothing of any policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.caching import ShortCache
from bot.slack.events import Place
from bot.slack.trouble import SLACK_TROUBLE, error_code

log = structlog.get_logger(__name__)

CACHE_SECONDS = 300.0
"""How long someone who has just left, or a channel just shared, is still answered at most."""

Refusal = Literal["not_staff", "shared_channel", "cannot_check"]


@dataclass(frozen=True)
class Identity:
    """Who the app is, as `auth.test` said: its workspace, its bot user, and its organisation on Enterprise Grid."""

    team: str
    bot_user: str
    bot_id: str
    enterprise: str | None = None


class Audience:
    """Checks the asker and the channel, remembering a good result for five minutes; refusals are asked again."""

    def __init__(self, client: AsyncWebClient, identity: Identity) -> None:
        self._client = client
        self._identity = identity
        self._passed = ShortCache[str, bool](CACHE_SECONDS)

    async def refusal(self, *, user: str, channel: str, place: Place, is_externally_shared: bool) -> Refusal | None:
        """Why an answer may not be shown here to this person; None when it may."""
        if is_externally_shared:
            return "shared_channel"
        try:
            if not self._passed.get(f"user {user}"):
                found = await self._client.users_info(user=user)
                if not is_staff(_mapping(found.get("user")), self._identity):
                    return "not_staff"
                self._passed.put(f"user {user}", True)
            # a direct message has one reader, who was just checked
            if place == "channel" and not self._passed.get(f"channel {channel}"):
                found = await self._client.conversations_info(channel=channel)
                if not is_internal(_mapping(found.get("channel"))):
                    return "shared_channel"
                self._passed.put(f"channel {channel}", True)
        except SLACK_TROUBLE as error:
            log.warning("audience_not_checked", channel=channel, code=error_code(error))
            return "cannot_check"
        return None


def is_staff(user: Mapping[str, Any], identity: Identity) -> bool:
    """True for a full member of the app's own workspace, or of its organisation on Grid; false for anything unclear.

    `is_stranger` is often left out for members, and unreliable where it is given; the others are always there.
    """
    flags = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted")
    if any(user.get(flag) is not False for flag in flags) or user.get("is_stranger", False) is not False:
        return False
    if user.get("team_id") == identity.team:
        return True
    organisation = _mapping(user.get("enterprise_user")).get("enterprise_id")
    return identity.enterprise is not None and organisation == identity.enterprise


def is_internal(channel: Mapping[str, Any]) -> bool:
    """True for a channel that only the workspace, or its own organisation, can read; false for anything unclear."""
    if channel.get("is_ext_shared") is not False or channel.get("is_pending_ext_shared", False) is not False:
        return False
    if channel.get("pending_shared") or channel.get("is_shared") not in (True, False):
        return False
    return channel["is_shared"] is False or channel.get("is_org_shared") is True


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
