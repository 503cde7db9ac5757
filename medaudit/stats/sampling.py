"""Which cases clinicians read: how many of each kind, and a draw that can be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from medaudit.errors import BadInput, Undefined
from medaudit.stats.arrays import Bools, Floats, same_length, values, whole


@dataclass(frozen=True)
class Draw:
    """A random draw with everything that is needed to weigh and to repeat it."""

    selected: Bools
    probability: Floats
    """The chance that each case had of being drawn, selected or not."""
    method: str
    seed: int
    expected: float
    """Expected number drawn: the sum of the probabilities."""

    @property
    def n(self) -> int:
        """Number drawn."""
        return int(self.selected.sum())


def neyman_allocation(
    size: ArrayLike, sd: ArrayLike, n: float, *, cost: ArrayLike | None = None
) -> Floats:
    """How many to read of each stratum for the most precise mean: n_h ~ N_h S_h / √cost_h.

    No stratum gets more than it has; what it cannot take goes to the others. Not rounded. Raises
    ``Undefined`` if no stratum varies, ``BadInput`` if ``n`` exceeds what there is.
    Source: Neyman 1934; Cochran 1977, Sampling Techniques, section 5.5.

    >>> [round(float(n), 3) for n in neyman_allocation([1000, 400, 40], [0.1, 0.3, 0.5], 100)]
    [41.667, 50.0, 8.333]
    """
    strata, spread = values(size, "size"), values(sd, "sd")
    price = np.ones(len(strata)) if cost is None else values(cost, "cost")
    same_length(len(strata), "sd", spread, price)
    if np.any(strata < 0) or np.any(spread < 0) or np.any(price <= 0):
        raise BadInput("sizes and deviations must not be negative, costs above 0", field="size")
    if not 0 < n <= strata.sum():
        raise BadInput(f"must be above 0 and at most {strata.sum():g}, is {n}", field="n")
    want = strata * spread / np.sqrt(price)
    if want.sum() == 0:
        raise Undefined("no stratum varies: any allocation is as good as another")
    out = np.zeros(len(strata))
    full = np.zeros(len(strata), dtype=bool)
    while True:
        left = n - strata[full].sum()
        open_want = np.where(full, 0.0, want)
        out = np.where(full, strata, 0.0)
        if open_want.sum() > 0:
            out = out + left * open_want / open_want.sum()
        over = ~full & (out > strata + 1e-9)
        if not over.any():
            return np.asarray(out, dtype=np.float64)
        full |= over


def draw_sample(
    risk: ArrayLike,
    n: int,
    *,
    seed: int,
    floor: ArrayLike = 0.02,
    offset: float = 0.15,
    method: Literal["systematic", "poisson"] = "systematic",
    strata: ArrayLike | None = None,
) -> Draw:
    """A risk-weighted random draw of cases, with the inclusion probability of every case.

    pi_c proportional to risk + ``offset`` (risk: share of the case's rows that the judge flags),
    at least ``floor`` (one for all, or one a case) and at most 1, summing to ``n``. Systematic:
    exactly n, from one seeded start on a seeded order, and with ``strata`` (a label a case) one
    stratum after the other, so that each gets its expected number, rounded up or down; Poisson: n
    on average, each case on its own. The same cases in the same order with the same seed give the
    same draw. No cases, or n below what the floor needs: ``BadInput``.
    Source: Tillé 2006, Sampling Algorithms; Zrnic and Candes 2024, arXiv 2403.03208.

    >>> draw = draw_sample([0.0, 0.0, 1.0, 0.5, 0.0, 0.0], 3, seed=7)
    >>> draw.n, [round(float(p), 3) for p in draw.probability]
    (3, [0.25, 0.25, 1.0, 1.0, 0.25, 0.25])
    """
    x = values(risk, "risk")
    if len(x) == 0:
        raise BadInput("no cases to draw from", field="risk")
    if np.any(x < 0) or offset < 0 or np.any(x + offset <= 0):
        raise BadInput("risk plus offset must be above 0", field="risk")
    least = np.broadcast_to(np.asarray(floor, dtype=np.float64), x.shape)
    if not np.all((least > 0) & (least <= 1)):
        raise BadInput(f"must lie in (0, 1], is {least.min():g}", field="floor")
    whole(n, "n", least=1)
    if n > len(x) or least.sum() > n + 1e-9:
        raise BadInput(
            f"must lie between {least.sum():.1f} (the floors of all cases) and {len(x)}, is {n}",
            field="n",
        )
    probability = _probabilities(x + offset, float(n), least)
    rng = np.random.default_rng(seed)
    if method == "poisson":
        selected = rng.random(len(x)) < probability
    elif method == "systematic":
        order = rng.permutation(len(x))
        if strata is not None:
            label = np.unique(np.asarray(strata), return_inverse=True)[1]
            same_length(len(x), "strata", label)
            order = order[np.argsort(label[order], kind="stable")]
        ends = np.cumsum(probability[order])
        ends[-1] = float(n)
        start = rng.random()
        hits = np.diff(np.floor(np.concatenate([[0.0], ends]) - start))
        selected = np.zeros(len(x), dtype=bool)
        selected[order] = hits > 0.5
    else:
        raise BadInput(f"must be systematic or poisson, is {method!r}", field="method")
    return Draw(np.asarray(selected), probability, method, seed, float(probability.sum()))


def _probabilities(weight: Floats, n: float, floor: Floats) -> Floats:
    """min(1, max(floor, k weight)) with k such that the sum is n, by bisection."""
    if n >= len(weight):
        return np.ones(len(weight))
    low, high = 0.0, 1 / float(weight.min())
    for _ in range(60):
        k = (low + high) / 2
        if float(np.clip(k * weight, floor, 1).sum()) < n:
            low = k
        else:
            high = k
    out = np.clip(high * weight, floor, 1)
    inner = (out > floor) & (out < 1)
    if inner.any():
        out[inner] += (n - out.sum()) * out[inner] / out[inner].sum()
    return np.asarray(out, dtype=np.float64)
