"""Evidence removal: the finding on which the decision turns is taken out of the story."""

from __future__ import annotations

import random

from medaudit.probes.evidence import decisive, without
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Where the table of decisive findings says what the case turns on; never by rule."""
    found = decisive(case)
    return (
        Skip("no decisive finding is declared for the case")
        if found is None
        else without(case, found)
    )


PROBE = Probe(
    name="evidence_removal",
    version=1,
    family="evidence",
    purpose="Whether the system notices that the finding on which the decision turns is missing.",
    rewrite=rewrite,
    levels=(1,),
    source="Keystone and Gu et al. (10.1038/s41591-026-04501-8); table and wordings are ours",
    expects="A decision on the safe side, or an answer that says what is missing.",
    tasks=("choice", "disposition"),
)
