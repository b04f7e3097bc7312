"""Which school is the asker's, as far as Slack tells?

In order: the school chosen earlier in this thread, the school of the channel, the one school whose user group the asker
is in. Two schools, or none, is not known: then the answer service asks.
"""

from __future__ import annotations

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.caching import ShortCache
from bot.slack.trouble import SLACK_TROUBLE, error_code
from ingestion.model import School, Trust

log = structlog.get_logger(__name__)

GROUP_CACHE_SECONDS = 600.0


class AskersSchool:
    """Finds the school of a channel or a person; user groups are read at most once in ten minutes each."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._members = ShortCache[str, frozenset[str]](GROUP_CACHE_SECONDS)

    async def find(self, trust: Trust, *, user: str, channel: str, chosen: str | None = None) -> School:
        """The school, or None when Slack does not tell just one."""
        if school := trust.school(chosen):
            return school.slug
        here = [school.slug for school in trust.schools if channel in school.slack_channels]
        if here:
            return here[0] if len(here) == 1 else None
        groups = [(school.slug, school.slack_usergroup) for school in trust.schools if school.slack_usergroup]
        theirs = [slug for slug, group in groups if user in await self._members_of(group)]
        return theirs[0] if len(theirs) == 1 else None

    async def _members_of(self, group: str) -> frozenset[str]:
        """The members of a user group; nobody when Slack does not say, so that the school is asked for."""
        known = self._members.get(group)
        if known is not None:
            return known
        try:
            found = await self._client.usergroups_users_list(usergroup=group)
            members = frozenset(map(str, found.get("users") or ()))
        except SLACK_TROUBLE as error:
            log.warning("user_group_not_read", group=group, code=error_code(error))
            members = frozenset()
        self._members.put(group, members)
        return members
