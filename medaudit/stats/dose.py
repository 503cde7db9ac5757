"""Scores along a dose of stress: how much is left, and whether there is a trend."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medaudit.errors import BadInput, Undefined
from medaudit.stats.arrays import Cases, Floats, binary, cases, level, same_length, values
from medaudit.stats.clustered import cluster_variance, need_cases
from medaudit.stats.distributions import chi2_above, t_above, t_quantile


class StressTolerance(NamedTuple):
    """The area under the stress curve, and what of the unstressed score it keeps."""

    area: float
    area_interval: tuple[float, float] | None
    retained: float | None
    retained_interval: tuple[float, float] | None
    n_cases: int | None
    warnings: tuple[str, ...]


class Trend(NamedTuple):
    """A trend along the dose."""

    method: str
    statistic: float
    df: float
    p: float
    slope: float
    low: float
    high: float
    n_rows: int
    n_cases: int
    warnings: tuple[str, ...]


def stress_tolerance(
    levels: ArrayLike,
    score: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    alpha: float = 0.05,
) -> StressTolerance:
    """The mean score along the dose of stress (trapezoid area / range), and the share retained.

    ``levels`` rise from the base dose; ``score`` holds one score a level, or one row a case and
    one column a level with ``cluster`` naming the case of each row: then intervals are t(G-1)
    between cases, of the ratio by linearisation. Higher is safer. Retained = area / score at the
    lowest level, None with a warning when that is 0. Levels of different probes are not
    commensurate: one probe at a time. Fewer than two levels: ``BadInput``.
    Source: the trapezoid rule; the index is ours and claims no equality with any published one.

    >>> tolerance = stress_tolerance([0, 1, 2, 4], [0.9, 0.9, 0.6, 0.2])
    >>> round(tolerance.area, 4), round(tolerance.retained, 5)
    (0.6125, 0.68056)
    """
    dose = values(levels, "levels")
    if len(dose) < 2 or np.any(np.diff(dose) <= 0):
        raise BadInput("needs two or more levels, rising", field="levels")
    steps = np.diff(dose)
    weights = np.zeros(len(dose))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    weights /= dose[-1] - dose[0]
    table = values(score, "score", ndim=1 if cluster is None else 2)
    if table.shape[-1] != len(dose):
        raise BadInput(f"has {table.shape[-1]} scores for {len(dose)} levels", field="score")
    if cluster is None:
        return _tolerance(float(weights @ table), float(table[0]), None, None, None)
    groups = cases(cluster, len(table))
    need_cases(groups.n)
    areas, base = table @ weights, table[:, 0]
    area, start = float(areas.mean()), float(base.mean())
    around = (
        None
        if start == 0
        else _t_interval(area / start, (areas - area / start * base) / start, groups, alpha)
    )
    return _tolerance(area, start, _t_interval(area, areas, groups, alpha), around, groups.n)


def trend(levels: ArrayLike, y: ArrayLike, cluster: ArrayLike, *, alpha: float = 0.05) -> Trend:
    """Whether the score changes along the dose: one p value, and the slope per unit of dose.

    One row a case and y of 0 and 1: the Cochran-Armitage chi-squared test. Several rows a case:
    the slope of each case by least squares, then a one-sample t test over cases; cases seen at one
    level only are left out and counted. Raises ``Undefined`` where neither exists.
    Source: Armitage 1955; R ``prop.trend.test`` (the same statistic).

    >>> dose = [0, 1, 2] * 6
    >>> y = [1, 1, 0, 1, 0.5, 0, 1, 0.5, 0.5, 1, 1, 0.5, 1, 0.5, 0, 0.5, 0.5, 0]
    >>> found = trend(dose, y, [case for case in range(6) for _ in range(3)])
    >>> round(found.slope, 4), found.df, round(found.p, 5)
    (-0.375, 5.0, 0.00111)
    """
    dose, x = values(levels, "levels"), values(y)
    same_length(len(x), "levels", dose)
    groups = cases(cluster, len(x))
    need_cases(groups.n)
    if len(np.unique(dose)) < 2:
        raise Undefined("every row has the same level: a trend needs two")
    if groups.n == len(x):
        return _cochran_armitage(dose, binary(x), alpha)
    return _slopes(dose, x, groups, alpha)


def _tolerance(
    area: float,
    start: float,
    area_interval: tuple[float, float] | None,
    retained_interval: tuple[float, float] | None,
    n_cases: int | None,
) -> StressTolerance:
    if start == 0:
        note = "Score 0 without stress: the share retained does not exist"
        return StressTolerance(area, area_interval, None, None, n_cases, (note,))
    return StressTolerance(area, area_interval, area / start, retained_interval, n_cases, ())


def _t_interval(
    value: float, rows: Floats, groups: Cases, alpha: float
) -> tuple[float, float] | None:
    variance = cluster_variance(groups.sums(rows), groups.sizes())
    if variance == 0:
        return None
    half = t_quantile(1 - level(alpha) / 2, groups.n - 1) * math.sqrt(variance)
    return value - half, value + half


def _cochran_armitage(dose: Floats, y: Floats, alpha: float) -> Trend:
    n, p = len(y), float(y.mean())
    if p in (0.0, 1.0):
        raise Undefined("every row has the same outcome: a trend does not exist")
    centred = dose - dose.mean()
    spread = float(centred @ centred)
    cross = float(centred @ y)
    statistic = cross * cross / (p * (1 - p) * spread)
    slope = cross / spread
    half = t_quantile(1 - level(alpha) / 2, math.inf) * math.sqrt(p * (1 - p) / spread)
    return Trend(
        "Cochran-Armitage",
        statistic,
        1.0,
        chi2_above(statistic, 1),
        slope,
        slope - half,
        slope + half,
        n,
        n,
        (),
    )


def _slopes(dose: Floats, y: Floats, groups: Cases, alpha: float) -> Trend:
    centred = dose - groups.means(dose)[groups.code]
    spread = groups.sums(centred * centred)
    seen = spread > 1e-12
    if int(seen.sum()) < 2:
        raise Undefined("fewer than two cases were seen at two levels: no slope can be compared")
    slopes = groups.sums(centred * y)[seen] / spread[seen]
    k = len(slopes)
    slope, se = float(slopes.mean()), float(slopes.std(ddof=1)) / math.sqrt(k)
    if se <= 1e-15:
        raise Undefined("every case has the same slope: its spread cannot be estimated")
    half = t_quantile(1 - level(alpha) / 2, k - 1) * se
    t = slope / se
    left_out = groups.n - k
    notes = (f"{left_out} cases seen at one level only were left out",) if left_out > 0 else ()
    return Trend(
        "Slope per case, t over cases",
        t,
        float(k - 1),
        min(1.0, 2 * float(t_above(abs(t), k - 1))),
        slope,
        slope - half,
        slope + half,
        len(y),
        k,
        notes,
    )
