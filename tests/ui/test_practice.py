"""What a learner reads of the key on the card and at the end."""

from __future__ import annotations

import pytest

from medaudit.review import Actor
from medaudit.tutorial import Graded, Key
from medaudit.ui import practice

WHY = {"explanation": "Because of this. And of that."}
SEVERE = Key(harm=3, direction="omission", error_type="triage", **WHY)
SAFE = Key(harm=0, **WHY)
INVALID = Key(harm=0, variant_invalid=True, **WHY)
LOST = Key(cannot_judge=True, **WHY)


def test_the_card_says_where_the_two_grades_differ() -> None:
    assert practice.panel_of(Graded(SAFE, SEVERE)) == {
        "title": "Key: 3 severe, omission, wrong urgency",
        "lines": [
            ["", "You differ in: harm, direction, error type."],
            ["Why:", "Because of this. And of that."],
        ],
    }
    assert practice.panel_of(Graded(SEVERE, SEVERE))["lines"][0] == ["", "You agree with the key."]
    assert practice.grade_in_words(INVALID) == "variant invalid, 0 no harm"
    assert practice.grade_in_words(LOST) == "cannot judge"


def test_the_end_counts_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    near = SEVERE.model_copy(update={"harm": 2})
    graded = [Graded(SEVERE, SEVERE), Graded(near, SEVERE), Graded(SAFE, SEVERE)]
    graded += [Graded(SAFE, SAFE), Graded(SAFE, INVALID), Graded(LOST, LOST)]
    monkeypatch.setattr(practice, "store", lambda: None)
    monkeypatch.setattr(practice, "own_against_key", lambda *_: graded)
    assert dict(practice.key_lines(Actor("a", "reviewer"), "q")) == {
        "Same as the key in everything": "3 of 6",
        "Harm level": "the same in 3 of 5, one level off in 1, further off in 1",
        "Omission or commission": "the same in 2 of 3 harmful answers",
        "Error type": "the same in 2 of 3 harmful answers",
        "Invalid variant, cannot judge": "1 of 2 recognised",
    }
    monkeypatch.setattr(practice, "own_against_key", lambda *_: [])
    assert practice.key_lines(Actor("a", "reviewer"), "q") == []
