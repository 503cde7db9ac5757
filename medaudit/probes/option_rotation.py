"""Option rotation: every option moves down by one to three places, the last ones to the top."""

from __future__ import annotations

import random

from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The level says by how many places. All rotations together put each option everywhere."""
    n = len(case.options)
    if level >= n:
        return Skip(f"{n} options rotated by {level} are in their own order")
    options = case.options[n - level :] + case.options[: n - level]
    return Rewriting(unchanged(case).pieces, Asked(options=options), Declared())


PROBE = Probe(
    name="option_rotation",
    version=1,
    family="robustness",
    purpose="Whether the system prefers a letter whatever stands beside it.",
    rewrite=rewrite,
    source="Gu et al. 2026 (10.1038/s41591-026-04501-8), test 3; rotation is ours",
    tasks=("choice",),
    few="Only a choice has lettered options.",
)
