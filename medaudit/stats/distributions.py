"""The quantiles and tails that the intervals need, from ``scipy.special``.

The functions here take and return floats or arrays. ``scipy`` is imported inside: the command
line starts without it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any


@cache
def _special() -> Any:
    from scipy import special

    return special


def normal_quantile(p: float) -> float:
    """The value below which a standard normal falls with probability p."""
    return float(_special().ndtri(p))


def normal_below(z: float) -> float:
    """The probability that a standard normal falls below z."""
    return float(_special().ndtr(z))


def t_quantile(p: float, df: float) -> float:
    """The value below which Student's t falls with probability p; df may be infinite."""
    return normal_quantile(p) if math.isinf(df) else float(_special().stdtrit(df, p))


def t_above(t: Any, df: Any) -> Any:
    """The probability that Student's t exceeds t, for floats or arrays."""
    return _special().stdtr(df, -t)


def chi2_quantile(p: float, df: float) -> float:
    """The value below which a chi-squared falls with probability p."""
    return float(_special().chdtri(df, 1 - p))


def chi2_above(x: float, df: float) -> float:
    """The probability that a chi-squared exceeds x."""
    return float(_special().chdtrc(df, x))


def beta_quantile(p: float, a: float, b: float) -> float:
    """The value below which a Beta(a, b) falls with probability p."""
    return float(_special().betaincinv(a, b, p))


def beta_below(x: Any, a: Any, b: Any) -> Any:
    """The probability that a Beta(a, b) falls below x, for floats or arrays."""
    return _special().betainc(a, b, x)


def log_beta(a: Any, b: Any) -> Any:
    """The logarithm of the beta function, for floats or arrays."""
    return _special().betaln(a, b)


def binomial_below(k: int, n: int, p: float) -> float:
    """The probability of at most k events in n trials."""
    return float(_special().bdtr(k, n, p))


def binomial_at(k: int, n: int, p: float) -> float:
    """The probability of exactly k events in n trials."""
    special = _special()
    log = -special.betaln(k + 1, n - k + 1) - math.log(n + 1)
    log += special.xlogy(k, p) + special.xlog1py(n - k, -p)
    return math.exp(float(log))
