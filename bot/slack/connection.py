"""Is Staffroom connected to Slack, and if not, what mends it?

Owns everything that lives as long as the service: one HTTP session, the token's acceptance (`auth.test`, tried again in
the background), the Bolt app, Socket Mode where it is set, and the turns to drain at the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from fastapi import Request, Response
from pydantic import SecretStr
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.answer_service import AsyncAnswers
from bot.loopback import is_loopback_host
from bot.metrics import Metrics
from bot.slack.audience import Identity
from bot.slack.conversation import Conversation
from bot.slack.listeners import register_listeners
from bot.slack.seen import RENEW_SECONDS, SeenEvents
from bot.slack.sentences import load_slack_sentences
from bot.slack.trouble import SLACK_TROUBLE, error_code
from bot.slack.turns import Turns

log = structlog.get_logger(__name__)

CALL_TIMEOUT_SECONDS = 15.0
FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 60.0
DRAIN_SECONDS = 20.0
"""Under the 30 s that process managers commonly wait before they kill."""

WRONG_TOKEN = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
        "user_removed_from_team",
    }
)
"""Errors of auth.test that trying again does not mend. https://docs.slack.dev/reference/methods/auth.test#errors"""


IDENTITY_FIELDS = ("team_id", "user_id", "bot_id", "enterprise_id")


@dataclass(frozen=True)
class SlackSettings:
    """The settings of the Slack side; HTTP needs the signing secret, Socket Mode the app token."""

    bot_token: SecretStr
    signing_secret: SecretStr | None
    app_token: SecretStr | None
    api_url: str | None


class SlackConnection:
    """The Slack side of the service: `start` returns at once and connects in the background; `stop` drains.

    Closes `seen` when it stops.
    """

    def __init__(
        self,
        settings: SlackSettings,
        seen: SeenEvents,
        answers: AsyncAnswers,
        metrics: Metrics,
        *,
        drain_seconds: float = DRAIN_SECONDS,
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
    ) -> None:
        self._settings = settings
        self._seen = seen
        self._answers = answers
        self._metrics = metrics
        self._drain_seconds = drain_seconds
        self._first_retry_seconds = first_retry_seconds
        self._sentences = load_slack_sentences()
        self._turns = Turns()
        self._trouble: str | None = "Slack has not answered yet."
        self._handler: AsyncSlackRequestHandler | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Opens the HTTP session, and begins to connect."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_SECONDS))
        self._client = _web_client(self._settings, self._session)
        self._run(self._connect())

    async def stop(self) -> None:
        """Takes nothing new, lets the turns under way finish, closes everything."""
        self._handler, self._trouble = None, "The service is stopping."
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)  # what one raised, `_note_end` has logged
        if self._socket:
            await self._socket.client.close()  # type: ignore[no-untyped-call]  # the SDK's own is not annotated
        await self._turns.drain(self._drain_seconds)
        await self._session.close()
        try:
            await asyncio.to_thread(self._seen.close)
        except SQLAlchemyError:  # what was left is taken up all the same, only later
            log.warning("unanswered_not_released", exc_info=True)

    async def trouble(self) -> str | None:
        """Why Slack cannot be used now, with the mend; None when it can."""
        if self._trouble is None and self._socket and not await self._socket.client.is_connected():
            return (
                "Socket Mode is not connected: check that SLACK_APP_TOKEN is the app-level token (it starts with "
                "xapp-) with the scope connections:write, and that Socket Mode is on in the app's settings."
            )
        return self._trouble

    async def handle(self, request: Request) -> Response:
        """Passes a checked request to Bolt; 503 until the token was accepted, so that Slack sends its event again."""
        if self._handler is None:
            return Response("Not connected to Slack yet.", status_code=503, media_type="text/plain")
        return await self._handler.handle(request)

    # ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _connect(self) -> None:
        identity = await self._accepted_identity()
        conversation = Conversation(
            client=self._client,
            identity=identity,
            answers=self._answers,
            seen=self._seen,
            turns=self._turns,
            sentences=self._sentences,
            metrics=self._metrics,
        )
        app = _bolt_app(self._settings, self._client, identity)
        register_listeners(app, conversation)
        self._handler = AsyncSlackRequestHandler(app)
        self._trouble = None
        self._run(_take_up(conversation))
        log.info("slack_connected", team=identity.team, bot_user=identity.bot_user)
        if self._settings.app_token:
            self._socket = AsyncSocketModeHandler(app, self._settings.app_token.get_secret_value())
            if _is_on_loopback(self._client.base_url):
                self._socket.client.proxy = None
            # a wrong app token is retried for ever inside, so it must be a task
            self._run(self._socket.client.connect())  # type: ignore[no-untyped-call]  # as above

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something for as long as the service lives; that it broke is logged and told by `trouble`."""
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("slack_connection_broke", exc_info=error)
        self._trouble = (
            f"The connection to Slack broke on an error it does not know ({type(error).__name__}): restart the "
            "service. The log has the details."
        )

    async def _accepted_identity(self) -> Identity:
        """Who the app is, once Slack says so; until then `trouble` tells why not."""
        wait_seconds = self._first_retry_seconds
        while True:
            try:
                answer = await self._client.auth_test()
                who = _read_identity({name: answer.get(name) for name in IDENTITY_FIELDS})
                if isinstance(who, Identity):
                    return who
                self._trouble = who
            except SLACK_TROUBLE as error:
                self._trouble = _connection_trouble(error_code(error))
            except ValueError:  # a character that no HTTP header can carry
                self._trouble = "SLACK_BOT_TOKEN holds a character that no token has: copy it again, and restart."
            log.warning("slack_not_connected", reason=self._trouble, next_try_seconds=wait_seconds)
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, LAST_RETRY_SECONDS)


async def _take_up(conversation: Conversation) -> None:
    """Looks for questions that nobody answers any more: at once, and every few seconds."""
    while True:
        try:
            await conversation.take_up_unanswered()
        except SQLAlchemyError:
            log.warning("unanswered_not_read", exc_info=True)
        await asyncio.sleep(RENEW_SECONDS)


def _read_identity(answer: Mapping[str, Any]) -> Identity | str:
    """Who the app is, as auth.test tells; a sentence with the mend when it does not."""
    if answer["team_id"] and answer["user_id"] and not answer["bot_id"]:
        return (
            "SLACK_BOT_TOKEN is not a bot token: copy the Bot User OAuth Token (it starts with xoxb-) "
            "from OAuth & Permissions in the app's settings, and restart."
        )
    if missing := [name for name in ("team_id", "user_id", "bot_id") if not answer[name]]:
        return (
            f"Slack's answer to auth.test holds no {missing[0]}; trying again. If this lasts, check that SLACK_API_URL "
            "is Slack's address."
        )
    return Identity(
        team=str(answer["team_id"]),
        bot_user=str(answer["user_id"]),
        bot_id=str(answer["bot_id"]),
        enterprise=answer["enterprise_id"],
    )


def _connection_trouble(code: str) -> str:
    if code in WRONG_TOKEN:
        return (
            f"Slack does not accept SLACK_BOT_TOKEN ({code}): copy the Bot User OAuth Token (it starts with xoxb-) "
            "from OAuth & Permissions in the app's settings, and restart."
        )
    return f"Slack did not answer ({code}); trying again. If this lasts, check the network and SLACK_API_URL."


def _web_client(settings: SlackSettings, session: aiohttp.ClientSession) -> AsyncWebClient:
    client = AsyncWebClient(
        token=settings.bot_token.get_secret_value(),
        base_url=settings.api_url or AsyncWebClient.BASE_URL,
        session=session,
        logger=_library_logger(),
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(),
            AsyncRateLimitErrorRetryHandler(max_retry_count=3),
            AsyncServerErrorRetryHandler(),
        ],
    )
    if _is_on_loopback(client.base_url):
        client.proxy = None  # the SDK takes a proxy from the environment whatever NO_PROXY says
    return client


def _bolt_app(settings: SlackSettings, client: AsyncWebClient, identity: Identity) -> AsyncApp:
    """Bolt with the identity that auth.test gave: left to itself it asks again, and loses the event if that fails."""
    accepted = AuthorizeResult(
        enterprise_id=identity.enterprise,
        team_id=identity.team,
        bot_user_id=identity.bot_user,
        bot_id=identity.bot_id,
        bot_token=client.token,
    )

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return accepted

    secret = settings.signing_secret.get_secret_value() if settings.signing_secret else ""
    return AsyncApp(
        name="staffroom", client=client, authorize=authorize, signing_secret=secret, logger=_library_logger()
    )


def _library_logger() -> logging.Logger:
    """Bolt's and the SDK's logger: errors only. Below that they tell whole messages, and warn at every start."""
    logger = logging.getLogger("staffroom.slack.library")
    logger.setLevel(logging.ERROR)
    return logger


def _is_on_loopback(url: str) -> bool:
    return is_loopback_host(urlsplit(url).hostname or "")
