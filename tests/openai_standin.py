"""A stand-in on loopback that speaks the OpenAI chat-completions protocol over HTTP.

It answers what it is told to, in order, and keeps each request. `python -m tests.openai_standin PORT` runs it by
itself, answering every question with its first passage, to try the chat-model path by hand.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Scripted:
    """One answer to give: a text, or a failing status, after `delay_seconds`."""

    text: str = ""
    status: int = 200
    delay_seconds: float = 0.0


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
                return self._send(answer.status, {"error": {"message": "scripted failure", "type": "server_error"}})
            return self._send(200, _completion(answer.text, body))

        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up waiting, as a test of its time-out means it to

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet: the tests read `requests`."""

    return Handler


def _completion(text: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-standin",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", "standin"),
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def main() -> None:
    standin = OpenAIStandIn(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)

    def first_passage() -> Scripted:
        user = standin.requests[-1]["messages"][-1]["content"]
        passage = re.search(r"^\[1\][^\n]*\n(.+?[.!?])(?:\s|$)", user, re.MULTILINE | re.DOTALL)
        return Scripted(f"{passage[1].rstrip('.!?')} [1]." if passage else "NOT IN THE PASSAGES")

    standin.next_answer = first_passage  # type: ignore[method-assign]
    with standin:
        print(f"STAFFROOM_CHAT_BASE_URL={standin.base_url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
