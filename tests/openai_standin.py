"""A stand-in on loopback that speaks the OpenAI chat-completions protocol over HTTP.

It answers what it is told to, in order, whole or as a stream, and keeps each request. `python -m tests.openai_standin
PORT` runs it by itself, answering every question with its first passage, to try the chat-model path by hand.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, Self


@dataclass
class Scripted:
    """One answer to give: a text, or a failing status with its headers, after `delay_seconds`.

    Asked for a stream, it sends the text in `pieces` (the words, where none are given), `piece_seconds` apart, and
    hangs up after `breaks_after` of them.
    """

    text: str = ""
    status: int = 200
    delay_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    refusal: str | None = None
    tokens: tuple[int, int] = (1, 1)
    """In and out, as `usage` tells them."""
    pieces: tuple[str, ...] = ()
    piece_seconds: float = 0.0
    breaks_after: int | None = None


@dataclass
class OpenAIStandIn:
    """Serves `/v1/chat/completions`. The last scripted answer repeats; `requests` holds each body received."""

    script: list[Scripted] = field(default_factory=lambda: [Scripted("NOT IN THE PASSAGES")])
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler_for(self))
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def next_answer(self) -> Scripted:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _handler_for(standin: OpenAIStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            standin.keys.append(self.headers.get("Authorization", ""))
            if self.path != "/v1/chat/completions":
                return self._send(
                    404, {"error": {"message": f"no such path {self.path}", "type": "invalid_request_error"}}
                )
            standin.requests.append(body)
            answer = standin.next_answer()
            time.sleep(answer.delay_seconds)
            if answer.status != 200:
                failure = {"error": {"message": "scripted failure", "type": "server_error"}}
                return self._send(answer.status, failure, answer.headers)
            if body.get("stream"):
                return self._stream(answer, body)
            return self._send(200, _completion(answer, body))

        def _stream(self, answer: Scripted, body: dict[str, Any]) -> None:
            self.close_connection = True
            try:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.send_header("Transfer-Encoding", "chunked")  # a client tells by it a break from the end
                self.end_headers()
                for place, piece in enumerate(answer.pieces or re.findall(r"\s*\S+", answer.text)):
                    if place == answer.breaks_after:
                        return
                    time.sleep(answer.piece_seconds)
                    self._event(_chunk(body, choices=[_delta({"role": "assistant", "content": piece})]))
                self._event(_chunk(body, choices=[_delta({}, finish_reason=answer.finish_reason)]))
                if (body.get("stream_options") or {}).get("include_usage"):
                    self._event(_chunk(body, choices=[], usage=_usage(answer)))
                self._event("[DONE]")
                self.wfile.write(b"0\r\n\r\n")
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client gave up waiting, as a test of its time-out means it to

        def _event(self, data: dict[str, Any] | str) -> None:
            event = f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.flush()

        def _send(self, status: int, body: dict[str, Any], headers: Mapping[str, str] = MappingProxyType({})) -> None:
            data = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up waiting, as a test of its time-out means it to

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the tests read `requests`."""

    return Handler


def _completion(answer: Scripted, body: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
    return {
        "id": "chatcmpl-standin",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", "standin"),
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason}],
        "usage": _usage(answer),
    }


def _chunk(
    body: dict[str, Any], *, choices: list[dict[str, Any]], usage: dict[str, int] | None = None
) -> dict[str, Any]:
    return {
        "id": "chatcmpl-standin",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body.get("model", "standin"),
        "choices": choices,
        "usage": usage,
    }


def _delta(delta: dict[str, str], *, finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _usage(answer: Scripted) -> dict[str, int]:
    tokens_in, tokens_out = answer.tokens
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}


def main() -> None:
    standin = OpenAIStandIn(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)

    def first_passage() -> Scripted:
        user = standin.requests[-1]["messages"][-1]["content"]
        passage = re.search(r"^<passage 1 \w+>\n[^\n]*\n(.+?[.!?])(?:\s|$)", user, re.MULTILINE | re.DOTALL)
        return Scripted(f"{passage[1].rstrip('.!?')} [1]." if passage else "NOT IN THE PASSAGES")

    standin.next_answer = first_passage  # type: ignore[method-assign]
    with standin:
        print(f"STAFFROOM_CHAT_BASE_URL={standin.base_url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
