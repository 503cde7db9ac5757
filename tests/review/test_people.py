"""Users: who may add and change them, and that there is always a lead."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medaudit.errors import BadInput, Conflict, MedauditError, NotPermitted, UnknownName
from medaudit.journal import Event, Journal
from medaudit.review.people import (
    User,
    acting,
    add_user,
    change_user,
    known,
    new_user,
    require_lead,
    user,
    users,
)
from medaudit.review.roles import Actor

LENA = Actor("lena", "lead")
LEO = Actor("leo", "lead")


def person(id_: str, role: str, **more: object) -> User:
    return new_user(id=id_, name=f"{id_.title()} Test", role=role, **more)


@pytest.fixture
def empty(place: Path | str) -> Iterator[Journal]:
    with Journal.open(place) as journal:
        yield journal


@pytest.fixture
def journal(empty: Journal) -> Journal:
    """A lead, a reviewer and somebody whom the identity provider vouches for."""
    add_user(empty, LENA, person("lena", "lead"))
    add_user(empty, LENA, person("anna", "reviewer"))
    add_user(empty, LENA, person("olga", "viewer", sign_in="oidc", known_as="olga@example.org"))
    return empty


def test_the_first_user_is_a_lead_who_adds_themselves(empty: Journal) -> None:
    for actor, first in (
        (Actor("anna", "lead"), person("anna", "reviewer")),
        (Actor("anna", "lead"), person("anna", "lead", active=False)),
        (LEO, person("lena", "lead")),
    ):
        with pytest.raises(BadInput, match="the first user must be a lead"):
            add_user(empty, actor, first)
    assert users(empty) == []
    add_user(empty, LENA, person("lena", "lead"))
    assert users(empty) == [person("lena", "lead")]
    event = empty.about("user", "lena")[0]
    assert (event.actor, event.action, event.subject) == ("lena", "user", "lena")
    assert event.payload == {
        "name": "Lena Test",
        "role": "lead",
        "active": True,
        "sign_in": "local",
        "known_as": "",
    }


def test_of_two_first_users_at_the_same_moment_one_is_refused(empty: Journal) -> None:
    def add(id_: str) -> str:
        try:
            add_user(empty, Actor(id_, "lead"), person(id_, "lead"))
        except MedauditError:
            return "refused"
        return "added"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(add, [f"lead{n}" for n in range(8)]))
    assert outcomes.count("added") == 1
    assert len(users(empty)) == 1


def test_what_the_newest_event_says_holds(journal: Journal) -> None:
    change_user(journal, LENA, "anna", role="adjudicator")
    change_user(journal, LENA, "anna", name="Anna Adler")
    assert user(journal, "anna") == new_user(id="anna", name="Anna Adler", role="adjudicator")
    assert [e.payload["role"] for e in journal.about("user", "anna")] == [
        "reviewer",
        "adjudicator",
        "adjudicator",
    ]
    before = journal.head()
    change_user(journal, LENA, "anna", role="adjudicator")
    assert journal.head() == before  # nothing changed, nothing to say
    assert journal.verify() == []


def test_the_last_active_lead_stays_a_lead(journal: Journal) -> None:
    for change in ({"role": "viewer"}, {"role": "adjudicator"}, {"active": False}):
        with pytest.raises(Conflict, match="the last active lead stays one"):
            change_user(journal, LENA, "lena", **change)
    add_user(journal, LENA, person("leo", "lead"))
    change_user(journal, LENA, "lena", active=False)
    with pytest.raises(Conflict):
        change_user(journal, LEO, "leo", role="reviewer")
    assert [u.id for u in users(journal) if u.active and u.role == "lead"] == ["leo"]


def test_two_leads_who_demote_each_other_leave_one(journal: Journal) -> None:
    add_user(journal, LENA, person("leo", "lead"))

    def demote(pair: tuple[Actor, str]) -> bool:
        try:
            change_user(journal, pair[0], pair[1], role="viewer")
        except MedauditError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(demote, [(LENA, "leo"), (LEO, "lena")]))
    assert sorted(done) == [False, True]
    assert sum(u.role == "lead" for u in users(journal)) == 1


@pytest.mark.parametrize(
    "actor",
    [
        Actor("anna", "lead"),  # says that she is
        Actor("nobody", "lead"),
        Actor("anna", "reviewer"),
        Actor("lena", "viewer"),
    ],
)
def test_the_journal_decides_who_is_a_lead(journal: Journal, actor: Actor) -> None:
    before = journal.head()
    for attempt in (
        lambda: add_user(journal, actor, person("mallory", "lead")),
        lambda: change_user(journal, actor, "anna", role="lead"),
        lambda: change_user(journal, actor, "lena", active=False),
        lambda: require_lead(journal, actor),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert journal.head() == before


def test_a_lead_who_was_made_inactive_may_nothing(journal: Journal) -> None:
    add_user(journal, LENA, person("leo", "lead"))
    change_user(journal, LEO, "lena", active=False)
    with pytest.raises(NotPermitted, match="not an active lead"):
        change_user(journal, LENA, "lena", active=True)


def test_ids_and_outside_names_are_taken_once(journal: Journal) -> None:
    with pytest.raises(Conflict, match="anna is a user already"):
        add_user(journal, LENA, person("anna", "lead"))
    change_user(journal, LENA, "anna", active=False)
    with pytest.raises(Conflict):  # an id is never somebody else's later
        add_user(journal, LENA, person("anna", "reviewer"))
    with pytest.raises(Conflict, match="known by that name"):
        add_user(journal, LENA, person("ole", "lead", sign_in="oidc", known_as="olga@example.org"))
    with pytest.raises(BadInput, match="journal's own"):
        add_user(journal, LENA, person("medaudit", "viewer"))
    with pytest.raises(UnknownName, match="anna, lena, olga"):
        change_user(journal, LENA, "otto", role="lead")


def test_an_outside_name_means_its_user_in_its_own_mode_only(journal: Journal) -> None:
    assert known(journal, "olga@example.org", "oidc") == user(journal, "olga")
    assert known(journal, "olga@example.org", "proxy") is None
    assert known(journal, "OLGA@example.org", "oidc") is None
    assert known(journal, "olga", "oidc") is None
    assert known(journal, "lena", "oidc") is None  # a local lead is no name at the provider
    add_user(journal, LENA, person("pia", "viewer", sign_in="proxy"))
    assert known(journal, "pia", "proxy") == user(journal, "pia")


def test_the_command_line_acts_as_a_user_once_there_are_users(
    tmp_path: Path, journal: Journal
) -> None:
    with Journal.open(tmp_path / "other.db") as fresh:
        assert acting(fresh, "anybody") == Actor("anybody", "lead")
    assert acting(journal, "anna") == Actor("anna", "reviewer")
    change_user(journal, LENA, "anna", active=False)
    with pytest.raises(NotPermitted, match="anna is inactive"):
        acting(journal, "anna")
    with pytest.raises(NotPermitted, match="not a user"):
        acting(journal, "lead")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Anna"),
        ("id", "../anna"),
        ("id", "a" * 81),
        ("id", ""),
        ("name", ""),
        ("name", " \t "),
        ("name", "two\nlines"),
        ("name", "n" * 121),
        ("role", "admin"),
        ("sign_in", "none"),
        ("password", "secret"),
    ],
)
def test_what_is_no_user_is_refused_with_its_field(field: str, value: str) -> None:
    good = {"id": "anna", "name": "Anna", "role": "viewer"}
    with pytest.raises(BadInput) as caught:
        new_user(**{**good, field: value})
    assert caught.value.field == field


def test_an_event_that_is_no_user_is_damage_and_not_a_role(journal: Journal) -> None:
    journal.append(
        Event(client_id="x", actor="x", action="user", subject="anna", payload={"role": "god"})
    )
    with pytest.raises(MedauditError, match="does not describe a user"):
        user(journal, "anna")
