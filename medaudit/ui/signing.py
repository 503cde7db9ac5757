"""Where the form of a signature is posted to: not Streamlit, as a password passes through it."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.datastructures import FormData
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.routing import Route

from medaudit.errors import BadInput, Conflict, MedauditError, NotPermitted
from medaudit.review.passwords import seconds_to_wait
from medaudit.review.roles import Actor
from medaudit.review.sessions import holder
from medaudit.review.sign_in import settings
from medaudit.review.signature import FRESH, sign
from medaudit.ui.cookies import SESSION, cookie_value
from medaudit.ui.guard import claims_of
from medaudit.ui.identity import asked_at, of_claims
from medaudit.ui.session import journal, store
from medaudit.ui.sign_in import posted, text_of, to_page

ANSWER = "signature"
"""The query parameter in which the server says what came of it."""
LASTS = FRESH.total_seconds() / 60
"""Minutes for which a sign-in at the identity provider is a proof."""


async def sign_record(request: Request) -> Response:
    """Sign what the visitor was shown, in their own name, with the proof that goes with it."""

    def signed(form: FormData) -> Response:
        back = text_of(form, "back")
        actor, proof = _who(request, form)
        if actor is None:
            return to_page(back)
        if proof is None or (isinstance(proof, datetime) and minutes_since(proof) > LASTS):
            return to_page(back, "stale", ANSWER)
        given = (text_of(form, "subject"), text_of(form, "meaning"), proof)
        try:
            sign(journal(), store(), actor, *given, shown=text_of(form, "shown"))
        except Conflict:
            return to_page(back, "changed", ANSWER)
        except (NotPermitted, BadInput):
            wait = seconds_to_wait(journal(), actor.id)
            return to_page(back, f"wait-{wait}" if wait > 0 else "refused", ANSWER)
        except MedauditError:
            return to_page(back, "refused", ANSWER)
        return to_page(back, "signed", ANSWER)

    return await posted(request, ("local", "oidc"), signed)


def _who(request: Request, form: FormData) -> tuple[Actor | None, str | datetime | None]:
    """The visitor as the server knows them, and their proof; None for what is missing."""
    given = settings()
    if given.asked != "oidc":
        found = holder(journal(), cookie_value(request.cookies, SESSION), idle=given.idle)
        return (None if found is None else found.actor), text_of(form, "secret")
    claims = claims_of(cookie_parser(request.headers.get("cookie", "")))
    return of_claims(given, claims).actor, asked_at(claims)


def minutes_since(moment: datetime) -> float:
    """How long ago that was."""
    return (datetime.now(UTC) - moment).total_seconds() / 60


SIGNING = [Route("/sign", sign_record, methods=["POST"])]
