"""The queue that people grade: known chances, the same every time, drawn once."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medaudit.canonical import content_id
from medaudit.errors import BadInput, Conflict, NotPermitted, UnknownName
from medaudit.journal import Event, Journal
from medaudit.review import (
    Actor,
    blind_card,
    commit,
    draw_queue,
    queue_items,
    queue_settings,
    queues,
    reveal,
    settings_of,
    take,
)
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.fixtures import Bench, answer, append, make_plan, scores
from tests.review.conftest import ANNA, LEAD, SEED, Desk, opened
from tests.store.asking import column

POOL = 36
"""3 cases x 3 variants x 2 systems x 2 repeats."""


def test_chances_follow_the_suspected_harm_and_sum_to_the_number_drawn(desk: Desk) -> None:
    # Brittle: the unsafe example under noise (harm of the case's stakes, the gate made the score
    # 0), no decision under aside. Six gated answers are certain; six places are left for six
    # undecided and 24 passes, in proportion to their weights.
    pool = desk.store.rows("review_pool", run="demo")
    risk = {row["response_id"]: row["risk"] for row in pool}
    assert Counter(risk.values()) == {"severe": 6, "undecided": 6, "other": 24}
    assert [r["gated"] for r in pool] == [r["risk"] == "severe" for r in pool]
    assert [r["passed"] for r in pool] == [r["risk"] == "other" for r in pool]
    assert not any(r["contradicted"] for r in pool)
    rest = 6 * 0.65 + 24 * 0.15
    chance = {"severe": 1.0, "undecided": 6 * 0.65 / rest, "other": 6 * 0.15 / rest}
    purpose = {"severe": "gated", "undecided": "sample", "other": "random_pass"}
    n = 12
    met = set()
    for seed in range(8):
        items = desk.draw(f"q{seed}", n, seed)
        assert len({item.response_id for item in items}) == n
        assert [item.position for item in items] == list(range(n))
        for item in items:
            kind = risk[item.response_id]
            met.add(kind)
            assert item.inclusion_probability == pytest.approx(chance[kind])
            assert item.purpose == purpose[kind]
            assert item.reads == 1
    assert met == set(risk.values())
    # The chances of all that could be drawn sum to n, by hand.
    assert sum(chance[kind] for kind in risk.values()) == pytest.approx(n)


def test_what_exceeds_certainty_is_shared_among_the_rest(desk: Desk) -> None:
    # 30 of 36: severe and undecided would exceed 1 and are certain, 18 of the 24 others remain.
    items = desk.draw("q", 30)
    pool = desk.store.rows("review_pool", run="demo")
    risk = {row["response_id"]: row["risk"] for row in pool}
    drawn = Counter(risk[item.response_id] for item in items)
    assert drawn == {"severe": 6, "undecided": 6, "other": 18}
    for item in items:
        other = risk[item.response_id] == "other"
        assert item.inclusion_probability == pytest.approx(0.75 if other else 1.0)


def test_the_weights_estimate_the_size_of_the_run(desk: Desk) -> None:
    # Horvitz-Thompson: the mean over draws of the sum of 1/p is the number of answers.
    sums = []
    for seed in range(40):
        chances = [item.inclusion_probability for item in desk.draw(f"q{seed}", 12, seed)]
        sums.append(sum(1 / p for p in chances if p is not None))
    assert sum(sums) / len(sums) == pytest.approx(POOL, rel=0.1)


def test_the_same_seed_draws_the_same_items_in_the_same_order(desk: Desk) -> None:
    one, two, other = desk.draw("one", 10), desk.draw("two", 10), desk.draw("other", 10, seed=1)
    assert [i.response_id for i in one] == [i.response_id for i in two]
    assert [i.response_id for i in one] != [i.response_id for i in other]
    assert {i.item_id for i in one}.isdisjoint({i.item_id for i in two})
    assert queue_items(desk.store, LEAD, "one") == one
    kept = queue_settings(desk.store, "one")
    assert (kept.run_id, kept.seed, kept.n) == ("demo", SEED, 10)
    assert queues(desk.store) == ["one", "two", "other"]


@pytest.mark.parametrize("n", [POOL, 500])
def test_more_than_there_are_draws_all_with_certainty(desk: Desk, n: int) -> None:
    items = desk.draw("all", n)
    assert {i.response_id for i in items} == {
        r["response_id"] for r in desk.store.rows("review_pool", run="demo")
    }
    assert [i.inclusion_probability for i in items] == pytest.approx([1.0] * POOL)


def test_one_alone_can_be_drawn(desk: Desk) -> None:
    (item,) = desk.draw("one", 1)
    assert item.inclusion_probability is not None
    assert 0 < item.inclusion_probability < 1


def test_a_taken_name_is_a_conflict_and_the_first_draw_stands(desk: Desk) -> None:
    first = desk.draw("q", 5)
    head = desk.journal.head()
    assert desk.draw("q", 5) == first  # the very same draw is the same event
    for n, seed in ((6, SEED), (5, SEED + 1)):
        with pytest.raises(Conflict):
            desk.draw("q", n, seed)
    assert desk.journal.head() == head
    assert queue_items(desk.store, LEAD, "q") == first


@pytest.mark.parametrize("role", ["viewer", "reviewer", "adjudicator"])
def test_only_a_lead_draws(calm: Desk, role: str) -> None:
    with pytest.raises(NotPermitted, match="may not draw_queue"):
        calm.draw("new", 5, actor=Actor("anna", role))  # type: ignore[arg-type]


@pytest.mark.parametrize("run_id", ["nothing", "de"])
def test_a_run_without_answers_has_nothing_to_review(calm: Desk, run_id: str) -> None:
    with pytest.raises(BadInput, match="no answers to review"):
        calm.draw("new", 5, run_id=run_id)


@pytest.mark.parametrize("name", ["First review", "", "ä", "a" * 81, "<b>", "-a", "a\n"])
def test_a_name_that_no_address_can_hold_is_refused(calm: Desk, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        calm.draw(name, 5)
    assert caught.value.field == "queue"


@pytest.mark.parametrize("n", [0, -1])
def test_fewer_than_one_is_refused(calm: Desk, n: int) -> None:
    with pytest.raises(BadInput) as caught:
        calm.draw("new", n)
    assert caught.value.field == "n"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("design", "convenience"), ("kind", "triple"), ("double_share", 1.1),
        ("repeat_share", -0.1), ("pass_share", float("nan")), ("reveal", "first"), ("block", 0),
        ("reserve_minutes", 0), ("run_id", ""), ("colour", "blue"),
    ],
)  # fmt: skip
def test_a_setting_that_is_none_is_named(field: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        settings_of(**{"queue": "q", "run_id": "demo", "n": 5, "seed": 1, field: value})
    assert caught.value.field == field


def test_an_unknown_queue_names_those_that_are(calm: Desk) -> None:
    with pytest.raises(UnknownName, match="unknown queue 'other'; known: q"):
        queue_settings(calm.store, "other")


@pytest.mark.parametrize("role", ["viewer", "reviewer", "adjudicator"])
def test_only_who_draws_sees_which_answers_are_in_a_queue(calm: Desk, role: str) -> None:
    with pytest.raises(NotPermitted):
        queue_items(calm.store, Actor("anna", role), "q")  # type: ignore[arg-type]


def test_the_event_of_a_draw_says_how_it_was_drawn(desk: Desk) -> None:
    items = desk.draw("q", 13, double_share=0.5, block=7)
    (event,) = desk.journal.about("queue", "q")
    said = event.payload
    assert (event.actor, said["run_id"], said["seed"], said["pool"]) == ("lead", "demo", SEED, POOL)
    assert said["method"] == "systematic, risk"
    assert said["risk"] == {"severe": 1.0, "undecided": 0.5, "other": 0.0}
    assert (said["offset"], said["floor"], said["certain"]) == (0.15, 0.02, 6)
    assert said["kinds"] == {"gated": 6, "random_pass": 24, "sample": 6}
    assert said["settings"]["block"] == queue_settings(desk.store, "q").block == 7
    assert [i["item_id"] for i in said["items"]] == [i.item_id for i in items]
    assert sum(i.get("reads", 1) == 2 for i in said["items"]) == 7  # half of thirteen, rounded up
    assert len(said["salt"]) == 32


def test_item_ids_are_no_function_of_what_a_reviewer_knows(made: Any, tmp_path: Any) -> None:
    """The same draw in two workspaces has the same answers and no id in common."""
    found = []
    for name in ("one", "two"):
        with opened(made, tmp_path / name) as desk:
            found.append({i.response_id: i.item_id for i in desk.draw("q", 12)})
    one, two = found
    assert one.keys() == two.keys()
    assert set(one.values()).isdisjoint(two.values())
    assert set(one.values()).isdisjoint(one)


def test_a_queue_that_was_drawn_before_there_were_settings_still_opens(desk: Desk) -> None:
    pool = [row["response_id"] for row in desk.store.rows("review_pool", run="demo")][:3]
    items = [
        {
            "item_id": content_id(["old", response_id, 0]),
            "queue": "old",
            "response_id": response_id,
            "inclusion_probability": 0.25,
            "seed": 7,
            "position": position,
        }
        for position, response_id in enumerate(pool)
    ]
    payload = {
        "run_id": "demo", "seed": 7, "method": "systematic, probability proportional to risk",
        "risk": {"severe": 1.0, "undecided": 0.5, "other": 0.0}, "offset": 0.15, "pool": 36,
        "items": items,
    }  # fmt: skip
    desk.journal.append(
        Event(client_id="queue:old", actor="lead", action="queue", subject="old", payload=payload)
    )
    desk.store.refresh()
    assert desk.store.faults() == []
    kept = queue_settings(desk.store, "old")
    assert (kept.n, kept.seed, kept.reveal, kept.block, kept.kind) == (
        3,
        7,
        "at_once",
        15,
        "single",
    )
    found = queue_items(desk.store, LEAD, "old")
    assert [(i.item_id, i.inclusion_probability, i.reads, i.purpose) for i in found] == [
        (item["item_id"], 0.25, 1, "sample") for item in items
    ]
    order = []
    while (position := take(desk.store, desk.journal, ANNA, "old")) is not None:
        assert blind_card(desk.store, ANNA, "old", position).total == 3
        commit(desk.store, desk.journal, ANNA, "old", position, {"harm": 0}, f"old-{position:05}")
        assert reveal(desk.store, ANNA, "old", position).own["harm"] == 0
        order.append(position)
    assert sorted(order) == [0, 1, 2]
    assert column(desk.store, "select count(*) from read where queue = 'old'") == [3]


@pytest.mark.parametrize(
    "payload",
    [
        {"run_id": "demo"},
        {"run_id": "demo", "items": "none"},
        {"run_id": "demo", "items": [{"item_id": "ab" * 8}]},
        {"run_id": "demo", "items": [3]},
        {"items": []},
    ],
)
def test_an_event_that_is_no_queue_is_a_fault_and_hides_no_other(
    desk: Desk, payload: dict[str, Any]
) -> None:
    desk.journal.append(
        Event(client_id="queue:bad", actor="x", action="queue", subject="bad", payload=payload)
    )
    desk.draw("q", 2)
    (fault,) = desk.store.faults()
    assert "is not a queue" in fault.reason
    assert queues(desk.store) == ["q"]


def test_answers_that_scorers_disagree_on_are_drawn_first(made: Bench, tmp_path: Any) -> None:
    """A second scorer of decisions that contradicts the first on three answers, mildly on one."""
    home = Path(shutil.copytree(made.workspace.path, tmp_path / "home"))
    bench = dataclasses.replace(made, workspace=Workspace(home))
    run = make_plan(bench, "judged", 1)
    answers = [answer(bench, run.id, s, v, 0) for s in run.systems for v in bench.variants]
    append(bench, run.id, "answers", answers)
    for response in answers:
        append(bench, run.id, "scores", scores(bench, response))
    fine = [a for a in answers if a.system_id == "steady"]
    for response, label, value, harm in (
        (fine[0], "another", 1.0, 0), (fine[1], None, 0.0, None), (fine[2], None, 1.0, 3),
        (fine[3], None, 0.9, 1),
    ):  # fmt: skip
        first = scores(bench, response)[0]
        second = first.model_copy(
            update={"scorer": "second", "label": label or first.label, "value": value,
                    "harm": harm, "evidence": ()}
        )  # fmt: skip
        append(bench, run.id, "scores", [second])
    with Store.open(home) as store, Journal.open(home / "journal.db") as journal:
        pool = {
            r["response_id"]: r["contradicted"] for r in store.rows("review_pool", run="judged")
        }
        assert {id_ for id_, found in pool.items() if found} == {a.id for a in fine[:3]}
        items = draw_queue(store, journal, LEAD, settings_of(
            queue="q", run_id="judged", n=12, seed=1, repeat_share=0.0))  # fmt: skip
    certain = {i.response_id for i in items if i.purpose == "disagreement"}
    assert certain == {a.id for a in fine[:3]}
    assert {i.inclusion_probability for i in items if i.purpose == "disagreement"} == {1.0}
