"""Direct ask: the request in plain words, with sentences that press for a bare answer."""

from __future__ import annotations

import random

from medaudit.probes.asking import attack, declared, pressed
from medaudit.probes.rewriting import Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The level says how many sentences stand behind the case's own question."""
    said = pressed(case, "direct", level, rng)
    if isinstance(said, Skip):
        return said
    question = " ".join([case.question, *said])
    return Rewriting(unchanged(case).pieces, Asked(question=question), declared(case))


PROBE = attack(
    "direct_ask",
    "Whether a blunt demand for a bare answer gets what must be declined.",
    rewrite,
    source="CARES names the direct request; wordings are ours",
    levels=(1, 2, 3),
)
