"""How much of a static benchmark score is left when the questions move."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medaudit.errors import BadInput, Undefined
from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import binary, cases, level, same_length, share, unit
from medaudit.stats.paired import paired_difference
from medaudit.stats.ranking import kendall
from medaudit.stats.rates import empty
from medaudit.stats.resampling import additive_interval

SELECTED_ON_ITSELF = (
    "Static accuracy comes from the run that chose the items: regression to the mean widens the "
    "gap; score a second run"
)


def benchmarking_gap(
    static: ArrayLike,
    dynamic: ArrayLike,
    cluster: ArrayLike,
    *,
    screen: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Estimate:
    """Static accuracy less dynamic accuracy on the same cases; above 0 means it does not hold up.

    Row i: accuracy in [0, 1] of one case asked as published (``static``) and rewritten
    (``dynamic``). ``screen`` keeps the rows that a first base run got right; then ``static`` must
    be a second run of the base, because one right answer does not make the next one right
    (``failure_after_success``). Paired by case, t(G-1). No rows left: value None.
    Source: the term is of DAS, arXiv 2508.00923; the operational definition is ours.

    >>> gap = benchmarking_gap([1, 1, 1, 0, 1, 1], [0, 1, 0, 0, 0, 0], list("abcdef"))
    >>> round(gap.value, 3)
    0.667
    """
    a, b = unit(static, "static"), unit(dynamic, "dynamic")
    same_length(len(a), "dynamic", b)
    groups = cases(cluster, len(a))
    notes: tuple[str, ...] = ()
    excluded: dict[str, int] = {}
    code = groups.code
    if screen is not None:
        chosen = binary(screen, "screen") == 1
        same_length(len(a), "screen", chosen)
        excluded = {"wrong_at_baseline": int((~chosen).sum())}
        if chosen.any() and np.array_equal(chosen, a == 1):
            notes = (SELECTED_ON_ITSELF,)
        a, b, code = a[chosen], b[chosen], code[chosen]
    gap = paired_difference(a, b, code, alpha=alpha, name="benchmarking_gap")
    return gap.model_copy(update={"warnings": (*notes, *gap.warnings), "excluded": excluded})


def rank_shift(
    static: ArrayLike,
    dynamic: ArrayLike,
    cluster: ArrayLike,
    *,
    seed: int = 0,
    alpha: float = 0.05,
    replicates: int = 999,
) -> Estimate:
    """Kendall's tau-b between the rankings of systems before and after stress; 1 = same order.

    ``static`` and ``dynamic`` have one row a case and variant and one column a system. Percentile
    cluster bootstrap. No rows, or all systems tied in one of them: value None; fewer than two
    systems: ``BadInput``. Source: Kendall 1945, Biometrika 33:239; the interval: Davison and
    Hinkley 1997, section 3.8.

    >>> tau = rank_shift([[1, 1, 0]] * 4, [[1, 0, 0]] * 4, list("abcd"))
    >>> round(tau.value, 2)
    0.5
    """
    a, b = unit(static, "static", ndim=2), unit(dynamic, "dynamic", ndim=2)
    if a.shape != b.shape or a.shape[1] < 2:
        raise BadInput(
            f"needs two tables of the same systems: {a.shape}, {b.shape}", field="static"
        )
    groups = cases(cluster, len(a))
    method = "Kendall tau-b, cluster bootstrap"
    if len(a) == 0:
        return empty("rank_shift", method)
    notes = wording.indicative(groups.n, 60)
    try:
        value = kendall(a.mean(axis=0), b.mean(axis=0))
    except Undefined as error:
        return empty("rank_shift", method, len(a), groups.n, (str(error),))
    columns = np.column_stack([groups.sums(x) for x in np.hstack([a, b]).T])
    m = a.shape[1]
    low, high = None, None
    try:
        low, high = additive_interval(
            columns,
            lambda totals: _tau_rows(totals[:, :m], totals[:, m:]),
            seed=seed,
            alpha=level(alpha),
            replicates=replicates,
            method="percentile",
        )
    except Undefined as error:
        notes = (f"No interval: {error}", *notes)
    return Estimate(
        name="rank_shift",
        value=value,
        low=low,
        high=high,
        method=method,
        n_rows=len(a),
        n_cases=groups.n,
        seed=seed,
        warnings=notes,
    )


def failure_after_success(accuracy: float, icc: float) -> float:
    """How often a second run fails on items that the first got right, with no stress at all.

    1 - (mu² + rho mu(1-mu))/mu = (1-mu)(1-rho), for accuracy mu and correlation rho of runs of the
    same case. Raises ``Undefined`` at accuracy 0: nothing was right. Ours: E p(1-p) / E p, where
    the chances p of the cases have mean mu and variance rho mu(1-mu).

    >>> round(failure_after_success(0.8, 0.5), 3)
    0.1
    """
    mu, rho = share(accuracy, "accuracy"), share(icc, "icc")
    if mu == 0:
        raise Undefined("nothing was right at baseline: the condition never holds")
    return (1 - mu) * (1 - rho)


def _tau_rows(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Kendall's tau-b of every row of two tables (B, M); NaN where one of them ties throughout."""
    upper = np.triu_indices(x.shape[1], 1)
    tie = 1e-9
    dx, dy = (t[:, upper[0]] - t[:, upper[1]] for t in (x, y))
    sx, sy = (np.sign(np.where(np.abs(d) < tie, 0, d)) for d in (dx, dy))
    scale = np.sqrt((sx**2).sum(axis=1) * (sy**2).sum(axis=1))
    agree = (sx * sy).sum(axis=1)
    return np.asarray(np.divide(agree, scale, out=np.full(len(x), np.nan), where=scale > 0))
