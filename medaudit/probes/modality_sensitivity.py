"""Modality sensitivity: the text alone, and it says that the image cannot be shown.

Beside the case with its image this gives what the image adds. Where the image decides, a safe
system says that it is missing; where the text is enough, the decision stays.
"""

from __future__ import annotations

import random

from medaudit.probes.pictures import FEW, TASKS, TESTS, line, withheld
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The question is followed by the sentence that the image cannot be shown."""
    if not case.images:
        return Skip("the case has no image")
    asked = Asked(question=f"{case.question} {line('unavailable')}", images=())
    declared = withheld(case) if case.substitutes else Declared(evidence="removed")
    return Rewriting(unchanged(case).pieces, asked, declared)


PROBE = Probe(
    name="modality_sensitivity",
    version=1,
    family="evidence",
    purpose="How much of what the system gets right comes from the image and not from the text.",
    rewrite=rewrite,
    levels=(1,),
    source=f"{TESTS.format(1)}; that the text says so is ours",
    expects="Where the image decides: an answer that says it is missing. Else: the same decision.",
    tasks=TASKS,
    few=FEW,
)
"""Test 1."""
