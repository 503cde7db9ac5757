"""What a reviewer sees before and after their own commit."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from medaudit.errors import NotPermitted, UnknownName
from medaudit.review import Actor, blind_card, commit, progress, reveal, take
from tests.fixtures import SYSTEMS
from tests.review.conftest import ANNA, BEN, Desk

SAFE = {"harm": 0}
HARMFUL = {
    "harm": 3,
    "direction": "omission",
    "error_type": "missed_red_flag",
    "note": "An ambulance was needed at once.",
}


@pytest.fixture
def drawn(desk: Desk) -> Desk:
    desk.draw("q", 36)
    return desk


def values(value: Any) -> list[str]:
    """Every leaf of a nested value as text, names of fields included."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        return [text for k, v in value.items() for text in (str(k), *values(v))]
    if isinstance(value, list | tuple | set):
        return [text for item in value for text in values(item)]
    return [str(value)]


def test_a_blind_card_is_the_case_the_answer_and_the_place_in_the_queue(drawn: Desk) -> None:
    allowed = {
        "item_id", "queue", "position", "total", "kind", "domain", "perspective", "task", "probe",
        "level", "original", "variant", "answers", "dimensions", "alias", "asides", "opened",
        "reserved_until", "committed", "content", "original_images", "variant_images",
    }  # fmt: skip
    texts = {}
    for position in range(36):
        card = blind_card(drawn.store, ANNA, "q", position)
        assert {f.name for f in dataclasses.fields(card)} == allowed
        assert (card.queue, card.position, card.total) == ("q", position, 36)
        assert card.committed is False
        texts[card.item_id] = card.answer
    assert len(texts) == 36
    # Every text that was answered in the run, and each as often.
    answered = [r["text"] for r in _responses(drawn)]
    assert sorted(str(t) for t in texts.values()) == sorted(str(t) for t in answered)


def test_no_field_of_a_blind_card_holds_what_would_unblind(drawn: Desk) -> None:
    responses = _responses(drawn)
    hidden = {r["response_id"] for r in responses}
    for system in SYSTEMS:
        hidden |= {system.id, system.title, system.model, system.vendor}
    scores = {"case_score", "decision", "correct", "inclusion_probability", "automatic", "harm"}
    for position in range(36):
        card = blind_card(drawn.store, ANNA, "q", position)
        leaves = values(card)
        for leaf in leaves:
            assert leaf not in scores
            if leaf in {card.answer, card.original, card.variant}:
                continue
            assert not any(secret.lower() in leaf.lower() for secret in hidden), leaf
        # The answers of this bench do not name who gave them; the prompts neither.
        assert not any(s.title.lower() in str(card.answer).lower() for s in SYSTEMS)
        assert json.dumps(leaves)


def test_cards_of_two_systems_on_one_variant_differ_in_place_and_answer_only(drawn: Desk) -> None:
    same: dict[tuple[str, str], list[Any]] = {}
    for position in range(36):
        card = blind_card(drawn.store, ANNA, "q", position)
        same.setdefault((card.variant, card.probe), []).append(card)
    assert len(same) == 9
    for cards in same.values():
        assert len(cards) == 4
        fixed = [
            dataclasses.replace(c, item_id="", position=0, answers=(), committed=False)
            for c in cards
        ]
        assert fixed == [fixed[0]] * 4


def test_nobody_sees_a_reveal_before_their_own_commit(drawn: Desk) -> None:
    with pytest.raises(NotPermitted, match="commit your judgment first"):
        reveal(drawn.store, ANNA, "q", 0)
    commit(drawn.store, drawn.journal, BEN, "q", 0, SAFE, "ben-000001")
    with pytest.raises(NotPermitted, match="commit your judgment first"):
        reveal(drawn.store, ANNA, "q", 0)
    card = blind_card(drawn.store, ANNA, "q", 0)
    assert card.committed is False  # not even that somebody else has judged
    assert blind_card(drawn.store, BEN, "q", 0).committed is True
    assert reveal(drawn.store, BEN, "q", 0).own["harm"] == 0
    with pytest.raises(NotPermitted):
        reveal(drawn.store, BEN, "q", 1)


def test_somebody_elses_commit_changes_nothing_on_a_card(drawn: Desk) -> None:
    before = blind_card(drawn.store, ANNA, "q", 4)
    commit(drawn.store, drawn.journal, BEN, "q", 4, HARMFUL, "ben-000004")
    assert blind_card(drawn.store, ANNA, "q", 4) == before
    assert progress(drawn.store, ANNA, "q").done == 0


def test_a_reveal_shows_the_system_the_scores_and_ones_own_grade(drawn: Desk) -> None:
    by_id = {r["response_id"]: r for r in _responses(drawn)}
    seen = set()
    for position in range(36):
        judged = commit(
            drawn.store, drawn.journal, ANNA, "q", position, HARMFUL, f"anna-{position:04}"
        )
        opened = reveal(drawn.store, ANNA, "q", position)
        system_id = by_id[judged.response_id]["system_id"]
        seen.add(system_id)
        assert opened.system_title == next(s.title for s in SYSTEMS if s.id == system_id)
        assert opened.own["note"] == HARMFUL["note"]
        text = by_id[judged.response_id]["text"]
        assert all(text[s.start : s.end] == s.text for s in opened.evidence)
        # What the rules suspected stands beside the grade and is not overwritten by it: the safe
        # example nothing, the unsafe one the case's stakes, one without a decision is not rated.
        row = by_id[judged.response_id]
        case = next(c for c in drawn.bench.cases if c.id == row["case_id"])
        assert opened.harm == {case.safe.text: 0, case.unsafe.text: case.stakes}.get(text)
        assert opened.case_title == case.title
        assert opened.own["harm"] == 3
    assert seen == {"steady", "brittle"}
    assert take(drawn.store, drawn.journal, ANNA, "q") is None


def test_a_viewer_sees_neither_card_nor_reveal(drawn: Desk) -> None:
    viewer = Actor("vera", "viewer")
    with pytest.raises(NotPermitted):
        blind_card(drawn.store, viewer, "q", 0)
    with pytest.raises(NotPermitted):
        reveal(drawn.store, viewer, "q", 0)
    with pytest.raises(NotPermitted):
        progress(drawn.store, viewer, "q")
    with pytest.raises(NotPermitted):
        take(drawn.store, drawn.journal, viewer, "q")


@pytest.mark.parametrize("position", [-1, 36, 10**9])
def test_an_item_that_is_not_there_is_named(drawn: Desk, position: int) -> None:
    with pytest.raises(UnknownName, match="1 to 36"):
        blind_card(drawn.store, ANNA, "q", position)
    with pytest.raises(UnknownName):
        commit(drawn.store, drawn.journal, ANNA, "q", position, SAFE, "anna-000001")


def _responses(desk: Desk) -> list[dict[str, Any]]:
    rows = [
        {**row, "case_id": variant.case_id}
        for variant in desk.bench.variants
        for row in desk.store.rows("answers_of_variant", run="demo", variant=variant.id)
    ]
    assert len(rows) == 36
    return rows
