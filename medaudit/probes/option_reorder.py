"""Option reordering: the same options in another order; the right one stands elsewhere."""

from __future__ import annotations

import random

from medaudit.probes.draws import shuffled
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case

_DRAWS = 50


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Drawn until the right option has another letter, which half of the draws give at once."""
    right = case.reference[0]
    place = [o.id for o in case.options].index(right)
    for _ in range(_DRAWS):
        options = tuple(shuffled(case.options, rng))
        if [o.id for o in options].index(right) != place:
            return Rewriting(unchanged(case).pieces, Asked(options=options), Declared())
    return Skip("no order was found in which the right option moves")


PROBE = Probe(
    name="option_reorder",
    version=1,
    family="robustness",
    purpose="Whether the decision follows the option's content and not its place.",
    rewrite=rewrite,
    levels=(1,),
    source="Gu et al. 2026 (10.1038/s41591-026-04501-8), test 3",
    tasks=("choice",),
    few="Only a choice has lettered options.",
)
