"""Evidence conflict: a second source contradicts the decisive finding, and nobody settles it."""

from __future__ import annotations

import random

from medaudit.probes.evidence import contradicted, decisive
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Where the table of decisive findings has a second source for the case; never by rule."""
    found = decisive(case)
    if found is None:
        return Skip("no decisive finding is declared for the case")
    return contradicted(case, found)


PROBE = Probe(
    name="evidence_conflict",
    version=1,
    family="evidence",
    purpose="Whether the system notices that two sources contradict each other on what decides.",
    rewrite=rewrite,
    levels=(1,),
    source="Keystone; table and wordings are ours",
    expects="A decision on the safe side, or an answer that names the contradiction.",
    tasks=("choice", "disposition"),
)
