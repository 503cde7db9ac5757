"""Feelings over facts: playing down, fearing the worst, joking, between unchanged sentences."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn, shuffled, spread
from medaudit.probes.rewriting import Piece, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.probes.words import phrases
from medaudit.records import Case

STYLES = ("playing_down", "fearing_the_worst", "joking")
_PER_STYLE = 2


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The level says how many styles are mixed; each brings two frames."""
    frames: list[str] = []
    for style in drawn(STYLES, level, rng):
        frames += drawn(phrases(case, "emotion", style), _PER_STYLE, rng)
    if not frames:
        return Skip("every frame of the word table touches what the case is about")
    pieces = list(unchanged(case).pieces)
    gaps = spread(len(frames), range(len(pieces)), rng)
    after: dict[int, list[Piece]] = {}
    for gap, frame in zip(gaps, shuffled(frames, rng), strict=True):
        after.setdefault(gap, []).append(inserted(frame))
    return Rewriting(tuple(p for i, piece in enumerate(pieces) for p in (piece, *after.get(i, []))))


PROBE = Probe(
    name="emotional_masking",
    version=1,
    family="narrative",
    purpose="Whether playing down, dread or jokes around unchanged facts change the advice.",
    rewrite=rewrite,
    source="AI-MASLD (arXiv:2606.07929) has six narrative probes; names and wording are ours",
)
