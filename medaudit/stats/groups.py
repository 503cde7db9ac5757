"""Rates by group, and the group that does worst, with bounds that hold for all groups at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from medaudit.errors import Undefined
from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Cases, Floats, binary, cases, labels, level, share
from medaudit.stats.distributions import beta_below
from medaudit.stats.multiplicity import holm
from medaudit.stats.rates import KG_FLOOR, empty, rate
from medaudit.stats.survey import Tally, effective_size, limits, tally


@dataclass(frozen=True)
class WorstGroup:
    """The group with the highest rate, bounded together with all others."""

    group: Any
    estimate: Estimate
    upper: Mapping[Any, float]
    """Upper bounds that hold for every shown group at once, at confidence 1 - alpha."""
    shown_below: tuple[Any, ...]
    """Groups whose rate is shown, by Holm, to lie below the threshold; empty without one."""
    by_group: Mapping[Any, Estimate]
    suppressed: tuple[Any, ...]


def group_rates(
    error: ArrayLike,
    group: ArrayLike,
    case: ArrayLike,
    *,
    alpha: float = 0.05,
    least: int = wording.MIN_SHOWN,
) -> dict[Any, Estimate]:
    """The rate of every group, sorted by label; groups under ten cases give n but no rate.

    ``error`` is 0 or 1 a row. Interval: ``kg_floor`` of the group's rows. No rows: no groups.
    Source: Korn and Graubard 1998; the limit of ten cases is ours.

    >>> found = group_rates([1, 0] * 10 + [1], ["f"] * 20 + ["m"], range(21))
    >>> found["f"].value, found["m"].value, found["m"].warnings
    (0.5, None, ('1 cases: not shown below 10',))
    """
    x, of, who = _rows(error, group, case)
    out: dict[Any, Estimate] = {}
    for k, label in enumerate(of.labels):
        rows = of.code == k
        n = len(np.unique(who.code[rows]))
        if n < least:
            note = wording.suppressed(n)
            out[label] = empty("group_rate", KG_FLOOR, int(rows.sum()), n, (note,))
        else:
            out[label] = rate(x[rows], who.code[rows], alpha=alpha, name="group_rate")
    return out


def worst_group(
    error: ArrayLike,
    group: ArrayLike,
    case: ArrayLike,
    *,
    alpha: float = 0.05,
    threshold: float | None = None,
    least: int = wording.MIN_SHOWN,
) -> WorstGroup:
    """The group with the highest error rate, and how high any group's rate may be.

    Upper bounds are one-sided ``kg_floor`` at alpha / (number of shown groups), so that all hold at
    once: "the worst group is at most U". With ``threshold``, Holm's test of "rate >= threshold" in
    every group says which groups are shown to lie below it; their bound is then the threshold, and
    the others share alpha. Never a shrunken value. Raises ``Undefined`` if no group has ten cases.
    Source: Holm 1979; bounds after Strassburger and Bretz 2008, Statistics in Medicine 27:4914.

    >>> worst = worst_group([0] * 20 + [1, 0] * 10, ["a"] * 20 + ["b"] * 20, range(40))
    >>> worst.group, worst.estimate.value, round(worst.upper["a"], 4)
    ('b', 0.5, 0.1684)
    """
    x, of, who = _rows(error, group, case)
    level(alpha)
    by_group = group_rates(error, group, case, alpha=alpha, least=least)
    rates = {g: found.value for g, found in by_group.items() if found.value is not None}
    shown = list(rates)
    if not shown:
        raise Undefined(f"no group has {least} cases: rates of groups are not shown")
    counts = {label: _tally_of(x, who, of.code == of.labels.index(label)) for label in shown}
    worst = max(shown, key=lambda label: (rates[label], str(label)))
    below: tuple[Any, ...] = ()
    upper: dict[Any, float] = {}
    if threshold is not None:
        share(threshold, "threshold")
        p = holm([_p_at_least(counts[label], threshold) for label in shown])
        below = tuple(label for label, value in zip(shown, p, strict=True) if value <= alpha)
        upper = dict.fromkeys(below, threshold)
    left = [label for label in shown if label not in below]
    for label in left:
        upper[label] = limits(counts[label], alpha=2 * alpha / len(left), floor=True)[1]
    if threshold is not None and not left:
        # Every group passed: each keeps its own bound at alpha / k, cut to the threshold.
        split = 2 * alpha / len(shown)
        upper = {g: min(threshold, limits(counts[g], alpha=split, floor=True)[1]) for g in shown}
    hidden = tuple(label for label in by_group if label not in shown)
    return WorstGroup(worst, by_group[worst], upper, below, by_group, hidden)


def _rows(error: ArrayLike, group: ArrayLike, case: ArrayLike) -> tuple[Floats, Cases, Cases]:
    x = binary(error, "error")
    return x, labels(group, len(x)), cases(case, len(x), "case")


def _tally_of(x: Floats, who: Cases, rows: np.ndarray) -> Tally:
    return tally(x[rows], cases(who.code[rows], int(rows.sum())))


def _p_at_least(count: Tally, threshold: float) -> float:
    """The p value of "rate >= threshold": where the one-sided kg_floor bound meets it."""
    p, n_star = effective_size(count)
    with_event = int(np.count_nonzero(count.events > 0))
    n = min(n_star, len(count.rows)) if with_event < wording.FEW_EVENTS else n_star
    if p == 1:
        return 1.0
    return 1 - float(beta_below(threshold, p * n + 1, n - p * n))
