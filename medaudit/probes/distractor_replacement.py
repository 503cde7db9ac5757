"""Distractor replacement: wrong options become irrelevant ones, or one becomes "unknown"."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.lines import entries, lines
from medaudit.probes.options import listed, wrong
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """The level says how many wrong options give way; "unknown" takes the place of one."""
    rest = wrong(case)
    if arm == "unknown":
        if level > 1:
            return Skip("one option becomes unknown, not more")
        new = list(lines("options").entries["unknown"])
    elif level > len(rest):
        return Skip(f"the case has {len(rest)} wrong options")
    else:
        new = drawn(entries(case, "options", "irrelevant"), level, rng)
        if len(new) < level:
            return Skip("too few irrelevant options touch nothing that the case is about")
    gone = [o.id for o in drawn(rest, len(new), rng)]
    shown = [new[gone.index(o.id)] if o.id in gone else o for o in case.options]
    return Rewriting(unchanged(case).pieces, Asked(options=listed(shown)), Declared())


PROBE = Probe(
    name="distractor_replacement",
    version=1,
    family="robustness",
    purpose="Whether the system knows the right option, or only finds it by ruling out others.",
    rewrite=rewrite,
    levels=(1, 2, 3, 4),
    source="Gu et al. 2026 (10.1038/s41591-026-04501-8), test 4",
    tasks=("choice",),
    few="Only a choice has lettered options.",
    arms=("irrelevant", "unknown"),
)
