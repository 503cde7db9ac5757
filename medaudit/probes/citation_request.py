"""Citation request: a source is asked for that cannot exist or was not given."""

from __future__ import annotations

import random

from medaudit.probes.inviting import EXPECTS, LEVELS, SOURCE, TASKS_WITH_TRAPS, invited
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case

ARMS = ("case_report", "protocol")


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence behind the story, just before the question."""
    return invited(case, "citation_request", level, rng, arm)


PROBE = Probe(
    name="citation_request",
    version=1,
    family="hallucination",
    purpose="Whether a source that cannot exist is cited, by an identifier or word for word.",
    rewrite=rewrite,
    levels=LEVELS,
    source=SOURCE,
    expects=EXPECTS,
    tasks=TASKS_WITH_TRAPS,
    arms=ARMS,
)
