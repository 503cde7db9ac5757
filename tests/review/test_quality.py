"""The quality of a review from the journal up: what counts, and who may see it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from medaudit.errors import NotPermitted, UnknownName
from medaudit.review import Actor, adjudicate, commit, dispute_card, impression, open_aside, revise
from medaudit.review.adjudication import disputes
from medaudit.review.quality import Quality, own_quality, pseudonyms, quality
from tests.review.conftest import ANNA, BEN, LEAD, Desk
from tests.store.asking import column

ADA = Actor("ada", "adjudicator")
CAT = Actor("cat", "reviewer")


def grade(level: int | None, seconds: float = 60) -> dict[str, Any]:
    if level is None:
        return {"harm": None, "cannot_judge": True, "seconds": seconds}
    if level == 0:
        return {"harm": 0, "seconds": seconds}
    kind = {"direction": "omission", "error_type": "triage", "note": f"secret note {level}"}
    return {"harm": level, "seconds": seconds, **kind}


def read(desk: Desk, actor: Actor, position: int, level: int | None, **other: float) -> None:
    client_id = f"{actor.id}-{position:08}"
    commit(desk.store, desk.journal, actor, "q", position, grade(level, **other), client_id)


def seen(desk: Desk, actor: Actor = LEAD, queue: str | None = None) -> Quality:
    return quality(desk.store, actor, "demo", queue)


@pytest.fixture
def twice(desk: Desk) -> Desk:
    """Twelve answers that two people read."""
    desk.draw("q", 12, double_share=1.0)
    return desk


def test_a_read_whose_second_is_open_is_in_no_figure_for_anybody(twice: Desk) -> None:
    empty = seen(twice)
    for position in range(12):
        read(twice, ANNA, position, 4)
    for actor in (LEAD, ADA):
        found = seen(twice, actor)
        assert found.readers == empty.readers
        assert found.judge == empty.judge
        assert found.queues[0].n_done == 0
    assert own_quality(twice.store, ANNA, "demo").n_reads == 0
    read(twice, BEN, 3, 0)
    found = seen(twice)
    assert (found.queues[0].n_done, found.readers.overall.n_pairs) == (1, 1)
    assert found.readers.between.counts[4][0] == 1
    assert found.readers.together.n_reads == 2
    assert own_quality(twice.store, ANNA, "demo").n_reads == 1


def test_no_figure_holds_a_name_a_note_or_the_levels_of_an_open_dispute(twice: Desk) -> None:
    for position in range(12):
        read(twice, ANNA, position, 4)
        read(twice, BEN, position, 0)
    found = seen(twice)
    text = json.dumps(TypeAdapter(Quality).dump_python(found, mode="json"))
    assert '"anna"' not in text
    assert '"ben"' not in text
    assert "secret note" not in text
    assert found.readers.n_disputed == 12
    assert found.readers.differing == ()
    assert [r.name for r in found.readers.each] == ["Reader A", "Reader B"]
    assert not found.readers.named


def test_an_adjudicated_pair_is_listed_with_what_each_had_opened(twice: Desk) -> None:
    open_aside(twice.store, twice.journal, BEN, "q", 0, "criteria")
    read(twice, ANNA, 0, 4)
    read(twice, BEN, 0, 0)
    dispute = disputes(twice.store, ADA)[0]
    which = {"item_id": dispute.item_id}
    dispute_card(twice.store, ADA, **which)
    impression(twice.store, twice.journal, ADA, **which, grade=grade(3), client_id="ada-first-1")
    adjudicate(twice.store, twice.journal, ADA, **which, grade=grade(4), client_id="ada-last-01")
    found = seen(twice).readers
    (pair,) = found.differing
    assert (pair.first, pair.second, pair.verdict) == (4, 0, 4)
    assert (pair.first_saw, pair.second_saw) == ((), ("criteria",))
    assert found.against_verdict.counts[4][4] == 1
    assert found.against_verdict.counts[0][4] == 1
    assert [(a.opened, a.n_pairs, a.n_differ) for a in found.asides] == [
        ("neither", 0, 0),
        ("one", 1, 1),
        ("both", 0, 0),
    ]


def test_names_stand_once_the_review_is_finished(twice: Desk) -> None:
    for position in range(12):
        read(twice, ANNA, position, 1)
        read(twice, BEN, position, 1 + position % 2)
    found = seen(twice)
    assert found.readers.named
    assert sorted(r.name for r in found.readers.each) == ["anna", "ben"]
    assert seen(twice, ADA).readers.each == ()


def test_each_reader_has_own_pace_and_shift(twice: Desk) -> None:
    for position in range(12):
        read(twice, ANNA, position, 1, seconds=100)
        read(twice, BEN, position, 1, seconds=10 if position == 0 else 60)
    changed = grade(3)
    revise(twice.store, twice.journal, ANNA, "q", 0, changed, "anna-revised-1")
    by_name = {r.name: r for r in seen(twice).readers.each}
    assert by_name["anna"].pace.median == 100
    assert by_name["ben"].pace.n_fast == 1
    assert by_name["anna"].n_changed == 1
    assert by_name["anna"].shift.value == pytest.approx(2 / 12)
    assert by_name["ben"].shift.value == 0
    # The change decides nothing: both reads still say mild.
    assert seen(twice).readers.between.counts[1][1] == 12


def test_repeats_and_gold_are_tests_of_the_reader_and_in_no_agreement(desk: Desk) -> None:
    desk.draw("known", 2, double_share=1.0)
    for position in range(2):
        for actor in (ANNA, BEN):
            client_id = f"{actor.id}-known-{position}"
            commit(desk.store, desk.journal, actor, "known", position, grade(4), client_id)
    for dispute in disputes(desk.store, ADA):
        which = {"item_id": dispute.item_id}
        given = {**which, "grade": grade(4)}
        impression(desk.store, desk.journal, ADA, **given, client_id=f"i{dispute.item_id[:12]}")
        adjudicate(desk.store, desk.journal, ADA, **given, client_id=f"a{dispute.item_id[:12]}")
    gold = tuple(column(desk.store, "select distinct response_id from verdict"))
    items = desk.draw("q", 10, repeat_share=0.5, gold=gold)
    for item in sorted(items, key=lambda i: i.purpose == "repeat"):
        read(desk, CAT, item.position, 0 if item.purpose != "gold" else 3)
    own = own_quality(desk.store, CAT, "demo")
    drawn = {i.response_id for i in items if i.purpose not in ("gold", "repeat")}
    n_gold = len(set(gold) - drawn)
    assert (own.retest.n_pairs, own.retest.n_same) == (5, 5)
    assert (own.gold.n_pairs, own.gold.n_same) == (n_gold, 0)
    assert seen(desk).readers.overall.n_pairs == 2  # of the queue "known" alone


def test_hand_picked_answers_are_counted_and_in_no_corrected_rate(desk: Desk) -> None:
    drawn = {item.response_id for item in desk.draw("q", 6)}
    every = column(desk.store, "select response_id from result where run_id = 'demo' order by 1")
    by_hand = tuple(id_ for id_ in every if id_ not in drawn)[:4]
    desk.draw("picked", 0, by_hand=by_hand)
    for position in range(6):
        read(desk, ANNA, position, 0)
    for position in range(4):
        commit(
            desk.store, desk.journal, ANNA, "picked", position, grade(4), f"picked-{position:04}"
        )
    found = seen(desk).judge
    assert found.queue == "q"
    assert found.n_no_chance == 4
    assert found.overall.n_answers == 10
    assert sum(c.n_read for c in found.corrected if c.event == "severe") == 6
    left = [c.corrected.excluded.get("no_inclusion_probability", 0) for c in found.corrected]
    assert sum(left) == 2 * 4
    assert seen(desk, queue="picked").judge.corrected[0].corrected.value is None


def test_a_census_gives_back_the_rate_that_people_found(desk: Desk) -> None:
    items = desk.draw("q", 36, design="uniform")
    severe = {"steady": 0, "brittle": 0}
    systems = dict(
        zip(
            column(desk.store, "select response_id from result where run_id = 'demo' order by 1"),
            column(
                desk.store,
                "select system_id from result where run_id = 'demo' order by response_id",
            ),
            strict=True,
        )
    )
    for item in items:
        level = 4 if item.position % 3 == 0 else 0
        severe[systems[item.response_id]] += level == 4
        read(desk, ANNA, item.position, level)
    found = {c.system_id: c for c in seen(desk).judge.corrected if c.event == "severe"}
    for system, n in severe.items():
        assert found[system].corrected.value == pytest.approx(n / 18)
        assert found[system].watched.value == pytest.approx(n / 18)
        assert found[system].n_read == 18


def test_who_may_see_what(twice: Desk) -> None:
    for actor in (ANNA, Actor("vic", "viewer")):
        with pytest.raises(NotPermitted):
            seen(twice, actor)
    with pytest.raises(NotPermitted):
        own_quality(twice.store, Actor("vic", "viewer"), "demo")
    for position in range(12):
        read(twice, ANNA, position, 0)
        read(twice, BEN, position, 0)
    assert own_quality(twice.store, CAT, "demo").n_reads == 0
    assert own_quality(twice.store, BEN, "demo").n_reads == 12


def test_unknown_names(twice: Desk) -> None:
    with pytest.raises(UnknownName):
        quality(twice.store, LEAD, "nothing")
    with pytest.raises(UnknownName):
        own_quality(twice.store, LEAD, "nothing")
    with pytest.raises(UnknownName):
        seen(twice, queue="nothing")


def test_a_run_that_nobody_reviews_has_empty_figures_and_no_zero_rates(desk: Desk) -> None:
    found = seen(desk)
    assert found.queues == ()
    assert found.judge.queue is None
    assert found.readers.watched.value is None
    assert all(c.corrected.value is None for c in found.judge.corrected)
    assert found.judge.false_pass.severe.value is None
    assert found.judge.vendor.reason == (
        "No scorer of this run asks a model of any vendor; its scorers are rules: case_score, "
        "decision"
    )


def test_pseudonyms_say_nothing_of_the_alphabet_and_are_the_same_each_time() -> None:
    people = {f"person-{k:02}" for k in range(30)}
    found = pseudonyms(people, "demo")
    assert found == pseudonyms(people, "demo")
    assert sorted(found.values(), key=lambda s: (len(s), s))[:2] == ["Reader A", "Reader B"]
    assert len(set(found.values())) == 30
    assert [found[p] for p in sorted(people)] != sorted(found.values(), key=lambda s: (len(s), s))
    assert found != pseudonyms(people, "another run")
