"""The guard in front of the whole application: what is refused before any page is asked.

- A workspace without users answers this machine only: not another one, not a browser that another
  site's name was pointed here with, and not a proxy on this machine that serves others.
- In proxy mode nothing is answered that did not come through the proxy.
- Files for download and upload need a session where people sign in: their addresses are no proof.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from medaudit.errors import MedauditError, NotPermitted
from medaudit.review.people import known
from medaudit.review.sessions import holder
from medaudit.review.sign_in import is_loopback, mode_of, proxy_user, settings
from medaudit.ui.cookies import SESSION, cookie_value
from medaudit.ui.identity import of_claims
from medaudit.ui.session import journal, workspace

HEALTH = ("/healthz", "/_stcore/health")
"""Answered to anybody: they say that the server lives, and nothing else."""
FILES = ("/media/", "/_stcore/upload_file/")
_CLOSED = (
    "this workspace has no users yet, so it is served to this machine only: open it at "
    "http://127.0.0.1, or add users first (medaudit user add)"
)


class Guard:
    """Asks of every request, sockets included, whether it may reach the application at all."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and not scope["path"].endswith(HEALTH):
            try:
                await _require_admitted(scope)
            except MedauditError as error:
                status = 403 if isinstance(error, NotPermitted) else 503
                if scope["type"] == "websocket":
                    await receive()
                    await send({"type": "websocket.close", "code": 1008, "reason": ""})
                else:
                    await PlainTextResponse(str(error), status)(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _require_admitted(scope: Any) -> None:
    """Raise ``NotPermitted`` when the request must not reach the application."""
    given, headers = settings(), Headers(scope=scope)
    is_file = any(part in scope["path"] for part in FILES)
    if given.asked == "proxy":
        name = proxy_user(given, headers.getlist)
        if is_file:
            found = await asyncio.to_thread(lambda: known(journal(), name, "proxy"))
            if found is None or not found.active:
                raise NotPermitted("no active user of this workspace")
    elif given.asked == "oidc":
        if is_file:
            claims = claims_of(cookie_parser(headers.get("cookie", "")))
            if (await asyncio.to_thread(of_claims, given, claims)).actor is None:
                raise NotPermitted("sign in first")
    elif is_file or not _is_near(scope, headers):
        mode = await asyncio.to_thread(lambda: mode_of(workspace(), given, journal))
        if mode == "open" and not _is_near(scope, headers):
            raise NotPermitted(_CLOSED)
        if mode == "local" and is_file:
            cookie = cookie_value(cookie_parser(headers.get("cookie", "")), SESSION)
            if await asyncio.to_thread(lambda: holder(journal(), cookie, idle=given.idle)) is None:
                raise NotPermitted("sign in first")


def _is_near(scope: Any, headers: Headers) -> bool:
    """Whether the request comes from this machine, by its own name and through no proxy."""
    client = scope.get("client")
    hosts = headers.getlist("host")
    return (
        client is not None
        and is_loopback(client[0])
        and len(hosts) == 1
        and is_loopback(_name(hosts[0]))
        and not any(h in headers for h in ("forwarded", "x-forwarded-for", "x-forwarded-host"))
    )


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0]
    return host.partition(":")[0]


def claims_of(cookies: dict[str, str]) -> dict[str, Any]:
    """What Streamlit's signed cookie says that the identity provider said; empty when forged."""
    secret = get_cookie_secret()

    def signed(name: str) -> bytes | None:
        raw = cookies.get(name)
        return None if raw is None else decode_signed_value(secret, name, raw.encode("latin-1"))

    found = get_cookie_with_chunks(signed, USER_COOKIE_NAME)
    claims = json.loads(found) if found else {}
    return claims if isinstance(claims, dict) else {}
