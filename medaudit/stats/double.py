"""Two stresses at once: does the pair do more harm than its parts together?"""

from __future__ import annotations

from numpy.typing import ArrayLike

from medaudit.records import Estimate
from medaudit.stats.arrays import same_length, unit
from medaudit.stats.paired import paired_difference


def super_additivity(
    base: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    both: ArrayLike,
    cluster: ArrayLike,
    *,
    alpha: float = 0.05,
) -> Estimate:
    """The drop under two stresses together less the two drops apart; above 0 is worse than a sum.

    (base - both) - (base - first) - (base - second) = first + second - base - both, row by row on
    scores in [0, 1], paired by case with t(G-1). The order of the two stresses belongs to the
    data: one call for each order. No rows or one case: value None. Source: double stress is
    AI-MASLD's idea (arXiv 2606.07929); this definition is ours.

    >>> e = super_additivity([1, 1, 1], [0.9, 1, 0.9], [1, 0.9, 0.8], [0.5, 0.4, 0.1], list("abc"))
    >>> round(e.value, 3)
    0.5
    """
    a, b, c, d = (
        unit(values, field)
        for values, field in ((base, "base"), (first, "first"), (second, "second"), (both, "both"))
    )
    same_length(len(a), "base", b, c, d)
    # Halved so that both sides stay in [0, 1] and the exact bound for few cases applies.
    halved = paired_difference((b + c) / 2, (a + d) / 2, cluster, alpha=alpha)
    return halved.model_copy(
        update={
            "name": "super_additivity",
            "value": _twice(halved.value),
            "low": _twice(halved.low),
            "high": _twice(halved.high),
            "se": _twice(halved.se),
        }
    )


def _twice(value: float | None) -> float | None:
    return None if value is None else 2 * value
