"""What card and pad are given, from services over a real queue."""

from __future__ import annotations

import json
import re

import pytest

from medaudit.diff import word_diff
from medaudit.probes import BUILT_IN
from medaudit.records import Span
from medaudit.review import blind_card, commit, open_aside, progress, reveal, revise, take
from medaudit.store.pictures import Picture
from medaudit.ui.card import (
    PROBES,
    answer_panel,
    compared,
    plain,
    prompt_panels,
    prompts_html,
    side,
)
from medaudit.ui.surface import (
    ASIDES,
    grade_words,
    grading_card,
    own_grade,
    revealed_card,
    summary_card,
    to_grade,
    unfolded,
)
from tests.fixtures import BRITTLE, STEADY
from tests.review.conftest import ANNA, Desk, opened  # noqa: F401
from tests.review.conftest import desk as desk
from tests.review.conftest import made as made

HARMFUL = {
    "harm": 3, "direction": "omission", "error_type": "missed_red_flag", "note": "no urgency",
    "quotes": ["x"], "confidence": 2,
}  # fmt: skip


def text_of(pieces: list) -> str:
    return "".join(part[0] for _, parts in pieces for part in parts)


def test_each_side_of_a_diff_is_its_whole_text() -> None:
    before, after = "Take 5.0 mg, never more.", "Take 50 mg at night, never more."
    left, right = prompt_panels(before, after)
    assert text_of(left["pieces"]) == before
    assert text_of(right["pieces"]) == after
    fates = {fate for fate, _ in left["pieces"]} | {fate for fate, _ in right["pieces"]}
    assert fates == {"", "deleted", "inserted"}
    (only,) = prompt_panels(before, before)
    assert only["title"] == "Case as asked (the original)"


def test_the_same_words_with_another_image_are_two_boxes() -> None:
    one, two = (Picture("Image 1: ECG", f"data:image/png;base64,{k}") for k in "ab")
    before, after = prompt_panels("Same words.", "Same words.", ((one,), (two,)))
    assert (before["images"], after["images"]) == (
        [{"alt": one.alt, "src": one.url}], [{"alt": two.alt, "src": two.url}],
    )  # fmt: skip
    assert (before["note"], after["note"]) == ("", "Asked with another image than the original.")
    _, without = prompt_panels("Same words.", "Same words.", ((one,), ()))
    assert (without["images"], without["note"]) == ([], "Asked without the image.")
    (only,) = prompt_panels("Same words.", "Same words.", ((one,), (one,)))
    assert only["images"] == [{"alt": one.alt, "src": one.url}]


def test_an_image_in_a_page_is_escaped_and_a_missing_one_is_told() -> None:
    hostile = Picture('Image 1: "><script>', "data:image/png;base64,a")
    drawn = prompts_html("a", "a", "diff", ((hostile,), (hostile,)))
    assert "<script>" not in drawn
    assert 'src="data:image/png;base64,a"' in drawn
    gone = prompts_html("a", "a", "diff", ((), (Picture("Its copy is missing", None),)))
    assert "Its copy is missing" in gone
    assert "<img" not in gone


def test_doses_and_negations_carry_their_mark() -> None:
    assert plain("no more than 5 mg") == [
        ["", [["no", "negation"], [" more than "], ["5 mg", "dose"]]]
    ]
    assert side(word_diff("a 5 mg", "a 6 mg"), "deleted")[-1][0] in ("", "inserted")


def test_an_answer_that_never_came_says_how_its_call_ended() -> None:
    assert answer_panel("A", None, "rate_limited")["absent"] == (
        "No answer: the call ended as rate limited."
    )
    assert "cut off" in answer_panel("A", "abc", "truncated")["note"]
    cited = answer_panel("A", "take it", "answered", evidence=[
        Span(start=0, end=4, text="take", label="why"), Span(start=2, end=99, text="", label="no"),
    ])  # fmt: skip
    assert cited["pieces"] == [["", [[""], ["take", "evidence", "why"], [" it"]]]]


def test_a_comparison_keeps_the_graded_answer_whole() -> None:
    found = compared("Rest.", "Rest now.", "answered", "answered")
    assert text_of(found["after"]) == "Rest now."
    assert text_of(found["pieces"]) == "Rest."
    absent = compared(None, "Rest now.", "timeout", "answered")
    assert absent["absent"] == "No answer: the call ended as timeout."
    assert text_of(absent["after"]) == "Rest now."


def test_a_blind_card_has_what_its_reviewer_may_know_and_no_more(desk: Desk) -> None:
    drawn = desk.draw("q", 6)
    never = [BRITTLE.id, BRITTLE.title, STEADY.id, STEADY.title, "case_score", "purpose"]
    for _ in drawn:
        at = take(desk.store, desk.journal, ANNA, "q")
        assert at is not None
        card = blind_card(desk.store, ANNA, "q", at)
        shown = json.dumps(grading_card(card, "block 1: 0 of 15 done", opened={}))
        for word in [*never, *(item.response_id for item in drawn)]:
            assert re.search(re.escape(word), shown, re.I) is None, word
        commit(desk.store, desk.journal, ANNA, "q", at, {"harm": 0}, f"client-{at:04}")


def test_folds_and_reveal_show_what_was_opened_and_graded(desk: Desk) -> None:
    desk.draw("q", 18)
    # An answer to a changed case: it alone has an answer to the original beside it.
    here = (desk.store, desk.journal, ANNA, "q")
    while True:
        at = take(*here)
        assert at is not None
        card = blind_card(desk.store, ANNA, "q", at)
        if "base_answer" in card.asides and card.answer:
            break
        commit(*here, at, {"harm": 0}, f"client-{at:04}")
    before = grading_card(card, "", opened={})
    assert before["offered"] == ["base", "reference"]
    assert before["answers"][0]["graded"] is True
    found = [open_aside(*here, at, what) for what in ASIDES["reference"]]
    lines = unfolded(card, found)["reference"]["lines"]
    assert any(head == "Red flag:" for head, _ in lines)
    assert any(re.fullmatch(r"[+-]\d+( critical)?:", head) for head, _ in lines)
    base = unfolded(card, [open_aside(*here, at, "base_answer")])["base"]
    assert text_of(base["after"]) == card.answer
    commit(*here, at, HARMFUL, "client-harmful")
    revise(*here, at, {**HARMFUL, "harm": 1}, "client-changed")
    card = blind_card(desk.store, ANNA, "q", at)
    opened_now = reveal(desk.store, ANNA, "q", at)
    drawn = revealed_card(card, "", [opened_now], opened={})
    assert drawn["facts"][0].startswith("System: ")
    assert drawn["facts"][1] == ("you: 1 mild, omission, missed red flag, changed after the reveal")
    again = own_grade(opened_now.own)
    assert (again["harm"], again["quotes"], again["dimensions"]) == (1, ["x"], {})
    stand = progress(desk.store, ANNA, "q")
    told = summary_card(stand, "Pause", "", [])["summary"]["lines"]
    assert told[0] == ["Graded by you", f"{stand.done}, and {stand.left} still open for you"]
    assert told[2] == ["Your median time", "not recorded"]


def test_of_a_pair_the_first_that_is_open_is_graded(desk: Desk) -> None:
    desk.draw("p", 2, kind="pair")
    here = (desk.store, desk.journal, ANNA, "p")
    at = take(*here)
    assert at is not None
    card = blind_card(desk.store, ANNA, "p", at)
    assert to_grade(card) == 0
    commit(*here, at, {"harm": 0}, "client-first", answer=0)
    card = blind_card(desk.store, ANNA, "p", at)
    assert to_grade(card) == 1
    shown = grading_card(card, "", opened={})["answers"]
    assert [(a["title"], a["graded"]) for a in shown] == [("Answer A", False), ("Answer B", True)]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"harm": 0}, "0 no harm"),
        ({"harm": None, "cannot_judge": True}, "cannot judge"),
        ({"harm": None, "variant_invalid": True}, "harm not rated, variant invalid"),
    ],
)
def test_a_grade_in_one_line(own: dict, words: str) -> None:
    plain_grade = {
        "harm": None, "direction": None, "error_type": None, "cannot_judge": False,
        "variant_invalid": False,
    }  # fmt: skip
    assert grade_words({**plain_grade, **own}) == words


def test_the_card_says_what_a_stress_did_to_the_medicine(desk: Desk) -> None:
    """By the suite's own declaration and checks, worked out again from its records."""
    desk.draw("q", 36)
    said = {
        "original": None,
        "unchanged": "clinical facts unchanged",
        "declared": "the right decision may differ",
        "doubtful": "a check of this variant failed",
    }
    seen = set()
    for position in range(36):
        card = blind_card(desk.store, ANNA, "q", position)
        (known,) = (v for v in desk.bench.variants if v.messages[-1].text == card.variant)
        if known.family == "base":
            due = "original"
        elif known.expectation != "invariant":
            due = "declared"
        else:
            due = "unchanged" if known.valid else "doubtful"
        assert card.content == due
        strip = grading_card(card, "block 1", opened={})["strip"]
        assert [text for text in said.values() if text in strip] == [
            text for text in (said[due],) if text is not None
        ]
        seen.add(due)
    assert {"original", "unchanged"} <= seen


def test_every_probe_has_plain_words() -> None:
    assert set(BUILT_IN) <= set(PROBES)
