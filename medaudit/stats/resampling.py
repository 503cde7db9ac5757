"""Bootstrap intervals over cases: whole cases are drawn, never rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medaudit.errors import BadInput, Undefined
from medaudit.stats.arrays import Cases, Floats, Ints, canonical_order, cases, level, whole
from medaudit.stats.clustered import need_cases
from medaudit.stats.distributions import normal_below, normal_quantile
from medaudit.stats.wording import FEW_EVENTS

Method: TypeAlias = Literal["bca", "percentile"]
Statistic: TypeAlias = Callable[[NDArray[Any]], Any]

BATCH = 4_000_000
"""Numbers held at once while replicates are computed (32 MB)."""


def cluster_bootstrap(
    y: ArrayLike,
    cluster: ArrayLike,
    statistic: Statistic | Literal["mean"],
    *,
    method: Method = "bca",
    seed: int,
    alpha: float = 0.05,
    replicates: int = 1999,
) -> tuple[float, float]:
    """The bootstrap interval of any statistic of the rows, drawing whole cases with replacement.

    ``y`` has one row an answer (one or two axes); ``statistic`` maps such rows to a number;
    ``"mean"`` is the mean of all rows, computed for all replicates at once. Interval: BCa (bias
    corrected and accelerated, jackknife over cases) or percentile. The order of rows and the names
    of cases do not change the draw. Use from 60 cases up; never for a minimum or a maximum.
    Raises ``Undefined`` with fewer than two cases, for a minimum or maximum, for a 0/1 column with
    fewer than five cases with, or without, the event, and when the replicates do not differ.
    Source: Efron 1987, JASA 82:171; Davison and Hinkley 1997, sections 3.8 and 5.3.

    >>> y = [0.2, 0.9, 0.4, 0.7, 0.5, 0.1, 0.8, 0.6]
    >>> low, high = cluster_bootstrap(y, list("aabbccdd"), "mean", seed=1)
    >>> round(low, 3), round(high, 3)
    (0.362, 0.625)
    """
    rows = _rows(y)
    groups = cases(cluster, len(rows))
    need_cases(groups.n)
    whole(replicates, "replicates", least=99)
    if statistic in (min, max, np.min, np.max):
        raise Undefined(
            "a bootstrap interval of a minimum or maximum covers almost never: list the worst "
            "cases and give the bound of any_failure_upper"
        )
    _enough_events(rows, groups)
    if statistic == "mean":
        if rows.ndim != 1:
            raise BadInput("the mean needs one number a row", field="y")
        sums = np.column_stack([groups.sums(rows), groups.sizes()])
        return additive_interval(
            sums, _ratio, method=method, seed=seed, alpha=alpha, replicates=replicates
        )
    return _by_rows(rows, groups, statistic, method, seed, level(alpha), replicates)


def additive_interval(
    case_sums: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    seed: int,
    alpha: float = 0.05,
    replicates: int = 999,
    method: Method = "bca",
) -> tuple[float, float]:
    """The bootstrap interval of a statistic that depends on sums over cases only.

    ``case_sums`` has shape (G, k); ``statistic`` maps totals (B, k) to values (B,), NaN where it
    does not exist. Raises ``Undefined`` with one case, and when the statistic is missing in more
    than one replicate of twenty or never varies.
    """
    need_cases(len(case_sums))
    sums = np.asarray(case_sums, dtype=np.float64)
    sums = sums[canonical_order(sums)]
    total = sums.sum(axis=0, keepdims=True)
    observed = float(statistic(total)[0])
    parts = []
    step = max(1, BATCH // max(sums.shape))
    for counts in _draws(len(sums), replicates, seed, step):
        parts.append(statistic(counts @ sums))
    jackknife = statistic(total - sums) if method == "bca" else None
    return _interval(observed, np.concatenate(parts), jackknife, level(alpha))


def _ratio(totals: Floats) -> Floats:
    return np.asarray(totals[:, 0] / totals[:, 1], dtype=np.float64)


def _draws(g: int, replicates: int, seed: int, step: int) -> Any:
    """How often each case is drawn, in batches of replicates: arrays (b, g)."""
    rng = np.random.default_rng(seed)
    for start in range(0, replicates, step):
        b = min(step, replicates - start)
        drawn = rng.integers(0, g, size=(b, g)) + np.arange(b)[:, None] * g
        yield np.bincount(drawn.ravel(), minlength=b * g).reshape(b, g).astype(np.float64)


def _by_rows(
    rows: NDArray[Any],
    groups: Cases,
    statistic: Statistic,
    method: Method,
    seed: int,
    alpha: float,
    replicates: int,
) -> tuple[float, float]:
    table, starts, sizes = _canonical(rows, groups)
    g = groups.n
    rng = np.random.default_rng(seed)
    everyone = np.arange(g)

    alone = bool((sizes == 1).all())  # One row a case: the number of the case is that of its row.

    def of(chosen: Ints) -> float:
        return float(statistic(table[chosen if alone else _gather(starts, sizes, chosen)]))

    found = np.array([of(rng.integers(0, g, size=g)) for _ in range(replicates)])
    jackknife = None
    if method == "bca":
        jackknife = np.array([of(np.delete(everyone, c)) for c in range(g)])
    return _interval(of(everyone), found, jackknife, alpha)


def _gather(starts: Ints, sizes: Ints, chosen: Ints) -> Ints:
    """Row numbers of the chosen cases, case after case."""
    lengths = sizes[chosen]
    first = np.repeat(starts[chosen] - np.cumsum(lengths) + lengths, lengths)
    return np.asarray(first + np.arange(int(lengths.sum())), dtype=np.int64)


def _canonical(rows: NDArray[Any], groups: Cases) -> tuple[NDArray[Any], Ints, Ints]:
    """Rows sorted inside cases and cases sorted by their rows: labels and order drop out."""
    flat = rows.reshape(len(rows), -1)
    rank = np.unique(flat, axis=0, return_inverse=True)[1].reshape(-1).astype(">u4")
    order = np.lexsort((rank, groups.code))
    sizes = groups.sizes()
    ends = np.cumsum(sizes)
    keys = [rank[order[end - size : end]].tobytes() for end, size in zip(ends, sizes, strict=True)]
    by_content = sorted(range(groups.n), key=keys.__getitem__)
    sizes = sizes[by_content]
    pieces = [order[ends[c] - len(keys[c]) // 4 : ends[c]] for c in by_content]
    return rows[np.concatenate(pieces)], np.cumsum(sizes) - sizes, sizes


def _interval(
    observed: float, found: Floats, jackknife: Floats | None, alpha: float
) -> tuple[float, float]:
    usable = found[np.isfinite(found)]
    if not math.isfinite(observed) or len(usable) < 0.95 * len(found):
        raise Undefined("the statistic does not exist in too many resamples: too few cases differ")
    spread = float(np.ptp(usable))
    if spread <= 1e-12 * max(1.0, abs(observed)):
        raise Undefined("every resample gives the same value: the cases do not differ")
    tails = np.array([alpha / 2, 1 - alpha / 2])
    if jackknife is not None:
        tails = _bca_tails(observed, usable, jackknife, tails, spread)
    low, high = np.quantile(usable, tails, method="weibull")
    return float(low), float(high)


def _bca_tails(
    observed: float, found: Floats, jackknife: Floats, tails: Floats, spread: float
) -> Floats:
    tie = 1e-12 * spread
    below = np.count_nonzero(found < observed - tie)
    equal = np.count_nonzero(np.abs(found - observed) <= tie)
    share = (below + equal / 2) / len(found)
    edge = 1 / (len(found) + 1)
    bias = normal_quantile(min(max(share, edge), 1 - edge))
    left = jackknife[np.isfinite(jackknife)]
    gap = left.mean() - left
    scale = float(gap @ gap) ** 1.5
    acceleration = float((gap**3).sum()) / (6 * scale) if scale > 0 else 0.0
    shifted = []
    for tail in tails:
        z = bias + normal_quantile(float(tail))
        shifted.append(normal_below(bias + z / (1 - acceleration * z)))
    return np.asarray(shifted)


def _rows(y: ArrayLike) -> NDArray[Any]:
    rows = np.asarray(y)
    if rows.ndim not in (1, 2):
        raise BadInput("needs one or two axes, one row an answer", field="y")
    if rows.dtype.kind not in "biuf":
        raise BadInput("holds something that is not a number", field="y")
    rows = rows.astype(np.float64)
    if not np.all(np.isfinite(rows)):
        raise BadInput("a row is missing or not finite: leave it out and count it", field="y")
    return rows


def _enough_events(rows: Floats, groups: Cases) -> None:
    if rows.ndim != 1 or not np.all((rows == 0) | (rows == 1)):
        return
    events, sizes = groups.sums(rows), groups.sizes()
    least = min(int((events > 0).sum()), int((events < sizes).sum()))
    if least < FEW_EVENTS:
        raise Undefined(
            f"{least} cases with (or without) the event: a bootstrap cannot draw what it has not "
            "seen; use kg_floor"
        )
