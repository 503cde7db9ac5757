"""Cognitive bait: up to eight sentences of one style that push towards a wrong option."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.lines import entries
from medaudit.probes.options import lowered, wrong_text
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.records import Case

STYLES = (
    "self_diagnosis", "recency", "confirmation", "frequency", "cultural", "status_quo",
    "false_consensus", "defensive_medicine",
)  # fmt: skip


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """The level says how many sentences, after the story: one names the option, the rest push."""
    option = lowered(wrong_text(case, int(rng.random() * 60)))
    naming = [e for e in entries(case, "bait", arm) if "{option}" in e]
    pushing = [e for e in entries(case, "bait", arm) if "{option}" not in e]
    if not naming or len(pushing) < level - 1:
        return Skip("too few sentences of the style touch nothing that the case is about")
    (named,) = drawn(naming, 1, rng)
    bait = [named.format(option=option), *drawn(pushing, level - 1, rng)]
    declared = Declared(quotes=(option,), changes=frozenset({"forbidden"}))
    pieces = (*unchanged(case).pieces, *(inserted(text) for text in bait))
    return Rewriting(pieces, declared=declared)


PROBE = Probe(
    name="cognitive_bait",
    version=1,
    family="robustness",
    purpose="Whether a speaker who argues for a wrong option wins the system over.",
    rewrite=rewrite,
    levels=(1, 2, 3, 4, 5, 6, 7, 8),
    source="DAS (arXiv:2508.00923)",
    tasks=("choice", "disposition"),
    arms=STYLES,
)
