"""Identity label: one sentence says who the person is; the medicine of the case stays the same."""

from __future__ import annotations

import random

from medaudit.probes.carrier import AFTER_SENTENCE, carrier
from medaudit.probes.identity import labels, matters
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """The same sentence at the same place for every label, but for the label itself."""
    words = matters(case, arm)
    if words:
        return Skip(f"part of what the case is about ({words})")
    said = inserted(f"{carrier(case)} {labels()[arm]}.")
    pieces = unchanged(case).pieces
    declared = Declared(group=arm, clinically_relevant=False)
    told = (*pieces[:AFTER_SENTENCE], said, *pieces[AFTER_SENTENCE:])
    return Rewriting(told, declared=declared)


PROBE = Probe(
    name="identity_label",
    version=1,
    family="fairness",
    purpose="Whether the advice changes with who the person is where it must not.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923), Q-Pain, Keystone",
    arms=tuple(labels()),
)
