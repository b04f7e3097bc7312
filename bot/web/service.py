"""What does `staffroom serve` answer over HTTP?

`create_service` puts it together: Slack's events where Slack is set, health, metrics, and on this machine alone the
chat page and the admin page. What each route does is in the modules beside this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import anyio.to_thread
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from slack_sdk.signature import SignatureVerifier

from bot.answer_service import AnswerService, AsyncAnswers
from bot.errors import StaffroomError
from bot.metrics import ChatPrices, Metrics
from bot.schedule import refresh_on_schedule
from bot.settings import Settings
from bot.slack.connection import SlackConnection, SlackSettings
from bot.slack.seen import SeenEvents, events_url
from bot.status import CorpusStatus
from bot.web.admin import render_admin
from bot.web.limits import LimitBody, SecurityHeaders
from bot.web.loopback import is_local_request
from bot.web.page import ChatPage
from bot.web.slack_requests import Checked, check_request

log = structlog.get_logger(__name__)

STATIC_FILES = Path(__file__).parent / "static"


class ServiceStaffroom(AnswerService, Protocol):
    """What the service needs of Staffroom: answers, and the corpus's health."""

    def status(self) -> CorpusStatus: ...


def create_service(
    staffroom: ServiceStaffroom,
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    metrics: Metrics | None = None,
) -> FastAPI:
    """The service, for uvicorn to run on `host`; Slack is connected when it starts and drained when it stops.

    Raises SettingsError when Slack is set and its accepted events cannot be kept.
    """
    metrics = metrics or Metrics(prices=_chat_prices(settings))
    answers = AsyncAnswers(staffroom)
    slack = _slack_connection(settings, answers, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            if settings.refresh_minutes is not None:
                schedule = asyncio.create_task(refresh_on_schedule(every_minutes=settings.refresh_minutes))
                running.push_async_callback(_end, schedule)
            if slack is not None:
                await slack.start()
                running.push_async_callback(slack.stop)
            yield

    service = FastAPI(title="Staffroom", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    service.add_middleware(LimitBody)
    service.add_middleware(SecurityHeaders)
    _add_slack(service, slack, settings, metrics)
    _add_health(service, slack, staffroom)
    _add_metrics(service, staffroom, metrics)
    _add_local_pages(service, staffroom, answers, settings, metrics, host=host)
    return service


def _chat_prices(settings: Settings) -> ChatPrices | None:
    if not settings.knows_chat_prices:
        return None
    return ChatPrices(settings.chat_price_input or 0.0, settings.chat_price_output or 0.0)


def _slack_connection(settings: Settings, answers: AsyncAnswers, metrics: Metrics) -> SlackConnection | None:
    if settings.slack_bot_token is None or not settings.uses_slack:
        return None
    slack = SlackSettings(
        bot_token=settings.slack_bot_token,
        signing_secret=settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
    )
    # opened here, because an error that uvicorn meets while it starts is a traceback
    seen = SeenEvents(events_url(settings.database_url, settings.data))
    return SlackConnection(slack, seen, answers, metrics)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _add_slack(service: FastAPI, slack: SlackConnection | None, settings: Settings, metrics: Metrics) -> None:
    secret = settings.slack_signing_secret
    if slack is None or secret is None:
        missing = "SLACK_SIGNING_SECRET" if slack else "SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET"

        @service.post("/slack/events")
        async def refuse_events() -> Response:
            return PlainTextResponse(f"Slack is not set up over HTTP: set {missing} and restart.\n", 404)

        return
    connection, verifier = slack, SignatureVerifier(secret.get_secret_value())

    @service.post("/slack/events")
    async def take_events(request: Request) -> Response:
        checked = check_request(await request.body(), request.headers, verifier)
        if not isinstance(checked, Checked):
            metrics.slack_events.labels(taken=f"rejected_{checked.reason}").inc()
            log.warning("slack_request_rejected", reason=checked.reason, status=checked.status)
            return PlainTextResponse(checked.sentence + "\n", checked.status)
        if checked.challenge is not None:
            return JSONResponse({"challenge": checked.challenge})
        return await connection.handle(request)


def _add_health(service: FastAPI, slack: SlackConnection | None, staffroom: ServiceStaffroom) -> None:
    @service.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"live": True})

    @service.get("/health/ready")
    async def ready() -> Response:
        reasons: list[str] = []
        try:
            await anyio.to_thread.run_sync(staffroom.status)
        except StaffroomError as error:
            reasons.append(str(error))
        if slack and (trouble := await slack.trouble()):
            reasons.append(trouble)
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


def _add_metrics(service: FastAPI, staffroom: ServiceStaffroom, metrics: Metrics) -> None:
    @service.get("/metrics")
    def show_metrics() -> Response:
        try:
            metrics.documents.set(staffroom.status().documents)
        except StaffroomError:
            metrics.documents.set(float("nan"))  # no index to count, which /health/ready explains
        text, content_type = metrics.render()
        return Response(text, headers={"content-type": content_type})


def _add_local_pages(
    service: FastAPI,
    staffroom: ServiceStaffroom,
    answers: AsyncAnswers,
    settings: Settings,
    metrics: Metrics,
    *,
    host: str,
) -> None:
    page = ChatPage(answers, metrics)

    def refusal(request: Request, *, is_chat: bool) -> Response | None:
        if is_chat and settings.uses_slack:
            return PlainTextResponse("There is no chat page here: Staffroom answers in Slack.\n", 404)
        client = request.client.host if request.client else None
        if is_local_request(request.headers, client=client, bound_host=host):
            return None
        return PlainTextResponse("This page is shown only on the machine that Staffroom runs on.\n", 404)

    @service.get("/")
    async def show_chat(request: Request) -> Response:
        if refused := refusal(request, is_chat=True):
            return refused
        try:
            return await page.show()
        except StaffroomError as error:
            return PlainTextResponse(f"{error}\n", 503)

    @service.post("/chat")
    async def answer_chat(request: Request) -> Response:
        if refused := refusal(request, is_chat=True):
            return refused
        try:
            return await page.answer(request)
        except StaffroomError as error:
            return PlainTextResponse(f"{error}\n", 503)

    @service.get("/admin")
    def show_admin(request: Request) -> Response:
        if refused := refusal(request, is_chat=False):
            return refused
        try:
            return render_admin(staffroom.trust, staffroom.status())
        except StaffroomError as error:
            return PlainTextResponse(f"{error}\n", 503)

    service.mount("/static", StaticFiles(directory=STATIC_FILES))
