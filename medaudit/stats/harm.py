"""Harm: how often, how bad, how bad it may still be, and what that means for many patients."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from medaudit.errors import BadInput, Undefined
from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Floats, binary, cases, level, present, same_length, share, whole
from medaudit.stats.clustered import clustered_mean
from medaudit.stats.paired import paired_difference
from medaudit.stats.proportion import clopper_pearson, zero_failure_upper
from medaudit.stats.rates import empty, rate

LINEAR = (0.0, 1.0, 2.0, 3.0, 4.0)
CONVEX = (0.0, 1.0, 4.0, 16.0, 64.0)
IID = "Assumes encounters like these cases, in the same mix, one independent of the other"


@dataclass(frozen=True)
class Harm:
    """A severity-weighted harm rate, never without its weights and two other sets of weights."""

    weighted: Estimate
    weights: tuple[float, ...]
    sensitivity: Mapping[str, Estimate]
    at_least: Mapping[int, Estimate]
    """Share of rows with harm of at least level 1, 2, ...: needs no weights; for claims."""
    unknown: int


def harm_rate(
    severity: Sequence[int | None] | ArrayLike,
    cluster: ArrayLike,
    *,
    weights: Sequence[float] = LINEAR,
    alpha: float = 0.05,
) -> Harm:
    """The mean severity weight a row, with its weights, and the share of rows at each harm level.

    ``severity`` is the AHRQ level 0 to 4 a row; None is unknown: counted, left out, never 0.
    Higher is worse. Interval: ``clustered_mean``; with fewer than five cases with harm, none: read
    ``at_least``, whose intervals are ``kg_floor``. Sensitivity: linear 0-4 and convex 0, 1, 4, 16,
    64. No known row: values None. Weights are a convention; claims use ``at_least``.
    Source: AHRQ Common Formats Harm Scale v1.2, read as potential harm.

    >>> harm = harm_rate([0, 0, 3, None, 1, 0], list("aabbcc"))
    >>> harm.weighted.value, harm.sensitivity["convex"].value, harm.at_least[3].value, harm.unknown
    (0.8, 3.4, 0.2, 1)
    """
    table = _weights(weights)
    level_of, known = _levels(severity, len(table))
    groups = cases(cluster, len(level_of))
    kept, code = level_of[known], groups.code[known]
    unknown = int((~known).sum())
    excluded = {"unknown": unknown} if unknown > 0 else {}

    def mean(name: str, w: Floats) -> Estimate:
        note = "Weights " + ", ".join(f"{value:g}" for value in w)
        return _weighted(name, w[kept], code, excluded, note, level(alpha))

    top = len(table)
    return Harm(
        mean("harm_rate", table),
        tuple(table.tolist()),
        {
            "linear": mean("harm_rate_linear", np.asarray(LINEAR)[:top]),
            "convex": mean("harm_rate_convex", np.asarray(CONVEX)[:top]),
        },
        {
            s: rate(kept >= s, code, alpha=alpha, name=f"harm_at_least_{s}", excluded=excluded)
            for s in range(1, top)
        },
        unknown,
    )


def any_failure_upper(failed: ArrayLike, cluster: ArrayLike, *, alpha: float = 0.05) -> Estimate:
    """The share of cases that failed at least once, and its exact one-sided upper bound.

    A case counts once, however many of its rows failed. ``high`` is the Clopper-Pearson bound at
    1 - alpha over cases; there is no lower limit. No rows: value None.
    Its own estimand: failing at least once in as many askings as were made.
    Source: Clopper and Pearson 1934, one-sided; at zero Hanley and Lippman-Hand 1983.

    >>> estimate = any_failure_upper([0] * 360, [case for case in range(60) for _ in range(6)])
    >>> estimate.value, round(estimate.high, 4)
    (0.0, 0.0487)
    """
    x = binary(failed, "failed")
    groups = cases(cluster, len(x))
    method = "Exact one-sided upper bound over cases"
    if groups.n == 0:
        return empty("any_failure", method)
    events = int((groups.sums(x) > 0).sum())
    upper = clopper_pearson(events, groups.n, alpha=2 * level(alpha))[1] if alpha < 0.5 else 1.0
    notes = wording.indicative(groups.n)
    if events == 0:
        upper = zero_failure_upper(groups.n, alpha=alpha)
        notes = (wording.zero_events(groups.n, upper, alpha), *notes)
    return Estimate(
        name="any_failure",
        value=events / groups.n,
        high=upper,
        method=method,
        n_rows=len(x),
        n_cases=groups.n,
        warnings=notes,
    )


@overload
def p_any_in(p: Estimate, n_encounters: int) -> Estimate: ...
@overload
def p_any_in(p: float, n_encounters: int) -> float: ...
def p_any_in(p: Estimate | float, n_encounters: int) -> Estimate | float:
    """The chance of at least one event in N encounters, at the estimate and at its limits.

    1 - (1-p)^N. An ``Estimate`` of a rate gives an ``Estimate``, a number a number. Assumes
    encounters like the cases and independent of each other. A value None stays None; N = 0 is
    ``BadInput``: no encounter, no chance. Source: 1 less the chance of N encounters without one.

    >>> round(p_any_in(0.01, 100), 4)
    0.634
    >>> bound = any_failure_upper([0] * 60, range(60))
    >>> round(p_any_in(bound, 100).high, 3)
    0.993
    """
    n = whole(n_encounters, "n_encounters", least=1)
    if not isinstance(p, Estimate):
        return _any(share(p, "p"), n)
    return p.model_copy(
        update={
            "name": "p_any",
            "value": None if p.value is None else _any(p.value, n),
            "low": None if p.low is None else _any(p.low, n),
            "high": None if p.high is None else _any(p.high, n),
            "method": f"1 - (1-p)^{n} of: {p.method}",
            "se": None,
            "p": None,
            "warnings": (*p.warnings, IID),
        }
    )


def number_needed_to_harm(
    harmed: ArrayLike,
    cluster: ArrayLike,
    *,
    comparator: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Estimate:
    """How many answers it takes for one to harm: 1 / harm rate, or 1 / excess over a comparator.

    Limits are the reciprocals of those of the rate (``kg_floor``) or difference (paired by case),
    exchanged. ``high`` None: the data allow no harm at all. Nothing harmed: value None; ``low`` is
    how small the number may be. An interval of a difference that includes 0 has no
    reciprocal: limits None and a warning (Altman 1998, BMJ 317:1309).

    >>> estimate = number_needed_to_harm([1, 0, 0, 0] * 10, range(40))
    >>> estimate.value, round(estimate.low, 2), round(estimate.high, 2)
    (4.0, 2.41, 7.96)
    """
    x = binary(harmed, "harmed")
    if comparator is None:
        found = rate(x, cluster, alpha=alpha)
    else:
        other = binary(comparator, "comparator")
        same_length(len(x), "comparator", other)
        found = paired_difference(x, other, cluster, alpha=alpha)
    value, low, high = found.value, found.low, found.high
    notes = found.warnings
    if low is not None and high is not None and low < 0 < high:
        notes = ("The difference may be 0: a number needed has no interval", *notes)
        low, high = None, None
    if value == 0:
        notes = ("No harm seen: the number needed has only a lower limit", *notes)
    return found.model_copy(
        update={
            "name": "number_needed_to_harm",
            "value": _reciprocal(value),
            "low": _reciprocal(high),
            "high": _reciprocal(low),
            "se": None,
            "warnings": notes,
        }
    )


def _weights(weights: Sequence[float]) -> Floats:
    table = np.asarray(weights, dtype=np.float64)
    if table.ndim != 1 or not 2 <= len(table) <= len(LINEAR) or not np.all(np.isfinite(table)):
        raise BadInput("needs one weight a harm level, 2 to 5 of them", field="weights")
    if table[0] != 0 or np.any(np.diff(table) <= 0):
        raise BadInput("must start at 0 and rise with severity", field="weights")
    return table


def _levels(severity: object, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels as whole numbers, and which of them are known."""
    raw = np.asarray(severity, dtype=object)
    if raw.ndim != 1:
        raise BadInput("needs one harm level a row", field="severity")
    known = present(raw)
    try:
        level_of = np.array(
            [int(s) if k else 0 for s, k in zip(raw, known, strict=True)], dtype=int
        )
        exact = all(float(s) == int(s) for s in raw[known])
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(
            f"holds something that is not a level ({error})", field="severity"
        ) from error
    if not exact or (len(level_of) and (level_of.min() < 0 or level_of.max() >= top)):
        raise BadInput(f"holds a level outside 0 to {top - 1}", field="severity")
    return level_of, known


def _weighted(
    name: str, y: Floats, code: np.ndarray, excluded: dict[str, int], note: str, alpha: float
) -> Estimate:
    method = "Mean severity weight, clustered t interval"
    if len(y) == 0:
        return empty(name, method, notes=(note, wording.NO_ROWS), excluded=excluded)
    groups = cases(code, len(y))
    events = min(int((groups.sums(y) > 0).sum()), groups.n)
    notes = (note, *wording.indicative(groups.n))
    low, high, df, se = None, None, None, None
    if events >= wording.FEW_EVENTS:
        try:
            mean = clustered_mean(y, code)
            low, high = mean.interval(alpha=alpha)
            low, df, se = max(0.0, low), float(mean.df), mean.se
        except Undefined as error:
            notes = (*notes, f"No interval: {error}")
    else:
        notes = (*notes, f"{events} cases with harm: no interval; see the share at each level")
    if events == 0:
        notes = (*notes, wording.zero_events(groups.n, zero_failure_upper(groups.n)))
    return Estimate(
        name=name,
        value=float(y.mean()),
        low=low,
        high=high,
        method=method,
        n_rows=len(y),
        n_cases=groups.n,
        df=df,
        se=se,
        excluded=excluded,
        warnings=notes,
    )


def _any(p: float, n: int) -> float:
    return 1.0 if p == 1 else -math.expm1(n * math.log1p(-p))


def _reciprocal(value: float | None) -> float | None:
    return None if value is None or value == 0 else 1 / value
