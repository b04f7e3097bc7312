"""A website on loopback that serves what a test puts there, says 304 when asked conditionally, and keeps each request.

It answers to `127.0.0.1` and to `localhost`, which a client takes for two hosts.
"""

from __future__ import annotations

import gzip
import hashlib
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Served:
    """What stands at one path. A body of text is HTML unless `media_type` says otherwise."""

    body: bytes | str = b""
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    has_etag: bool = True
    is_packed: bool = False
    cut_after: int | None = None
    """The connection is closed after so many bytes of the body."""
    delay_seconds: float = 0.0

    @property
    def data(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.data).hexdigest()[:16]}"'


@dataclass(frozen=True)
class Asked:
    """One request, and how it was answered."""

    host: str
    path: str
    status: int
    at: float
    headers: dict[str, str]


def page(*links: str, title: str = "Guidance", words: str = "Words of the page.", head: str = "") -> Served:
    """A page of HTML that leads to `links`."""
    listed = "".join(f'<li><a href="{link}">Read {link}</a></li>' for link in links)
    return Served(
        f"<!doctype html><html><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1><p>{words}</p>"
        f"<ul>{listed}</ul></main></body></html>"
    )


@dataclass
class WebsiteStandIn:
    """Serves `pages` by path (with its query). A list of answers is given one by one; its last repeats."""

    pages: dict[str, Served | list[Served]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """From now on nobody answers. May be called twice."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def other_host(self) -> str:
        return f"localhost:{self.port}"

    def address(self, path: str, *, host: str = "") -> str:
        return f"{'https' if self.tls else 'http'}://{host or self.host}{path}"

    def paths(self, *, status: int | None = None) -> list[str]:
        """The paths that were asked for, in order; those answered with `status` only, where that is given."""
        return [one.path for one in self.asked if status in (None, one.status)]

    def forget(self) -> None:
        """Begin a new list of requests."""
        self.asked.clear()

    def next_answer(self, path: str) -> Served:
        served = self.pages.get(path, Served("nothing here", status=404))
        if isinstance(served, Served):
            return served
        return served.pop(0) if len(served) > 1 else served[0]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor that hangs up is part of many tests; what else goes wrong is shown."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


def _handler_for(standin: WebsiteStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # a body after its headers would wait 40 ms for the client

        def do_GET(self) -> None:
            served = standin.next_answer(self.path)
            time.sleep(served.delay_seconds)
            data = gzip.compress(served.data) if served.is_packed else served.data
            status, headers = served.status, {"Content-Type": served.media_type, **served.headers}
            if served.is_packed:
                headers["Content-Encoding"] = "gzip"
            if served.has_etag and status == 200:
                headers["ETag"] = served.etag
                if self.headers.get("If-None-Match") == served.etag:
                    status, data = 304, b""
            modified = headers.get("Last-Modified")
            if status == 200 and modified is not None and self.headers.get("If-Modified-Since") == modified:
                status, data = 304, b""
            standin.asked.append(
                Asked(
                    self.headers["Host"],
                    self.path,
                    status,
                    time.monotonic(),
                    {k.lower(): v for k, v in self.headers.items()},
                )
            )
            self.send_response(status)
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: served.cut_after])
            if served.cut_after is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: `asked` has it all."""

    return Handler
