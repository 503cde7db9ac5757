"""Where the forms of sign-in are posted to, and the guard in front of everything else.

Outside Streamlit on purpose: only an HTTP answer can set a cookie that no script can read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import FormData, Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from medaudit.errors import BadInput, MedauditError, NotPermitted
from medaudit.review.passwords import change_password, seconds_to_wait, verify_password
from medaudit.review.people import user
from medaudit.review.sessions import begin, end, holder
from medaudit.review.sign_in import mode_of, settings
from medaudit.ui.cookies import NAME, OVER_TLS, SESSION, checked, cookie_name, cookie_value
from medaudit.ui.session import journal, workspace

MOST_BYTES = 16_384
"""Of a posted form."""
_AT_ONCE = asyncio.Semaphore(2)
_BACK = re.compile(r"/(?!/)[A-Za-z0-9_./-]*(\?[A-Za-z0-9_.~%+=&-]*)?")


async def sign_in(request: Request) -> Response:
    """Open a session for a user who knows their password; the old one of this browser ends."""

    def opened(form: FormData) -> Response:
        who, back = text_of(form, "user").strip(), text_of(form, "back")
        try:
            right = verify_password(journal(), who, text_of(form, "secret"))
        except NotPermitted:
            return to_page(back, f"wait-{seconds_to_wait(journal(), who)}")
        found = user(journal(), who) if right else None
        if found is None:
            return to_page(back, "wrong")
        end(journal(), cookie_value(request.cookies, SESSION))
        answer = to_page(back)
        _set(answer, request, SESSION, begin(journal(), found))
        return answer

    return await posted(request, ("local",), opened)


async def sign_out(request: Request) -> Response:
    """End the session, wherever its cookie was copied to."""

    def closed(_: FormData) -> Response:
        end(journal(), cookie_value(request.cookies, SESSION))
        answer = to_page("")
        for name in {cookie_name(SESSION), f"{OVER_TLS}{cookie_name(SESSION)}"} & {
            *request.cookies
        }:
            tls = name.startswith(OVER_TLS)
            answer.delete_cookie(name, path="/", secure=tls, httponly=True, samesite="strict")
        return answer

    return await posted(request, ("local",), closed)


async def new_password(request: Request) -> Response:
    """Change the password of whoever is signed in; they stay signed in here and nowhere else."""

    def changed(form: FormData) -> Response:
        back, opened = text_of(form, "back"), cookie_value(request.cookies, SESSION)
        who = holder(journal(), opened, idle=settings().idle)
        if who is None:
            return to_page(back)
        if text_of(form, "fresh") != text_of(form, "again"):
            return to_page(back, "differ")
        try:
            if not change_password(
                journal(), who.id, text_of(form, "secret"), text_of(form, "fresh")
            ):
                return to_page(back, "old")
        except BadInput:
            return to_page(back, "weak")
        except NotPermitted:
            return to_page(back, f"wait-{seconds_to_wait(journal(), who.id)}")
        answer = to_page(back, "changed")
        _set(answer, request, SESSION, begin(journal(), who))
        return answer

    return await posted(request, ("local",), changed)


async def say_who(request: Request) -> Response:
    """Keep the name and role that somebody chose in a workspace without users."""

    def kept(form: FormData) -> Response:
        said = checked(text_of(form, "who"), text_of(form, "acting"))
        if said is None:
            return to_page(text_of(form, "back"), "unnamed")
        answer = to_page(text_of(form, "back"))
        _set(answer, request, NAME, said.cookie(), days=30)
        return answer

    return await posted(request, ("open",), kept)


ROUTES = [
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/new-password", new_password, methods=["POST"]),
    Route("/say-who", say_who, methods=["POST"]),
]


async def posted(
    request: Request, modes: tuple[str, ...], then: Callable[[FormData], Response]
) -> Response:
    """Check where a form comes from and how big it is before it is read."""
    if not own_page(request.headers):
        return PlainTextResponse("the form did not come from this server's page", 403)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST_BYTES:
        return PlainTextResponse("the form is too long", 413)
    try:
        if await asyncio.to_thread(lambda: mode_of(workspace(), settings(), journal)) not in modes:
            return PlainTextResponse("this is not how people sign in here", 403)
        # Those who wait hold no thread: guessing by the hundred does not stop the pages.
        async with request.form(max_files=0, max_fields=8) as form, _AT_ONCE:
            return await asyncio.to_thread(then, form)
    except NotPermitted as error:
        return PlainTextResponse(str(error), 403)
    except MedauditError as error:
        return PlainTextResponse(str(error), 503)


def own_page(headers: Headers) -> bool:
    """Whether a form was posted by a page of this server, by what the browser itself says.

    Without it another site could sign a visitor in as somebody else, or out.
    """
    fetched = headers.getlist("sec-fetch-site")
    if fetched:
        return fetched == ["same-origin"]
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme in ("http", "https") and [origin.netloc] == headers.getlist("host")


def text_of(form: FormData, field: str) -> str:
    value = form.get(field)
    return value if isinstance(value, str) else ""


def to_page(back: str, said: str = "", where: str = "sign_in") -> Response:
    """On to a page of this server, never of another one; to the first page by default.

    ``said``: one of this server's own words for what came of it, in the parameter ``where``.
    """
    place = back if _BACK.fullmatch(back) else "./"
    if said:
        place += f"{'&' if '?' in place else '?'}{where}={said}"
    return RedirectResponse(place, 303, headers={"cache-control": "no-store"})


def _set(
    answer: Response, request: Request, kind: str, value: str, days: int | None = None
) -> None:
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    answer.set_cookie(
        f"{OVER_TLS if secure else ''}{cookie_name(kind)}",
        value,
        max_age=None if days is None else days * 86_400,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
