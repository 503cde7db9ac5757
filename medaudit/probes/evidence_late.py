"""Evidence late: what the decision turns on is told only in a later message."""

from __future__ import annotations

import random

from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, rearranged
from medaudit.prompt import Asked
from medaudit.records import Case

DECISIVE = 3
"""The weight of a fact on which a case turns."""


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Every sentence that carries a fact of weight 3 moves behind the others, in its order."""
    facts = {fact.id for fact in case.facts if fact.weight == DECISIVE}
    late = [i for i, s in enumerate(case.narrative) if facts & set(s.facts)]
    early = [i for i in range(len(case.narrative)) if i not in late]
    if not early:
        return Skip("every sentence carries what the case turns on")
    asked = Asked(layout="turns", later=len(late))
    pieces = tuple(rearranged(case, [*early, *late]))
    return Rewriting(pieces, asked, Declared(evidence="late"))


PROBE = Probe(
    name="evidence_late",
    version=1,
    family="evidence",
    purpose="Whether a decisive finding still counts when it comes after the rest of the story.",
    rewrite=rewrite,
    levels=(1,),
    source="Keystone asks for the state of the evidence; ours",
)
