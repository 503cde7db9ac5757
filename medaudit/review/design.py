"""The design of a draw: each answer's weight and floor, and the sample that follows from them.

Every answer of the pool has a known chance above 0, so weights 1/p estimate the whole run
(Horvitz-Thompson), whatever the design favours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from medaudit.records import Purpose, QueueSettings
from medaudit.stats import Draw, draw_sample, neyman_allocation
from medaudit.stats.arrays import Floats

RISK = {"severe": 1.0, "undecided": 0.5, "other": 0.0}
"""Suspected severe harm, no decision or no answer, everything else."""
OFFSET = 0.15
"""Added to every risk: chances are proportional to the sum."""
FLOOR = 0.02
"""No answer's chance is below this, or below a quarter of the sample's share if that is less."""
CERTAIN_MOST = 0.5
"""Gated answers, and those on which scorers or judges differ, get at most this share of a draw: the
rest must stay a sample from which a run can be estimated."""


@dataclass(frozen=True)
class Plan:
    """A draw with what each answer was drawn for."""

    draw: Draw
    purposes: tuple[Purpose, ...]
    floor: float
    strata: int


def sample(pool: Sequence[dict[str, Any]], settings: QueueSettings) -> Plan:
    """Draw ``settings.n`` of the pool, or all of it, by the design that is asked for.

    Gated answers and those on which scorers contradict each other or a judge is in doubt are
    certain while they are at most half of ``n``; else they share that half, gated first, with
    their true chances. Answers in which nothing is suspected
    make up at least ``pass_share`` of ``n`` in expectation.
    """
    n = min(settings.n, len(pool))
    purposes = tuple(_purpose(row) for row in pool)
    cells = np.array([f"{row['system_id']}|{row['domain']}" for row in pool])
    weight = _weights(pool, cells, n, settings)
    floor = min(FLOOR, n / len(pool) / 4)
    floors = np.full(len(pool), floor)
    passed = np.array([p == "random_pass" for p in purposes])
    if passed.any():
        wanted = settings.pass_share * n / passed.sum()
        floors[passed] = np.clip(wanted, floor, 1.0)
    left = CERTAIN_MOST * n
    for purpose in ("gated", "disagreement"):
        chosen = np.array([p == purpose for p in purposes])
        if chosen.any():
            floors[chosen] = np.clip(left / chosen.sum(), floor, 1.0)
            weight[chosen] = weight.min() / 1_000  # the floor is their chance
            left -= floors[chosen].sum()
    room = n / floors.sum()
    draw = draw_sample(
        weight,
        n,
        seed=settings.seed,
        offset=0.0,
        floor=floors if room >= 1 else floors * room,
        strata=cells if settings.design == "stratified" else None,
    )
    return Plan(draw, purposes, floor, len(set(cells)))


def _purpose(row: dict[str, Any]) -> Purpose:
    if row["gated"]:
        return "gated"
    if row["contradicted"] or row["doubted"]:
        return "disagreement"
    return "random_pass" if row["passed"] else "sample"


def _weights(pool: Sequence[dict[str, Any]], cells: Any, n: int, settings: QueueSettings) -> Floats:
    """What chances are proportional to, before certainty and floors."""
    if settings.design == "risk":
        return np.array([RISK[row["risk"]] + OFFSET for row in pool])
    if settings.design == "uniform" or settings.allocation == "proportional":
        return np.ones(len(pool))
    names, cell, size = np.unique(cells, return_inverse=True, return_counts=True)
    flagged = np.bincount(cell, [row["risk"] != "other" for row in pool], len(names))
    # Half an answer of each kind: a cell in which everything agrees so far may still vary.
    share = (flagged + 0.5) / (size + 1)
    wanted = neyman_allocation(size, np.sqrt(share * (1 - share)), n)
    return np.asarray((wanted / size)[cell], dtype=np.float64)
