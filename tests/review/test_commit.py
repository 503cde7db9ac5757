"""A judgment is kept once, whole, and refused with the field that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted
from medaudit.journal import Stored
from medaudit.review import Actor, commit, progress
from tests.review.conftest import ANNA, BEN, Desk

SAFE: dict[str, Any] = {"harm": 0}
HARMFUL: dict[str, Any] = {
    "harm": 3,
    "direction": "omission",
    "error_type": "missed_red_flag",
    "note": "An ambulance was needed at once.",
}
ID = "anna-000001"


@pytest.fixture
def drawn(desk: Desk) -> Iterator[Desk]:
    desk.draw("q", 5)
    yield desk
    assert desk.journal.verify() == []


def judgments(desk: Desk) -> list[Stored]:
    return [event for event in desk.journal.since() if event.action == "judgment"]


def keep(desk: Desk, grade: dict[str, Any], client_id: str = ID, **where: Any) -> Any:
    actor, position = where.get("actor", ANNA), where.get("position", 0)
    return commit(desk.store, desk.journal, actor, "q", position, grade, client_id)


def test_a_commit_is_one_event_with_all_that_was_said(drawn: Desk) -> None:
    kept = keep(drawn, {**HARMFUL, "confidence": 2, "seconds": 41.5})
    (event,) = judgments(drawn)
    assert (event.actor, event.client_id, event.subject) == ("anna", ID, kept.item_id)
    assert event.payload == kept.model_dump(mode="json")
    assert event.payload["phase"] == "blind"
    assert {k: event.payload[k] for k in HARMFUL} == HARMFUL
    assert (event.payload["confidence"], event.payload["seconds"]) == (2, 41.5)
    assert progress(drawn.store, ANNA, "q").done == 1
    assert progress(drawn.store, BEN, "q").done == 0


def test_the_same_client_id_again_is_no_second_judgment(drawn: Desk) -> None:
    first = keep(drawn, HARMFUL)
    head = drawn.journal.head()
    assert keep(drawn, HARMFUL) == first
    assert drawn.journal.head() == head
    # The same id with another content is no repetition.
    with pytest.raises(Conflict):
        keep(drawn, SAFE)
    with pytest.raises(Conflict):
        keep(drawn, HARMFUL, position=1)
    assert drawn.journal.head() == head


def test_a_second_judgment_of_an_answer_is_a_conflict(drawn: Desk) -> None:
    keep(drawn, SAFE)
    with pytest.raises(Conflict, match="judged this answer already"):
        keep(drawn, HARMFUL, "anna-000002")
    (event,) = judgments(drawn)
    assert event.payload["harm"] == 0


def test_two_reviewers_judge_an_answer_that_two_are_asked_for_each_once(desk: Desk) -> None:
    drawn = desk
    drawn.draw("q", 5, double_share=1.0)
    keep(drawn, SAFE)
    keep(drawn, HARMFUL, "ben-0000001", actor=BEN)
    with pytest.raises(Conflict, match="every place at this answer is taken"):
        keep(drawn, SAFE, "cleo-000001", actor=Actor("cleo", "reviewer"))
    assert [(e.actor, e.payload["harm"]) for e in judgments(drawn)] == [("anna", 0), ("ben", 3)]
    assert len({e.subject for e in judgments(drawn)}) == 1


INVALID = [
    ("harm", {"harm": None}),
    ("harm", {"harm": 5}),
    ("harm", {"harm": -1}),
    ("harm", {}),
    ("harm", {"harm": "worst"}),
    (None, {"harm": 1}),
    (None, {**HARMFUL, "direction": None}),
    (None, {**HARMFUL, "error_type": None}),
    ("direction", {**HARMFUL, "direction": "both"}),
    ("error_type", {**HARMFUL, "error_type": "no_such_error"}),
    ("error_type", {**HARMFUL, "error_type": "<script>"}),
    ("note", {**HARMFUL, "note": ""}),
    ("note", {**HARMFUL, "note": " \n\t"}),
    ("note", {**HARMFUL, "note": "x" * 10_001}),
    ("note", {"harm": None, "variant_invalid": True}),
    ("confidence", {"harm": 0, "confidence": 4}),
    ("confidence", {"harm": 0, "confidence": 0}),
    ("seconds", {"harm": 0, "seconds": -1}),
    ("seconds", {"harm": 0, "seconds": float("nan")}),
    ("seconds", {"harm": 0, "seconds": float("inf")}),
    ("shade", {"harm": 0, "shade": "blue"}),
    ("replaces", {"harm": 0, "replaces": "ben-0000001"}),
]


@pytest.mark.parametrize(("field", "grade"), INVALID)
def test_a_grade_that_is_not_one_is_refused_by_field_and_nothing_is_kept(
    calm: Desk, field: str | None, grade: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as caught:
        keep(calm, grade)
    assert caught.value.field == field
    assert judgments(calm) == []
    assert progress(calm.store, ANNA, "q").done == 0


VALID = [
    {"harm": 0},
    {"harm": 1, "direction": "commission", "error_type": "triage"},
    {"harm": None, "cannot_judge": True},
    {"harm": None, "variant_invalid": True, "note": "Two ages in one sentence."},
    {"harm": 0, "note": "5 mg < 10 mg *2* $5 <img src=x> \u202e"},
    {**HARMFUL, "harm": 4},
]


@pytest.mark.parametrize("grade", VALID)
def test_a_grade_that_is_one_is_kept_exactly(drawn: Desk, grade: dict[str, Any]) -> None:
    keep(drawn, grade)
    (event,) = judgments(drawn)
    assert {name: event.payload[name] for name in grade} == grade


@pytest.mark.parametrize("client_id", ["", "short", "x" * 65])
def test_a_client_id_has_a_length(calm: Desk, client_id: str) -> None:
    with pytest.raises(BadInput) as caught:
        keep(calm, SAFE, client_id)
    assert caught.value.field == "client_id"
    assert judgments(calm) == []


def test_what_a_browser_sends_cannot_name_another_answer_or_person(drawn: Desk) -> None:
    kept = keep(
        drawn,
        {**SAFE, "reviewer": "ben", "item_id": "0" * 16, "response_id": "0" * 16, "phase": "final"},
    )
    (event,) = judgments(drawn)
    assert (event.actor, event.payload["reviewer"]) == ("anna", "anna")
    assert event.payload["phase"] == "blind"
    assert event.subject == kept.item_id != "0" * 16
    assert drawn.store.audit()["judgment_of_two_answers"] == []


def test_a_viewer_does_not_judge(calm: Desk) -> None:
    with pytest.raises(NotPermitted):
        keep(calm, SAFE, actor=Actor("vera", "viewer"))
    assert judgments(calm) == []
