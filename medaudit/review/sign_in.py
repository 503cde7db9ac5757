"""How people sign in here: by whom a visitor is vouched for, and what a server must have for it.

Four modes. ``open``: nobody signs in, only for one person on this machine, only while there are no
users. ``local``: passwords kept here. ``oidc``: the organisation's identity provider. ``proxy``: a
header that the organisation's own proxy sets, together with a secret that only the proxy knows.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from medaudit.errors import BadInput, MedauditError, NotPermitted
from medaudit.journal import Journal
from medaudit.review.passwords import has_password
from medaudit.review.people import users

if TYPE_CHECKING:
    from medaudit.workspace import Workspace

Mode = Literal["open", "local", "oidc", "proxy"]
SECRET_HEADER = "X-Medaudit-Proxy-Secret"  # noqa: S105  the header's name
SHORTEST_SECRET = 32
GUIDE = "see docs/guides/people.md"


@dataclass(frozen=True)
class Settings:
    """What the environment says about signing in."""

    asked: Literal["", "local", "oidc", "proxy"]
    """``MEDAUDIT_SIGN_IN``. Empty: local when there are users, else open."""
    idle: timedelta
    """``MEDAUDIT_IDLE_MINUTES``: a session not used for that long is over."""
    claim: str
    """``MEDAUDIT_OIDC_CLAIM``: which claim of the identity provider names a user."""
    header: str
    """``MEDAUDIT_PROXY_HEADER``: in which header the proxy names a user."""
    secret: str
    """``MEDAUDIT_PROXY_SECRET``: what the proxy sends to show that it is the proxy."""


def settings() -> Settings:
    """The settings of this process. Raises ``BadInput`` on a value that is none."""
    asked = os.environ.get("MEDAUDIT_SIGN_IN", "")
    if asked not in ("", "local", "oidc", "proxy"):
        raise BadInput(f"MEDAUDIT_SIGN_IN is local, oidc or proxy, not {asked!r}; {GUIDE}")
    minutes = os.environ.get("MEDAUDIT_IDLE_MINUTES", "30")
    if not minutes.isascii() or not minutes.isdecimal() or not 1 <= int(minutes) <= 720:
        raise BadInput(f"MEDAUDIT_IDLE_MINUTES is a whole number from 1 to 720, not {minutes!r}")
    return Settings(
        asked,  # type: ignore[arg-type]
        timedelta(minutes=int(minutes)),
        os.environ.get("MEDAUDIT_OIDC_CLAIM", "email"),
        os.environ.get("MEDAUDIT_PROXY_HEADER", "X-Forwarded-User"),
        os.environ.get("MEDAUDIT_PROXY_SECRET", ""),
    )


def mode_of(workspace: Workspace, given: Settings, opened: Callable[[], Journal]) -> Mode:
    """The mode in force. The journal is opened only where there is one."""
    if given.asked != "":
        return given.asked
    place = workspace.journal
    if isinstance(place, Path) and not place.exists():
        return "open"
    return "local" if opened().of("user") else "open"


def proxy_user(given: Settings, values: Callable[[str], list[str]]) -> str:
    """Whom the proxy vouches for; ``values`` gives all values of a header.

    Raises ``NotPermitted`` when the request did not come through the proxy, names nobody, or names
    a user twice: a proxy that adds its header to a visitor's instead of replacing it is no proof.
    """
    secrets = values(SECRET_HEADER)
    proven = len(secrets) == 1 and hmac.compare_digest(
        secrets[0].encode("utf-8", "surrogatepass"), given.secret.encode("utf-8", "surrogatepass")
    )
    if len(given.secret) < SHORTEST_SECRET or not proven:
        raise NotPermitted("this server answers its organisation's proxy only: use its address")
    names = values(given.header)
    if len(names) != 1 or names[0].strip() == "" or "," in names[0]:
        raise NotPermitted("the proxy did not say who you are: sign in there first")
    return names[0].strip()


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    name = host.strip().strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (address if mapped is None else mapped).is_loopback


def require_sign_in(workspace: Workspace, host: str, secrets: Path) -> Mode:
    """Raise ``MedauditError`` unless a server on that address knows who its visitors are.

    ``secrets``: the file that holds the identity provider's settings. Returns the mode in force.
    """
    given = settings()
    place = workspace.journal
    if isinstance(place, Path) and not place.exists():
        mode: Mode = "open" if given.asked == "" else given.asked
        everybody, able = [], False
    else:
        with Journal.open(place) as journal:
            mode = mode_of(workspace, given, lambda: journal)
            everybody = [u for u in users(journal) if u.active]
            able = any(u.sign_in == "local" and has_password(journal, u.id) for u in everybody)
    if mode == "proxy" and len(given.secret) < SHORTEST_SECRET:
        raise MedauditError(
            f"MEDAUDIT_SIGN_IN=proxy needs MEDAUDIT_PROXY_SECRET of {SHORTEST_SECRET} or more "
            f"characters, which the proxy sends in {SECRET_HEADER}: without it, whoever reaches "
            f"the port could claim to be anybody; {GUIDE}"
        )
    if mode == "oidc" and not secrets.is_file():
        raise MedauditError(
            f"MEDAUDIT_SIGN_IN=oidc needs the identity provider's settings in {secrets}; {GUIDE}"
        )
    if mode == "oidc" and find_spec("authlib") is None:
        raise MedauditError("MEDAUDIT_SIGN_IN=oidc needs Authlib: pip install 'medaudit[oidc]'")
    if mode == "oidc" and secrets.stat().st_mode & 0o077:
        raise MedauditError(f"others can read {secrets}, which holds secrets: chmod 600 {secrets}")
    if is_loopback(host):
        return mode
    if mode == "open" or (mode == "local" and not able):
        raise MedauditError(
            f"not started: {host} can be reached from other machines and nobody could be asked who "
            "they are. Add a lead with a password (medaudit user add ID --name NAME --role lead), "
            f"or set MEDAUDIT_SIGN_IN=oidc or proxy; {GUIDE}"
        )
    if mode in ("oidc", "proxy") and not any(u.sign_in == mode for u in everybody):
        raise MedauditError(
            f"not started: no user signs in by {mode} yet. Add one (medaudit user add ID --name "
            f"NAME --role lead --sign-in {mode} --known-as NAME-THERE); {GUIDE}"
        )
    return mode
