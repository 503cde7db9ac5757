"""How many cases, and how many more."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from medaudit.errors import BadInput, Undefined
from medaudit.stats.arrays import cases, level, share, values
from medaudit.stats.distributions import chi2_quantile, normal_quantile


def sample_size_paired(
    delta: float, variance: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Cases needed to see a paired difference of ``delta``; not rounded.

    (z_{1-alpha/2} + z_power)² variance / delta², with the variance of case differences: its
    conditional mean part plus each system's run variance over its repeats. ``BadInput`` when
    delta is 0 or the variance is not above 0.
    Source: Miller 2024, arXiv 2411.00640, section 5.

    >>> round(sample_size_paired(0.05, 0.1), 2)
    313.96
    """
    if delta == 0 or not math.isfinite(delta):
        raise BadInput(f"must be a difference other than 0, is {delta}", field="delta")
    if not (math.isfinite(variance) and variance > 0):
        raise BadInput(f"must be above 0, is {variance}", field="variance")
    return _z(alpha, power) ** 2 * variance / delta**2


def sample_size_two_rates(
    first: float, second: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Independent cases per arm needed to tell two rates apart; not rounded.

    (z_{1-alpha/2} √(2 p̄ q̄) + z_power √(p1 q1 + p2 q2))² / (p1 - p2)².
    Equal rates: ``BadInput``. Source: R ``power.prop.test``.

    >>> round(sample_size_two_rates(0.85, 0.90), 1)
    685.6
    """
    p, q = share(first, "first"), share(second, "second")
    if p == q:
        raise BadInput("the rates are equal: no number of cases tells them apart", field="second")
    middle = (p + q) / 2
    null = normal_quantile(1 - level(alpha) / 2) * math.sqrt(2 * middle * (1 - middle))
    other = normal_quantile(level(power, "power")) * math.sqrt(p * (1 - p) + q * (1 - q))
    return (null + other) ** 2 / (p - q) ** 2


def reviews_still_needed(
    difference: ArrayLike,
    cluster: ArrayLike,
    *,
    delta: float,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """How many more reviewed cases it takes to see a paired difference of ``delta``.

    max(0, n_paired(delta, s²) - n), with s² the 80 % upper bound of the variance of the case
    differences seen so far: (n-1) s² / chi2_{0.2}(n-1). A confidence sequence needs 1.5 to 2 times
    as many. Raises ``Undefined`` with fewer than two cases, and when no case differs yet.
    Source: ``sample_size_paired``; for the bound of a variance Browne 1995, Stat Med 14:1933.

    >>> reviews_still_needed([0.2, -0.1, 0.3, 0.0, 0.1, 0.4], range(6), delta=0.1)
    53
    """
    x = values(difference, "difference")
    groups = cases(cluster, len(x))
    if groups.n < 2:
        raise Undefined(f"{groups.n} reviewed case(s): the spread needs at least two")
    means = groups.means(x)
    variance = float(means.var(ddof=1))
    if variance <= 1e-15:
        raise Undefined("no reviewed case differs from another yet: the spread is unknown")
    df = groups.n - 1
    upper = df * variance / chi2_quantile(0.2, df)
    needed = math.ceil(sample_size_paired(delta, upper, alpha=alpha, power=power))
    return max(0, needed - groups.n)


def _z(alpha: float, power: float) -> float:
    return normal_quantile(1 - level(alpha) / 2) + normal_quantile(level(power, "power"))
