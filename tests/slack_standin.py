"""A workspace on loopback: Slack's Web API as far as Staffroom calls it, and the signed requests that Slack sends.

It keeps to Slack's limits strictly, remembers what was called, holds the threads that were posted, and can be told to
fail. Nothing here reaches beyond this machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slack_limits import problems_of_message

TEAM = "T0TRUST"
BOT_USER = "U0STAFFROOM"
BOT_ID = "B0STAFFROOM"
BOT_TOKEN = "xoxb-stand-in"
APP_TOKEN = "xapp-stand-in"
SIGNING_SECRET = "shhh"
TEACHER = "U0TEACHER"
CHANNEL = "C0STAFF"
DM = "D0TEACHER"


def member(user: str, **changes: Any) -> dict[str, Any]:
    """A full member as `users.info` tells; `changes` make a guest or a stranger of them."""
    flags = {"deleted": False, "is_bot": False, "is_restricted": False, "is_ultra_restricted": False}
    return {"id": user, "team_id": TEAM, "name": "someone", **flags, **changes}


def channel(name: str, **changes: Any) -> dict[str, Any]:
    """An internal channel as `conversations.info` tells; `changes` share it."""
    flags = {"is_shared": False, "is_ext_shared": False, "is_org_shared": False, "is_pending_ext_shared": False}
    return {"id": name, "name": "staff", **flags, **changes}


@dataclass(frozen=True)
class Call:
    """One call of a method, with its arguments and the moment it came (monotonic seconds)."""

    method: str
    arguments: Mapping[str, Any]
    at: float


@dataclass
class Failure:
    """How the next calls of a method fail: an error in the body, or a status with Retry-After."""

    error: str = ""
    status: int = 200
    retry_after_seconds: int | None = None
    times: int = 1
    only_with: Callable[[Mapping[str, Any]], bool] = lambda _: True


@dataclass
class Workspace:
    """What the stand-in holds. `url` is for SLACK_API_URL."""

    url: str = ""
    users: dict[str, dict[str, Any]] = field(default_factory=lambda: {TEACHER: member(TEACHER)})
    channels: dict[str, dict[str, Any]] = field(default_factory=lambda: {CHANNEL: channel(CHANNEL)})
    user_groups: dict[str, list[str]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    token: str = BOT_TOKEN
    identity: dict[str, str] = field(
        default_factory=lambda: {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID, "user": "staffroom"}
    )
    """What auth.test answers."""
    clock: Any = field(default_factory=lambda: count(1))
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def fail(self, method: str, failure: Failure) -> None:
        """The next `failure.times` calls of `method` fail."""
        self.failures[method].append(failure)

    def made(self, method: str) -> list[Mapping[str, Any]]:
        """The arguments of every call of a method so far."""
        return [call.arguments for call in self.calls if call.method == method]

    def posted(self) -> list[dict[str, Any]]:
        """The bot's messages that Slack took, oldest first."""
        return [message for held in self.messages.values() for message in held if message.get("bot_id") == BOT_ID]

    async def until(self, is_so: Callable[[], bool], *, seconds: float = 5.0) -> None:
        """Waits until something is so; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110  # any condition, of calls and messages alike
                await asyncio.sleep(0.01)

    async def until_posted(self, most: int = 1, *, seconds: float = 5.0) -> list[dict[str, Any]]:
        """Waits for the bot's messages."""
        await self.until(lambda: len(self.posted()) >= most, seconds=seconds)
        return self.posted()

    def write(
        self, text: str, *, channel: str = CHANNEL, user: str = TEACHER, thread_ts: str | None = None
    ) -> dict[str, Any]:
        """A person's message in a channel, as the thread holds it."""
        message: dict[str, Any] = {"type": "message", "user": user, "text": text, "ts": self.next_ts()}
        if thread_ts:
            message["thread_ts"] = thread_ts
        self.messages[channel].append(message)
        return message

    def next_ts(self) -> str:
        return f"1700000{next(self.clock):03d}.000100"


_WORKSPACE = web.AppKey("workspace", Workspace)


@asynccontextmanager
async def slack_workspace() -> AsyncIterator[Workspace]:
    """The stand-in, listening on a free port of loopback."""
    workspace = Workspace()
    app = web.Application()
    app[_WORKSPACE] = workspace
    app.router.add_route("*", "/api/{method}", _answer)
    app.router.add_get("/socket", _socket)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    workspace.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    try:
        yield workspace
    finally:
        for socket in workspace.sockets:
            await socket.close()
        await runner.cleanup()


# ── what Slack sends ─────────────────────────────────────────────────────────────────────────────────────────────────


def sign(body: bytes, *, secret: str = SIGNING_SECRET, at: float | None = None) -> dict[str, str]:
    """The headers with which Slack signs a body. https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def mention(
    message: Mapping[str, Any], *, channel: str = CHANNEL, event_id: str | None = None, **envelope: Any
) -> dict[str, Any]:
    """The envelope of an `app_mention` of a message."""
    event = {**message, "type": "app_mention", "channel": channel}
    return _envelope(event, event_id, envelope)


def direct(
    message: Mapping[str, Any], *, channel: str = DM, event_id: str | None = None, **envelope: Any
) -> dict[str, Any]:
    """The envelope of a direct message."""
    event = {**message, "type": "message", "channel": channel, "channel_type": "im"}
    return _envelope(event, event_id, envelope)


def press(
    posted: Mapping[str, Any], button: Mapping[str, Any], *, channel: str = CHANNEL, user: str = TEACHER
) -> dict[str, Any]:
    """The payload of a button that was pressed under a posted message."""
    return {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": user},
        "channel": {"id": channel},
        "message": dict(posted),
        "container": {"type": "message", "message_ts": posted["ts"], "channel_id": channel},
        "actions": [{**button, "block_id": "b1", "action_ts": "1700000900.000100"}],
    }


def buttons_of(message: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The buttons of a message by their label."""
    return {
        element["text"]["text"]: element
        for block in message.get("blocks", ())
        if block["type"] == "actions"
        for element in block["elements"]
    }


@dataclass(frozen=True)
class Sender:
    """Sends what Slack sends to one service; each method gives the status and the body of its answer."""

    session: aiohttp.ClientSession
    url: str

    async def event(self, envelope: Mapping[str, Any], **headers: str) -> tuple[int, str]:
        body = json.dumps(envelope).encode()
        return await self.raw(body, {"Content-Type": "application/json", **sign(body), **headers})

    async def action(self, payload: Mapping[str, Any]) -> tuple[int, str]:
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return await self.raw(body, {"Content-Type": "application/x-www-form-urlencoded", **sign(body)})

    async def raw(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        async with self.session.post(f"{self.url}/slack/events", data=BytesIO(body), headers=dict(headers)) as response:
            return response.status, await response.text()


def _envelope(event: Mapping[str, Any], event_id: str | None, more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "api_app_id": "A0STAFFROOM",
        "event_id": event_id or f"Ev{event.get('ts', time.monotonic_ns())}",
        "event_time": 1_700_000_000,
        "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}],
        "event": dict(event),
        **more,
    }


# ── what Slack answers ───────────────────────────────────────────────────────────────────────────────────────────────


async def _answer(request: web.Request) -> web.Response:
    workspace = request.app[_WORKSPACE]
    method = request.match_info["method"]
    arguments = await _arguments(request)
    workspace.calls.append(Call(method, arguments, time.monotonic()))
    if failure := _planned_failure(workspace, method, arguments):
        headers = {} if failure.retry_after_seconds is None else {"Retry-After": str(failure.retry_after_seconds)}
        return web.json_response({"ok": False, "error": failure.error}, status=failure.status, headers=headers)
    expected = APP_TOKEN if method == "apps.connections.open" else workspace.token
    if request.headers.get("Authorization") != f"Bearer {expected}":
        return web.json_response({"ok": False, "error": "invalid_auth"})
    known = _METHODS.get(method)
    answer = known(workspace, arguments) if known else {"ok": False, "error": "unknown_method"}
    return web.json_response({"ok": True, **answer})


def _planned_failure(workspace: Workspace, method: str, arguments: Mapping[str, Any]) -> Failure | None:
    for failure in workspace.failures[method]:
        if failure.times > 0 and failure.only_with(arguments):
            failure.times -= 1
            return failure
    return None


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Parameters of the query, of a form or of JSON: the SDK uses all three."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        arguments |= await request.json() if request.can_read_body else {}
    else:
        arguments |= dict(await request.post())
    return arguments


def _auth_test(workspace: Workspace, _: Mapping[str, Any]) -> dict[str, Any]:
    return dict(workspace.identity)


def _post_message(workspace: Workspace, arguments: Mapping[str, Any]) -> dict[str, Any]:
    blocks = arguments.get("blocks")
    blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    if problems := problems_of_message(arguments.get("text"), blocks):
        return {"ok": False, "error": problems[0].partition(":")[0], "response_metadata": {"messages": problems}}
    message = {
        "type": "message",
        "user": BOT_USER,
        "bot_id": BOT_ID,
        "text": arguments.get("text", ""),
        "blocks": blocks or [],
        "ts": workspace.next_ts(),
    }
    for name in ("thread_ts", "metadata"):
        if arguments.get(name):
            message[name] = arguments[name]
    workspace.messages[arguments["channel"]].append(message)
    return {"channel": arguments["channel"], "ts": message["ts"], "message": message}


def _replies(workspace: Workspace, arguments: Mapping[str, Any]) -> dict[str, Any]:
    thread = arguments["ts"]
    held = workspace.messages[arguments["channel"]]
    messages = [message for message in held if thread in (message["ts"], message.get("thread_ts"))]
    return {"messages": messages, "has_more": False} if messages else {"ok": False, "error": "thread_not_found"}


def _users_info(workspace: Workspace, arguments: Mapping[str, Any]) -> dict[str, Any]:
    user = workspace.users.get(arguments["user"])
    return {"user": user} if user else {"ok": False, "error": "user_not_found"}


def _conversations_info(workspace: Workspace, arguments: Mapping[str, Any]) -> dict[str, Any]:
    found = workspace.channels.get(arguments["channel"])
    return {"channel": found} if found else {"ok": False, "error": "channel_not_found"}


def _group_members(workspace: Workspace, arguments: Mapping[str, Any]) -> dict[str, Any]:
    members = workspace.user_groups.get(arguments["usergroup"])
    return {"users": members} if members is not None else {"ok": False, "error": "no_such_subteam"}


def _open_socket(workspace: Workspace, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"url": workspace.url.replace("http://", "ws://").replace("/api/", "/socket")}


_METHODS: dict[str, Callable[[Workspace, Mapping[str, Any]], dict[str, Any]]] = {
    "agents.sessions.setStatus": lambda _, arguments: {"agent_status": arguments["status"]},
    "apps.connections.open": _open_socket,
    "assistant.threads.setSuggestedPrompts": lambda *_: {},
    "auth.test": _auth_test,
    "chat.postMessage": _post_message,
    "conversations.info": _conversations_info,
    "conversations.replies": _replies,
    "usergroups.users.list": _group_members,
    "users.info": _users_info,
}


async def _socket(request: web.Request) -> web.WebSocketResponse:
    """A Socket Mode connection: what the client sends back are acknowledgements of envelopes."""
    workspace = request.app[_WORKSPACE]
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    workspace.sockets.append(socket)
    await socket.send_json({"type": "hello", "num_connections": 1})
    async for message in socket:
        if message.type == aiohttp.WSMsgType.TEXT:
            workspace.acknowledged.append(json.loads(message.data).get("envelope_id", ""))
    return socket
