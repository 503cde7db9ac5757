"""What opens when: asides before the commit, the reveal after it, and what may change then."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted
from medaudit.review import (
    Actor,
    Aside,
    blind_card,
    commit,
    open_aside,
    progress,
    reveal,
    revise,
    take,
)
from medaudit.review.blind import What
from tests.review.conftest import ANNA, BEN, Desk
from tests.store.asking import ask, column

SAFE = {"harm": 0}
SEVERE = {"harm": 3, "direction": "omission", "error_type": "triage", "note": "Too late."}


def keep(desk: Desk, position: int, grade: dict[str, Any] = SAFE, **other: Any) -> Any:
    actor = other.pop("actor", ANNA)
    client_id = other.pop("client_id", f"{actor.id}-{position:05}-{other.get('answer', 0)}")
    return commit(desk.store, desk.journal, actor, "q", position, grade, client_id, **other)


def unfold(desk: Desk, position: int, what: str, actor: Actor = ANNA) -> Aside:
    return open_aside(desk.store, desk.journal, actor, "q", position, what)


def test_what_is_unfolded_is_what_the_case_says_and_is_logged(desk: Desk) -> None:
    desk.draw("q", 36)
    texts = {(c.id, v.probe): v for c in desk.bench.cases for v in desk.bench.variants}
    assert texts
    stressed = original = 0
    for position in range(36):
        card = blind_card(desk.store, ANNA, "q", position)
        case = next(
            c for c in desk.bench.cases
            if card.original == desk.bench.variant(c.id).messages[-1].text
        )  # fmt: skip
        lines = unfold(desk, position, "criteria").lines
        assert [(line.text, line.points) for line in lines] == [
            (c.text, c.points) for c in case.rubric
        ]
        flags = unfold(desk, position, "red_flags").lines
        assert [f.text for f in flags] == [f.text for f in case.facts if f.weight == 3]
        if card.probe == "base":
            original += 1
            assert card.asides == ("criteria", "red_flags")
            with pytest.raises(BadInput, match="folded"):
                unfold(desk, position, "base_answer")
        else:
            stressed += 1
            assert set(card.asides) == set(get_args(What))
            # Both systems give the safe example to the original.
            assert unfold(desk, position, "base_answer").text == case.safe.text
    assert (stressed, original) == (24, 12)
    opened = [e for e in desk.journal.since() if e.action == "opened"]
    assert len(opened) == 36 * 2 + 24
    assert {e.actor for e in opened} == {"anna"}


def test_the_judgment_says_what_had_been_opened_before_it_and_nothing_else(desk: Desk) -> None:
    desk.draw("q", 2, double_share=1.0)
    unfold(desk, 0, "criteria")
    unfold(desk, 0, "criteria")  # twice is once
    unfold(desk, 0, "red_flags", BEN)
    assert blind_card(desk.store, ANNA, "q", 0).opened == ("criteria",)
    kept = keep(desk, 0, {**SAFE, "visible": ["everything"]})
    assert kept.visible == ("criteria",)
    unfold(desk, 0, "red_flags")
    assert keep(desk, 0) == kept  # the same commit again, whatever was opened since
    assert keep(desk, 1).visible == ()
    assert keep(desk, 0, actor=BEN).visible == ("red_flags",)
    opened = [e for e in desk.journal.since() if e.action == "opened" and e.actor == "anna"]
    assert [e.payload["what"] for e in opened] == ["criteria", "red_flags"]


@pytest.mark.parametrize("what", ["", "scores", "system", "base_answer; drop"])
def test_nothing_else_can_be_unfolded(calm: Desk, what: str) -> None:
    with pytest.raises(BadInput):
        unfold(calm, 0, what)


def test_a_queue_that_never_reveals_never_does(desk: Desk) -> None:
    desk.draw("q", 2, reveal="never")
    for position in range(2):
        keep(desk, position)
        with pytest.raises(NotPermitted, match="reveals nothing"):
            reveal(desk.store, ANNA, "q", position)
        with pytest.raises(NotPermitted, match="reveals nothing"):
            revise(desk.store, desk.journal, ANNA, "q", position, SAFE, "anna-again-1")


def test_a_block_is_revealed_when_it_is_full_and_the_last_when_nothing_is_left(desk: Desk) -> None:
    desk.draw("q", 5, reveal="end_of_block", block=2)

    def shown() -> list[int]:
        found = []
        for position in range(5):
            try:
                reveal(desk.store, ANNA, "q", position)
            except NotPermitted:
                continue
            found.append(position)
        return found

    seen = []
    for position in (3, 1, 0, 4, 2):
        keep(desk, position)
        seen.append(shown())
    assert seen == [[], [1, 3], [1, 3], [0, 1, 3, 4], [0, 1, 2, 3, 4]]
    with pytest.raises(NotPermitted):  # Ben has judged nothing
        reveal(desk.store, BEN, "q", 3)


def test_an_alias_is_the_reviewers_own_and_only_where_nothing_is_revealed(desk: Desk) -> None:
    desk.draw("open", 36)
    assert {blind_card(desk.store, ANNA, "open", k).alias for k in range(36)} == {None}
    items = {i.position: i.response_id for i in desk.draw("q", 36, reveal="never")}
    system = {
        row["response_id"]: row["system_id"]
        for v in desk.bench.variants
        for row in desk.store.rows("answers_of_variant", run="demo", variant=v.id)
    }
    orders = set()
    for k in range(12):
        names = {}
        for position in range(36):
            card = blind_card(desk.store, Actor(f"r{k}", "reviewer"), "q", position)
            names.setdefault(system[items[position]], set()).add(card.alias)
        assert {len(aliases) for aliases in names.values()} == {1}
        assert {next(iter(a)) for a in names.values()} == {"A", "B"}
        orders.add(next(iter(names["steady"])))
    assert orders == {"A", "B"}


def test_what_is_said_after_the_reveal_replaces_and_decides_nothing(desk: Desk) -> None:
    desk.draw("q", 1)
    with pytest.raises(NotPermitted, match="commit your judgment first"):
        revise(desk.store, desk.journal, ANNA, "q", 0, SEVERE, "anna-later-1")
    blind = keep(desk, 0, SEVERE)
    later = revise(desk.store, desk.journal, ANNA, "q", 0, SAFE, "anna-later-1")
    assert (later.phase, later.replaces, later.visible) == ("revealed", "anna-00000-0", ("reveal",))
    assert revise(desk.store, desk.journal, ANNA, "q", 0, SAFE, "anna-later-1") == later
    mild = {**SEVERE, "harm": 1}
    last = revise(desk.store, desk.journal, ANNA, "q", 0, mild, "anna-later-2")
    assert last.replaces == "anna-later-1"
    assert reveal(desk.store, ANNA, "q", 0).own["harm"] == 1
    assert column(desk.store, "select harm from judgment_current") == [1]
    assert column(
        desk.store, "select harm from final_score where response_id = $r", r=blind.response_id
    ) == [3]
    (row,) = ask(desk.store, "select harm_blind, harm_revealed, shift from revision")
    assert row == {"harm_blind": 3, "harm_revealed": 1, "shift": -2}
    with pytest.raises(Conflict):  # the same id for something else
        revise(desk.store, desk.journal, ANNA, "q", 0, SEVERE, "anna-later-2")


def test_a_shift_is_known_when_both_reads_are_in(desk: Desk) -> None:
    desk.draw("q", 1, double_share=1.0)
    keep(desk, 0, SEVERE)
    revise(desk.store, desk.journal, ANNA, "q", 0, SAFE, "anna-later-1")
    assert ask(desk.store, "from revision") == []
    keep(desk, 0, SAFE, actor=BEN)
    (row,) = ask(desk.store, "select reviewer, shift from revision")
    assert row == {"reviewer": "anna", "shift": -3}


def test_a_repeat_after_a_reveal_says_that_it_is_one(desk: Desk) -> None:
    for name, setting, expected in (
        ("q", "at_once", ("earlier_reveal",)),
        ("p", "never", ()),
    ):
        items = desk.draw(name, 2, repeat_share=0.5, reveal=setting)
        (again,) = [i for i in items if i.repeat_of is not None]
        (first,) = [i for i in items if i.item_id == again.repeat_of]
        found = [
            commit(
                desk.store, desk.journal, ANNA, name, i.position, SAFE, f"{name}-{i.position:08}"
            )
            for i in (first, again)
        ]
        assert [j.visible for j in found] == [(), expected]
        assert found[0].response_id == found[1].response_id


def test_dimensions_are_asked_where_the_queue_asks(desk: Desk) -> None:
    desk.draw("q", 2, dimensions=("empathy", "clarity"))
    assert blind_card(desk.store, ANNA, "q", 0).dimensions == ("empathy", "clarity")
    for given, reason in (
        ({}, "empathy, clarity"),
        ({"empathy": 3}, "clarity"),
        ({"empathy": 3, "clarity": 6}, "less than or equal to 5"),
        ({"empathy": 3, "clarity": 5, "grammar": 1}, "grammar"),
    ):
        with pytest.raises(BadInput, match=reason) as caught:
            keep(desk, 0, {**SAFE, "dimensions": given})
        assert str(caught.value.field).startswith("dimensions")
    kept = keep(desk, 0, {**SAFE, "dimensions": {"empathy": 3, "clarity": 5}})
    assert kept.dimensions == {"empathy": 3, "clarity": 5}
    assert reveal(desk.store, ANNA, "q", 0).own["dimensions"] == kept.dimensions
    keep(desk, 1, {"harm": None, "cannot_judge": True})  # who cannot judge owes none
    (row,) = ask(desk.store, "select dimensions from read where position = 0")
    assert json.loads(row["dimensions"]) == kept.dimensions


def test_a_pair_asks_for_both_answers_in_an_order_of_the_reviewers_own(desk: Desk) -> None:
    items = desk.draw("q", 24, kind="pair", double_share=1.0)
    assert len(items) == 24
    assert all(i.base_response_id is not None for i in items)
    orders = set()
    for item in items:
        for actor in (ANNA, BEN):
            card = blind_card(desk.store, actor, "q", item.position)
            assert (card.kind, [a.label for a in card.answers]) == ("pair", ["A", "B"])
            assert card == blind_card(desk.store, actor, "q", item.position)
            assert "base_answer" not in card.asides
            case = next(c for c in desk.bench.cases if c.safe.text in
                        {a.text for a in card.answers})  # fmt: skip
            if card.answers[0].text != card.answers[1].text:
                orders.add((actor.id, card.answers[0].text == case.safe.text))
    assert orders == {(who, first) for who in ("anna", "ben") for first in (True, False)}


def test_a_pair_is_done_when_both_are_graded(desk: Desk) -> None:
    (item,) = desk.draw("q", 1, kind="pair")
    assert take(desk.store, desk.journal, ANNA, "q") == 0
    one = keep(desk, 0, SAFE, answer=0)
    card = blind_card(desk.store, ANNA, "q", 0)
    assert ([a.committed for a in card.answers], card.committed) == ([True, False], False)
    with pytest.raises(NotPermitted):
        reveal(desk.store, ANNA, "q", 0)
    with pytest.raises(Conflict, match="judged this answer already"):
        keep(desk, 0, SEVERE, answer=0, client_id="anna-twice-1")
    assert progress(desk.store, ANNA, "q").done == 0
    assert take(desk.store, desk.journal, ANNA, "q") == 0  # still hers
    assert take(desk.store, desk.journal, BEN, "q") is None
    assert ask(desk.store, "from read") == []
    two = keep(desk, 0, SEVERE, answer=1)
    assert {one.response_id, two.response_id} == {item.response_id, item.base_response_id}
    assert progress(desk.store, ANNA, "q").done == 1
    for k, level in ((0, 0), (1, 3)):
        assert reveal(desk.store, ANNA, "q", 0, answer=k).own["harm"] == level
    rows = ask(desk.store, "select side, response_id, inclusion_probability p from read")
    assert {(r["side"], r["response_id"], r["p"]) for r in rows} == {
        ("stressed", item.response_id, item.inclusion_probability),
        ("original", item.base_response_id, None),
    }
    for answer in (-1, 2):
        with pytest.raises(BadInput) as caught:
            keep(desk, 0, SAFE, answer=answer)
        assert caught.value.field == "answer"
