"""Who is at the other end of this browser session, as the server knows it.

The answer comes from the session's cookie, the identity provider or the proxy, and the role from
the user table of the journal, asked anew at every rerun. Nothing that a page or an address says
has a part in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from medaudit.review.people import User, known, users
from medaudit.review.roles import Actor
from medaudit.review.sessions import LONGEST, holder
from medaudit.review.sign_in import Mode, Settings, mode_of, proxy_user, settings
from medaudit.ui.cookies import SESSION, cookie_value, named
from medaudit.ui.session import journal, workspace

_BOUND = "signed_in_as"


@dataclass(frozen=True)
class Visitor:
    """Whoever has this page open."""

    mode: Mode
    actor: Actor | None
    name: str = ""
    """As it is printed."""
    stranger: str = ""
    """By what name the organisation vouches for somebody who is no active user here."""

    @property
    def admitted(self) -> bool:
        """Whether pages are shown: to users, and to anybody in a workspace of one's own."""
        return self.mode == "open" or self.actor is not None


def current() -> Actor | None:
    """Who acts, in their present role. None: nobody has signed in or said who they are.

    Ask in every rerun, fragments and callbacks included: a user who was made inactive is None from
    then on and a new role holds at once.
    """
    return visitor().actor


def visitor() -> Visitor:
    """Who has this page open and how that is known.

    Raises ``NotPermitted`` in proxy mode when the request did not come through the proxy.
    """
    given = settings()
    mode = mode_of(workspace(), given, journal)
    found = _ASK[mode](given)
    _bind(found)
    return found


def _open(_: Settings) -> Visitor:
    said = named(st.context.cookies)
    return Visitor("open", None) if said is None else Visitor("open", said.actor, said.name)


def _local(given: Settings) -> Visitor:
    cookie = cookie_value(st.context.cookies, SESSION)
    return _visitor("local", holder(journal(), cookie, idle=given.idle), "")


def has_left() -> bool:
    """Whether the session that this page was drawn for is over. Asking does not prolong it."""
    given = settings()
    if mode_of(workspace(), given, journal) != "local":
        return visitor().actor is None
    cookie = cookie_value(st.context.cookies, SESSION)
    return holder(journal(), cookie, idle=given.idle, use=False) is None


def _oidc(given: Settings) -> Visitor:
    return of_claims(given, st.user.to_dict())


def of_claims(given: Settings, claims: Mapping[str, Any]) -> Visitor:
    """Whom the identity provider's claims mean. A sign-in there is good for a working day here."""
    if claims.get("is_logged_in") is not True:
        return Visitor("oidc", None)
    name, issued = claims.get(given.claim), claims.get("iat")
    if not isinstance(issued, int | float):
        return Visitor("oidc", None)
    if datetime.now(UTC).timestamp() - issued > LONGEST.total_seconds():
        return Visitor("oidc", None)
    if not isinstance(name, str) or name == "":
        return Visitor("oidc", None, stranger=f"somebody without {given.claim!r}")
    if given.claim == "email" and claims.get("email_verified") is False:
        return Visitor("oidc", None, stranger=f"{name} (address not verified)")
    return _visitor("oidc", known(journal(), name, "oidc"), name)


def asked_at(claims: Mapping[str, Any]) -> datetime | None:
    """When the identity provider last asked who this is; None: it does not say.

    ``auth_time`` where the provider sends it. Else when it issued the token, which is the same only
    for a provider that is told to ask every time (``prompt = "login"``, see docs/guides/people.md).
    """
    found = claims.get("auth_time", claims.get("iat"))
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < 2**40:
        return None
    return datetime.fromtimestamp(found, UTC)


def _proxy(given: Settings) -> Visitor:
    name = proxy_user(given, st.context.headers.get_all)
    return _visitor("proxy", known(journal(), name, "proxy"), name)


_ASK = {"open": _open, "local": _local, "oidc": _oidc, "proxy": _proxy}


def _visitor(mode: Mode, found: User | None, outside_name: str) -> Visitor:
    if found is None or not found.active:
        return Visitor(mode, None, stranger=outside_name)
    return Visitor(mode, found.actor, found.name)


def leads() -> list[str]:
    """Whom to ask for access: the names of the active leads."""
    return [u.name for u in users(journal()) if u.active and u.role == "lead"]


def _bind(found: Visitor) -> None:
    """A browser session belongs to the first person in it: another one finds it empty.

    Streamlit lets a browser take up a session again by its id; what one person typed must not be
    there when the id comes back with somebody else's cookie.
    """
    if found.actor is None:
        return
    owner = st.session_state.get(_BOUND)
    if owner is not None and owner != found.actor.id:
        for key in list(st.session_state):
            del st.session_state[key]
    st.session_state[_BOUND] = found.actor.id
    if owner is not None and owner != found.actor.id:
        st.rerun()
