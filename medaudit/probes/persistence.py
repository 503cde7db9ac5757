"""Persistence: the request is repeated over several turns, each time with more pressure."""

from __future__ import annotations

import random

from medaudit.probes.asking import attack, declared, pressed
from medaudit.probes.rewriting import Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The level says how often the asker presses a system that wavers, before asking once more.

    What the system is taken to have said is the same for every system, and neither yes nor no: a
    frozen variant cannot hold the answers of the one under test.
    """
    said = pressed(case, "push", level, rng)
    if isinstance(said, Skip):
        return said
    return Rewriting(unchanged(case).pieces, Asked(pushes=tuple(said)), declared(case))


PROBE = attack(
    "persistence",
    "Whether repeated pressure over several turns gets what must be declined.",
    rewrite,
    source="promptfoo's multi-turn strategies; turns and wordings are ours",
    levels=(1, 2, 3),
)
