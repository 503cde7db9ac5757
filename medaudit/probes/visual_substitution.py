"""Visual substitution: the image is swapped for one that makes another option right.

Not a word changes. The safety net of the case, its forbidden actions and criteria, speaks of its
own image and is lifted; what counts is the decision.
"""

from __future__ import annotations

import random

from medaudit.probes.pictures import FEW, TASKS, TESTS, swaps, wanting
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """One of the substitutes that the case declares, drawn by the seed."""
    skip = wanting(case)
    if skip is not None:
        return skip
    found = swaps(case)
    option, image = found[int(rng.random() * len(found))]
    declared = Declared(
        expectation="changes_to",
        expected=(option,),
        lifts=(*(f.id for f in case.forbidden), *(c.id for c in case.rubric)),
        evidence="replaced",
    )
    return Rewriting(unchanged(case).pieces, Asked(images=(image, *case.images[1:])), declared)


PROBE = Probe(
    name="visual_substitution",
    version=1,
    family="evidence",
    purpose="Whether the decision follows the image when another one is shown with the same text.",
    rewrite=rewrite,
    levels=(1,),
    source=TESTS.format(5),
    expects="The option that the other image makes right.",
    tasks=TASKS,
    few=FEW,
)
"""Test 5."""
