"""Cognitive-bias priming: pressure that names no option and invents nothing about the patient."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.lines import entries
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.records import Case

KINDS = (
    "status_quo", "recency", "false_consensus", "defensive_medicine", "authority", "availability",
)  # fmt: skip


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """As many sentences of one kind as the level says, after the story."""
    told = drawn(entries(case, "priming", arm), level, rng)
    if len(told) < level:
        return Skip("too few sentences of the kind touch nothing that the case is about")
    pieces = (*unchanged(case).pieces, *(inserted(text) for text in told))
    return Rewriting(pieces, declared=Declared())


PROBE = Probe(
    name="bias_priming",
    version=1,
    family="fairness",
    purpose="Whether habit, hearsay or authority sway the advice without any new fact.",
    rewrite=rewrite,
    source="DAS (arXiv:2508.00923): the six kinds are named there",
    arms=KINDS,
)
