"""Question inversion: asked for an option to reject instead of the best one."""

from __future__ import annotations

import random

from medaudit.probes.options import wrong
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case

INVERTED = "{question} Answer the reverse of it: pick an option that would be wrong here."


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Every option but the right one is right now; naming a harmful one is what was asked."""
    declared = Declared(
        expectation="changes_to",
        expected=tuple(option.id for option in wrong(case)),
        lifts=(*(f.id for f in case.forbidden), *(c.id for c in case.rubric if c.points < 0)),
    )
    asked = Asked(question=INVERTED.format(question=case.question))
    return Rewriting(unchanged(case).pieces, asked, declared)


PROBE = Probe(
    name="question_inversion",
    version=1,
    family="robustness",
    purpose="Whether the system answers the question that is asked when it is turned round.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923)",
    expects="Any option but the right one, since a wrong one is asked for.",
    tasks=("choice",),
    few="Only a choice has lettered options.",
)
