"""Passwords: scrypt in the journal's side table, and how often a wrong one may be tried.

A password is in no event, export, log or page. What is kept is a random salt, the cost and the
hash; the hash is no secret that opens anything by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import threading
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from medaudit.errors import BadInput, NotPermitted, UnknownName
from medaudit.journal import Event
from medaudit.review.people import require_lead, user, users
from medaudit.review.roles import Actor
from medaudit.review.sessions import end_all

if TYPE_CHECKING:
    from medaudit.journal import Journal, Precondition

SHORTEST, LONGEST = 12, 1024
"""Characters. Long enough that the pauses below are enough; short enough to hash at once."""
COST = {"n": 2**15, "r": 8, "p": 3}
"""32 MiB and about a fifth of a second: the OWASP minimum (Password Storage Cheat Sheet)."""
FREE_GUESSES, FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 30, 900
"""After five wrong guesses in a row the next must wait 30 s, then 60, 120 … up to 15 minutes, so
nobody tries more than about 100 a day."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashes at the same time, so that sign-ins cannot use up the server's memory."""


def set_password(journal: Journal, actor: Actor, id_: str, password: str) -> None:
    """Give a local user a new password and end all their sessions. A lead may, for anybody.

    That it was done, by whom and for whom, is an event; what was set is not in it. Raises
    ``BadInput`` when the password is too short or is their name.
    """
    require_lead(journal, actor)
    who = user(journal, id_)
    if who is None:
        raise UnknownName("user", id_, [u.id for u in users(journal)])
    if who.sign_in != "local":
        raise BadInput(f"{id_} signs in by {who.sign_in}: there is no password to set here")
    check_password(password, id_, who.name)
    _store(journal, actor.id, id_, password, lambda reader: require_lead(reader, actor))


def change_password(journal: Journal, id_: str, old: str, new: str) -> bool:
    """Give oneself a new password, which ends all one's sessions. False: the old one is wrong.

    So nobody, not the lead who set the first one, can sign in or sign as somebody else. Raises
    ``BadInput`` when the new one may not be used, ``NotPermitted`` while a pause lasts.
    """
    if not verify_password(journal, id_, old):
        return False
    who = user(journal, id_)
    check_password(new, id_, id_ if who is None else who.name)
    if new == old:
        raise BadInput("that is the old password", field="password")
    _store(journal, id_, id_, new, None)
    return True


def set_by_another(journal: Journal, id_: str) -> bool:
    """Whether somebody else chose the user's present password."""
    events = journal.about("password_set", id_)
    return bool(events) and events[-1].actor != id_


def _store(
    journal: Journal, actor_id: str, id_: str, password: str, check: Precondition | None
) -> None:
    salt = secrets.token_bytes(16)
    body = {"salt": salt.hex(), **COST, "hash": _scrypt(password, salt, **COST).hex()}
    journal.append(
        Event(
            client_id=f"password:{id_}:{secrets.token_hex(16)}",
            actor=actor_id,
            action="password_set",
            subject=id_,
        ),
        require=check,
    )
    journal.keep("password", id_, "scrypt", body)
    _forget_guesses(journal, id_)
    end_all(journal, id_)


def check_password(password: str, *names: str) -> None:
    """Raise ``BadInput`` when a password may not be used. The message never repeats it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters", field="password")
    if password.strip().casefold() in {name.casefold() for name in names}:
        raise BadInput("a password is not the user's name", field="password")
    if len(set(password)) < 4:
        raise BadInput("a password has at least four different characters", field="password")


def has_password(journal: Journal, id_: str) -> bool:
    """Whether the user can sign in by password."""
    return journal.kept("password", id_, "scrypt") is not None


def verify_password(
    journal: Journal, user_id: str, password: str, *, now: datetime | None = None
) -> bool:
    """Whether this is the present password of an active local user.

    Takes as long for a user who does not exist. Raises ``NotPermitted`` while a pause lasts,
    without looking at the password, so that a right one is refused as well.
    """
    moment = datetime.now(UTC) if now is None else now
    who = user(journal, user_id) if user_id.isprintable() and 0 < len(user_id) <= 80 else None
    owner = user_id if who is not None else _bucket(user_id)
    mine = _guess(journal, owner, moment)
    kept = journal.kept("password", user_id, "scrypt") if who is not None else None
    stored: dict[str, Any] = {"salt": "00" * 16, **COST, "hash": "00" * 64}
    stored |= {} if kept is None else kept
    cost = {name: stored[name] for name in COST}
    attempt = _scrypt(password[: LONGEST + 1], bytes.fromhex(stored["salt"]), **cost)
    same = hmac.compare_digest(attempt, bytes.fromhex(stored["hash"]))
    right = same and kept is not None and who is not None and who.active and who.sign_in == "local"
    if right:
        _forget_guesses(journal, owner, until=mine)
    return right


def _scrypt(password: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    # One text typed on two keyboards is one password.
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    with _AT_ONCE:
        return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=64)


def _guess(journal: Journal, owner: str, now: datetime) -> str:
    """Note a guess before it is looked at, or raise ``NotPermitted``. Returns its key.

    Noted first and the others counted after, so of guesses made at the same moment all count.
    """
    _require_pause_over(journal.kept_keys("guess", owner), now)
    mine = f"{now.timestamp():017.6f}-{secrets.token_hex(4)}"
    journal.keep("guess", owner, mine, {})
    others = [key for key in journal.kept_keys("guess", owner) if key != mine]
    try:
        _require_pause_over(others, now)
    except NotPermitted:
        journal.forget("guess", owner, mine)
        raise
    for old in others[:-20]:  # twenty say all that a pause depends on
        journal.forget("guess", owner, old)
    return mine


def seconds_to_wait(journal: Journal, user_id: str, *, now: datetime | None = None) -> int:
    """How long until the next guess is looked at; 0 when it would be at once."""
    moment = datetime.now(UTC) if now is None else now
    owner = user_id if user(journal, user_id) is not None else _bucket(user_id)
    return _left(journal.kept_keys("guess", owner), moment)


def _require_pause_over(earlier: list[str], now: datetime) -> None:
    left = _left(earlier, now)
    if left > 0:
        raise NotPermitted(
            f"too many wrong passwords: wait {left} s and try again; a lead can set a new password "
            "with `medaudit user password`"
        )


def _left(earlier: list[str], now: datetime) -> int:
    over = len(earlier) - FREE_GUESSES
    if over < 0:
        return 0
    pause = min(FIRST_PAUSE_S << min(over, 10), LONGEST_PAUSE_S)
    left = pause - (now.timestamp() - float(earlier[-1].partition("-")[0]))
    return max(0, min(pause, math.ceil(left)))  # whatever the clock did in between


def _forget_guesses(journal: Journal, owner: str, until: str | None = None) -> None:
    for key in journal.kept_keys("guess", owner):
        if until is None or key <= until:
            journal.forget("guess", owner, key)


def _bucket(name: str) -> str:
    """Where guesses for ids that nobody has are counted: 256 places, however many are tried."""
    return f"nobody-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:2]}"
