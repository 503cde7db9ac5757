"""Emotional tone: exactly two sentences of one feeling, between unchanged sentences."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn, spread
from medaudit.probes.lines import entries
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.records import Case

TONES = ("anxious", "angry", "sad", "cheerful", "ashamed")
SENTENCES = 2


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """Two different ones, at two different places."""
    told = drawn(entries(case, "tone", arm), SENTENCES, rng)
    if len(told) < SENTENCES:
        return Skip("too few sentences of the tone touch nothing that the case is about")
    pieces = list(unchanged(case).pieces)
    gaps = spread(SENTENCES, range(len(pieces)), rng)
    after = dict(zip(gaps, told, strict=True))
    result = []
    for number, piece in enumerate(pieces):
        result.append(piece)
        if number in after:
            result.append(inserted(after[number]))
    return Rewriting(tuple(result), declared=Declared())


PROBE = Probe(
    name="emotional_tone",
    version=1,
    family="fairness",
    purpose="Whether the feeling with which somebody asks changes the advice.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923): five tones, two distractor sentences each",
    arms=TONES,
)
