"""Paired differences against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from medaudit.errors import BadInput, Undefined
from medaudit.stats import (
    clopper_pearson,
    paired_difference,
    paired_difference_of_totals,
    sign_flip_test,
)

RNG = np.random.default_rng(11)
A, B = RNG.random(50), RNG.random(50)


def test_one_row_a_case_is_the_paired_t_test():
    found = paired_difference(A, B, range(50))
    theirs = stats.ttest_rel(A, B)
    interval = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.df == theirs.df


def test_unequal_cases_are_statsmodels_cluster_robust():
    cluster = np.repeat(np.arange(20), [1, 2, 3, 4] * 5)
    fit = sm.OLS(A - B, np.ones(50)).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    found = paired_difference(A, B, cluster)
    assert found.se == pytest.approx(float(fit.bse[0]))
    half = stats.t.ppf(0.975, 19) * float(fit.bse[0])
    assert found.high - found.value == pytest.approx(half)


def test_few_discordant_cases_get_an_exact_bound():
    """Three of 60 cases changed, all one way: t would give a short interval."""
    a, b = np.zeros(60), np.zeros(60)
    a[:3] = 1
    found = paired_difference(a, b, range(60))
    assert found.value == pytest.approx(0.05)
    assert found.high == pytest.approx(clopper_pearson(3, 60)[1])
    assert found.low == pytest.approx(-clopper_pearson(0, 60)[1])
    # Sign test: three of three one way.
    assert found.p == pytest.approx(stats.binomtest(3, 3).pvalue)
    assert found.warnings[0] == "Fewer than 5 cases differ: exact bound shown"


def test_no_difference_at_all_is_not_a_bare_zero():
    found = paired_difference([1, 0] * 30, [1, 0] * 30, range(60))
    upper = 1 - 0.025 ** (1 / 60)
    assert (found.value, found.low, found.high) == pytest.approx((0, -upper, upper))
    assert found.p == 1


def test_unbounded_scores_that_never_differ_have_no_value():
    found = paired_difference([5, 6, 7], [5, 6, 7], list("abc"))
    assert found.value is None
    assert "unbounded" in found.warnings[0]


def test_empty_and_one_case():
    assert paired_difference([], [], []).value is None
    one = paired_difference([1, 0], [0, 0], ["a", "a"])
    assert one.value is None
    assert "One case" in one.warnings[0]
    with pytest.raises(BadInput, match="2 are needed"):
        paired_difference([1, 0], [1], ["a", "b"])


def test_sign_flip_exact_is_scipy_permutation_test():
    a, b = A[:10], B[:10]
    found = sign_flip_test(a, b, range(10))
    theirs = stats.permutation_test(
        (a - b,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert found.exact
    assert found.p == pytest.approx(theirs.pvalue)


def test_sign_flip_drawn_is_close_to_exact():
    a, b = A[:12], B[:12] - 0.15
    exact = sign_flip_test(a, b, range(12))
    drawn = sign_flip_test(a, b, range(12), permutations=3999, seed=4)
    assert exact.permutations == 4096
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=0.02)


def test_sign_flip_moves_whole_cases():
    """Two rows a case: 2^8 patterns of cases, not 2^16 of rows."""
    cluster = np.repeat(np.arange(8), 2)
    assert sign_flip_test(A[:16], B[:16], cluster).permutations == 2**8


def test_sign_flip_needs_six_cases():
    with pytest.raises(Undefined, match="at least 6"):
        sign_flip_test(A[:5], B[:5], range(5))
    assert sign_flip_test(A[:6], A[:6], range(6)).p == 1


def test_totals_give_the_t_test_of_their_means():
    """One row a case: scipy's paired t test, from the differences alone."""
    found = paired_difference_of_totals(A - B, np.ones(50, int))
    theirs = stats.ttest_1samp(A - B, 0)
    assert (found.value, found.p) == pytest.approx(((A - B).mean(), theirs.pvalue))
    assert found == paired_difference(A, B, range(50)).model_copy(
        update={name: getattr(found, name) for name in ("value", "low", "high", "se", "p")}
    )


@pytest.mark.parametrize(("n", "note"), [(0, "No rows"), (1, "One case only")])
def test_totals_of_no_or_one_case_have_no_difference(n, note):
    found = paired_difference_of_totals(np.full(n, 0.5), np.ones(n, int))
    assert found.value is None
    assert found.warnings[0].startswith(note)
