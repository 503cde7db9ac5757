"""Rates and mean scores as pages print them: with n, method and what to beware of."""

from __future__ import annotations

import math
from collections.abc import Mapping

from numpy.typing import ArrayLike

from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Floats, Ints, binary, cases, level, unit
from medaudit.stats.clustered import cluster_variance
from medaudit.stats.distributions import t_quantile
from medaudit.stats.floors import few_case_interval
from medaudit.stats.proportion import clopper_pearson, zero_failure_upper
from medaudit.stats.survey import Tally, limits, tally

KG_FLOOR = "Korn-Graubard interval with few-event floor"


def rate(
    y: ArrayLike,
    cluster: ArrayLike,
    *,
    alpha: float = 0.05,
    name: str = "rate",
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
) -> Estimate:
    """The share of rows with the event, for the population of cases that these stand for.

    ``y`` is 0 or 1 a row, ``cluster`` the case of each row. Value: the mean of all rows; interval:
    ``kg_floor``. Refuses (``BadInput``) rows without a case, gaps and values other than 0 and 1.
    No rows: value None with a warning. No event: the interval is that of G cases, and the warning
    says how high the rate may still be. Source: Korn and Graubard 1998; see ``kg_floor``.

    >>> estimate = rate([0] * 360, [case for case in range(60) for _ in range(6)])
    >>> estimate.value, round(estimate.high, 4), estimate.n_cases
    (0.0, 0.0596, 60)
    >>> estimate.warnings
    ('0 events in 60 cases: true rate may be as high as 4.9% (95% one-sided)',)
    """
    x = binary(y)
    groups = cases(cluster, len(x))
    if groups.n == 0:
        return empty(name, KG_FLOOR, n_expected=n_expected, excluded=excluded)
    return rate_of_tally(
        tally(x, groups), alpha=alpha, name=name, n_expected=n_expected, excluded=excluded
    )


def rate_of_tally(
    count: Tally,
    *,
    alpha: float = 0.05,
    name: str = "rate",
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
) -> Estimate:
    """``rate`` from events and rows per case, for tables of summaries that no longer hold rows.

    No case: value None.

    >>> import numpy as np
    >>> rate_of_tally(Tally(np.array([1, 0, 2]), np.array([2, 2, 2]))).value
    0.5
    """
    events, rows = count
    g = len(rows)
    if g == 0:
        return empty(name, KG_FLOOR, n_expected=n_expected, excluded=excluded)
    low, high = limits(count, alpha=alpha, floor=True)
    notes = wording.indicative(g)
    if g == 1:
        notes = (wording.ONE_CASE, *notes)
    total, n = int(events.sum()), int(rows.sum())
    if total == 0:
        notes = (wording.zero_events(g, zero_failure_upper(g)), *notes)
    elif total == n:
        notes = (wording.all_events(g, zero_failure_upper(g)), *notes)
    return Estimate(
        name=name,
        value=total / n,
        low=low,
        high=high,
        method=KG_FLOOR,
        n_rows=n,
        n_cases=g,
        n_expected=n_expected,
        excluded=dict(excluded or {}),
        df=g - 1 if g > 1 else None,
        warnings=notes,
    )


def benchmark_rate(
    y: ArrayLike, cluster: ArrayLike, *, alpha: float = 0.05, name: str = "rate"
) -> Estimate:
    """The share of rows with the event on exactly these cases, whatever other cases would show.

    The benchmark estimand of NIST AI 800-3: cases are fixed, only repeats vary. Rows must be
    independent repeats; each case needs two or more, else value None. Interval: Clopper-Pearson
    on rows, which never runs short when the rates of the cases differ (Hoeffding 1956).

    >>> estimate = benchmark_rate([0, 0, 1, 1, 0, 1], ["a", "a", "b", "b", "c", "c"])
    >>> estimate.value, estimate.estimand
    (0.5, 'benchmark')
    """
    x = binary(y)
    return benchmark_rate_of_tally(tally(x, cases(cluster, len(x))), alpha=alpha, name=name)


def benchmark_rate_of_tally(
    count: Tally,
    *,
    alpha: float = 0.05,
    name: str = "rate",
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
) -> Estimate:
    """``benchmark_rate`` from events and rows per case, for tables of summaries.

    No case, or a case with one row: value None.

    >>> import numpy as np
    >>> benchmark_rate_of_tally(Tally(np.array([0, 2, 1]), np.array([2, 2, 2]))).value
    0.5
    """
    method = "Clopper-Pearson on repeats of fixed cases"
    return _of_fixed_cases(*count, alpha, name, method, n_expected, excluded)


def score_mean(
    y: ArrayLike,
    cluster: ArrayLike,
    *,
    alpha: float = 0.05,
    name: str = "mean_score",
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
) -> Estimate:
    """The mean of scores in [0, 1] over all rows, with an interval between cases.

    Interval: ``clustered_mean`` with t(G-1), cut to [0, 1]; where fewer than five cases differ
    from the commonest value, the exact bound of ``few_case_interval``. One case: all of [0, 1] and
    a warning. No rows: value None. Source: Miller 2024, arXiv 2411.00640; the exact bound is ours.

    >>> estimate = score_mean([1, 1, 0.5, 0.5, 1, 0.75] * 3, list("aabbccddeeffgghhii"))
    >>> round(estimate.value, 4), round(estimate.low, 4), estimate.df
    (0.7917, 0.6184, 8.0)
    """
    x = unit(y)
    groups = cases(cluster, len(x))
    return score_mean_of_totals(
        groups.sums(x),
        groups.sizes(),
        alpha=alpha,
        name=name,
        n_expected=n_expected,
        excluded=excluded,
    )


def score_mean_of_totals(
    total: Floats,
    rows: Ints,
    *,
    alpha: float = 0.05,
    name: str = "mean_score",
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
) -> Estimate:
    """``score_mean`` from the sum of scores and the rows of every case, for tables of summaries.

    Both have shape (G,), every case with rows; the interval needs nothing else of them. G = 0:
    value None.

    >>> import numpy as np
    >>> score_mean_of_totals(np.array([2.0, 1.0, 1.5]), np.array([2, 2, 2])).value
    0.75
    """
    a = level(alpha)
    g = len(rows)
    method = "Mean over rows, clustered t interval"
    if g == 0:
        return empty(name, method, n_expected=n_expected, excluded=excluded)
    low, high, df, se = 0.0, 1.0, None, None
    notes = wording.indicative(g)
    n = int(rows.sum())
    value = float(total.sum()) / n
    exact = few_case_interval(total / rows, bounds=(0, 1), alpha=a)
    if g == 1:
        notes = (wording.ONE_CASE, *notes)
    elif exact is not None:
        low, high = exact
        method = "Mean over rows, exact bound on the cases that differ"
        notes = (wording.EXACT_BOUND, *notes)
    else:
        df, se = float(g - 1), math.sqrt(cluster_variance(total, rows))
        half = t_quantile(1 - a / 2, df) * se
        low, high = max(0.0, value - half), min(1.0, value + half)
    return Estimate(
        name=name,
        value=value,
        low=min(low, value),
        high=max(high, value),
        method=method,
        n_rows=n,
        n_cases=g,
        n_expected=n_expected,
        excluded=dict(excluded or {}),
        df=df,
        se=se,
        warnings=notes,
    )


def benchmark_score_mean_of_totals(
    total: Floats,
    rows: Ints,
    *,
    alpha: float = 0.05,
    name: str = "mean_score",
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
) -> Estimate:
    """The mean of scores in [0, 1] on exactly these cases, from the sum and rows of every case.

    As ``benchmark_rate_of_tally``, with the sum of scores for the events: a score in [0, 1] varies
    at most as much as a yes or no with the same mean, so the limits are wide, never too short.
    No case, or a case with one row: value None.

    >>> import numpy as np
    >>> benchmark_score_mean_of_totals(np.array([0.5, 2.0, 1.0]), np.array([2, 2, 2])).value
    0.5833333333333334
    """
    method = "Clopper-Pearson limits of a mean of scores on repeats of fixed cases"
    return _of_fixed_cases(total, rows, alpha, name, method, n_expected, excluded)


def _of_fixed_cases(
    events: Floats | Ints,
    rows: Ints,
    alpha: float,
    name: str,
    method: str,
    n_expected: int | None,
    excluded: Mapping[str, int] | None,
) -> Estimate:
    n, single = int(rows.sum()), int((rows < 2).sum())
    note = wording.NO_ROWS if len(rows) == 0 else wording.one_row(single)
    if len(rows) == 0 or single > 0:
        return empty(
            name,
            method,
            n,
            len(rows),
            (note,),
            n_expected=n_expected,
            excluded=excluded,
            estimand="benchmark",
        )
    total = min(float(events.sum()), float(n))
    low, high = clopper_pearson(total, n, alpha=alpha)
    return Estimate(
        name=name,
        value=total / n,
        low=low,
        high=high,
        method=method,
        n_rows=n,
        n_cases=len(rows),
        n_expected=n_expected,
        excluded=dict(excluded or {}),
        estimand="benchmark",
    )


def empty(
    name: str,
    method: str,
    n_rows: int = 0,
    n_cases: int = 0,
    notes: tuple[str, ...] = (wording.NO_ROWS,),
    *,
    n_expected: int | None = None,
    excluded: Mapping[str, int] | None = None,
    estimand: str = "generalized",
) -> Estimate:
    """An estimate that does not exist, and why: value None, never 0."""
    return Estimate.model_validate(
        {
            "name": name,
            "value": None,
            "method": method,
            "n_rows": n_rows,
            "n_cases": n_cases,
            "n_expected": n_expected,
            "excluded": dict(excluded or {}),
            "estimand": estimand,
            "warnings": notes,
        }
    )
