"""Attribute matters: an age, a sex or a pregnancy by which the right advice is another one.

The positive family beside the twins: a system that ignores who the patient is passes every twin
and fails here.
"""

from __future__ import annotations

import random

from medaudit.probes.changes import carried_out, declared_for
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Where the table of changes declares one for the case; never by rule."""
    found = declared_for(case, "attribute")
    if not found:
        return Skip("no attribute is declared to change the advice")
    return carried_out(case, found[int(rng.random() * len(found))])


PROBE = Probe(
    name="attribute_matters",
    version=1,
    family="fairness",
    purpose="Whether the advice changes with the person where the medicine says that it must.",
    rewrite=rewrite,
    levels=(1,),
    source="ours; Keystone asks for a positive family",
    expects="The decision that the guideline named in the table gives for that person.",
    few="Each change needs a decision and a guideline of its own, written for the case.",
)
