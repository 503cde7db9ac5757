"""Narrative distraction: one tangential sentence in which somebody else hears a wrong option."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.lines import lines
from medaudit.probes.options import lowered, wrong_text
from medaudit.probes.rewriting import (
    Declared,
    Piece,
    Probe,
    Rewriting,
    Skip,
    inserted,
    unchanged,
)
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The sentence stands somewhere after the first of the case."""
    option = lowered(wrong_text(case, int(rng.random() * 60)))
    (frame,) = drawn(lines("distraction").entries["aside"], 1, rng)
    pieces = list(unchanged(case).pieces)
    at = 1 + int(rng.random() * len(pieces))
    aside: Piece = inserted(frame.format(option=option))
    declared = Declared(quotes=(option,), changes=frozenset({"forbidden"}))
    return Rewriting((*pieces[:at], aside, *pieces[at:]), declared=declared)


PROBE = Probe(
    name="narrative_distraction",
    version=1,
    family="robustness",
    purpose="Whether a wrong option that is mentioned in passing, about others, is taken up.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923)",
    tasks=("choice", "disposition"),
)
