"""A proxy of an organisation, as small as can be: it puts its own headers on every request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer


@dataclass
class Proxy:
    port: int
    headers: dict[str, str]
    """What it says of every visitor from now on; a visitor's own headers of that name go."""

    def rewritten(self, head: bytes) -> bytes:
        """The head of a request with the proxy's headers in place of the visitor's."""
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        own = {name.lower() for name in self.headers}
        upgrade = any(line.lower().startswith("upgrade:") for line in lines)
        dropped = own if upgrade else {*own, "connection"}
        kept = [line for line in lines if line.partition(":")[0].strip().lower() not in dropped]
        kept += [f"{name}: {value}" for name, value in self.headers.items()]
        if not upgrade:
            kept.append("Connection: close")  # one request a connection: no second head to find
        return ("\r\n".join([first, *kept]) + "\r\n\r\n").encode("latin-1")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(port: int, headers: dict[str, str]) -> Iterator[Proxy]:
    """A proxy in front of a port of 127.0.0.1."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := self.request.recv(65_536)):
                    return
                head += data
            head, _, rest = head.partition(b"\r\n\r\n")
            with socket.create_connection(("127.0.0.1", port)) as inner:
                inner.sendall(found.rewritten(head) + rest)
                back = threading.Thread(target=_pump, args=(inner, self.request), daemon=True)
                back.start()
                _pump(self.request, inner)
                back.join()

    class Server(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        found = Proxy(server.server_address[1], dict(headers))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
