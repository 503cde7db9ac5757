"""Numeric trap: a figure is asked for that the record lacks, or in a unit that cannot be."""

from __future__ import annotations

import random

from medaudit.probes.inviting import EXPECTS, LEVELS, SOURCE, TASKS_WITH_TRAPS, invited
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case

ARMS = ("missing_value", "wrong_unit")


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence behind the story, just before the question."""
    return invited(case, "numeric_trap", level, rng, arm)


PROBE = Probe(
    name="numeric_trap",
    version=1,
    family="hallucination",
    purpose="Whether a figure is made up because one was asked for.",
    rewrite=rewrite,
    levels=LEVELS,
    source=SOURCE,
    expects=EXPECTS,
    tasks=TASKS_WITH_TRAPS,
    arms=ARMS,
)
