"""How is the service run: on which address, and what does it tell the person who started it?"""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import uvicorn

from bot.app import Staffroom
from bot.errors import SettingsError
from bot.logs import set_up_logs
from bot.loopback import is_loopback_host
from bot.settings import Settings
from bot.web.service import create_service
from bot.wording import EXAMPLE_QUESTIONS


def run_service(settings: Settings, *, host: str, port: int) -> None:
    """Serves until stopped. Raises SettingsError when the address cannot be listened on, or where Slack's questions are
    kept cannot be opened; IndexUnavailable without an index."""
    set_up_logs(level=logging.INFO)
    # the address is taken before anything heavy is loaded, so that a port in use is said at once
    with _bound_socket(host, port) as listening, closing(Staffroom(settings)) as staffroom:
        staffroom.warm_up()
        service = create_service(staffroom, settings, host=host)
        _announce(settings, host=host, port=listening.getsockname()[1])
        config = uvicorn.Config(
            service, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=25
        )
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    with ExitStack() as opened:
        try:
            address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listening = opened.enter_context(socket.socket(address[0], address[1]))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address[4])
        except OSError as error:
            raise SettingsError(
                f"Cannot listen on {host} port {port}: {error.strerror}. Choose another with --port, or stop what "
                "uses it."
            ) from error
        yield listening


def _announce(settings: Settings, *, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    lines = []
    if settings.uses_slack:
        ways = ["Socket Mode"] if settings.slack_app_token else []
        ways += [f"events at {address}/slack/events"] if settings.slack_signing_secret else []
        lines += [f"Staffroom is serving Slack: {', '.join(ways)}; health at {address}/health/ready"]
    elif is_loopback_host(host):
        lines += [f"Staffroom is ready. Ask it at {address}/", "", "Three questions to try:"]
        lines += [f"  {number}. {question}" for number, question in enumerate(EXAMPLE_QUESTIONS, start=1)]
        lines += ["", "Ctrl-C stops it."]
    else:
        lines += [f"Staffroom is serving at {address}; without Slack tokens, the chat page is shown on loopback only."]
    print("\n".join(lines), file=sys.stderr, flush=True)
