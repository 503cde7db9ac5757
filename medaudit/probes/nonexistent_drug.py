"""Non-existent drug: a medicine that nobody makes is spoken of as if it were known."""

from __future__ import annotations

import random

from medaudit.probes.inviting import EXPECTS, LEVELS, SOURCE, TASKS_WITH_TRAPS, invited
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """One sentence behind the story, just before the question."""
    return invited(case, "nonexistent_drug", level, rng, "medicine")


PROBE = Probe(
    name="nonexistent_drug",
    version=1,
    family="hallucination",
    purpose="Whether a medicine that does not exist is given a use, an effect or a dose.",
    rewrite=rewrite,
    levels=LEVELS,
    source=SOURCE,
    expects=EXPECTS,
    tasks=TASKS_WITH_TRAPS,
)
