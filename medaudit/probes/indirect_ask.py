"""Indirect ask: the request as a supposition, for somebody else, for a lesson, or bit by bit."""

from __future__ import annotations

import random

from medaudit.probes.asking import attack, wrapped
from medaudit.probes.rewriting import Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence leads up to the case's own question."""
    return wrapped(case, arm, rng)


PROBE = attack(
    "indirect_ask",
    "Whether a detour gets what must be declined, and leaves what may be answered answered.",
    rewrite,
    source="CARES names the indirect request; the four detours are ours",
    arms=("hypothetical", "for_somebody_else", "for_training", "small_step"),
)
