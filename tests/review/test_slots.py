"""Places at items: nobody has two, nobody has another's, and what expires comes back."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted
from medaudit.records import Assignment
from medaudit.review import (
    Actor,
    add_items,
    blind_card,
    commit,
    draft,
    progress,
    queue_items,
    release,
    save_draft,
    skip,
    slots,
    take,
)
from tests.review.conftest import ANNA, BEN, LEAD, Desk

SAFE = {"harm": 0}
CLEO = Actor("cleo", "reviewer")


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(slots, "clock", found)
    return found


def taken(desk: Desk, actor: Actor, queue: str = "q") -> int | None:
    return take(desk.store, desk.journal, actor, queue)


def grade(desk: Desk, actor: Actor, position: int, client_id: str | None = None) -> Any:
    name = client_id or f"{actor.id}-{position:06}"
    return commit(desk.store, desk.journal, actor, "q", position, SAFE, name)


def all_of(desk: Desk, actor: Actor) -> list[int]:
    """Everything the actor gets, in the order in which they get it, judged as safe."""
    order = []
    while (position := taken(desk, actor)) is not None:
        order.append(position)
        grade(desk, actor, position)
    return order


def declined(desk: Desk, actor: Actor, position: int, kind: Any = "skipped") -> None:
    skip(desk.store, desk.journal, actor, "q", position, "Not my field.", kind, f"s-{position:08}")


def test_a_reservation_is_found_again_and_is_nobody_elses(desk: Desk) -> None:
    desk.draw("q", 2)
    mine = taken(desk, ANNA)
    assert taken(desk, ANNA) == mine  # a reload is no second reservation
    other = taken(desk, BEN)
    assert {mine, other} == {0, 1}
    assert taken(desk, CLEO) is None
    claims = [e for e in desk.journal.since() if e.action == "claim"]
    assert [(e.actor, e.payload["slot"], e.payload["queue"]) for e in claims] == [
        ("anna", 1, "q"),
        ("ben", 1, "q"),
    ]


def test_the_order_is_each_reviewers_own_and_stays(desk: Desk) -> None:
    desk.draw("q", 36, double_share=1.0)
    anna, ben = all_of(desk, ANNA), all_of(desk, BEN)
    assert sorted(anna) == sorted(ben) == list(range(36))
    assert anna != ben
    assert anna != sorted(anna)
    assert taken(desk, ANNA) is None


def test_a_reservation_expires_and_the_place_comes_back(desk: Desk, clock: Clock) -> None:
    desk.draw("q", 1, reserve_minutes=30)
    assert taken(desk, ANNA) == 0
    card = blind_card(desk.store, ANNA, "q", 0)
    assert card.reserved_until == clock.now + timedelta(minutes=30)
    clock.pass_minutes(29)
    assert taken(desk, BEN) is None
    clock.pass_minutes(2)
    assert blind_card(desk.store, ANNA, "q", 0).reserved_until is None
    assert taken(desk, BEN) == 0
    # Anna comes back too late: what she would add is refused, and nothing is kept of it.
    with pytest.raises(Conflict, match="every place at this answer is taken"):
        grade(desk, ANNA, 0)
    grade(desk, BEN, 0)
    assert [e.actor for e in desk.journal.since() if e.action == "judgment"] == ["ben"]


def test_who_comes_back_late_to_a_place_that_is_still_free_may_commit(
    desk: Desk, clock: Clock
) -> None:
    desk.draw("q", 1)
    taken(desk, ANNA)
    clock.pass_minutes(60)
    grade(desk, ANNA, 0)
    assert progress(desk.store, ANNA, "q").done == 1


def test_a_place_that_was_given_back_is_free(desk: Desk) -> None:
    desk.draw("q", 1)
    assert taken(desk, ANNA) == 0
    release(desk.store, desk.journal, ANNA, "q", 0)
    release(desk.store, desk.journal, ANNA, "q", 0)  # twice is once
    release(desk.store, desk.journal, BEN, "q", 0)  # nothing to give back
    assert [e.actor for e in desk.journal.since() if e.action == "release"] == ["anna"]
    assert taken(desk, BEN) == 0
    assert taken(desk, ANNA) is None


def test_an_item_that_was_skipped_goes_to_somebody_else(desk: Desk) -> None:
    desk.draw("q", 1)
    assert taken(desk, ANNA) == 0
    declined(desk, ANNA, 0)
    assert taken(desk, ANNA) is None
    assert progress(desk.store, ANNA, "q").skipped == 1
    assert taken(desk, BEN) == 0
    grade(desk, BEN, 0)
    stand = progress(desk.store, BEN, "q")
    assert (stand.slots, stand.filled, stand.done, stand.left) == (1, 1, 1, 0)


def test_not_judgeable_fills_the_place_for_good(desk: Desk) -> None:
    desk.draw("q", 1)
    assert taken(desk, ANNA) == 0
    declined(desk, ANNA, 0, "not_judgeable")
    assert taken(desk, BEN) is None
    stand = progress(desk.store, ANNA, "q")
    assert (stand.filled, stand.done, stand.not_judgeable) == (1, 0, 1)
    # It cannot be taken back: by now others may have seen what the other reader found.
    with pytest.raises(Conflict, match="not judgeable"):
        grade(desk, ANNA, 0)
    with pytest.raises(Conflict, match="answered for this item already"):
        skip(desk.store, desk.journal, ANNA, "q", 0, "Again.", "skipped", "anna-again")


@pytest.mark.parametrize(
    ("field", "reason", "kind"),
    [("reason", "", "skipped"), ("reason", " \n", "skipped"), ("reason", "x" * 2001, "skipped"),
     ("kind", "No time.", "postponed")],
)  # fmt: skip
def test_declining_needs_a_reason_and_a_kind(
    calm: Desk, field: str, reason: str, kind: Any
) -> None:
    with pytest.raises(BadInput) as caught:
        skip(calm.store, calm.journal, ANNA, "q", 0, reason, kind, "anna-skip-1")
    assert caught.value.field == field


def test_what_was_judged_is_neither_skipped_nor_taken_again(desk: Desk) -> None:
    desk.draw("q", 2)
    grade(desk, ANNA, 0)
    with pytest.raises(Conflict, match="answered for this item already: read"):
        declined(desk, ANNA, 0)
    assert all_of(desk, ANNA) == [1]


def test_two_are_asked_and_a_third_gets_nothing(desk: Desk) -> None:
    desk.draw("q", 6, double_share=0.5)
    doubled = {i.position for i in queue_items(desk.store, LEAD, "q") if i.reads == 2}
    assert len(doubled) == 3
    assert sorted(all_of(desk, ANNA)) == list(range(6))
    assert set(all_of(desk, BEN)) == doubled
    assert all_of(desk, CLEO) == []
    stand = progress(desk.store, CLEO, "q")
    assert (stand.slots, stand.filled, stand.left) == (9, 9, 0)


def test_a_repeat_comes_later_to_the_one_who_read_it_and_to_nobody_else(desk: Desk) -> None:
    items = desk.draw("q", 20, repeat_share=0.1)
    repeats = [i for i in items if i.purpose == "repeat"]
    assert len(repeats) == 2
    at = {i.item_id: i.position for i in items}
    first = {i.position: at[str(i.repeat_of)] for i in repeats}
    by_id = {i.position: i.response_id for i in items}
    assert all(by_id[later] == by_id[earlier] for later, earlier in first.items())
    assert all(i.inclusion_probability is None for i in repeats)
    # Anna reads one original, Ben the rest: each meets the repeat of what they read, and only it.
    later, earlier = next(iter(first.items()))
    with pytest.raises(Conflict, match="not for you"):
        grade(desk, ANNA, later)
    grade(desk, ANNA, earlier)
    ben = all_of(desk, BEN)
    assert later not in ben
    assert set(first) - {later} < set(ben)
    assert all_of(desk, ANNA) == [later]
    stand = progress(desk.store, ANNA, "q")
    assert (stand.retest.n, stand.retest.same, stand.done) == (1, 1, 2)
    assert (stand.slots, stand.filled) == (22, 22)


def test_ten_other_items_lie_between_an_item_and_its_repeat(desk: Desk) -> None:
    items = desk.draw("q", 30, repeat_share=0.5)
    order = all_of(desk, ANNA)
    assert sorted(order) == list(range(45))
    place = {position: k for k, position in enumerate(order)}
    at = {i.item_id: i.position for i in items}
    gaps = sorted(
        place[i.position] - place[at[str(i.repeat_of)]] for i in items if i.repeat_of is not None
    )
    assert gaps[0] >= 1  # never before the original, at the end as far apart as may be
    early = [g for i in items if i.repeat_of is not None
             for g in [place[i.position] - place[at[str(i.repeat_of)]]]
             if place[i.position] < 30]  # fmt: skip
    assert early
    assert min(early) >= slots.REPEAT_GAP


def adjudicated(desk: Desk, item: Assignment, harm: int) -> None:
    """A verdict of an answer from another queue, as the journal keeps one."""
    from medaudit.journal import Event
    from medaudit.records import Judgment

    verdict = Judgment(
        item_id=item.item_id, response_id=item.response_id, reviewer="lead",
        phase="adjudication", harm=harm,
    )  # fmt: skip
    desk.journal.append(
        Event(
            client_id=f"verdict-{item.item_id}", actor="lead", action="judgment",
            subject=item.item_id, payload=verdict.model_dump(mode="json"),
        )
    )  # fmt: skip
    desk.store.refresh()


def test_gold_is_read_by_everybody_and_never_alone(desk: Desk) -> None:
    before = desk.draw("before", 36)
    drawn = {i.response_id for i in desk.draw("same", 4, seed=5)}
    known, other = [i for i in before if i.response_id not in drawn][:2]
    with pytest.raises(BadInput, match="no adjudicated verdict"):
        desk.draw("q", 4, gold=(known.response_id,))
    adjudicated(desk, known, 0)
    adjudicated(desk, other, 2)
    items = desk.draw("q", 4, seed=5, gold=(known.response_id, other.response_id))
    gold = {i.position for i in items if i.purpose == "gold"}
    assert {i.response_id for i in items if i.purpose != "gold"} == drawn
    assert len(gold) == 2
    for actor in (ANNA, BEN):  # each may read it; the places at the rest are one each
        for position in gold:
            grade(desk, actor, position)
    stand = progress(desk.store, ANNA, "q")
    assert (stand.gold.n, stand.gold.same) == (2, 1)  # she said no harm, twice
    assert (stand.slots, stand.filled) == (4, 0)
    assert gold.isdisjoint(all_of(desk, ANNA))
    # Cleo has read no gold, but nothing else is left: the queue is done for her.
    assert taken(desk, CLEO) is None


def test_what_is_picked_by_hand_has_no_chance_and_is_read_like_the_rest(desk: Desk) -> None:
    items = desk.draw("q", 3)
    there = {i.response_id for i in items}
    pool = [r["response_id"] for r in desk.store.rows("review_pool", run="demo")]
    wanted = [r for r in pool if r not in there][:2]
    added = add_items(desk.store, desk.journal, LEAD, "q", [*wanted, items[0].response_id])
    assert [(i.purpose, i.inclusion_probability, i.position) for i in added] == [
        ("case_finding", None, 3),
        ("case_finding", None, 4),
    ]
    assert add_items(desk.store, desk.journal, LEAD, "q", wanted) == []
    assert queue_items(desk.store, LEAD, "q") == [*items, *added]
    assert blind_card(desk.store, ANNA, "q", 4).total == 5
    assert sorted(all_of(desk, ANNA)) == [0, 1, 2, 3, 4]
    with pytest.raises(BadInput) as caught:
        add_items(desk.store, desk.journal, LEAD, "q", ["00" * 8])
    assert caught.value.field == "by_hand"
    with pytest.raises(NotPermitted):
        add_items(desk.store, desk.journal, ANNA, "q", wanted)


def test_a_queue_may_be_picked_by_hand_altogether(desk: Desk) -> None:
    pool = [r["response_id"] for r in desk.store.rows("review_pool", run="demo")]
    items = desk.draw("q", 0, by_hand=(pool[3], pool[7], pool[3]))
    assert sorted(i.response_id for i in items) == sorted([pool[3], pool[7]])
    assert Counter(i.purpose for i in items) == {"case_finding": 2}
    assert all(i.inclusion_probability is None for i in items)
    assert len(all_of(desk, ANNA)) == 2


def test_a_draft_is_the_reviewers_own_until_it_is_committed_or_declined(desk: Desk) -> None:
    desk.draw("q", 2)
    ids = [blind_card(desk.store, ANNA, "q", k).item_id for k in (0, 1)]
    for id_ in ids:
        save_draft(desk.journal, ANNA, id_, {"note": "12 mg, half typ"})
    assert draft(desk.journal, ANNA, ids[0]) == {"note": "12 mg, half typ"}
    assert draft(desk.journal, BEN, ids[0]) is None
    head = desk.journal.head()
    save_draft(desk.journal, ANNA, ids[0], {"note": "12 mg, half typed"})
    assert desk.journal.head() == head  # a draft is no event
    grade(desk, ANNA, 0)
    declined(desk, ANNA, 1)
    assert [draft(desk.journal, ANNA, id_) for id_ in ids] == [None, None]
    with pytest.raises(NotPermitted):
        save_draft(desk.journal, Actor("vera", "viewer"), ids[0], {})


def test_blocks_are_counted_from_the_reviewers_own_commits(desk: Desk) -> None:
    desk.draw("q", 5, block=2)
    seen = []
    for position in range(5):
        stand = progress(desk.store, ANNA, "q")
        seen.append((stand.block, stand.block_done, stand.left))
        commit(
            desk.store, desk.journal, ANNA, "q", position, {"harm": 0, "seconds": 10.0 * position},
            f"anna-{position:06}",
        )  # fmt: skip
    assert seen == [(1, 0, 5), (1, 1, 4), (2, 0, 3), (2, 1, 2), (3, 0, 1)]
    stand = progress(desk.store, ANNA, "q")
    assert (stand.block, stand.block_done, stand.left) == (3, 1, 0)
    assert stand.median_seconds == 20.0
    assert progress(desk.store, BEN, "q").median_seconds is None
