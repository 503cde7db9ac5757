"""The server around the pages: security headers on every path, health, nothing from outside."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from medaudit import __version__
from medaudit.errors import MedauditError
from medaudit.review.sign_in import Mode, mode_of, settings
from medaudit.ui.session import journal, store, workspace

SHELL = Path(__file__).with_name("shell.py")
"""The script that Streamlit runs."""
POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        # Vega compiles expressions and pandas tables use WebAssembly.
        "script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self' blob:",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "object-src 'none'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": with it browsers hide from us where a posted form came from.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeaders:
    """Adds the headers to every HTTP answer, static files and errors included."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                extra = [
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in names
                ]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


async def healthz(_: Request) -> Response:
    """200 when the workspace can be read, 503 when it cannot.

    With counts and the reason only where nobody signs in: anybody may ask for it.
    """
    is_open = False
    try:
        is_open = await asyncio.to_thread(lambda: _mode() == "open")
        counts = await asyncio.to_thread(lambda: store().rows("home_counts"))
    except MedauditError as error:
        told = {"reason": str(error)} if is_open else {}
        return JSONResponse({"status": "unavailable", **told}, status_code=503)
    return JSONResponse({"status": "ok", "version": __version__, **(counts[0] if is_open else {})})


def _mode() -> Mode:
    return mode_of(workspace(), settings(), journal)
