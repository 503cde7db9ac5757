"""A signature stands for exact bytes, by a person who proved who they are, until they change."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted, UnknownName
from medaudit.review import Actor, adjudicate, commit, impression, revise
from medaudit.review.passwords import set_password
from medaudit.review.people import add_user, change_user, new_user, user
from medaudit.review.signature import (
    CHANGED,
    FRESH,
    MEANINGS,
    Signature,
    meanings,
    record,
    sign,
    signatures,
    void_changed,
    withdraw,
)
from tests.review.conftest import ANNA, BEN, LEAD, Desk

PASSWORD = "correct horse 12"
ADA = Actor("ada", "adjudicator")
VERA = Actor("vera", "viewer")
SEVERE: dict[str, Any] = {
    "harm": 3,
    "direction": "omission",
    "error_type": "missed_red_flag",
    "note": "An ambulance was needed at once.",
}
PEOPLE = (
    (LEAD, "Lena Lead"),
    (ANNA, "Anna Reader, MD"),
    (BEN, "Ben Reader"),
    (ADA, "Ada Judge"),
    (VERA, "Vera Viewer"),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheaper password hashes: their cost is tested elsewhere."""
    monkeypatch.setattr("medaudit.review.passwords.COST", {"n": 16, "r": 8, "p": 1})


@pytest.fixture
def ward(desk: Desk) -> Iterator[Desk]:
    """Five people with accounts, and a queue of two answers that Anna has read."""
    for actor, name in PEOPLE:
        add_user(desk.journal, LEAD, new_user(id=actor.id, name=name, role=actor.role))
        set_password(desk.journal, LEAD, actor.id, PASSWORD)
    desk.draw("q", 2)
    for position in (0, 1):
        grade(desk, ANNA, position, {"harm": 0})
    yield desk
    assert desk.journal.verify() == []


def grade(desk: Desk, actor: Actor, position: int, said: dict[str, Any]) -> None:
    commit(desk.store, desk.journal, actor, "q", position, said, str(uuid.uuid4()))


def signed(desk: Desk, actor: Actor = ANNA, meaning: str = "authored", **other: Any) -> Signature:
    subject, password = other.get("subject", "queue:q"), other.get("password", PASSWORD)
    shown = other.get("shown")
    return sign(desk.journal, desk.store, actor, subject, meaning, password, shown=shown)


def states(desk: Desk) -> list[str | None]:
    return [found.void for found in signatures(desk.store, desk.journal, VERA)]


def test_a_signature_says_who_when_what_and_for_which_bytes(ward: Desk) -> None:
    head = ward.journal.head()
    what = record(ward.journal, ward.store, ANNA, "queue:q")
    found = signed(ward, shown=what.hash)
    assert (found.name, found.meaning, found.signer) == ("Anna Reader, MD", "authored", "anna")
    assert (found.hash, found.head) == (what.hash, str(head))
    (event,) = ward.journal.about("signature", "queue:q")
    assert event.utc == found.utc
    assert event.payload == {
        "meaning": "authored",
        "name": "Anna Reader, MD",
        "role": "reviewer",
        "hash": what.hash,
        "head": str(head),
        "items": 2,
        "judgments": 2,
        "proof": "password",
    }
    said = [line["judgment"] for item in json.loads(what.text)["items"]
            for line in item["judgments"]]  # fmt: skip
    assert sorted(s["item_id"] for s in said) == sorted(
        e.subject for e in ward.journal.of("judgment")
    )
    assert states(ward) == [None]
    assert "valid" in str(found)


def test_one_item_can_be_signed(ward: Desk) -> None:
    item = ward.journal.of("judgment")[0].subject
    found = signed(ward, subject=item)
    assert found.subject == f"item:{item}"
    assert record(ward.journal, ward.store, ANNA, found.subject).judgments == 1


def test_the_password_is_asked_again(ward: Desk) -> None:
    head = ward.journal.head()
    for wrong in ("", "correct horse 13", PASSWORD.upper()):
        with pytest.raises(NotPermitted, match="nothing was signed"):
            signed(ward, password=wrong)
    assert ward.journal.head() == head
    assert signed(ward).void is None


def test_each_meaning_is_for_those_who_can_mean_it(ward: Desk) -> None:
    may = {
        ("authored", "anna"),
        ("reviewed", "anna"),
        ("reviewed", "ben"),
        ("reviewed", "ada"),
        ("reviewed", "lead"),
        ("approved_for_release", "lead"),
    }
    done = set()
    for meaning in MEANINGS:
        for actor, _ in PEOPLE:
            try:
                signed(ward, actor, meaning)
            except NotPermitted:
                continue
            done.add((meaning, actor.id))
    assert done == may
    with pytest.raises(BadInput, match="authored"):
        signed(ward, meaning="liked")


def test_who_decided_a_dispute_may_sign_as_having_adjudicated(ward: Desk) -> None:
    ward.draw("hard", 1, seed=7)
    commit(ward.store, ward.journal, BEN, "hard", 0, SEVERE, "ben-00000001")
    item = ward.store.rows("record_items", queue="hard")[0]["item_id"]
    with pytest.raises(Conflict, match="1 of 1 items are open"):
        signed(ward, BEN, subject="queue:hard")
    impression(ward.store, ward.journal, ADA, item, SEVERE, "ada-00000001")
    adjudicate(ward.store, ward.journal, ADA, item, SEVERE, "ada-00000002")
    assert signed(ward, ADA, "adjudicated", subject="queue:hard").void is None


def test_what_is_not_final_cannot_be_signed(desk: Desk, ward: Desk) -> None:
    ward.draw("half", 2, seed=9, double_share=1.0)
    commit(ward.store, ward.journal, ANNA, "half", 0, {"harm": 0}, "anna-half-01")
    head = ward.journal.head()
    with pytest.raises(Conflict, match="2 of 2 items are open"):
        signed(ward, subject="queue:half")
    assert ward.journal.head() == head
    with pytest.raises(UnknownName):
        signed(ward, subject="queue:none")


def test_any_later_change_voids_it_for_good(ward: Desk) -> None:
    signed(ward)
    revise(ward.store, ward.journal, ANNA, "q", 1, {**SEVERE, "harm": 1}, "anna-revised")
    assert states(ward) == [CHANGED]
    assert "VOID" in str(signatures(ward.store, ward.journal, VERA)[0])
    head = ward.journal.head()
    assert [found.signer for found in void_changed(ward.journal, ward.store, BEN)] == ["anna"]
    (event,) = ward.journal.of("signature_void")
    assert event.payload["reason"] == CHANGED
    assert event.seq == head.seq + 1
    assert void_changed(ward.journal, ward.store, ANNA) == []  # noted once
    assert signed(ward).void is None  # what it is now can be signed anew
    void, valid = states(ward)
    assert void is not None
    assert void.startswith(CHANGED)
    assert valid is None


def test_a_change_between_looking_and_signing_is_refused(ward: Desk) -> None:
    shown = record(ward.journal, ward.store, ANNA, "queue:q").hash
    revise(ward.store, ward.journal, ANNA, "q", 0, {**SEVERE, "harm": 1}, "anna-revised")
    with pytest.raises(Conflict, match="not what you were shown"):
        signed(ward, shown=shown)
    assert states(ward) == []


def test_a_change_while_the_password_is_checked_is_refused(
    ward: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> bool:
        revise(ward.store, ward.journal, ANNA, "q", 0, {**SEVERE, "harm": 1}, "anna-revised")
        return True

    monkeypatch.setattr("medaudit.review.signature.verify_password", slow)
    with pytest.raises(Conflict, match="changed while you signed"):
        signed(ward)
    assert states(ward) == []


def test_a_signature_is_withdrawn_by_its_signer_or_a_lead(ward: Desk) -> None:
    one, two = signed(ward), signed(ward, LEAD, "approved_for_release")
    with pytest.raises(NotPermitted, match="who gave it"):
        withdraw(ward.journal, ward.store, BEN, one.id, "not mine")
    with pytest.raises(BadInput, match="why"):
        withdraw(ward.journal, ward.store, ANNA, one.id, " ")
    with pytest.raises(UnknownName):
        withdraw(ward.journal, ward.store, ANNA, "signature:none", "no such")
    withdraw(ward.journal, ward.store, ANNA, one.id, "signed too early")
    withdraw(ward.journal, ward.store, LEAD, two.id, "so did I")
    assert [str(void).split(" (")[0] for void in states(ward)] == ["signed too early", "so did I"]


def test_without_accounts_nobody_signs(desk: Desk) -> None:
    desk.draw("q", 1)
    grade(desk, ANNA, 0, {"harm": 0})
    with pytest.raises(NotPermitted, match="medaudit user add"):
        signed(desk)


def test_who_left_or_signs_in_elsewhere_cannot_sign(ward: Desk) -> None:
    change_user(ward.journal, LEAD, "anna", active=False)
    with pytest.raises(NotPermitted, match="no active user"):
        signed(ward)
    outside = new_user(id="olga", name="Olga", role="reviewer", sign_in="oidc", known_as="o@x.org")
    add_user(ward.journal, LEAD, outside)
    with pytest.raises(NotPermitted, match="oidc"):  # a password is no proof of theirs
        signed(ward, Actor("olga", "reviewer"), "reviewed")
    with pytest.raises(NotPermitted, match="by a lead"):
        signed(ward, Actor("ben", "lead"), "approved_for_release")  # the journal's role counts


def test_a_fresh_sign_in_at_the_identity_provider_proves_who_signs(ward: Desk) -> None:
    for id_, way in (("olga", "oidc"), ("pia", "proxy")):
        who = new_user(id=id_, name=id_, role="reviewer", sign_in=way, known_as=f"{id_}@x.org")
        add_user(ward.journal, LEAD, who)
    now = datetime.now(UTC)

    def by(id_: str, proof: str | datetime) -> Signature:
        actor = Actor(id_, "reviewer")
        return sign(ward.journal, ward.store, actor, "queue:q", "reviewed", proof)

    for age in (FRESH + timedelta(seconds=5), -timedelta(minutes=2)):
        with pytest.raises(NotPermitted, match="sign in again"):
            by("olga", now - age)
    with pytest.raises(NotPermitted, match="proxy"):
        by("pia", now)
    with pytest.raises(NotPermitted, match="local"):
        by("anna", now)  # whoever has a password here gives it
    assert states(ward) == []
    assert by("olga", now - timedelta(minutes=4)).void is None
    (event,) = ward.journal.of("signature")
    assert event.payload["proof"].startswith("sign-in at the identity provider 20")


def test_a_meaning_is_offered_to_whom_it_is_open(ward: Desk) -> None:
    what = record(ward.journal, ward.store, ANNA, "queue:q")
    found = {id_: user(ward.journal, id_) for id_ in ("anna", "ben", "lead", "ada")}
    offered = {id_: meanings(who, what) for id_, who in found.items() if who is not None}
    assert offered == {
        "anna": ["authored", "reviewed"],
        "ben": ["reviewed"],
        "lead": ["reviewed", "approved_for_release"],
        "ada": ["reviewed"],
    }


def test_the_hash_gives_no_grade_away(ward: Desk) -> None:
    """Whoever knows all but the client ids cannot try the few grades against it."""
    what = record(ward.journal, ward.store, ANNA, "queue:q")
    for event in ward.journal.of("judgment"):
        assert len(uuid.UUID(event.client_id).bytes) == 16
        assert event.client_id in what.text
