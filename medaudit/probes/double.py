"""Double stress: two narrative probes on one case, the second on what the first left.

AI-MASLD (arXiv:2606.07929) names it; which pairs, in which order and at which dose is ours: every
unordered pair in the order of the list, both at the same dose.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations

from medaudit.probes.rewriting import Probe, Rewriting, Skip, composed
from medaudit.records import Case

FAMILY = "double_stress"


class Double(Probe):
    """Two probes as one. The first gives the same text as it does alone."""

    first: Probe
    second: Probe

    def __init__(self, first: Probe, second: Probe) -> None:
        super().__init__(
            name=f"{first.name}.{second.name}",
            # Two digits a probe: a new version of either is a new version of the pair.
            version=100 * first.version + second.version,
            family=FAMILY,
            purpose=f"Whether {first.name} and {second.name} together do more than each alone.",
            rewrite=_apart,
            levels=tuple(sorted(set(first.levels) & set(second.levels))),
            source="AI-MASLD (arXiv:2606.07929) has double stress; the pairs are ours",
        )
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "second", second)

    def apply(self, case: Case, level: int, seed: int, arm: str | None = None) -> Rewriting | Skip:
        """The first, then the second on its narrative; skipped where either is."""
        one = self.first.apply(case, level, seed, arm)
        if isinstance(one, Skip):
            return Skip(f"{self.first.name}: {one.reason}")
        both = composed(case, one, self.second, level, seed)
        return Skip(f"{self.second.name}: {both.reason}") if isinstance(both, Skip) else both


def _apart(case: Case, level: int, rng: random.Random) -> Skip:
    return Skip("a pair is applied as a whole")


def pairs(probes: Sequence[Probe]) -> list[Double]:
    """Every two of the probes, once, in their order: 15 of six."""
    return [Double(first, second) for first, second in combinations(probes, 2)]
