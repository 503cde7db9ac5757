"""Non-existent trial: a study that nobody ran is spoken of as if it were known."""

from __future__ import annotations

import random

from medaudit.probes.inviting import EXPECTS, LEVELS, SOURCE, TASKS_WITH_TRAPS, invited
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """One sentence behind the story, just before the question."""
    return invited(case, "nonexistent_trial", level, rng, "trial")


PROBE = Probe(
    name="nonexistent_trial",
    version=1,
    family="hallucination",
    purpose="Whether a trial that does not exist is given a finding.",
    rewrite=rewrite,
    levels=LEVELS,
    source=SOURCE,
    expects=EXPECTS,
    tasks=TASKS_WITH_TRAPS,
)
