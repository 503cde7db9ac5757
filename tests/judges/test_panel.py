"""Votes of several judges on one answer, and what the panel makes of them by its stated rule."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest

from medaudit.judges.kind import INTEGRITY, Row
from medaudit.judges.panel import Panel
from medaudit.records import Score, Span

ANSWER = "ab" * 8
TOTAL = "judge_rubric"
Rows = dict[str, Score]


def panel(*judges: str) -> Panel:
    return Panel("rubric_judge", TOTAL, 1, judges)


def votes(judge: str, word: str = "met", total: float | None = 1.0, trust: str = "sound") -> Rows:
    """One judge on one answer: a criterion, the sum, and whether it is to be trusted."""
    row = Row(f"rubric_judge.{judge}", 1, ANSWER)
    if trust in ("suspect", "needs_review"):
        failed: dict[str, Any] = {"outcome": "failed", "label": "needs_review", "reason": trust}
        integrity: dict[str, Any] = (
            {"outcome": "scored", "label": "suspect"} if trust == "suspect" else failed
        )
        found = [row("criterion.a", **failed), row(TOTAL, **failed)]
        found.append(row(INTEGRITY, **{"reason": f"{judge} {trust}", **integrity}))
    elif trust == "left out":
        reason = "left out: vendor a"
        found = [row(d, outcome="not_applicable", reason=reason) for d in (TOTAL, INTEGRITY)]
    elif trust == "no_answer":
        names = ("criterion.a", TOTAL, INTEGRITY)
        found = [row(d, outcome="no_answer", reason="the call ended as empty") for d in names]
    else:
        own = "own_vendor" if trust == "own_vendor" else None
        words = (Span(start=0, end=4, text="rest", label="a"),) if word == "met" else ()
        found = [
            row("criterion.a", outcome="scored", label=word, evidence=words,
                value={"met": 1.0, "not_met": 0.0}.get(word)),
            row(TOTAL, outcome="scored", value=total,
                label="needs_review" if total is None else own),
            row(INTEGRITY, outcome="scored", label=trust),
        ]  # fmt: skip
    return {score.dimension: score for score in found}


def came(**given: Rows) -> dict[str, tuple[str, str | None, float | None]]:
    """Outcome, label and value of each dimension."""
    rows = panel(*given).rows(ANSWER, given)
    assert [row.dimension for row in rows][-1] == INTEGRITY
    assert {(row.scorer, row.version, row.response_id) for row in rows} == {
        ("panel.rubric_judge", 1, ANSWER)
    }
    return {row.dimension: (row.outcome, row.label, row.value) for row in rows}


def reason(dimension: str, **given: Rows) -> str:
    return next(r.reason for r in panel(*given).rows(ANSWER, given) if r.dimension == dimension)


def test_one_voice_is_the_panels_and_its_sum_is_the_median() -> None:
    given = {
        "a": votes("a", total=0.6), "b": votes("b", total=0.9), "c": votes("c", total=0.7)
    }  # fmt: skip
    assert came(**given) == {
        "criterion.a": ("scored", "met", 1.0),
        TOTAL: ("scored", None, 0.7),
        INTEGRITY: ("scored", "sound", None),
    }
    assert reason(TOTAL, **given) == "3 votes of 3 judges: pass (a, b, c)"
    (row, *_) = panel(*given).rows(ANSWER, given)
    assert row.evidence == (Span(start=0, end=4, text="rest", label="a"),)


def test_two_of_three_decide_and_a_split_on_the_sum_is_flagged() -> None:
    given = {
        "a": votes("a", total=0.8), "b": votes("b", "not_met", 0.2), "c": votes("c", total=0.6)
    }  # fmt: skip
    found = came(**given)
    assert found["criterion.a"] == ("scored", "met", 1.0)
    assert found[TOTAL] == ("scored", None, pytest.approx(0.7))
    assert found[INTEGRITY] == ("scored", "disputed", None)
    assert reason("criterion.a", **given) == "3 votes of 3 judges: met (a, c); not_met (b)"
    assert reason(INTEGRITY, **given) == "the judges are at odds on judge_rubric"
    # A criterion on which one of three differs decides nothing else: the sum is of one voice.
    given["b"] = votes("b", "not_met", 0.5)
    assert came(**given)[INTEGRITY] == ("scored", "sound", None)


def test_a_tie_goes_to_people_without_a_value() -> None:
    found = came(a=votes("a"), b=votes("b", "not_met", 0.0))
    assert found["criterion.a"] == found[TOTAL] == ("scored", "disputed", None)
    assert found[INTEGRITY] == ("scored", "disputed", None)
    three = came(a=votes("a"), b=votes("b", "not_met"), c=votes("c", "cannot_tell"))
    assert three["criterion.a"] == ("scored", "disputed", None)
    assert three[TOTAL] == ("scored", None, 1.0)
    assert three[INTEGRITY] == ("scored", "disputed", None)


def test_any_suspect_judge_voids_every_vote() -> None:
    given = {"a": votes("a"), "b": votes("b"), "c": votes("c", trust="suspect")}
    assert came(**given) == {
        "criterion.a": ("failed", "needs_review", None),
        TOTAL: ("failed", "needs_review", None),
        INTEGRITY: ("scored", "suspect", None),
    }
    assert reason(INTEGRITY, **given) == "suspect: c: c suspect"


def test_a_judge_without_a_verdict_is_no_vote_and_no_consent() -> None:
    given = {"a": votes("a"), "b": votes("b"), "c": votes("c", trust="needs_review")}
    assert came(**given)[TOTAL] == ("scored", None, 1.0)
    assert reason(TOTAL, **given) == "2 votes of 3 judges: pass (a, b)"
    two = {"a": votes("a"), "b": votes("b", trust="needs_review")}
    assert came(**two)[TOTAL] == ("failed", "needs_review", None)
    assert came(**two)[INTEGRITY] == ("failed", "needs_review", None)
    # A sum that one leaves open is none of its votes either.
    four = {j: votes(j) for j in "ab"} | {j: votes(j, total=None) for j in "cd"}
    assert came(**four)[TOTAL] == ("failed", "needs_review", None)
    assert came(**four)["criterion.a"] == ("scored", "met", 1.0)


def test_an_own_vendors_judge_is_left_out_and_one_alone_is_no_panel() -> None:
    given = {"a": votes("a", trust="left out"), "b": votes("b"), "c": votes("c")}
    assert came(**given)[TOTAL] == ("scored", None, 1.0)
    assert reason(TOTAL, **given) == (
        "2 votes of 2 judges: pass (b, c); left out: a: left out: vendor a"
    )
    assert reason(INTEGRITY, **given).startswith("2 judges of 3 voted")
    del given["c"]
    assert came(**given)[TOTAL] == ("failed", "needs_review", None)
    nobody = came(a=votes("a", trust="left out"), b=votes("b", trust="left out"))
    assert nobody == {
        TOTAL: ("not_applicable", None, None), INTEGRITY: ("not_applicable", None, None)
    }  # fmt: skip


def test_a_forced_own_vendors_vote_counts_and_every_row_says_so() -> None:
    given = {"a": votes("a", trust="own_vendor"), "b": votes("b")}
    found = came(**given)
    assert found[TOTAL] == ("scored", "own_vendor", 1.0)
    assert found[INTEGRITY] == ("scored", "own_vendor", None)
    for dimension in ("criterion.a", TOTAL, INTEGRITY):
        assert reason(dimension, **given).startswith("own vendor's judge among the votes (a)")


def test_no_answer_has_rows_that_say_so() -> None:
    for other in ("no_answer", "left out"):
        found = came(a=votes("a", trust=other), b=votes("b", trust="no_answer"))
        assert found == dict.fromkeys(("criterion.a", TOTAL, INTEGRITY), ("no_answer", None, None))


def test_the_order_of_judges_changes_no_finding_and_no_value_stands_without_a_majority() -> None:
    kinds = [
        ("met", 0.9, "sound"), ("not_met", 0.1, "sound"), ("cannot_tell", None, "sound"),
        ("met", 0.6, "own_vendor"), ("", None, "suspect"), ("", None, "needs_review"),
        ("", None, "left out"),
    ]  # fmt: skip
    for chosen in product(kinds, repeat=3):
        given = {n: votes(n, *kind) for n, kind in zip("abc", chosen, strict=True)}
        found = came(**given)
        for order in permutations(given):
            assert came(**{name: given[name] for name in order}) == found
        sides = [kind[1] >= 0.5 for kind in chosen if kind[1] is not None]
        sitting = sum(kind[2] != "left out" for kind in chosen)
        most = max(sides.count(True), sides.count(False))
        trusted = "suspect" not in {kind[2] for kind in chosen}
        assert (found[TOTAL][2] is not None) == (trusted and most >= 2 and 2 * most > sitting)
