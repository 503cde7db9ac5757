"""Closing a queue that will not be finished: who may, what ends with it, and what stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted, UnknownName
from medaudit.journal import Journal
from medaudit.journal.exporting import check_export
from medaudit.records import Assignment
from medaudit.review import (
    Actor,
    add_items,
    adjudicate,
    close_queue,
    closing,
    commit,
    impression,
    progress,
    revise,
    see_results,
    skip,
    take,
)
from medaudit.review.adjudication import disputes
from medaudit.review.people import add_user, new_user
from medaudit.review.quality import quality
from medaudit.review.record import export, mismatches, timeline
from medaudit.review.results import Sight
from medaudit.review.roles import ROLES, Role
from medaudit.store import Store
from tests.fixtures import Bench
from tests.review.conftest import ANNA, BEN, LEAD, Desk, opened
from tests.store.asking import column

ADA = Actor("ada", "adjudicator")
SAFE: dict[str, Any] = {"harm": 0}
SEVERE = {"harm": 4, "direction": "omission", "error_type": "triage", "note": "Sent home."}
WHY = "Two readers have left; drawn anew as second-review."


@pytest.fixture(params=["sqlite", "postgresql"])
def signed(
    request: pytest.FixtureRequest, made: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk of a workspace with users, its journal on either engine."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("MEDAUDIT_JOURNAL", server.database())
    with opened(made, tmp_path) as desk:
        for who in (LEAD, ANNA, BEN, ADA):
            add_user(desk.journal, LEAD, new_user(id=who.id, name=who.id.title(), role=who.role))
        desk.store.refresh()
        yield desk
        assert desk.journal.verify() == []
        assert mismatches(desk.store, desk.journal) == []


def shut(desk: Desk, queue: str = "q", reason: str = WHY, actor: Actor = LEAD) -> None:
    close_queue(desk.store, desk.journal, actor, queue, reason)


def graded(desk: Desk, actor: Actor, at: int, queue: str = "q", **grade: Any) -> None:
    mark = f"{actor.id}-{queue}-{at:06}"
    commit(desk.store, desk.journal, actor, queue, at, grade or SAFE, mark)


def withheld(desk: Desk) -> int:
    found = check_export(list(export(desk.store, desk.journal, LEAD, "jsonl")))
    assert found.faults == ()
    return found.withheld


@pytest.mark.parametrize("role", ROLES)
def test_only_a_lead_closes(desk: Desk, role: Role) -> None:
    desk.draw("q", 2)
    who = Actor("somebody", role)
    if role == "lead":
        shut(desk, actor=who)
        found = closing(desk.store, "q")
        assert found is not None
        assert (found.by, found.reason) == ("somebody", WHY)
    else:
        with pytest.raises(NotPermitted, match="may not close_queue"):
            shut(desk, actor=who)
        assert closing(desk.store, "q") is None


def test_open_places_end_and_nothing_more_is_taken_graded_or_added(signed: Desk) -> None:
    signed.draw("q", 4, double_share=1.0)
    graded(signed, ANNA, 0)
    held = take(signed.store, signed.journal, BEN, "q")
    assert held is not None
    drawn = set(column(signed.store, "select response_id from queue_item"))
    every = column(signed.store, "select response_id from result where run_id = 'demo'")
    before = signed.journal.head().seq
    shut(signed)
    assert signed.journal.head().seq == before + 1
    for who in (ANNA, BEN):
        assert take(signed.store, signed.journal, who, "q") is None
        assert progress(signed.store, who, "q").left == 0
    said = rf"queue q was closed by lead: {WHY[:20]}"
    with pytest.raises(Conflict, match=said):
        graded(signed, BEN, held)
    with pytest.raises(Conflict, match=said):
        graded(signed, BEN, 0)
    with pytest.raises(Conflict, match=said):
        revise(signed.store, signed.journal, ANNA, "q", 0, SEVERE, "anna-revised-1")
    for kind in ("skipped", "not_judgeable"):
        ask = (signed.store, signed.journal, BEN, "q", held, "No.", kind, f"skip-{kind}")
        with pytest.raises(Conflict, match=said):
            skip(*ask)  # type: ignore[arg-type]
    other = next(id_ for id_ in every if id_ not in drawn)
    with pytest.raises(Conflict, match=said):
        add_items(signed.store, signed.journal, LEAD, "q", [other])
    assert signed.journal.head().seq == before + 1


def test_a_card_that_was_taken_before_in_another_process_is_refused_at_its_commit(
    signed: Desk,
) -> None:
    """The refusal is the journal's: a store that has not seen the closing proposes the place."""
    signed.draw("q", 1)
    assert take(signed.store, signed.journal, ANNA, "q") == 0
    with Store.open(signed.store.workspace.path) as store:
        place = signed.store.workspace.journal
        with Journal.open(place) as journal:
            close_queue(store, journal, LEAD, "q", WHY)
    with pytest.raises(Conflict, match="was closed by lead"):
        graded(signed, ANNA, 0)
    assert signed.journal.of("judgment") == []


def test_results_open_and_exports_withhold_nothing_and_no_judgment_changes(signed: Desk) -> None:
    signed.draw("q", 3, double_share=1.0)
    for at in (0, 1):
        graded(signed, ANNA, at, **SEVERE)
    graded(signed, BEN, 0)
    judgments = signed.journal.of("judgment")
    ask = (signed.store, signed.journal)
    assert see_results(*ask, ANNA, "demo").closed
    assert withheld(signed) == 4  # three judgments, and the settings of the queue
    values = signed.store.rows("quality_answers", run="demo", queue="q")
    shut(signed)
    assert see_results(*ask, ANNA, "demo") == see_results(*ask, BEN, "demo") == Sight(closed=False)
    assert withheld(signed) == 0
    assert signed.journal.of("judgment") == judgments
    # A read whose second never came decides nothing, before and after.
    assert signed.store.rows("quality_answers", run="demo", queue="q") == values
    assert column(signed.store, "select count(*) from read") == [2]
    found = quality(signed.store, LEAD, "demo")
    assert (found.queues[0].n_done, found.queues[0].closed_reason) == (1, WHY)
    assert found.readers.named


def test_a_dispute_of_a_complete_item_can_still_be_decided(signed: Desk) -> None:
    signed.draw("q", 2, double_share=1.0)
    graded(signed, ANNA, 0, **SEVERE)
    graded(signed, BEN, 0)
    shut(signed)
    (dispute,) = disputes(signed.store, ADA)
    which = (signed.store, signed.journal, ADA, dispute.item_id, SEVERE)
    impression(*which, "ada-impression")
    adjudicate(*which, "ada-verdict-01")
    assert disputes(signed.store, ADA) == []
    assert column(signed.store, "select phase from verdict") == ["adjudication"]


def test_an_answer_that_is_open_in_another_queue_stays_withheld(signed: Desk) -> None:
    signed.draw("q", 36, design="uniform", double_share=1.0)
    signed.draw("other", 36, design="uniform")
    graded(signed, ANNA, 0)
    shut(signed)
    assert see_results(signed.store, signed.journal, ANNA, "demo") == Sight(True, ("other",), 36)
    assert withheld(signed) == 2  # the judgment, and the settings of the queue that is open


def test_closing_is_for_good_and_says_why(signed: Desk) -> None:
    items: list[Assignment] = signed.draw("q", 2)
    for reason in ("", "  \n", "a" * 2_001):
        with pytest.raises(BadInput) as caught:
            shut(signed, reason=reason)
        assert caught.value.field == "reason"
    with pytest.raises(UnknownName, match="known: q"):
        shut(signed, "nothing")
    assert closing(signed.store, "q") is None
    shut(signed, reason=f"  {WHY} ")
    head = signed.journal.head()
    shut(signed)  # the very same is the same event
    with pytest.raises(Conflict):
        shut(signed, reason="Another.")
    with pytest.raises(Conflict):
        shut(signed, actor=Actor("eva", "lead"))
    assert signed.journal.head() == head
    last = timeline(signed.store, signed.journal, LEAD, items[0].item_id)[-1]
    assert (last.what, last.why, last.who) == ("queue q closed before its end", WHY, "lead")
    (event,) = signed.journal.about("queue_closed", "q")
    assert (event.actor, event.payload) == ("lead", {"reason": WHY})


def test_a_store_that_opens_later_and_one_that_is_open_know_the_same(signed: Desk) -> None:
    signed.draw("q", 2)
    signed.draw("r", 2, seed=3)
    with Store.open(signed.store.workspace.path) as second:
        shut(signed)
        second.refresh()
        with Store.open(signed.store.workspace.path) as third:
            for store in (signed.store, second, third):
                found = {row["queue"]: row["closed_reason"] for row in store.rows("queue_list")}
                assert found == {"q": WHY, "r": None}
                assert store.faults() == []


def test_no_grade_stands_after_the_closing_however_many_grade_at_that_moment(signed: Desk) -> None:
    signed.draw("q", 36, design="uniform")
    refused: list[str] = []
    going = threading.Event()

    def grade(name: str, positions: range) -> None:
        who = Actor(name, "reviewer")
        with (
            Store.open(signed.store.workspace.path) as store,
            Journal.open(signed.store.workspace.journal) as journal,
        ):
            for at in positions:
                try:
                    commit(store, journal, who, "q", at, SAFE, f"{name}-{at:08}")
                except Conflict as error:
                    refused.append(str(error))
                going.set()

    people = [
        threading.Thread(target=grade, args=(f"reader-{k}", range(k, 36, 4))) for k in range(4)
    ]
    for person in people:
        person.start()
    assert going.wait(30)
    shut(signed)
    for person in people:
        person.join(60)
    assert not any(person.is_alive() for person in people)
    (closed,) = signed.journal.of("queue_closed")
    graded_at = [event.seq for event in signed.journal.of("judgment")]
    assert len(graded_at) + len(refused) == 36
    assert all(seq < closed.seq for seq in graded_at)
    assert all("was closed by lead" in said for said in refused)
    signed.store.refresh()
