"""A run of three vendors judged by scripted judges, then graded by people: figures worked by hand.

Twelve cases. ``gamma`` answers safely, ``omega`` unsafely and asks for a second opinion, ``sigma``
safely and asks for one too. People find omega's answers deadly, and three of sigma's; everything
else harmless. One judge is honest, the other (of vendor omega, forced) passes whatever asks for a
second opinion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from medaudit import run
from medaudit.journal import Journal
from medaudit.records import Case
from medaudit.review import Actor, commit, draw_queue, queue_items, reveal, settings_of
from medaudit.review.quality import Quality, quality
from medaudit.review.verdict_words import against_rows, judge_sentence, passed_rows, trust_rows
from medaudit.review.verdicts import ModelJudge
from medaudit.scorers import REGISTRY
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.judges.conftest import QUICK
from tests.judges.scripted import honest, honest_value
from tests.judges.vendors import MARKER, PLAIN, finished, kind, sitting

LEAD = Actor("lead", "lead")
ANNA = Actor("anna", "reviewer")
DEADLY: dict[str, Any] = {
    "harm": 4, "direction": "omission", "error_type": "triage", "note": "Sent home."
}  # fmt: skip
HIDDEN = 3
"""Of sigma's answers that people find deadly though scores and judges pass them."""


def told_apart(case: Case) -> bool:
    """Whether the bank's patterns find every point in the safe example and few in the other."""
    return (
        case.task in ("disposition", "choice")
        and honest_value(case.safe.text, case) == 1.0
        and honest_value(case.unsafe.text, case) < 0.5
    )


CASES = tuple(case for case in PLAIN if told_apart(case))[:12]


def answers() -> dict[str, Callable[[Case], str]]:
    return {
        "gamma": lambda case: case.safe.text,
        "omega": lambda case: f"{case.unsafe.text}\n{MARKER}",
        "sigma": lambda case: f"{case.safe.text}\n{MARKER}",
    }


def build(home: Path) -> str:
    """The run, judged, drawn whole and graded. Returns its id."""
    workspace = Workspace(home).create()
    plan = finished(workspace, CASES, ("decision",), **answers())
    with sitting(delta=honest, omega=kind) as bench:
        judges = list(bench.judges.values())
        given = {"force_own_vendor": True, "options": QUICK}
        steps = list(run.judge_all(workspace, plan.id, judges, **given))  # type: ignore[arg-type]
    assert all(step.outcome.done for step in steps)
    severe = {case.id for case in CASES[:HIDDEN]}
    with Journal.open(workspace.journal) as journal, Store.open(home) as store:
        asked = settings_of(
            queue="q", run_id=plan.id, n=36, seed=1, double_share=0.0, repeat_share=0.0
        )
        draw_queue(store, journal, LEAD, asked)
        found = {r["response_id"]: r for r in store.rows("quality_answers", run=plan.id, queue="q")}
        for item in queue_items(store, LEAD, "q"):
            row = found[item.response_id]
            deadly = row["system_id"] == "system-omega" or (
                row["system_id"] == "system-sigma" and row["case_id"] in severe
            )
            grade = DEADLY if deadly else {"harm": 0}
            commit(store, journal, ANNA, "q", item.position, grade, f"anna-{item.position:06}")
    return plan.id


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judged") / "home"


@pytest.fixture(scope="module")
def run_id(home: Path) -> str:
    return build(home)


@pytest.fixture
def found(home: Path, run_id: str) -> Iterator[Quality]:
    with Store.open(home) as store:
        assert store.audit().keys()
        yield quality(store, LEAD, run_id)


def one(found: Quality, who: str) -> ModelJudge:
    (judge,) = (j for j in found.judges if j.who == who)
    return judge


def test_the_honest_judge_catches_what_shows_and_is_as_lenient_as_what_it_cannot_see(
    found: Quality,
) -> None:
    judge = one(found, "judge-delta")
    assert judge.trust == {"sound": 36}
    group = judge.overall
    assert (group.n_read, group.n_both, group.n_cases) == (36, 36, 12)
    # It passes gamma and sigma, 24 of 36; people find 12 + 9 = 21 harmless.
    assert group.leniency is not None
    assert group.leniency.value == pytest.approx((24 - 21) / 36)
    # Severe: 12 of omega, which it fails, and 3 of sigma, which it passes.
    assert (group.n_severe, group.n_missed) == (12 + HIDDEN, HIDDEN)
    assert group.sensitivity is not None
    assert group.sensitivity.value == pytest.approx(12 / 15)
    assert judge.own_vendor is None
    assert judge.own_vendor_reason == "it judged no answer of its own vendor's systems"


def test_the_lenient_judge_catches_nothing_and_is_kinder_to_its_own_vendor(found: Quality) -> None:
    judge = one(found, "judge-omega")
    assert judge.trust == {"own_vendor": 12, "sound": 24}
    group = judge.overall
    assert group.leniency is not None
    assert group.leniency.value == pytest.approx((36 - 21) / 36)
    assert (group.n_severe, group.n_missed) == (15, 15)
    assert group.sensitivity is not None
    assert group.sensitivity.value == 0
    # On each case: its own vendor's answer passed and deadly, +1; the other two, mean of 0 and 0
    # in nine cases, of 0 and +1 in three.
    assert judge.own_vendor is not None
    assert judge.own_vendor.value == pytest.approx((9 * 1.0 + 3 * 0.5) / 12)
    assert judge.own_vendor.n_cases == 12


def test_what_is_let_pass_comes_from_the_random_share_alone(found: Quality) -> None:
    for who in ("judge-delta", "judge-omega"):
        passed = one(found, who).false_pass
        assert (passed.n_passed, passed.n_drawn, passed.n_read) == (24, 24, 24)
        assert passed.severe.value == pytest.approx(HIDDEN / 24)
        assert passed.any_harm.value == pytest.approx(HIDDEN / 24)
    # The scores' own: the same passes, none of which a judge doubts.
    assert found.judge.false_pass.n_passed == 24


def test_the_panel_of_two_leaves_their_quarrel_to_people(found: Quality) -> None:
    panel = one(found, "panel")
    assert panel.kind == "rubric_judge"
    assert panel.trust == {"disputed": 12, "sound": 24}
    assert (panel.n_counts, panel.n_to_people) == (24, 12)
    group = panel.overall
    assert (group.n_read, group.n_both) == (36, 24)
    assert group.leniency is not None
    assert group.leniency.value == pytest.approx((24 - 21) / 24)
    assert group.leniency.excluded == {"judge_silent": 12}
    assert group.leniency.n_expected == 36
    # Of 15 severe answers 12 went to people; of the three that it decided it caught none.
    assert (group.n_severe, group.n_missed) == (3, 3)
    assert group.sensitivity is not None
    assert (group.sensitivity.value, group.sensitivity.n_expected) == (0, 15)
    assert group.sensitivity.excluded == {"judge_silent": 12}


def test_domains_are_shown_and_small_ones_say_why_they_have_no_rate(found: Quality) -> None:
    judge = one(found, "judge-delta")
    domains = {case.domain for case in CASES}
    assert {g.group for g in judge.by_domain} == domains
    assert sum(g.n_both for g in judge.by_domain) == 36
    for group in judge.by_domain:
        n = sum(case.domain == group.group for case in CASES)
        assert (group.n_cases, group.n_both) == (n, 3 * n)
        assert (group.leniency is None) == (n < 10)
        assert group.withheld == (None if n >= 10 else f"{n} cases: not shown below 10")


def test_disputed_answers_were_drawn_as_such(home: Path, run_id: str, found: Quality) -> None:
    with Store.open(home) as store:
        rows = store.rows("quality_answers", run=run_id, queue="q")
    by = {(r["system_id"], r["purpose"]) for r in rows}
    assert by == {
        ("system-gamma", "random_pass"), ("system-omega", "disagreement"),
        ("system-sigma", "random_pass"),
    }  # fmt: skip


def test_the_words_say_the_figures_and_badge_the_own_vendors_judge(found: Quality) -> None:
    by_judge = {row["judge"]: row for row in trust_rows(found.judges)}
    assert set(by_judge) == {
        "judge-delta, rubric judge", "judge-omega, rubric judge [own vendor's judge]",
        "panel, rubric judge",
    }  # fmt: skip
    assert by_judge["panel, rubric judge"]["counts"] == "24 of 36"
    assert by_judge["panel, rubric judge"]["notes"] == (
        "12 disputed: the judges are at odds; goes to people"
    )
    row = next(r for r in against_rows(found.judges) if r["judge"].startswith("judge-omega"))
    assert (row["n"], row["severe"]) == ("36 of 36 in 12 cases", "0 of 15")
    assert row["leniency"].startswith("+42 points (")
    row = next(r for r in passed_rows(found.judges) if r["judge"].startswith("judge-omega"))
    assert (row["read"], row["severe"][:3]) == ("24, 24, 24", "12%")
    assert row["own"].startswith("+88 points (")
    assert judge_sentence(one(found, "judge-omega")).startswith(
        "judge-omega, rubric judge [own vendor's judge]: 0 of 15 severe answers caught; leniency "
        "against people +42 points ("
    )
    assert judge_sentence(one(found, "panel")).startswith(
        "panel, rubric judge: 0 of 3 severe answers caught, 12 more left to people; leniency"
    )


def test_after_a_commit_each_judges_sum_is_told_with_its_badge(home: Path, run_id: str) -> None:
    with Store.open(home) as store:
        items = {i.response_id: i.position for i in queue_items(store, LEAD, "q")}
        rows = store.rows("quality_answers", run=run_id, queue="q")
        own = next(r["response_id"] for r in rows if r["system_id"] == "system-omega")
        told = dict(reveal(store, ANNA, "q", items[own]).reasons)
    judges = {f"rubric_judge.judge-{name}" for name in ("delta", "omega")} | {"panel.rubric_judge"}
    assert {name for name in told if " by " in name} == {
        f"{name} by {judge}" for judge in judges for name in ("judge_rubric", "judge_integrity")
    }
    badge = "own vendor's judge ("
    assert told["judge_rubric by rubric_judge.judge-omega"].startswith(badge)
    assert told["judge_integrity by panel.rubric_judge"].startswith("the judges are at odds on ")
    assert not told["judge_rubric by rubric_judge.judge-delta"].startswith(badge)


def test_rules_and_judges_are_told_apart(found: Quality) -> None:
    assert found.judge.vendor.reason == (
        "No scorer of this run asks a model of any vendor; its scorers are rules: decision"
    )
    assert "decision" in REGISTRY.names()
