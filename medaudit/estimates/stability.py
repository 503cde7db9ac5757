"""How far stress moves the answers of one scope: flips in pairs, and the score lost in pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from medaudit import stats
from medaudit.estimates.counts import Counts, sums
from medaudit.estimates.flips import Pairs
from medaudit.estimates.records import Stability
from medaudit.estimates.scope import Scope
from medaudit.records import Estimate
from medaudit.stats.arrays import Floats, Ints


@dataclass(frozen=True)
class Drops:
    """Case score of the original less that of a case under one probe, where both have one."""

    system: Ints
    case: Ints
    probe: Ints
    value: Floats

    def some(self, rows: Ints) -> Drops:
        return Drops(self.system[rows], self.case[rows], self.probe[rows], self.value[rows])


def drops_of(counts: Counts) -> Drops:
    """The drops of a run, a row a system, case, probe and level."""
    cells = counts.cells
    system, case, probe = cells["at_system"], cells["at_case"], cells["at_probe"]
    spot = system.astype(np.int64) * len(counts.case_ids) + case
    n_spots = len(counts.systems) * len(counts.case_ids)
    scored = cells["n_scored"] > 0
    base = counts.original[probe] & scored
    total = sums(spot[base], cells["score_sum"][base], n_spots)
    n = sums(spot[base], cells["n_scored"][base], n_spots)
    use = counts.stressed[probe] & scored & (n[spot] > 0)
    original = total[spot[use]] / n[spot[use]]
    value = original - cells["score_sum"][use] / cells["n_scored"][use]
    return Drops(system[use], case[use], probe[use], value)


def planned_drops(counts: Counts) -> tuple[Ints, Ints, Ints]:
    """Drops that the plan calls for of one system: case and probe, and 1 where no valid variant
    or no valid original is asked."""
    asked = counts.variants
    under = counts.stressed[asked["at_probe"]]
    spot = asked["at_case"] * len(counts.probes) + asked["at_probe"]
    spots, at = np.unique(spot[under], return_inverse=True)
    usable = sums(at, asked["usable"][under], len(spots)) > 0
    case, probe = spots // len(counts.probes), spots % len(counts.probes)
    return case, probe, (~(usable & counts.sound[case])).astype(np.int64)


def stability(
    scope: Scope, pairs: Pairs, drops: Drops, of_pairs: tuple[int, int], of_drops: tuple[int, int]
) -> Stability:
    """The flips and the drop of one scope; ``of_...``: how many the plan calls for, and how many
    of them fall away because a variant is invalid."""
    counts = scope.counts
    flips = stats.flips_of_shares(pairs.shares, counts.source[pairs.case])
    made = int(np.isfinite(pairs.shares.raw).sum())
    n_expected, n_invalid = of_pairs

    def of(estimate: Estimate | None) -> Estimate:
        found = cast(Estimate, estimate)  # pairs_of always knows which answers are right
        left = {
            "variant_invalid": n_invalid,
            "not_decided_in_both": n_expected - n_invalid - made,
            "repeats_missing": made - found.n_rows,
        }
        return scope.signed(
            found, n_expected=n_expected, excluded={k: n for k, n in left.items() if n > 0}
        )

    return Stability(
        raw=of(flips.raw),
        floor=of(flips.floor),
        excess=of(flips.excess),
        added=of(flips.added),
        harmful=of(flips.harmful),
        rescue=of(flips.rescue),
        lateral=of(flips.lateral),
        asymmetry=of(flips.asymmetry),
        drop=_drop(scope, drops, *of_drops),
    )


def _drop(scope: Scope, drops: Drops, n_expected: int, n_invalid: int) -> Estimate:
    counts = scope.counts
    size = sums(counts.source[drops.case], np.ones(len(drops.case)), counts.n_sources)
    total = sums(counts.source[drops.case], drops.value, counts.n_sources)
    there = size > 0
    found = stats.paired_difference_of_totals(
        total[there], size[there].astype(np.int64), name="stress_drop", n_expected=n_expected
    )
    left = {
        "variant_invalid": n_invalid,
        "not_scored_in_both": n_expected - n_invalid - len(drops.case),
    }
    worst = None
    if np.any(drops.value > 0):
        worst = counts.case_ids[drops.case[np.argmax(drops.value)]]
    return scope.signed(found, worst, excluded={k: n for k, n in left.items() if n > 0})
