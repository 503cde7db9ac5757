"""Sessions: what opens one, what ends one, and that nothing else does either."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medaudit.journal import Journal
from medaudit.review.people import User, add_user, change_user, new_user, user
from medaudit.review.roles import Actor
from medaudit.review.sessions import begin, end, end_all, holder
from tests.review.conftest import rows_of, stored

LENA = Actor("lena", "lead")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDLE = timedelta(minutes=30)


def minutes(n: float) -> datetime:
    return NOON + timedelta(minutes=n)


@pytest.fixture
def journal(place: Path | str) -> Iterator[Journal]:
    with Journal.open(place) as journal:
        add_user(journal, LENA, new_user(id="lena", name="Lena", role="lead"))
        add_user(journal, LENA, new_user(id="anna.b", name="Anna", role="reviewer"))
        yield journal


@pytest.fixture
def anna(journal: Journal) -> User:
    found = user(journal, "anna.b")
    assert found is not None
    return found


def test_a_cookie_opens_the_session_that_it_was_made_for(journal: Journal, anna: User) -> None:
    lena = user(journal, "lena")
    assert lena is not None
    one, two = begin(journal, anna, now=NOON), begin(journal, lena, now=NOON)
    assert holder(journal, one, idle=IDLE, now=NOON) == anna
    assert holder(journal, two, idle=IDLE, now=NOON) == lena
    token = two.rpartition(".")[2]
    assert holder(journal, f"anna.b.{token}", idle=IDLE, now=NOON) is None


def test_no_cookie_that_was_not_handed_out_opens_anything(journal: Journal, anna: User) -> None:
    good = begin(journal, anna, now=NOON)
    kept = journal.kept_keys("session", anna.id)[0]
    changed = good[:-1] + ("A" if good[-1] != "A" else "B")
    for forged in (
        "", ".", "anna.b", "anna.b.", "lena.", changed, good + "A", good.upper(), f" {good}",
        f"anna.b.{kept}", f"lena.{good.rpartition('.')[2]}", good.replace(".", "\x00"),
        "é" * 50 + ".x", "a" * 5000, "anna.b." + "\ud800", f"{good}.{good}",
    ):  # fmt: skip
        assert holder(journal, forged, idle=IDLE, now=NOON) is None, forged
    assert holder(journal, good, idle=IDLE, now=NOON) == anna


def test_tokens_are_long_and_never_the_same_and_only_their_hash_is_kept(
    journal: Journal, anna: User
) -> None:
    cookies = [begin(journal, anna, now=NOON) for _ in range(50)]
    tokens = {c.rpartition(".")[2] for c in cookies}
    assert len(tokens) == 50
    assert all(len(t) >= 43 for t in tokens)  # 256 bits
    held = stored(journal)
    assert not any(token in held for token in tokens)
    hashes = {hashlib.sha256(t.encode()).hexdigest() for t in tokens}
    assert set(journal.kept_keys("session", anna.id)) == hashes


def test_a_session_ends_when_it_is_not_used(journal: Journal, anna: User) -> None:
    cookie = begin(journal, anna, now=NOON)
    for minute in (29, 58, 87):  # used in between, so it goes on
        assert holder(journal, cookie, idle=IDLE, now=minutes(minute)) == anna
    assert holder(journal, cookie, idle=IDLE, now=minutes(117.5)) is None
    assert holder(journal, cookie, idle=IDLE, now=minutes(88)) is None  # for good


def test_looking_whether_a_session_lasts_does_not_make_it_last(
    journal: Journal, anna: User
) -> None:
    cookie = begin(journal, anna, now=NOON)
    for minute in (10, 20, 30):
        assert holder(journal, cookie, idle=IDLE, use=False, now=minutes(minute)) == anna
    assert holder(journal, cookie, idle=IDLE, use=False, now=minutes(30.1)) is None


def test_a_session_ends_after_twelve_hours_however_busy(journal: Journal, anna: User) -> None:
    cookie = begin(journal, anna, now=NOON)
    for minute in range(0, 12 * 60, 20):
        assert holder(journal, cookie, idle=IDLE, now=minutes(minute)) == anna
    assert holder(journal, cookie, idle=IDLE, now=minutes(12 * 60 + 1)) is None
    begin(journal, anna, now=minutes(12 * 60 + 2))
    assert len(journal.kept_keys("session", anna.id)) == 1  # what is over is not kept


def test_use_is_noted_once_a_minute_and_not_at_every_key(journal: Journal, anna: User) -> None:
    cookie = begin(journal, anna, now=NOON)
    for second in range(0, 55, 5):
        holder(journal, cookie, idle=IDLE, now=NOON + timedelta(seconds=second))
    assert journal.kept_keys("session_use", anna.id) == []
    holder(journal, cookie, idle=IDLE, now=NOON + timedelta(seconds=61))
    assert len(journal.kept_keys("session_use", anna.id)) == 1


def test_signing_out_ends_one_session_and_a_late_use_does_not_bring_it_back(
    journal: Journal, anna: User
) -> None:
    here, there = begin(journal, anna, now=NOON), begin(journal, anna, now=NOON)
    end(journal, here)
    assert holder(journal, here, idle=IDLE, now=NOON) is None
    assert holder(journal, there, idle=IDLE, now=NOON) == anna
    key = hashlib.sha256(here.rpartition(".")[2].encode()).hexdigest()
    journal.keep("session_use", anna.id, key, {"utc": minutes(1).isoformat()})
    assert holder(journal, here, idle=IDLE, now=minutes(1)) is None
    end(journal, "nonsense")
    end_all(journal, anna.id)
    assert holder(journal, there, idle=IDLE, now=NOON) is None


def test_an_inactive_user_has_no_session_and_a_new_role_holds_at_once(
    journal: Journal, anna: User
) -> None:
    cookie = begin(journal, anna, now=NOON)
    change_user(journal, LENA, anna.id, role="lead")
    found = holder(journal, cookie, idle=IDLE, now=NOON)
    assert found is not None
    assert found.actor == Actor("anna.b", "lead")
    change_user(journal, LENA, anna.id, active=False)
    assert holder(journal, cookie, idle=IDLE, now=NOON) is None


def test_a_session_survives_a_restart_and_is_no_event(
    journal: Journal, anna: User, place: Path | str
) -> None:
    before = journal.head()
    cookie = begin(journal, anna, now=NOON)
    with Journal.open(place) as again:
        assert holder(again, cookie, idle=IDLE, now=minutes(5)) == anna
    assert journal.head() == before


def test_a_copy_of_the_database_opens_no_session(journal: Journal, anna: User) -> None:
    begin(journal, anna, now=NOON)
    (row,) = rows_of(journal, "select key, body from kept where kind = 'session'")
    for value in row:
        assert holder(journal, f"{anna.id}.{value}", idle=IDLE, now=NOON) is None
