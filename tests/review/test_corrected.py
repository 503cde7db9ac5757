"""Corrected rates against hand-worked draws and a simulated population whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from medaudit.review.corrected import chances, comparisons, corrected, untouched
from medaudit.review.judge import Answer
from medaudit.stats import draw_sample
from tests.review.test_judge import answer


def test_an_unread_draw_lowers_the_chance_of_its_kind_only() -> None:
    rows = [answer(k, 0, 0 if k < 3 else None, 0.5, purpose="sample") for k in range(4)]
    rows += [answer(10 + k, 4, 4, 1.0, purpose="gated", reads=2) for k in range(2)]
    found = chances(rows)
    assert found == {"r0": 0.375, "r1": 0.375, "r2": 0.375, "r10": 1.0, "r11": 1.0}
    assert untouched(rows) == {}


def test_a_kind_that_nobody_has_read_is_named() -> None:
    rows = [answer(1, 0, 0, 0.5, purpose="sample"), answer(2, 4, None, 1.0, purpose="gated")]
    assert untouched(rows) == {"gated": 1}


def test_the_correction_by_hand() -> None:
    # Ten cases of one answer. The scores flag two; both were drawn, one is right. Of the other
    # eight four were drawn and one is severe: (2 - 1 + 1/0.5) / 10.
    rows = [answer(0, 4, 4, 1.0), answer(1, 4, 0, 1.0)]
    rows += [answer(2 + k, 0, 4 if k == 0 else 0, 0.5) for k in range(4)]
    rows += [answer(6 + k, 0, None) for k in range(4)]
    found = corrected(rows, "severe")[0]
    assert found.automatic.value == 0.2
    assert found.corrected.value == pytest.approx(0.3)
    assert found.watched.value == pytest.approx(0.3)
    assert (found.n_read, found.n_discordant) == (6, 2)
    assert any(w.startswith("Fewer than 5") for w in found.corrected.warnings)


def test_no_disagreement_gives_a_bound_and_no_collapsed_interval() -> None:
    rows = [answer(k, 0, 0, 0.5) for k in range(50)] + [answer(100 + k, 0, None) for k in range(50)]
    found = corrected(rows, "severe")[0].corrected
    assert found.value == 0
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 50))  # rule of three, 50 read cases
    assert any(w.startswith("Fewer than 5") for w in found.warnings)


def test_silent_scores_are_guessed_at_and_counted_and_reads_outside_the_draw_kept_out() -> None:
    rows = [answer(k, None if k < 5 else 0, 0, 0.5) for k in range(20)]
    rows += [answer(50 + k, 0, 4) for k in range(7)]
    found = corrected(rows, "safe")[0]
    assert found.automatic.value == 1.0
    assert found.automatic.excluded == {"automatic_silent": 5}
    assert found.corrected.excluded["no_inclusion_probability"] == 7
    assert found.corrected.value == 1.0


def test_nothing_read_is_no_rate() -> None:
    found = corrected([answer(k, 4, None) for k in range(20)], "severe")[0]
    assert found.automatic.value == 1.0
    assert found.corrected.value is None
    assert found.watched.value is None


def population(seed: int) -> tuple[list[Answer], float]:
    """1,440 answers of 120 cases, 150 drawn by risk, half of those read; the true severe rate."""
    rng = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(2.2 - 1.2 * rng.normal(size=120)))
    case = np.repeat(np.arange(120), 12)
    truth = rng.random(len(case)) < risk[case]
    flag = np.where(truth, rng.random(len(case)) < 0.8, rng.random(len(case)) < 0.1)
    draw = draw_sample(flag.astype(float), 150, seed=seed)
    order = rng.permutation(np.flatnonzero(draw.selected))[:75]
    place = {int(row): k for k, row in enumerate(order)}
    rows = [
        answer(
            row,
            4 * int(flag[row]),
            4 * int(truth[row]) if row in place else None,
            float(draw.probability[row]) if draw.selected[row] else None,
            case_id=f"c{case[row]}",
            order=place.get(row, 0),
        )
        for row in range(len(case))
    ]
    return rows, float(truth.mean())


def test_half_read_draws_cover_the_truth_and_the_automatic_rate_does_not() -> None:
    covered = watched = automatic = 0
    errors = []
    for seed in range(24):
        rows, truth = population(seed)
        found = corrected(rows, "severe")[0]
        for estimate, add in ((found.corrected, "c"), (found.watched, "w"), (found.automatic, "a")):
            assert estimate.low is not None
            assert estimate.high is not None
            inside = estimate.low <= truth <= estimate.high
            covered += add == "c" and inside
            watched += add == "w" and inside
            automatic += add == "a" and inside
        assert found.corrected.value is not None
        errors.append(found.corrected.value - truth)
    # 95 % of 24 is 23; 20 or fewer happens once in about 170 times at 95 %.
    assert covered >= 21
    assert watched >= 23
    assert automatic <= 18
    assert abs(float(np.mean(errors))) < 3 * float(np.std(errors)) / 24**0.5 + 1e-9


def two(worse: int, n: int) -> list[Answer]:
    """System b fails in ``worse`` of ``n`` cases, system a in none."""
    rows = []
    for k in range(n):
        fails = 4 if k % n < worse else 0
        spread = (k * 7) % n  # failures do not come first
        rows.append(answer(2 * k, 0, 0, 0.5, system_id="a", case_id=f"c{k}", order=2 * spread))
        rows.append(
            answer(2 * k + 1, 0, fails, 0.5, system_id="b", case_id=f"c{k}", order=2 * spread + 1)
        )
    return rows


def test_a_clear_difference_is_decided_and_the_reviews_needed_follow_the_planner() -> None:
    found = comparisons(two(40, 100))[0]
    assert (found.a, found.b, found.n_cases) == ("a", "b", 100)
    assert found.difference.value == pytest.approx(-0.4)
    assert found.decision == "b_worse"
    # Variance .4 x .6 x 100/99 at its 80 % upper bound, delta .05: more than 700 cases in all.
    assert found.cases_still_needed is not None
    assert 650 < found.cases_still_needed < 900
    assert found.reason is None


def test_few_cases_stay_undecided_and_equal_systems_have_no_spread_to_plan_with() -> None:
    few = comparisons(two(2, 12))[0]
    assert few.decision == "undecided"
    assert few.reason == "Fewer than 5 cases differ: the number may be far too low"
    same = comparisons(two(0, 12))[0]
    assert same.difference.value == 0
    assert same.cases_still_needed is None
    assert same.reason is not None
    assert "no reviewed case differs" in same.reason


def test_systems_without_a_common_case_have_no_difference() -> None:
    rows = [answer(1, 0, 0, 0.5, system_id="a"), answer(2, 0, 0, 0.5, system_id="b")]
    found = comparisons(rows)[0]
    assert found.n_cases == 0
    assert found.difference.value is None
    assert found.decision == "undecided"
