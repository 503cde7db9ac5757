"""The cookies of sign-in, and the name under which somebody works in a workspace of their own.

Each is named after the workspace's journal: two workspaces on one machine share a host and so a
cookie jar. None is readable by script, none is sent by another site's page.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote

from medaudit.journal import Journal
from medaudit.review.people import RESERVED
from medaudit.review.roles import ROLES, Actor, Role
from medaudit.ui.session import journal, workspace

SESSION, NAME = "medaudit_session", "medaudit_name"
OVER_TLS = "__Host-"
"""With this prefix browsers take a cookie over TLS only, and from no neighbouring host."""


def cookie_name(kind: str) -> str:
    """The name of a cookie in the workspace of this process."""
    place = workspace().journal
    # Several servers on one journal may each call it by another address.
    text = str(place.resolve()) if isinstance(place, Path) else _project(journal())
    return f"{kind}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def cookie_value(cookies: Mapping[str, str], kind: str) -> str:
    """What a browser sent; of two the one that only this very host can have set over TLS."""
    name = cookie_name(kind)
    found: object = cookies.get(f"{OVER_TLS}{name}", cookies.get(name, ""))
    return found if isinstance(found, str) else ""  # AppTest hands out mocks


@lru_cache(maxsize=8)
def _project(opened: Journal) -> str:
    first = next(opened.since(0))
    return first.subject


@dataclass(frozen=True)
class Named:
    """Who somebody says they are where nobody signs in."""

    name: str
    role: Role

    @property
    def actor(self) -> Actor:
        return Actor(id_of(self.name), self.role)

    def cookie(self) -> str:
        return f"{self.role}.{quote(self.name, safe='')}"


def named(cookies: Mapping[str, str]) -> Named | None:
    """Whom the cookie of an open workspace names; None when it names nobody."""
    role, _, name = cookie_value(cookies, NAME).partition(".")
    return checked(unquote(name), role)


def checked(name: str, role: str) -> Named | None:
    """A name and a role as somebody typed them; None when one of them is none."""
    text = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]
    known = [r for r in ROLES if r == role]
    return Named(text, known[0]) if text != "" and known else None


def id_of(name: str) -> str:
    """The id under which the journal keeps what somebody of that name judged.

    >>> id_of("A. Reviewer"), id_of("Zoë Ångström")
    ('a-reviewer', 'zoe-angstrom')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    if slug == "" or slug in RESERVED:
        slug = f"reviewer-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return slug
