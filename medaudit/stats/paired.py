"""Differences between two systems, or two versions, on the same cases."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Cases, Floats, Ints, cases, level, same_length, values, whole
from medaudit.stats.clustered import cluster_variance, need_cases
from medaudit.stats.distributions import binomial_below, t_above, t_quantile
from medaudit.stats.floors import few_case_interval
from medaudit.stats.rates import empty

METHOD = "Paired by case, clustered t interval"
LEAST_CASES = 6
"""With fewer, no two-sided sign-flip p value can fall below 0.05."""


class SignFlip(NamedTuple):
    """A permutation test of a paired difference."""

    difference: float
    p: float
    permutations: int
    exact: bool


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    cluster: ArrayLike,
    *,
    alpha: float = 0.05,
    name: str = "difference",
    n_expected: int | None = None,
) -> Estimate:
    """The mean of a - b over rows that answer the same question, with an interval between cases.

    Row i of ``a`` and of ``b`` is the same variant; leave out rows that one of them lacks and give
    ``n_expected``. CR1 standard error of the row differences, t(G-1). Where fewer than five cases
    differ and both lie in [0, 1], the exact bound of ``few_case_interval`` and the sign test.
    No rows, one case, or unbounded scores that never differ: value None and a warning.
    Source: Miller 2024, arXiv 2411.00640; coverage 94.6 to 95.7 % in ``proofs/coverage.py``.

    >>> d = paired_difference([1, 1, 0, 1, 1, 1], [0, 1, 0, 0, 0, 0], list("abcdef"))
    >>> round(d.value, 3), d.df is None, d.warnings[0]
    (0.667, True, 'Fewer than 5 cases differ: exact bound shown')
    """
    difference, groups, bounded = differences(a, b, cluster)
    return paired_difference_of_totals(
        groups.sums(difference),
        groups.sizes(),
        bounded=bounded,
        alpha=alpha,
        name=name,
        n_expected=n_expected,
    )


def paired_difference_of_totals(
    total: Floats,
    rows: Ints,
    *,
    bounded: bool = True,
    alpha: float = 0.05,
    name: str = "difference",
    n_expected: int | None = None,
) -> Estimate:
    """``paired_difference`` from the sum of row differences and the rows of every case.

    Both have shape (G,), every case with rows; ``bounded``: both sides lie in [0, 1]. G < 2: value
    None.

    >>> import numpy as np
    >>> paired_difference_of_totals(np.array([1.0, 0.0, 1.0]), np.array([2, 2, 2])).value
    0.3333333333333333
    """
    level(alpha)
    g, n = len(rows), int(rows.sum())
    if g < 2:
        note = wording.NO_ROWS if g == 0 else wording.ONE_CASE
        return empty(name, METHOD, n, g, (note,), n_expected=n_expected)
    value = float(total.sum()) / n
    notes = wording.indicative(g)
    variance = cluster_variance(total, rows)
    means = total / rows
    exact = exact_limits(means, bounded, alpha)
    if exact is None and variance == 0:
        note = "The cases do not differ and the scores are unbounded: no interval exists"
        return empty(name, METHOD, n, g, (note, *notes), n_expected=n_expected)
    if exact is not None:
        low, high = min(exact[0], value), max(exact[1], value)
        method, df, se = "Paired by case, exact bound on the cases that differ", None, None
        p = sign_test(means)
        notes = (wording.EXACT_BOUND, *notes)
    else:
        method, df, se = METHOD, float(g - 1), math.sqrt(variance)
        half = t_quantile(1 - alpha / 2, df) * se
        low, high = value - half, value + half
        p = min(1.0, 2 * float(t_above(abs(value) / se, df)))
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        method=method,
        n_rows=n,
        n_cases=g,
        n_expected=n_expected,
        df=df,
        se=se,
        p=p,
        warnings=notes,
    )


def sign_flip_test(
    a: ArrayLike, b: ArrayLike, cluster: ArrayLike, *, permutations: int = 9999, seed: int = 0
) -> SignFlip:
    """The two-sided p value of a - b, flipping the sign of whole cases.

    Under no difference the sign of a case's total is a coin toss. All 2^G sign patterns if there
    are no more than ``permutations`` of them, else p = (1 + #)/(B + 1) with B seeded draws.
    Raises ``Undefined`` under six cases, where p cannot fall below 0.05.
    Source: Fisher 1935; Good 2005, Permutation Tests, section 3.2.

    >>> sign_flip_test([3, 4, 5, 4, 2, 3, 1], [1, 2, 2, 3, 1, 1, 2], list("abcdefg"))
    SignFlip(difference=1.4285714285714286, p=0.0625, permutations=128, exact=True)
    """
    difference, groups, _ = differences(a, b, cluster)
    need_cases(groups.n, LEAST_CASES)
    whole(permutations, "permutations", least=99)
    sums = np.sort(groups.sums(difference))
    observed = abs(float(sums.sum()))
    tie = 1e-12 * max(1.0, float(np.abs(sums).sum()))
    value = float(difference.mean())
    if groups.n < 40 and 2**groups.n <= permutations + 1:
        patterns = (np.arange(2**groups.n)[:, None] >> np.arange(groups.n)) & 1
        totals = (2 * patterns - 1) @ sums
        hits = int(np.count_nonzero(np.abs(totals) >= observed - tie))
        return SignFlip(value, hits / len(totals), len(totals), True)
    rng = np.random.default_rng(seed)
    hits = 0
    for start in range(0, permutations, 1000):
        size = (min(1000, permutations - start), groups.n)
        signs = 2 * rng.integers(0, 2, size=size, dtype=np.int8) - 1
        hits += int(np.count_nonzero(np.abs(signs @ sums) >= observed - tie))
    return SignFlip(value, (1 + hits) / (permutations + 1), permutations, False)


def differences(a: ArrayLike, b: ArrayLike, cluster: ArrayLike) -> tuple[Floats, Cases, bool]:
    """Row differences, their cases, and whether both sides lie in [0, 1]."""
    x, y = values(a, "a"), values(b, "b")
    same_length(len(x), "b", y)
    both = np.concatenate([x, y])
    bounded = bool(both.size == 0 or (both.min() >= 0 and both.max() <= 1))
    return x - y, cases(cluster, len(x)), bounded


def exact_limits(case_means: Floats, bounded: bool, alpha: float) -> tuple[float, float] | None:
    """The exact bound of a difference where fewer than five cases differ, else None."""
    if not bounded:
        return None
    return few_case_interval(case_means, bounds=(-1, 1), alpha=alpha)


def sign_test(case_means: Floats) -> float:
    """The two-sided exact p value of as many cases above as below zero; 1 when none differs."""
    above = int(np.count_nonzero(case_means > 1e-12))
    below = int(np.count_nonzero(case_means < -1e-12))
    if above + below == 0:
        return 1.0
    return min(1.0, 2 * binomial_below(min(above, below), above + below, 0.5))
