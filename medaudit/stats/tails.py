"""The worst cases: listed one by one, and averaged with a warning."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medaudit.errors import BadInput, Undefined
from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Floats, cases, values, whole
from medaudit.stats.rates import empty
from medaudit.stats.resampling import cluster_bootstrap

LEAST_IN_TAIL = 24
"""Cases in the tail below which the interval of a CVaR covers too rarely."""
OPTIMISTIC = "Optimistic: the true tail is worse than it looks in few cases"


class WorstCase(NamedTuple):
    """One of the worst cases, with its rows."""

    case: Any
    mean_loss: float
    worst_loss: float
    n_rows: int


def worst_k(loss: ArrayLike, cluster: ArrayLike, *, k: int = 5) -> tuple[WorstCase, ...]:
    """The k cases with the greatest single loss, then the greatest mean loss, worst first.

    Higher loss is worse. A list to read with its evidence, not an estimate: a minimum has no
    honest interval (a bootstrap of the worst of nine equal domains covers 4 to 6 %); the number to
    report is ``any_failure_upper``. Ties are ordered by label. No rows: an empty list.
    On the bootstrap of a minimum: Bickel and Freedman 1981, Ann Statist 9:1196.

    >>> [w.case for w in worst_k([0, 1, 0.2, 0.2, 0.9, 0.8], list("aabbcc"), k=2)]
    ['a', 'c']
    """
    x = values(loss, "loss")
    groups = cases(cluster, len(x))
    whole(k, "k", least=1)
    worst = np.full(groups.n, -np.inf)
    np.maximum.at(worst, groups.code, x)
    means, sizes = groups.means(x), groups.sizes()
    order = sorted(range(groups.n), key=lambda c: (-worst[c], -means[c], str(groups.labels[c])))
    return tuple(
        WorstCase(groups.labels[c], float(means[c]), float(worst[c]), int(sizes[c]))
        for c in order[:k]
    )


def cvar(
    loss: ArrayLike,
    cluster: ArrayLike,
    *,
    tail: float = 0.10,
    alpha: float = 0.05,
    seed: int = 0,
    replicates: int = 999,
) -> Estimate:
    """The mean loss of the worst share of cases (conditional value at risk, expected shortfall).

    Case loss = mean of its rows; the case on the edge of the tail counts with the fraction that
    falls inside. Higher is worse. An interval (cluster bootstrap BCa) only with 24 cases in the
    tail; else the value alone, labelled optimistic. No rows: value None.
    Source: Rockafellar and Uryasev 2002, J Banking and Finance 26:1443.

    >>> estimate = cvar([0, 0, 0, 0, 0, 1, 2, 3, 4, 10], range(10), tail=0.25)
    >>> estimate.value, estimate.low, estimate.warnings[0] == OPTIMISTIC
    (6.2, None, True)
    """
    x = values(loss, "loss")
    groups = cases(cluster, len(x))
    if not 0 < tail <= 1:
        raise BadInput(f"must lie in (0, 1], is {tail}", field="tail")
    method = f"CVaR {tail:.0%}, mean loss of the worst cases"
    if groups.n == 0:
        return empty("cvar", method)
    case_loss = groups.means(x)
    value = _shortfall(case_loss, tail)
    low, high = None, None
    notes: tuple[str, ...] = (OPTIMISTIC,)
    if tail * groups.n >= LEAST_IN_TAIL - 1e-9:
        method += ", cluster bootstrap BCa"
        try:
            low, high = cluster_bootstrap(
                case_loss,
                np.arange(groups.n),
                lambda rows: _shortfall(rows, tail),
                seed=seed,
                alpha=alpha,
                replicates=replicates,
            )
            notes = ()
        except Undefined as error:
            notes = (f"No interval: {error}", OPTIMISTIC)
    if value == 0:
        notes = (*notes, "No loss in the tail: see the bound of any_failure_upper")
    return Estimate(
        name="cvar",
        value=value,
        low=low,
        high=high,
        method=method,
        n_rows=len(x),
        n_cases=groups.n,
        seed=None if low is None else seed,
        warnings=(*notes, *wording.indicative(groups.n)),
    )


def _shortfall(case_loss: Floats, tail: float) -> float:
    n = len(case_loss)
    weights = np.clip(tail * n - np.arange(n), 0, 1)
    return float(np.sort(case_loss)[::-1] @ weights / (tail * n))
