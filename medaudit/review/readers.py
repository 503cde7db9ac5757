"""How one reader works: pace, drift along a session, agreement with themselves and with gold.

These figures say whether a reading can be trusted, not how good a clinician is: a slope may be
chance, a fast read an easy answer. Each stands beside its n and its interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from medaudit.errors import Undefined
from medaudit.records import Estimate
from medaudit.review.agreement import LEVELS
from medaudit.stats import cohen_kappa, paired_difference, rate, trend
from medaudit.stats.wording import MIN_SHOWN, suppressed

PAUSE = timedelta(minutes=30)
"""A longer gap between two commits begins a new session."""
FAST = 0.2
"""A read in less than this share of the reader's own median time is listed as fast."""
PER = 10
"""Drift is given per so many items."""


@dataclass(frozen=True)
class Read:
    """One committed blind read, with what the automatic scores said of the same answer."""

    reviewer: str
    queue: str
    item_id: str
    case_id: str
    utc: datetime
    harm: int | None
    automatic: int | None
    """Harm that the automatic scores suspect. None: they do not say."""
    seconds: float | None = None
    revealed: bool = False
    """Whether the queue shows what stood behind the answer, so that a change could follow."""
    after: int | None = None
    """Harm after the reveal, where it was changed."""
    changed: bool = False
    """Whether an entry was made after the reveal."""


@dataclass(frozen=True)
class Twice:
    """Two grades of one answer to be compared: a repeat and its first read, or a read and gold."""

    case_id: str
    first: int | None
    second: int | None


@dataclass(frozen=True)
class Pace:
    """Seconds an item. ``n_fast``: reads in under a fifth of the reader's own median."""

    n: int
    n_untimed: int
    median: float | None
    q1: float | None
    q3: float | None
    n_fast: int


@dataclass(frozen=True)
class Consistency:
    """How often two grades of the same answer are the same, and by how much beyond chance."""

    n_pairs: int
    n_same: int
    percent: Estimate
    kappa: Estimate | None
    """Quadratic weights. None below ten cases: ``withheld`` says so."""
    withheld: str | None


@dataclass(frozen=True)
class Reader:
    """One reader's figures. ``name``: "you", a pseudonym, or the person's id."""

    name: str
    n_reads: int
    n_no_level: int
    n_sessions: int
    pace: Pace
    drift: Estimate
    shift: Estimate
    n_changed: int
    retest: Consistency
    gold: Consistency


def pace(seconds: Sequence[float | None]) -> Pace:
    """Median and quartiles of the seconds an item took, and how many took next to none.

    >>> pace([60, 50, 70, 5, None])
    Pace(n=4, n_untimed=1, median=55.0, q1=38.75, q3=62.5, n_fast=1)
    """
    timed = np.array([s for s in seconds if s is not None], dtype=np.float64)
    if len(timed) == 0:
        return Pace(0, len(seconds), None, None, None, 0)
    low, middle, high = (float(q) for q in np.quantile(timed, [0.25, 0.5, 0.75]))
    fast = int((timed < FAST * middle).sum())
    return Pace(len(timed), len(seconds) - len(timed), middle, low, high, fast)


def sessions(reads: Sequence[Read]) -> list[tuple[str, int]]:
    """Session and place in it (from 0) of each read: a pause of over 30 minutes begins another.

    >>> start = datetime(2026, 6, 1, 8)
    >>> times = [start, start + timedelta(minutes=2), start + timedelta(minutes=50)]
    >>> sessions([Read("anna", "q", str(t), "c", t, 0, 0) for t in times])
    [('anna/1', 0), ('anna/1', 1), ('anna/2', 0)]
    """
    where: dict[int, tuple[str, int]] = {}
    last: dict[str, tuple[int, int, datetime]] = {}
    for index in sorted(range(len(reads)), key=lambda i: reads[i].utc):
        read = reads[index]
        number, place, before = last.get(read.reviewer, (0, 0, None))
        fresh = before is None or read.utc - before > PAUSE
        number, place = (number + 1, 0) if fresh else (number, place + 1)
        last[read.reviewer] = number, place, read.utc
        where[index] = f"{read.reviewer}/{number}", place
    return [where[index] for index in range(len(reads))]


def drift(reads: Sequence[Read]) -> Estimate:
    """Change of (reader's harm - automatic harm) over ten items of a session; 0 is no drift.

    Least-squares slope of each session, then the mean of the slopes with t over sessions: items of
    one sitting are not independent. Reads without a level on either side are left out, counted;
    ``n_cases`` counts sessions. The automatic score is only the yardstick: it may be wrong, but
    not more so as the reader tires. Fewer than two sessions of two items: value None.
    """
    placed = list(zip(reads, sessions(reads), strict=True))
    usable = [(r, s) for r, s in placed if _gap(r) is not None]
    excluded = {"one_side_silent": len(reads) - len(usable)} if len(usable) < len(reads) else {}
    sat = [session for _, (session, _) in usable]
    method = "Slope per session, t over sessions"
    try:
        if sum(n >= 2 for n in Counter(sat).values()) < 2:
            raise Undefined("it takes two sittings of two items or more")
        found = trend(
            [place for _, (_, place) in usable],
            [gap for r, _ in usable if (gap := _gap(r)) is not None],
            sat,
        )
    except Undefined as error:
        return Estimate(
            name="drift",
            value=None,
            method=method,
            n_rows=len(usable),
            n_cases=len(set(sat)),
            excluded=excluded,
            warnings=(f"No slope: {error}",),
        )
    return Estimate(
        name="drift",
        value=PER * found.slope,
        low=PER * found.low,
        high=PER * found.high,
        method=method,
        n_rows=found.n_rows,
        n_cases=found.n_cases,
        excluded=excluded,
        df=found.df,
        p=found.p,
        warnings=found.warnings,
    )


def _gap(read: Read) -> float | None:
    """The reader's harm - the automatic one. None: one of them says nothing."""
    if read.harm is None or read.automatic is None:
        return None
    return float(read.harm - read.automatic)


def shift(reads: Sequence[Read]) -> Estimate:
    """Mean change of the harm level after the reveal; above 0: readers grade higher once they know.

    Over reads that could be changed (the queue reveals) and have a level; a read that nobody
    changed has shift 0. In harm levels. The changed grade decides nothing: it is a measure of how
    far the automatic score pulls.
    """
    shown = [r for r in reads if r.revealed and r.harm is not None]
    lost = sum(r.changed and r.after is None for r in shown)
    usable = [r for r in shown if not (r.changed and r.after is None)]
    levels = np.array(
        [[r.after if r.changed else r.harm, r.harm] for r in usable], dtype=np.float64
    ).reshape(-1, 2)
    cluster = [r.case_id for r in usable]
    found = paired_difference(levels[:, 0] / 4, levels[:, 1] / 4, cluster, name="shift")
    return in_levels(found, excluded={"no_level_after": lost} if lost > 0 else {})


def in_levels(
    estimate: Estimate, *, span: int = 4, excluded: dict[str, int] | None = None
) -> Estimate:
    """A difference of values that were put into [0, 1], where exact bounds exist, as harm levels.

    ``span``: the harm levels that [0, 1] stands for.
    """
    scaled = {
        key: None if getattr(estimate, key) is None else span * getattr(estimate, key)
        for key in ("value", "low", "high", "se")
    }
    return estimate.model_copy(update=scaled | {"excluded": excluded or {}})


def consistency(pairs: Sequence[Twice]) -> Consistency:
    """Same level twice? Counts always; kappa from ten cases up.

    >>> found = consistency([Twice("a", 0, 0), Twice("b", 3, 2)])
    >>> found.n_same, found.n_pairs, found.withheld
    (1, 2, '2 cases: not shown below 10')
    """
    a = [p.first for p in pairs if p.first is not None and p.second is not None]
    b = [p.second for p in pairs if p.first is not None and p.second is not None]
    cluster = [p.case_id for p in pairs if p.first is not None and p.second is not None]
    same = [int(x == y) for x, y in zip(a, b, strict=True)]
    excluded = {"no_level": len(pairs) - len(a)} if len(a) < len(pairs) else {}
    percent = rate(same, cluster, name="percent_agreement", excluded=excluded)
    n_cases = len(set(cluster))
    if n_cases < MIN_SHOWN:
        return Consistency(len(a), sum(same), percent, None, suppressed(n_cases))
    kappa = cohen_kappa(a, b, cluster, weights="quadratic", categories=LEVELS).coefficient
    return Consistency(len(a), sum(same), percent, kappa, None)


def reader(
    name: str, reads: Sequence[Read], repeats: Sequence[Twice], gold: Sequence[Twice]
) -> Reader:
    """All figures of one reader, or of all readers together."""
    return Reader(
        name=name,
        n_reads=len(reads),
        n_no_level=sum(r.harm is None for r in reads),
        n_sessions=len({session for session, _ in sessions(reads)}),
        pace=pace([r.seconds for r in reads]),
        drift=drift(reads),
        shift=shift(reads),
        n_changed=sum(r.changed for r in reads),
        retest=consistency(repeats),
        gold=consistency(gold),
    )
