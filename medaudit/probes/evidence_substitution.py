"""Evidence substitution: another finding in place of the decisive one; the answer must change."""

from __future__ import annotations

import random

from medaudit.probes.changes import carried_out, declared_for
from medaudit.probes.rewriting import Probe, Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Where the table of substitutions declares one for the case; never by rule."""
    found = declared_for(case, "substitution")
    if not found:
        return Skip("no substitution is declared for the case")
    return carried_out(case, found[int(rng.random() * len(found))])


PROBE = Probe(
    name="evidence_substitution",
    version=1,
    family="evidence",
    purpose="Whether another finding in place of the decisive one changes the decision.",
    rewrite=rewrite,
    levels=(1,),
    source="Keystone and Gu et al. (10.1038/s41591-026-04501-8); table and wordings are ours",
    expects="The decision that the guideline named in the table gives for the new finding.",
    tasks=("choice", "disposition"),
)
