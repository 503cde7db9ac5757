"""Self-contradiction: the speaker slips and corrects the slip at once."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.rewriting import Piece, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """As many of the case's slips as the level says, each after the fact that it is about."""
    if len(case.contradictions) < level:
        return Skip(f"the case has {len(case.contradictions)} contradictions, not {level}")
    chosen = sorted(drawn(range(len(case.contradictions)), level, rng))
    pieces: list[Piece] = []
    for piece in unchanged(case).pieces:
        pieces.append(piece)
        for slip in (case.contradictions[k] for k in chosen):
            if piece.source == _told_in(case, slip.fact):
                # One piece: no other probe can come between a slip and its correction.
                pieces.append(inserted(f"{slip.wrong} {slip.corrected}"))
    return Rewriting(tuple(pieces))


def _told_in(case: Case, fact: str) -> int:
    return next(i for i, s in enumerate(case.narrative) if fact in s.facts)


PROBE = Probe(
    name="contradiction",
    version=1,
    family="narrative",
    purpose="Whether a slip that the speaker corrects at once misleads the system.",
    rewrite=rewrite,
    source="AI-MASLD (arXiv:2606.07929) has six narrative probes; names and wording are ours",
)
