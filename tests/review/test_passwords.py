"""Passwords: what is kept of them, who is let in, how often one may guess."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medaudit.errors import BadInput, NotPermitted, UnknownName
from medaudit.journal import Journal
from medaudit.review import passwords
from medaudit.review.passwords import (
    change_password,
    check_password,
    has_password,
    seconds_to_wait,
    set_by_another,
    set_password,
    verify_password,
)
from medaudit.review.people import add_user, change_user, new_user, user
from medaudit.review.roles import Actor
from medaudit.review.sessions import begin, holder
from tests.review.conftest import rows_of, stored

LENA = Actor("lena", "lead")
GOOD = "correct horse battery staple"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDLE = timedelta(minutes=30)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cheap hash, for tests that guess often."""
    monkeypatch.setattr(passwords, "COST", {"n": 16, "r": 8, "p": 1})


@pytest.fixture
def journal(place: Path | str, quick: None) -> Iterator[Journal]:
    with Journal.open(place) as journal:
        add_user(journal, LENA, new_user(id="lena", name="Lena Lind", role="lead"))
        add_user(journal, LENA, new_user(id="anna", name="Anna Ash", role="reviewer"))
        set_password(journal, LENA, "anna", GOOD)
        yield journal


def wrong(journal: Journal, now: datetime, id_: str = "anna") -> None:
    assert not verify_password(journal, id_, "wrong wrong wrong", now=now)


def test_what_is_kept_is_scrypt_over_a_salt_with_its_cost(place: Path | str) -> None:
    with Journal.open(place) as journal:
        add_user(journal, LENA, new_user(id="lena", name="Lena Lind", role="lead"))
        set_password(journal, LENA, "lena", GOOD)
        first = journal.kept("password", "lena", "scrypt")
        assert first is not None
        assert {k: first[k] for k in ("n", "r", "p")} == {"n": 2**15, "r": 8, "p": 3}
        salt = bytes.fromhex(first["salt"])
        assert len(salt) == 16
        by_hand = hashlib.scrypt(
            GOOD.encode(), salt=salt, n=2**15, r=8, p=3, maxmem=2**26, dklen=64
        )
        assert first["hash"] == by_hand.hex()
        assert verify_password(journal, "lena", GOOD)
        set_password(journal, LENA, "lena", GOOD)
        second = journal.kept("password", "lena", "scrypt")
        assert second is not None
        assert second["salt"] != first["salt"]
        assert second["hash"] != first["hash"]


def test_an_older_cost_still_opens(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"n": 32, "r": 8, "p": 1})
    assert verify_password(journal, "anna", GOOD)


def test_no_event_holds_a_password_or_its_hash(journal: Journal) -> None:
    kept = journal.kept("password", "anna", "scrypt")
    assert kept is not None
    events = "\n".join(json.dumps(event.__dict__, default=str) for event in journal.since())
    for secret in (GOOD, kept["hash"], kept["salt"]):
        assert secret not in events
    assert [(e.actor, e.subject, e.payload) for e in journal.of("password_set")] == [
        ("lena", "anna", {})
    ]
    assert GOOD not in stored(journal)


def test_only_the_right_password_of_an_active_local_user_opens(journal: Journal) -> None:
    assert verify_password(journal, "anna", GOOD)
    for id_, given in (
        ("anna", GOOD + " "),
        ("anna", GOOD.upper()),
        ("anna", ""),
        ("lena", GOOD),  # has none yet
        ("otto", GOOD),
        ("", GOOD),
        ("anna\x00", GOOD),
        ("ANNA", GOOD),
        ("a" * 10_000, "\ud800" * 5000),
    ):
        assert not verify_password(journal, id_, given), id_
    change_user(journal, LENA, "anna", active=False)
    assert not verify_password(journal, "anna", GOOD)


def test_a_password_typed_on_another_keyboard_is_the_same(journal: Journal) -> None:
    set_password(journal, LENA, "anna", "pa\u0308sswo\u0308rter sind")
    assert verify_password(journal, "anna", "p\u00e4ssw\u00f6rter sind")


@pytest.mark.parametrize(
    "refused", ["", "eleven char", "a" * 1025, "Anna Ash Anna", "aaaaaaaabbbb", "lena lind "]
)
def test_what_is_no_password_is_refused_without_repeating_it(refused: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_password(refused, "lena lind", "Anna Ash Anna")
    if refused:
        assert refused not in str(caught.value)


def test_128_characters_and_every_script_are_a_password() -> None:
    for given in ("abcd" * 32, "密码很长很安全很好记得住吧", "  spaces   count  "):
        check_password(given, "anna")


def test_only_a_lead_sets_passwords(journal: Journal) -> None:
    for actor in (Actor("anna", "reviewer"), Actor("anna", "lead"), Actor("x", "lead")):
        with pytest.raises(NotPermitted):
            set_password(journal, actor, "anna", "another long password")
    with pytest.raises(UnknownName):
        set_password(journal, LENA, "otto", "another long password")
    assert verify_password(journal, "anna", GOOD)
    add_user(journal, LENA, new_user(id="olga", name="O", role="viewer", sign_in="oidc"))
    with pytest.raises(BadInput, match="signs in by oidc"):
        set_password(journal, LENA, "olga", "another long password")
    assert has_password(journal, "anna")
    assert not has_password(journal, "olga")


def test_after_five_wrong_guesses_even_the_right_one_waits(journal: Journal) -> None:
    for second in range(5):
        wrong(journal, NOON + timedelta(seconds=second))
    last = NOON + timedelta(seconds=4)
    assert seconds_to_wait(journal, "anna", now=last) == 30
    with pytest.raises(NotPermitted, match="wait 29 s"):
        verify_password(journal, "anna", GOOD, now=last + timedelta(seconds=1))
    # Asking during the pause does not make it longer.
    assert seconds_to_wait(journal, "anna", now=last + timedelta(seconds=29)) == 1
    assert verify_password(journal, "anna", GOOD, now=last + timedelta(seconds=30))
    assert seconds_to_wait(journal, "anna", now=last + timedelta(seconds=31)) == 0
    for second in range(60, 65):  # a right one gives the five back
        wrong(journal, NOON + timedelta(seconds=second))


def test_pauses_double_up_to_a_quarter_of_an_hour(journal: Journal) -> None:
    now, pauses = NOON, []
    for _ in range(14):
        wrong(journal, now)
        wait = seconds_to_wait(journal, "anna", now=now)
        pauses.append(wait)
        now += timedelta(seconds=wait)
    assert pauses == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]
    # For good: 5 at once, 5 in the next quarter of an hour, then 96 a day.
    for _ in range(30):
        wrong(journal, now)
        now += timedelta(seconds=900)
    assert len(journal.kept_keys("guess", "anna")) <= 21


def test_the_pause_survives_a_restart_and_is_one_persons_own(
    journal: Journal, place: Path | str
) -> None:
    for _ in range(5):
        wrong(journal, NOON)
    with Journal.open(place) as again:
        with pytest.raises(NotPermitted):
            verify_password(again, "anna", GOOD, now=NOON)
        wrong(again, NOON, "lena")
    set_password(journal, LENA, "anna", GOOD)  # a lead ends it
    assert verify_password(journal, "anna", GOOD, now=NOON)


def test_guesses_at_the_same_moment_all_count(journal: Journal) -> None:
    def guess(_: int) -> str:
        try:
            return str(verify_password(journal, "anna", "wrong wrong wrong", now=NOON))
        except NotPermitted:
            return "paused"

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(guess, range(24)))
    assert outcomes.count("True") == 0
    assert outcomes.count("False") <= 5


def test_names_that_nobody_has_pause_like_users_and_fill_nothing(journal: Journal) -> None:
    for _ in range(5):
        wrong(journal, NOON, "mallory")
    with pytest.raises(NotPermitted):
        verify_password(journal, "mallory", GOOD, now=NOON)
    now = NOON
    for n in range(600):
        now += timedelta(hours=1)
        wrong(journal, now, f"guess{n}")
    owners = [o for (o,) in rows_of(journal, "select distinct owner from kept where kind='guess'")]
    assert len(owners) <= 256
    assert all(re.fullmatch(r"nobody-[0-9a-f]{2}", owner) for owner in owners)


def test_a_new_password_ends_every_session(journal: Journal) -> None:
    anna = user(journal, "anna")
    assert anna is not None
    cookies = [begin(journal, anna) for _ in range(3)]
    assert [holder(journal, c, idle=IDLE) for c in cookies] == [anna] * 3
    set_password(journal, LENA, "anna", "another long password")
    assert [holder(journal, c, idle=IDLE) for c in cookies] == [None] * 3
    assert not verify_password(journal, "anna", GOOD)
    assert verify_password(journal, "anna", "another long password")


def test_a_name_that_nobody_has_costs_as_much_as_a_users(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[tuple[int, ...]] = []
    real = passwords._scrypt

    def counted(password: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
        hashed.append((len(salt), n, r, p))
        return real(password, salt, n=n, r=r, p=p)

    monkeypatch.setattr(passwords, "_scrypt", counted)
    change_user(journal, LENA, "lena", name="Lena Lund")
    for id_ in ("anna", "lena", "otto", "", "anna\x00"):  # a user, one without a password, nobody
        wrong(journal, NOON, id_)
    assert hashed == [(16, 16, 8, 1)] * 5


def test_ones_own_password_takes_the_old_one_and_is_then_nobody_elses(journal: Journal) -> None:
    anna = user(journal, "anna")
    assert anna is not None
    cookie = begin(journal, anna)
    assert set_by_another(journal, "anna")
    assert not change_password(journal, "anna", "not the old password", "a password of my own")
    for refused in ("short", GOOD, "anna", "Anna Ash"):
        with pytest.raises(BadInput):
            change_password(journal, "anna", GOOD, refused)
    assert not change_password(journal, "otto", GOOD, "a password of my own")
    assert holder(journal, cookie, idle=IDLE) == anna
    assert change_password(journal, "anna", GOOD, "a password of my own")
    assert holder(journal, cookie, idle=IDLE) is None
    assert verify_password(journal, "anna", "a password of my own")
    assert not verify_password(journal, "anna", GOOD)
    assert not set_by_another(journal, "anna")
    assert journal.of("password_set")[-1].actor == "anna"
    set_password(journal, LENA, "anna", GOOD)
    assert set_by_another(journal, "anna")
