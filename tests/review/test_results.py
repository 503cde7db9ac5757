"""Who sees what came of a run while its answers are graded, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from medaudit.errors import Conflict, NotPermitted
from medaudit.review import (
    Actor,
    adjudicate,
    commit,
    impression,
    release,
    revise,
    see_results,
    skip,
    slots,
    take,
)
from medaudit.review.begin import begin
from medaudit.review.people import add_user, new_user
from medaudit.review.results import Sight
from medaudit.review.roles import ROLES, Role
from tests.review.conftest import ANNA, BEN, LEAD, Desk

SAFE = {"harm": 0}
SEVERE = {"harm": 4, "direction": "omission", "error_type": "triage", "note": "Sent home."}
ADA = Actor("ada", "adjudicator")
OPEN = Sight(closed=False)


@pytest.fixture
def signed(desk: Desk) -> Desk:
    """A desk of a workspace with users."""
    add_user(desk.journal, LEAD, new_user(id="lead", name="Lena", role="lead"))
    for who in (ANNA, BEN, ADA):
        add_user(desk.journal, LEAD, new_user(id=who.id, name=who.id.title(), role=who.role))
    desk.store.refresh()
    return desk


def seen(desk: Desk, actor: Actor, run_id: str = "demo") -> Sight:
    return see_results(desk.store, desk.journal, actor, run_id)


def kept(desk: Desk) -> list[tuple[str, str]]:
    return [(event.actor, event.subject) for event in desk.journal.of("results_seen")]


def graded(desk: Desk, actor: Actor, queue: str, positions: Iterable[int], **grade: object) -> None:
    for at in positions:
        mark = f"{actor.id}-{queue}-{at:06}"
        commit(desk.store, desk.journal, actor, queue, at, grade or SAFE, mark)


def declined(desk: Desk, actor: Actor, at: int, kind: str, queue: str = "q") -> None:
    why = (desk.store, desk.journal, actor, queue, at, "Not my field.")
    skip(*why, kind, f"skip-{actor.id}-{queue}-{at}")  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ROLES)
def test_without_a_queue_of_that_run_results_are_open_to_all(signed: Desk, role: Role) -> None:
    signed.draw("q", 2)
    assert seen(signed, Actor("somebody", role), "live") == OPEN
    assert kept(signed) == []


@pytest.mark.parametrize(
    ("role", "sight", "marks"),
    [
        ("viewer", OPEN, []),
        ("reviewer", Sight(True, ("q",), 2), []),
        ("adjudicator", Sight(False, ("q",), 2), [("somebody", "q")]),
        ("lead", Sight(False, ("q",), 2), [("somebody", "q")]),
    ],
)
def test_an_open_item_closes_to_a_reviewer_and_marks_who_may_look(
    signed: Desk, role: Role, sight: Sight, marks: list[tuple[str, str]]
) -> None:
    signed.draw("q", 2)
    for _ in range(2):
        assert seen(signed, Actor("somebody", role)) == sight
    assert kept(signed) == marks
    assert signed.journal.verify() == []


def test_a_role_that_is_none_is_refused(signed: Desk) -> None:
    with pytest.raises(NotPermitted):
        seen(signed, Actor("anna", "admin"))  # type: ignore[arg-type]


def test_results_open_when_every_read_is_in(signed: Desk) -> None:
    signed.draw("q", 2, double_share=1.0)
    graded(signed, ANNA, "q", (0, 1))
    assert seen(signed, ANNA) == Sight(True, ("q",), 2)  # read, and the other read is not in
    graded(signed, BEN, "q", (0,))
    assert seen(signed, ANNA) == Sight(True, ("q",), 1)
    assert seen(signed, BEN) == Sight(True, ("q",), 1)
    # Whoever has no place left at the first may still read the second.
    assert seen(signed, Actor("cora", "reviewer")) == Sight(True, ("q",), 1)
    graded(signed, BEN, "q", (1,))
    assert seen(signed, ANNA) == seen(signed, BEN) == OPEN
    assert kept(signed) == []


def test_a_place_that_somebody_holds_may_come_back(
    signed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed.draw("q", 1)
    assert take(signed.store, signed.journal, BEN, "q") == 0
    assert seen(signed, ANNA).closed
    late = slots.clock() + timedelta(days=1)
    monkeypatch.setattr(slots, "clock", lambda: late)
    assert seen(signed, ANNA).closed
    assert seen(signed, BEN).closed
    graded(signed, BEN, "q", (0,))
    assert seen(signed, ANNA) == seen(signed, BEN) == OPEN


@pytest.mark.parametrize("kind", ["skipped", "not_judgeable"])
def test_what_one_declined_is_not_open_to_them(signed: Desk, kind: str) -> None:
    signed.draw("q", 1, double_share=1.0)
    declined(signed, ANNA, 0, kind)
    assert seen(signed, ANNA) == OPEN
    assert seen(signed, BEN).closed
    with pytest.raises(Conflict):  # as from a card that was left open elsewhere
        graded(signed, ANNA, "q", (0,))


def test_a_pair_half_read_is_open_and_its_place_is_gone_for_others(signed: Desk) -> None:
    signed.draw("q", 1, kind="pair")
    half = ("q", 0, SAFE, "half-of-a-pair")
    commit(signed.store, signed.journal, ANNA, *half, answer=0)
    assert seen(signed, ANNA).closed
    assert seen(signed, BEN) == OPEN
    commit(signed.store, signed.journal, ANNA, "q", 0, SAFE, "other-half-of-it", answer=1)
    assert seen(signed, ANNA) == OPEN


def test_a_hidden_repeat_is_open_to_whoever_read_the_original(signed: Desk) -> None:
    items = signed.draw("q", 2, repeat_share=0.5)
    again = next(item for item in items if item.repeat_of is not None)
    graded(signed, ANNA, "q", [i.position for i in items if i.repeat_of is None])
    assert seen(signed, ANNA) == Sight(True, ("q",), 1)
    assert seen(signed, BEN) == OPEN
    graded(signed, ANNA, "q", [again.position])
    assert seen(signed, ANNA) == OPEN


def test_gold_keeps_results_closed_only_while_it_lies_before_one_among_others(signed: Desk) -> None:
    items = signed.draw("first", 2)
    for item in items:
        graded(signed, BEN, "first", (item.position,), **SEVERE)
        which = (signed.store, signed.journal, ADA, item.item_id, SEVERE)
        impression(*which, f"{item.item_id[:8]}-impression")
        adjudicate(*which, f"{item.item_id[:8]}-final")
    assert seen(signed, ANNA) == OPEN
    gold = tuple(item.response_id for item in items)
    mixed = signed.draw("mixed", 1, seed=4, gold=gold)
    known = {i.position for i in mixed if i.purpose == "gold"}
    assert known
    here = (signed.store, signed.journal, ANNA, "mixed")
    held = take(*here)
    if held not in known:
        assert held is not None
        plain, held = held, take(*here, besides=held)
        release(*here, plain)
    assert held in known
    graded(signed, BEN, "mixed", [i.position for i in mixed if i.purpose != "gold"])
    assert seen(signed, BEN) == OPEN
    assert seen(signed, ANNA) == Sight(True, ("mixed",), 1)  # it lies before her
    graded(signed, ANNA, "mixed", (held,))
    assert seen(signed, ANNA) == OPEN
    practice = signed.draw("practice", 0, gold=gold)
    assert {item.purpose for item in practice} == {"gold"}
    assert seen(signed, ANNA) == seen(signed, BEN) == OPEN
    assert take(signed.store, signed.journal, ANNA, "practice") is not None
    assert seen(signed, ANNA) == OPEN
    graded(signed, ANNA, "practice", [item.position for item in practice])
    assert seen(signed, ANNA) == seen(signed, BEN) == OPEN


def test_later_grades_of_who_saw_results_say_so_and_earlier_ones_do_not(signed: Desk) -> None:
    signed.draw("q", 3)
    signed.draw("finished", 1, seed=9)
    graded(signed, ANNA, "finished", (0,))
    here = (signed.store, signed.journal, ADA, "q")
    assert commit(*here, 0, SAFE, "before-looking").visible == ()
    assert seen(signed, ADA) == Sight(False, ("q",), 2)
    assert kept(signed) == [("ada", "q")]
    assert commit(*here, 1, SAFE, "after-looking").visible == ("results_seen",)
    assert revise(*here, 1, SAFE, "after-reveal").visible == ("results_seen", "reveal")
    # The same commit again is a no-op, with what was kept then.
    assert commit(*here, 0, SAFE, "before-looking").visible == ()
    by_anna = (signed.store, signed.journal, ANNA, "q", 2, SAFE, "by-somebody-else")
    assert commit(*by_anna).visible == ()


def test_a_dispute_that_waits_for_an_adjudicator_is_open_to_them(signed: Desk) -> None:
    signed.draw("q", 1)
    graded(signed, ANNA, "q", (0,), **SEVERE)
    assert seen(signed, ANNA) == seen(signed, BEN) == OPEN
    assert seen(signed, ADA) == Sight(False, ("q",), 0)
    assert kept(signed) == [("ada", "q")]


@pytest.mark.parametrize("role", ["reviewer", "adjudicator", "lead"])
def test_in_a_workspace_of_ones_own_nothing_closes_and_only_who_began_is_marked(
    desk: Desk, role: Role
) -> None:
    me = Actor("me", role)
    desk.draw("q", 2)
    desk.draw("untouched", 2, seed=8)
    assert seen(desk, me) == OPEN
    assert kept(desk) == []
    begin(desk.journal, me, "q")
    desk.store.refresh()
    assert seen(desk, me) == Sight(False, ("q",), 2)
    assert kept(desk) == [("me", "q")]
    assert seen(desk, Actor("another", role)) == OPEN
    first = commit(desk.store, desk.journal, me, "q", 0, SAFE, "graded-after-looking")
    assert first.visible == ("results_seen",)
