"""The doors of the application without Streamlit behind them: forms, guard, a file, a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from medaudit.journal import Journal
from medaudit.review import passwords
from medaudit.review.passwords import set_password
from medaudit.review.people import add_user, new_user
from medaudit.review.roles import Actor
from medaudit.ui import session
from medaudit.ui.guard import Guard
from medaudit.ui.sign_in import ROUTES

LENA = Actor("lena", "lead")
PASSWORDS = {"lena": "correct horse battery", "anna": "another long password"}
SECRET = "0123456789abcdef0123456789abcdef"
ORIGIN = "http://127.0.0.1:8501"
NEAR = ("127.0.0.1", 40_000)
FAR = ("192.0.2.7", 40_000)


async def _page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("inside")
    await websocket.close()


INSIDE = ["/", "/review", "/media/0123.txt", "/_stcore/upload_file/s/f", "/healthz"]
APP = Starlette(
    routes=[
        *ROUTES,
        *(Route(path, _page, methods=["GET", "PUT"]) for path in INSIDE),
        WebSocketRoute("/_stcore/stream", _socket),
    ],
    middleware=[Middleware(Guard)],
)


def visitor(client: tuple[str, int] = NEAR, origin: str = ORIGIN) -> TestClient:
    """A browser of its own: its cookies are nobody else's."""
    return TestClient(APP, base_url=origin, client=client, follow_redirects=False)


def posted(browser: TestClient, path: str, headers: Any = None, **fields: str) -> Any:
    given = {"origin": str(browser.base_url).rstrip("/"), **(headers or {})}
    return browser.post(path, data=fields, headers=given)


@contextmanager
def in_workspace(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """The application looks at that folder, with a cheap hash for passwords."""
    monkeypatch.setenv("MEDAUDIT_HOME", str(home))
    for name in ("SIGN_IN", "PROXY_SECRET", "PROXY_HEADER", "JOURNAL", "IDLE_MINUTES"):
        monkeypatch.delenv(f"MEDAUDIT_{name}", raising=False)
    monkeypatch.setattr(passwords, "COST", {"n": 16, "r": 8, "p": 1})
    session._journal.cache_clear()
    yield session.journal()
    session._journal.cache_clear()


def people(journal: Journal) -> None:
    """Lena, a lead, and Anna, a reviewer, both with passwords."""
    add_user(journal, LENA, new_user(id="lena", name="Lena", role="lead"))
    add_user(journal, LENA, new_user(id="anna", name="Anna", role="reviewer"))
    for id_, password in PASSWORDS.items():
        set_password(journal, LENA, id_, password)
