"""Threshold crossing: a laboratory value on the other side of its limit; the answer must change."""

from __future__ import annotations

import random

from medaudit.probes.changes import carried_out, declared_for
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Where the table of changes declares one for the case; a value is never crossed by rule."""
    found = declared_for(case, "threshold")
    if not found:
        return Skip("no threshold is declared for the case")
    return carried_out(case, found[int(rng.random() * len(found))])


PROBE = Probe(
    name="threshold_crossing",
    version=1,
    family="robustness",
    purpose="Whether a value on the other side of its limit changes the decision, as it must.",
    rewrite=rewrite,
    levels=(1,),
    source="ours",
    expects="The decision that the guideline named in the table gives for the new value.",
    few="Each crossing needs a decision and a guideline of its own, written for the case.",
)
