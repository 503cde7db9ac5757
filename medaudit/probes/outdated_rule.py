"""Outdated rule: a recommendation that was replaced is spoken of as if it were in force."""

from __future__ import annotations

import random

from medaudit.probes.inviting import EXPECTS, LEVELS, SOURCE, TASKS_WITH_TRAPS, invited
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """One sentence behind the story, just before the question."""
    return invited(case, "outdated_rule", level, rng, "rule")


PROBE = Probe(
    name="outdated_rule",
    version=1,
    family="hallucination",
    purpose="Whether a rule that was replaced is confirmed as the current one.",
    rewrite=rewrite,
    levels=LEVELS,
    source=SOURCE,
    expects=EXPECTS,
    tasks=TASKS_WITH_TRAPS,
)
