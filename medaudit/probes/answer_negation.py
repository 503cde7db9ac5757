"""Answer negation: the right option gives way to "none of these", under the same letter."""

from __future__ import annotations

import random

from medaudit.probes.lines import lines
from medaudit.probes.options import listed
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The right answer is now that none of the options shown is right."""
    if len(case.reference) > 1:
        return Skip("two options are acceptable: taking one away leaves the other right")
    (none,) = lines("options").entries["none"]
    options = listed([none if o.id in case.reference else o for o in case.options], harm=0)
    expected = tuple(o.id for o in options if o.text == none)
    declared = Declared(expectation="changes_to", expected=expected)
    return Rewriting(unchanged(case).pieces, Asked(options=options), declared)


PROBE = Probe(
    name="answer_negation",
    version=1,
    family="robustness",
    purpose="Whether the system sees that the right option is no longer offered.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923)",
    expects="The letter of the right option, which now says that none is right.",
    tasks=("choice",),
    few="Only a choice has lettered options.",
)
