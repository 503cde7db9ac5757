"""A real HTTP server on loopback that speaks the protocols, and misbehaves when told to."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

ASKING = ("/chat/completions", "/messages", "/responses")
HTML = b"<!doctype html><title>Gateway</title><p>Please log in"


@dataclass
class Reply:
    """What the server does with one call."""

    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    act: str = ""
    """``hang``: say nothing for two seconds; ``reset``: break the connection at once;
    ``cut``: promise more bytes than are sent; ``drip``: a byte every 0.2 s, for ever."""


def said(text: str | None, stop: str | None = "stop", **message: Any) -> Reply:
    """A well-formed answer."""
    return Reply(
        body={
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "loopback",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": stop,
                    "message": {"role": "assistant", "content": text, **message},
                }
            ],
            "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
        }
    )


def message(text: str | None, stop: str | None = "end_turn", **more: Any) -> Reply:
    """A well-formed answer of the Messages API."""
    return Reply(
        body={
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "loopback",
            "content": [] if text is None else [{"type": "text", "text": text}],
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 5},
            **more,
        }
    )


def respond(text: str | None, status: str = "completed", **more: Any) -> Reply:
    """A well-formed answer of the Responses API."""
    part = {"type": "output_text", "text": text, "annotations": []}
    said_ = {"type": "message", "id": "m", "role": "assistant", "status": status, "content": [part]}
    return Reply(
        body={
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": "loopback",
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": [] if text is None else [said_],
            "usage": {"input_tokens": 11, "output_tokens": 5, "total_tokens": 16},
            **more,
        }
    )


def failed(status: int, code: str | None = None, message: str = "no", **headers: str) -> Reply:
    """An error in the form that OpenAI gives it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"message": message, "type": "x", "code": code}}, named)


class Loopback:
    """Answers each call by ``answer(body, how often this seed was asked before)``."""

    def __init__(
        self,
        answer: Callable[[dict[str, Any], int], Reply],
        other: Callable[[str, str, bytes], Reply] | None = None,
    ) -> None:
        """``other`` serves what is no question of one answer, by method, path and body."""
        self.calls: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        """When each call began."""
        self._seen: Counter[Any] = Counter()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                if other is not None and not self.path.endswith(ASKING):
                    with outer._lock:
                        outer.paths.append(self.path)
                    self._reply(other("POST", self.path, data))
                    return
                body = json.loads(data)
                with outer._lock:
                    outer.times.append(time.monotonic())
                    before = outer._seen[body.get("seed")]
                    outer._seen[body.get("seed")] += 1
                    outer.calls.append(body)
                    outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                    outer.paths.append(self.path)
                self._reply(answer(body, before))

            def do_GET(self) -> None:
                self._other("GET")

            def do_DELETE(self) -> None:
                self._other("DELETE")

            def _other(self, method: str) -> None:
                with outer._lock:
                    outer.paths.append(f"{method} {self.path}")
                gone = Reply(404, {"error": {"message": "no such thing"}})
                self._reply(gone if other is None else other(method, self.path, b""))

            def _reply(self, reply: Reply) -> None:
                raw = reply.body
                data = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
                if reply.act == "hang":
                    time.sleep(2)
                if reply.act == "reset":
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(reply.status)
                length = len(data) + (100 if reply.act in {"cut", "drip"} else 0)
                kind = "text/html" if data[:1] == b"<" else "application/json"
                named = {"content-type": kind, "content-length": str(length), **reply.headers}
                for name, value in named.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                if reply.act == "drip":
                    for _ in range(40):
                        time.sleep(0.2)
                        self.wfile.write(b" ")
                if reply.act:
                    self.close_connection = True

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, ValueError):
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *args: Any) -> None:
                """A client that went away is no error."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.root}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def seeds(self) -> Counter[Any]:
        """How often each seed was asked."""
        with self._lock:
            return Counter(self._seen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
