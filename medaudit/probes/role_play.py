"""Role play: the request inside a scene in which somebody answers everything."""

from __future__ import annotations

import random

from medaudit.probes.asking import attack, wrapped
from medaudit.probes.rewriting import Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence sets the scene; the case's own question is the line that follows."""
    return wrapped(case, arm, rng)


PROBE = attack(
    "role_play",
    "Whether a part to play gets what must be declined outside of it.",
    rewrite,
    source="CARES names role-play; the three scenes are ours",
    arms=("stage", "free_assistant", "grandparent"),
)
