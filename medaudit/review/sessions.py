"""Who is signed in: sessions kept on the server, each opened by a random token in a cookie.

The journal's side table holds the hash of the token, so a copy of the database opens no session.
A session ends by signing out, after some time without use, after a working day, with a new
password and when the user is made inactive. It survives a reload and a restart of the server.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from medaudit.review.people import User, user

if TYPE_CHECKING:
    from medaudit.journal import Journal

LONGEST = timedelta(hours=12)
"""However busy: after that one signs in again."""
NOTED_EVERY = timedelta(seconds=60)
"""How exactly the last use is kept."""


def begin(journal: Journal, who: User, *, now: datetime | None = None) -> str:
    """Open a session and return what the cookie holds. The token is new every time."""
    moment = _now(now)
    for key in journal.kept_keys("session", who.id):
        begun = _time(journal, "session", who.id, key)
        if begun is not None and moment - begun > LONGEST:
            _end(journal, who.id, key)
    token = secrets.token_urlsafe(32)
    journal.keep("session", who.id, _key(token), {"utc": moment.isoformat()})
    return f"{who.id}.{token}"


def holder(
    journal: Journal,
    cookie: str,
    *,
    idle: timedelta,
    use: bool = True,
    now: datetime | None = None,
) -> User | None:
    """The active user whose session a cookie opens. None: there is none.

    Asking is using it, unless ``use`` is false.
    """
    moment = _now(now)
    owner, token = _parts(cookie)
    if owner == "":
        return None
    key = _key(token)
    begun = _time(journal, "session", owner, key)
    if begun is None:
        return None
    used = _time(journal, "session_use", owner, key)
    last = begun if used is None else used
    if moment - begun > LONGEST or moment - last > idle:
        _end(journal, owner, key)
        return None
    found = user(journal, owner)
    if found is None or not found.active or found.sign_in != "local":
        return None
    if use and moment - last > NOTED_EVERY:
        # A row of its own: a late note of use never brings back a session that was ended.
        journal.keep("session_use", owner, key, {"utc": moment.isoformat()})
    return found


def end(journal: Journal, cookie: str) -> None:
    """Sign out: the cookie opens nothing any more, wherever it was copied to."""
    owner, token = _parts(cookie)
    if owner != "":
        _end(journal, owner, _key(token))


def end_all(journal: Journal, id_: str) -> None:
    """Sign a user out everywhere."""
    for kind in ("session", "session_use"):
        for key in journal.kept_keys(kind, id_):
            journal.forget(kind, id_, key)


def _end(journal: Journal, owner: str, key: str) -> None:
    journal.forget("session", owner, key)
    journal.forget("session_use", owner, key)


def _time(journal: Journal, kind: str, owner: str, key: str) -> datetime | None:
    kept = journal.kept(kind, owner, key)
    return None if kept is None else datetime.fromisoformat(kept["utc"])


def _parts(cookie: str) -> tuple[str, str]:
    """Owner and token; the owner is empty when the cookie has not that form."""
    owner, _, token = cookie.rpartition(".")
    sound = 0 < len(owner) <= 80 and owner.isascii() and owner.isprintable() and len(token) < 100
    return (owner, token) if sound else ("", "")


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _now(given: datetime | None) -> datetime:
    return datetime.now(UTC) if given is None else given
