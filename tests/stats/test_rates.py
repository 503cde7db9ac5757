"""Rates as pages print them."""

from __future__ import annotations

import numpy as np
import pytest

from medaudit.errors import BadInput
from medaudit.stats import (
    Tally,
    benchmark_rate,
    benchmark_rate_of_tally,
    benchmark_score_mean_of_totals,
    clopper_pearson,
    clustered_mean,
    kg_floor,
    rate,
    rate_of_tally,
    score_mean,
    score_mean_of_totals,
    wilson,
)

SIXTY = np.repeat(np.arange(60), 6)


def test_carries_its_context():
    y = np.tile([1, 0, 0, 0, 0, 0], 60)
    found = rate(y, SIXTY, name="failure", n_expected=400, excluded={"timeout": 40})
    assert (found.low, found.high) == kg_floor(y, SIXTY)
    assert (found.n_rows, found.n_cases, found.n_expected, found.df) == (360, 60, 400, 59)
    assert found.excluded == {"timeout": 40}
    assert found.estimand == "generalized"
    assert "Korn-Graubard" in found.method
    assert found.warnings == ()


def test_zero_failures_say_how_high_the_rate_may_be():
    found = rate(np.zeros(360), SIXTY)
    assert found.value == 0
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 60))
    assert found.high > 5 * wilson(0, 360)[1]
    # One-sided: 1 - 0.05^(1/60) = 4.87 %.
    assert found.warnings == (
        "0 events in 60 cases: true rate may be as high as 4.9% (95% one-sided)",
    )


def test_few_cases_are_indicative():
    assert "n<30 cases: indicative only" in rate([0, 1] * 5, np.arange(10)).warnings
    assert rate([0, 1] * 15, np.arange(30)).warnings == ()


def test_no_rows_have_no_rate():
    found = rate([], [], n_expected=12)
    assert found.value is None
    assert found.low is None
    assert found.n_expected == 12
    assert found.warnings == ("No rows: nothing to estimate",)


def test_one_case_says_so():
    found = rate([0, 0], ["a", "a"])
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(0.975)
    assert any("One case" in note for note in found.warnings)


@pytest.mark.parametrize(
    "cluster", [None, ["a", None], ["a", ""], [1.0, float("nan")], ["a"], [["a", "b"]]]
)
def test_refuses_rows_without_a_case(cluster):
    with pytest.raises(BadInput):
        rate([0, 1], cluster)


def test_from_a_tally_it_is_the_same():
    rng = np.random.default_rng(5)
    y = (rng.random((40, 3)) < rng.beta(1, 4, (40, 1))).astype(int)
    tally = Tally(y.sum(axis=1), np.full(40, 3))
    assert rate_of_tally(tally) == rate(y.ravel(), np.repeat(np.arange(40), 3))
    assert rate_of_tally(Tally(np.array([], dtype=int), np.array([], dtype=int))).value is None


def test_benchmark_estimand_needs_repeats():
    y = [0, 1, 1, 1, 0, 0]
    found = benchmark_rate(y, list("aabbcc"))
    assert found.estimand == "benchmark"
    assert (found.low, found.high) == clopper_pearson(3, 6)
    single = benchmark_rate([0, 1, 1], list("aab"))
    assert single.value is None
    assert "1 case has one row" in single.warnings[0]
    assert benchmark_rate([], []).value is None


def test_score_mean_is_the_clustered_t_interval():
    rng = np.random.default_rng(2)
    y, cluster = rng.random(120), np.repeat(np.arange(40), 3)
    found, mean = score_mean(y, cluster), clustered_mean(y, cluster)
    assert found.value == pytest.approx(mean.value)
    assert (found.low, found.high) == pytest.approx(mean.interval())
    assert (found.se, found.df) == pytest.approx((mean.se, 39))


def test_score_mean_at_the_ceiling_has_an_exact_bound():
    """All 60 cases perfect: the mean may still be as low as 1 - U, U the two-sided bound."""
    found = score_mean(np.ones(60), np.arange(60))
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.025 ** (1 / 60))
    # Two of 60 at 0.5: low = 1 - upper(2 of 60).
    y = np.ones(60)
    y[:2] = 0.5
    assert score_mean(y, np.arange(60)).low == pytest.approx(1 - clopper_pearson(2, 60)[1])


def test_score_mean_degenerate():
    assert score_mean([], []).value is None
    one = score_mean([0.5, 0.7], ["a", "a"])
    assert (one.low, one.high) == (0, 1)
    with pytest.raises(BadInput, match=r"outside \[0, 1\]"):
        score_mean([0.5, 1.5], ["a", "b"])


def test_score_mean_from_totals_is_that_of_a_regression():
    """Cluster-robust regression on a constant (statsmodels, CR1, t(G-1)), from sums per case."""
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    case = np.repeat(np.arange(40), rng.integers(1, 9, 40))
    y = np.clip(rng.normal(0.6, 0.1, len(case)) + rng.normal(0, 0.15, 40)[case], 0, 1)
    found = score_mean_of_totals(np.bincount(case, y), np.bincount(case))
    fit = sm.OLS(y, np.ones(len(y))).fit(
        cov_type="cluster", cov_kwds={"groups": case, "use_correction": False}, use_t=True
    )
    assert found.value == pytest.approx(fit.params[0])
    assert found.se == pytest.approx(fit.bse[0] * np.sqrt(40 / 39))
    assert found == score_mean(y, case).model_copy(
        update={"value": found.value, "se": found.se, "low": found.low, "high": found.high}
    )


def test_benchmark_from_a_tally_needs_repeats_of_every_case():
    found = benchmark_rate_of_tally(Tally(np.array([1, 2]), np.array([3, 3])))
    assert (found.low, found.high) == clopper_pearson(3, 6)
    assert found.estimand == "benchmark"
    once = benchmark_rate_of_tally(Tally(np.array([1, 1]), np.array([3, 1])), n_expected=6)
    assert once.value is None
    assert once.warnings[0].startswith("1 case has one row")
    assert once.n_expected == 6
    none = benchmark_rate_of_tally(Tally(np.array([], int), np.array([], int)))
    assert (none.value, none.warnings) == (None, ("No rows: nothing to estimate",))


def test_benchmark_of_scores_is_that_of_the_rate_with_the_same_mean():
    found = benchmark_score_mean_of_totals(np.array([0.5, 2.5]), np.array([3, 3]), name="s")
    assert (found.value, found.low, found.high) == (0.5, *clopper_pearson(3, 6))
    assert (found.estimand, found.n_cases, found.name) == ("benchmark", 2, "s")
    once = benchmark_score_mean_of_totals(np.array([1.0, 0.5]), np.array([3, 1]), n_expected=6)
    assert (once.value, once.low, once.n_expected) == (None, None, 6)
    assert once.warnings[0].startswith("1 case has one row")
    assert benchmark_score_mean_of_totals(np.array([]), np.array([], int)).value is None


@pytest.mark.parametrize("values", [(0, 0.5, 1), (0, 0.05), (0.4, 0.6), (0, 1 / 3), (0, 1)])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_benchmark_of_scores_covers_the_mean_of_exactly_these_cases(values, share):
    """Six cases that differ, four repeats each; two always answer alike."""
    rng = np.random.default_rng(5)
    chance = np.array([1 - share, *[share / (len(values) - 1)] * (len(values) - 1)])
    truth = (4 * float(np.dot(values, chance)) + 2) / 6
    hits = 0
    for _ in range(400):
        scores = np.vstack([rng.choice(values, size=(4, 4), p=chance), np.ones((2, 4))])
        found = benchmark_score_mean_of_totals(scores.sum(axis=1), np.full(6, 4))
        hits += found.low - 1e-12 <= truth <= found.high + 1e-12
    assert hits >= 0.95 * 400


def test_totals_without_cases_have_no_mean():
    found = score_mean_of_totals(np.array([]), np.array([], int), n_expected=7)
    assert (found.value, found.low, found.n_expected) == (None, None, 7)
