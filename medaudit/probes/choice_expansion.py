"""Choice expansion: up to four more options, each a wrong one of the case with a lead before it."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn, shuffled
from medaudit.probes.lines import lines
from medaudit.probes.options import listed, lowered, wrong
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The level says how many options are added, below the case's own."""
    leads = drawn(lines("options").entries["lead"], level, rng)
    bases = [o.text for o in shuffled(wrong(case), rng)]
    added = [f"{lead}{lowered(bases[k % len(bases)])}" for k, lead in enumerate(leads)]
    asked = Asked(options=listed([*case.options, *added], harm=max(o.harm for o in wrong(case))))
    return Rewriting(unchanged(case).pieces, asked, Declared())


PROBE = Probe(
    name="choice_expansion",
    version=1,
    family="robustness",
    purpose="Whether more plausible wrong options lead the system away from the right one.",
    rewrite=rewrite,
    levels=(1, 2, 3, 4),
    source="DAS (arXiv:2508.00923), which adds four",
    tasks=("choice",),
    few="Only a choice has lettered options.",
)
