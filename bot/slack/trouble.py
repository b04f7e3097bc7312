"""What can a call of Slack's Web API end in, and what is it called?"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from slack_sdk.errors import SlackClientError

SLACK_TROUBLE = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError)
"""An error that Slack answered with, or no answer at all."""


def error_code(error: BaseException) -> str:
    """Slack's own word for what went wrong ("missing_scope"), else the error's class; never a message's content."""
    response = getattr(error, "response", None)
    data = getattr(response, "data", response)
    if isinstance(data, Mapping) and isinstance(data.get("error"), str):
        return str(data["error"])
    return type(error).__name__
