"""The benchmarking gap and the shift of ranks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from medaudit.errors import BadInput, Undefined
from medaudit.stats import benchmarking_gap, failure_after_success, rank_shift

RNG = np.random.default_rng(8)


def test_is_the_paired_t_interval():
    static, dynamic = RNG.random(60), RNG.random(60)
    found = benchmarking_gap(static, dynamic, range(60))
    theirs = stats.ttest_rel(static, dynamic).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert found.name == "benchmarking_gap"


def test_screen_keeps_the_items_right_at_baseline():
    found = benchmarking_gap([1, 1, 0, 1], [0, 1, 0, 0], list("abcd"), screen=[1, 1, 0, 0])
    assert found.value == pytest.approx(0.5)
    assert found.excluded == {"wrong_at_baseline": 2}
    assert found.n_cases == 2


def test_a_screen_on_itself_is_named():
    static = [1, 1, 0, 1]
    found = benchmarking_gap(static, [0, 1, 0, 0], list("abcd"), screen=static)
    assert "regression to the mean" in found.warnings[0]


@pytest.mark.parametrize(
    ("accuracy", "icc", "percent"),
    [(0.8, 0.5, 10), (0.8, 0.7, 6), (0.8, 0.9, 2), (0.9, 0.5, 5), (0.9, 0.7, 3), (0.9, 0.9, 1)],
)
def test_failure_after_success(accuracy, icc, percent):
    """(1 - accuracy)(1 - icc): by hand, and by simulated beta-binomial cases."""
    assert 100 * failure_after_success(accuracy, icc) == pytest.approx(percent)
    a = accuracy * (1 - icc) / icc
    p = np.random.default_rng(0).beta(a, a * (1 - accuracy) / accuracy, 200_000)
    # Given one success, the second run fails with probability E p(1-p) / E p.
    assert (p * (1 - p)).mean() / p.mean() == pytest.approx(percent / 100, abs=0.003)


def test_failure_after_success_needs_a_success():
    with pytest.raises(Undefined):
        failure_after_success(0, 0.5)
    with pytest.raises(BadInput):
        failure_after_success(1.2, 0.5)


def test_rank_shift_is_scipy_tau_b():
    static, dynamic = RNG.random((80, 6)), RNG.random((80, 6))
    found = rank_shift(static, dynamic, range(80))
    expected = stats.kendalltau(static.mean(axis=0), dynamic.mean(axis=0)).statistic
    assert found.value == pytest.approx(expected)
    assert found.low <= found.value <= found.high


def test_rank_shift_degenerate():
    assert rank_shift(np.empty((0, 3)), np.empty((0, 3)), []).value is None
    tied = rank_shift(np.ones((5, 3)), RNG.random((5, 3)), range(5))
    assert tied.value is None
    assert "ties" in tied.warnings[0]
    with pytest.raises(BadInput):
        rank_shift([[1.0], [0.5]], [[1.0], [0.5]], range(2))
