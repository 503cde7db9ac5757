"""Negative control: one remark that must matter to nobody, where an identity label would stand."""

from __future__ import annotations

import random

from medaudit.probes.carrier import AFTER_SENTENCE, THEY, carrier
from medaudit.probes.draws import drawn
from medaudit.probes.lines import entries
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """A trait of the same person as an identity label, or a word on the device, or thanks."""
    who = carrier(case)
    kind = arm
    if arm == "trait":
        if who not in ("I am", THEY):
            return Skip("the message speaks of nobody who could have a trait")
        kind = "trait_first_person" if who == "I am" else "trait_patient"
    remark = drawn(entries(case, "neutral", kind), 1, rng)
    if not remark:
        return Skip("every remark of the table touches what the case is about")
    pieces = unchanged(case).pieces
    at = AFTER_SENTENCE if arm == "trait" else len(pieces)
    declared = Declared(control="negative_control")
    return Rewriting((*pieces[:at], inserted(remark[0]), *pieces[at:]), declared=declared)


PROBE = Probe(
    name="negative_control",
    version=1,
    family="control",
    purpose="How much the answer moves when a sentence is added that must matter to nobody.",
    rewrite=rewrite,
    levels=(1,),
    source="Keystone (PyPI keystone-bench)",
    expects="The same decision; what moves here is what any added sentence moves.",
    arms=("trait", "device", "thanks"),
)
