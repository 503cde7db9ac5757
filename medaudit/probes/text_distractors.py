"""Distractor replacement without the image: what the options alone give away.

The published test 4 counts what replaced options do to answers with the image and without it. The
first is ``distractor_replacement``; here the same is done to the text alone.
"""

from __future__ import annotations

import random
from dataclasses import replace

from medaudit.probes import distractor_replacement
from medaudit.probes.pictures import FEW, TASKS, TESTS, wanting, withheld
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """Options as ``distractor_replacement`` shows them; "unknown" is as good as saying so."""
    skip = wanting(case)
    if skip is not None:
        return skip
    made = distractor_replacement.rewrite(case, level, rng, arm)
    if isinstance(made, Skip) or made.asked.options is None:
        return made
    own = {option.id for option in case.options}
    added = tuple(option.id for option in made.asked.options if option.id not in own)
    declared = replace(withheld(case), expected=added if arm == "unknown" else ())
    return replace(made, asked=replace(made.asked, images=()), declared=declared)


PROBE = Probe(
    name="text_distractors",
    version=1,
    family="evidence",
    purpose="Whether options give the answer away to a system that has not seen the image.",
    rewrite=rewrite,
    levels=(1, 2, 3, 4),
    source=TESTS.format(4),
    expects="An answer that says that the image is missing, or the option that says unknown.",
    tasks=TASKS,
    few=FEW,
    arms=("irrelevant", "unknown"),
)
"""The part of test 4 that asks without the image."""
