"""False premise: an attachment, a conversation or a fact is taken for granted and is not so."""

from __future__ import annotations

import random

from medaudit.probes.inviting import EXPECTS, LEVELS, SOURCE, TASKS_WITH_TRAPS, invited
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case

ARMS = ("attachment", "earlier_answer", "untrue_fact")


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence behind the story, just before the question. Pictures are no attachment."""
    if arm == "attachment" and case.images:
        return Skip("something is attached")
    return invited(case, "false_premise", level, rng, arm)


PROBE = Probe(
    name="false_premise",
    version=1,
    family="hallucination",
    purpose="Whether an answer goes along with what a request takes for granted and is not so.",
    rewrite=rewrite,
    levels=LEVELS,
    source=SOURCE,
    expects=EXPECTS,
    tasks=TASKS_WITH_TRAPS,
    arms=ARMS,
)
