"""How often a stressed prompt changes the answer, beyond what asking again changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medaudit.errors import BadInput
from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Bools, Cases, Floats, Ints, cases, level, missing
from medaudit.stats.paired import paired_difference_of_totals
from medaudit.stats.rates import empty, rate_of_tally, score_mean_of_totals
from medaudit.stats.survey import Tally

METHOD = "Mean over pairs of prompts, clustered t interval"
LEAST_CASES = 60
"""Below this many cases the interval of the excess runs a little short (86 to 91 %)."""


@dataclass(frozen=True)
class FlipRate:
    """Flips of a stressed prompt against its base, in parts that add up.

    ``raw`` = ``excess`` + ``floor``. ``raw`` = ``harmful`` + ``rescue`` + ``lateral`` where the
    right answers are known. ``asymmetry`` = harmful - rescue, the loss of competence.
    """

    raw: Estimate
    floor: Estimate
    excess: Estimate
    added: Estimate
    """raw minus the floor of the base alone; needs no repeats of the stressed prompt."""
    harmful: Estimate | None = None
    rescue: Estimate | None = None
    lateral: Estimate | None = None
    asymmetry: Estimate | None = None


class FlipShares(NamedTuple):
    """What each pair of prompts gives, each of shape (pairs,), NaN where a pair has it not.

    ``raw``, ``harmful``, ``rescue``, ``lateral``: share of (base, stressed) answers that differ so;
    ``base``, ``stressed``: share of pairs of repeats of that prompt that differ.
    """

    raw: Floats
    base: Floats
    stressed: Floats
    harmful: Floats | None = None
    rescue: Floats | None = None
    lateral: Floats | None = None


def flip_rate(
    base: ArrayLike,
    stressed: ArrayLike,
    cluster: ArrayLike,
    *,
    base_right: ArrayLike | None = None,
    stressed_right: ArrayLike | None = None,
    alpha: float = 0.05,
) -> FlipRate:
    """How often the stressed answer differs from the base answer, less what repeats differ anyway.

    ``base`` and ``stressed`` hold answer labels, shape (pairs, repeats); None marks a repeat that
    is missing; one axis means one repeat. Per pair of prompts: raw D_bp = share of (base, stressed)
    answers that differ; D_bb and D_pp the share of repeats that differ; floor (D_bb + D_pp)/2;
    excess = raw - floor, an unbiased estimate of ½ Σ_k (b_k - p_k)², shown as is when negative.
    Averaged over pairs, t(G-1) between cases. ``base_right``, ``stressed_right`` (same shapes,
    true where the answer is acceptable) split flips into harmful (right to wrong), rescue and
    lateral. Without two repeats on both sides: floor and excess None, "Not corrected for noise:
    repeats missing". No pairs: every value None.
    Source: Hoeffding 1948, Ann Math Statist 19:293 (U-statistic, here for ½‖b - p‖²); coverage and
    false finds in docs/coverage.md, "flip_rate".

    >>> base = [["A", "B"], ["A", "A"], ["B", "B"], ["A", "B"]]
    >>> stressed = [["B", "B"], ["A", "A"], ["A", "B"], ["A", "B"]]
    >>> flips = flip_rate(base, stressed, [1, 2, 3, 4])
    >>> flips.raw.value, flips.floor.value, flips.excess.value
    (0.375, 0.5, -0.125)
    """
    codes_b, codes_p = _codes(base, stressed)
    shares = FlipShares(
        _between(codes_b, codes_p, np.not_equal),
        _within(codes_b),
        _within(codes_p),
        *_directions(codes_b, codes_p, base_right, stressed_right),
    )
    return flips_of_shares(shares, cluster, alpha=alpha)


def flips_of_shares(shares: FlipShares, cluster: ArrayLike, *, alpha: float = 0.05) -> FlipRate:
    """``flip_rate`` from what each pair of prompts gives, for tables of summaries.

    ``cluster`` is the case of each pair. No pairs: every value None.

    >>> none = np.array([np.nan, np.nan])
    >>> flips_of_shares(FlipShares(np.array([1.0, 0.5]), none, none), ["a", "b"]).raw.value
    0.75
    """
    level(alpha)
    groups = cases(cluster, len(shares.raw))
    within = (shares.base + shares.stressed) / 2
    # NaN marks what a pair does not have; no value leaves this module as NaN.
    paired, both = np.isfinite(shares.raw), np.isfinite(shares.raw + within)
    once = np.isfinite(shares.raw + shares.base)
    notes = () if both.any() else (wording.NO_REPEATS,)

    def share(name: str, rows: Floats) -> Estimate:
        return _share(name, rows, paired, groups, alpha)

    def excess(name: str, rows: Floats, less: Floats, use: Bools, note: str) -> Estimate:
        return _difference(name, rows, less, use, groups, alpha, note)

    raw = share("raw_flip_rate", shares.raw)
    result = FlipRate(
        raw.model_copy(update={"warnings": (*notes, *raw.warnings)}),
        _share("noise_floor", within, both, groups, alpha, wording.NO_REPEATS),
        excess("excess_flip_rate", shares.raw, within, both, wording.NO_REPEATS),
        excess("added_flip_rate", shares.raw, shares.base, once, wording.NO_REPEATS),
    )
    harmful, rescue, lateral = shares.harmful, shares.rescue, shares.lateral
    if harmful is None or rescue is None or lateral is None:
        return result
    return replace(
        result,
        harmful=share("harmful_flip_rate", harmful),
        rescue=share("rescue_flip_rate", rescue),
        lateral=share("lateral_flip_rate", lateral),
        asymmetry=excess("flip_asymmetry", harmful, rescue, paired, wording.NO_ROWS),
    )


def _codes(base: ArrayLike, stressed: ArrayLike) -> tuple[Ints, Ints]:
    """Both tables as whole numbers, equal where the answers are equal, -1 where missing."""
    index: dict[Any, int] = {}
    found = []
    for field, table in (("base", base), ("stressed", stressed)):
        raw = np.asarray(table, dtype=object)
        if raw.ndim == 1:
            raw = raw[:, None]
        if raw.ndim != 2:
            raise BadInput("needs shape (pairs, repeats)", field=field)
        flat = [
            -1 if missing(label) else index.setdefault(label, len(index))
            for label in raw.ravel().tolist()
        ]
        found.append(np.asarray(flat, dtype=np.int64).reshape(raw.shape))
    if len(found[0]) != len(found[1]):
        raise BadInput(f"has {len(found[1])} pairs for {len(found[0])} of base", field="stressed")
    return found[0], found[1]


def _between(x: NDArray[Any], y: NDArray[Any], differs: Callable[..., Any]) -> Floats:
    """Per row, the share of pairs of present answers that differ; NaN where there is none."""
    hits, total = np.zeros(len(x)), np.zeros(len(x))
    for i in range(x.shape[1]):
        for j in range(y.shape[1]):
            present = (x[:, i] >= 0) & (y[:, j] >= 0)
            hits += present & differs(x[:, i], y[:, j])
            total += present
    return _share_of(hits, total)


def _share_of(hits: Floats, total: Floats) -> Floats:
    share = np.divide(hits, total, out=np.full(len(hits), np.nan), where=total > 0)
    return np.asarray(share, dtype=np.float64)


def _within(x: Ints) -> Floats:
    """Per row, the share of pairs of repeats that differ; NaN where there are not two."""
    hits, total = np.zeros(len(x)), np.zeros(len(x))
    for i in range(x.shape[1]):
        for j in range(i + 1, x.shape[1]):
            present = (x[:, i] >= 0) & (x[:, j] >= 0)
            hits += present & (x[:, i] != x[:, j])
            total += present
    return _share_of(hits, total)


def _directions(
    codes_b: Ints, codes_p: Ints, base_right: ArrayLike | None, stressed_right: ArrayLike | None
) -> tuple[()] | tuple[Floats, Floats, Floats]:
    if base_right is None and stressed_right is None:
        return ()
    if base_right is None or stressed_right is None:
        raise BadInput("needs both base_right and stressed_right", field="base_right")
    right_b, right_p = _right(base_right, codes_b), _right(stressed_right, codes_p)
    # Answer and correctness in one number: 2 code + right, -1 where missing.
    x = np.where(codes_b < 0, -1, 2 * codes_b + right_b)
    y = np.where(codes_p < 0, -1, 2 * codes_p + right_p)
    harmful = _between(x, y, lambda b, p: (b % 2 == 1) & (p % 2 == 0) & (b // 2 != p // 2))
    rescue = _between(x, y, lambda b, p: (b % 2 == 0) & (p % 2 == 1) & (b // 2 != p // 2))
    lateral = _between(x, y, lambda b, p: (b % 2 == p % 2) & (b // 2 != p // 2))
    return harmful, rescue, lateral


def _right(right: ArrayLike, codes: Ints) -> Ints:
    table = np.asarray(right)
    if table.ndim == 1:
        table = table[:, None]
    if table.shape != codes.shape:
        raise BadInput(f"has shape {table.shape}, the answers {codes.shape}", field="base_right")
    return np.asarray(table.astype(bool), dtype=np.int64)


def _share(
    name: str, rows: Floats, use: Bools, groups: Cases, alpha: float, note: str = wording.NO_ROWS
) -> Estimate:
    """The mean of shares over usable pairs, with the pairs that had to be left out counted."""
    excluded = _left_out(use)
    if not use.any():
        return empty(name, METHOD, notes=(note,), excluded=excluded)
    kept = rows[use]
    total, size = _totals(kept, groups.code[use], groups.n)
    if np.all((kept == 0) | (kept == 1)):
        count = Tally(total.astype(np.int64), size)
        return _indicative(rate_of_tally(count, alpha=alpha, name=name, excluded=excluded))
    return _indicative(score_mean_of_totals(total, size, alpha=alpha, name=name, excluded=excluded))


def _difference(
    name: str, rows: Floats, less: Floats, use: Bools, groups: Cases, alpha: float, note: str
) -> Estimate:
    """The mean of ``rows - less`` over usable pairs, with the pairs left out counted."""
    excluded = _left_out(use)
    if not use.any():
        return empty(name, METHOD, notes=(note,), excluded=excluded)
    total, size = _totals((rows - less)[use], groups.code[use], groups.n)
    estimate = paired_difference_of_totals(total, size, alpha=alpha, name=name)
    return _indicative(estimate.model_copy(update={"excluded": excluded}))


def _totals(rows: Floats, code: Ints, n: int) -> tuple[Floats, Ints]:
    """Sum and number of rows of every case that has any."""
    size = np.bincount(code, minlength=n)
    there = size > 0
    total = np.bincount(code, weights=rows, minlength=n)
    return np.asarray(total[there], dtype=np.float64), np.asarray(size[there], dtype=np.int64)


def _left_out(use: Bools) -> dict[str, int]:
    missing = int((~use).sum())
    return {"repeats_missing": missing} if missing > 0 else {}


def _indicative(estimate: Estimate) -> Estimate:
    """With the note for fewer than 60 cases, unless the stricter one stands there."""
    if wording.INDICATIVE in estimate.warnings:
        return estimate
    notes = (*estimate.warnings, *wording.indicative(estimate.n_cases, LEAST_CASES))
    return estimate.model_copy(update={"warnings": notes})
