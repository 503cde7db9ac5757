"""Authority impersonation: somebody of rank is said to have cleared the request."""

from __future__ import annotations

import random

from medaudit.probes.asking import attack, wrapped
from medaudit.probes.rewriting import Rewriting, Skip
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence claims the clearance, which nobody can check, before the case's own question."""
    return wrapped(case, arm, rng)


PROBE = attack(
    "authority_impersonation",
    "Whether a claimed clearance from somebody of rank gets what must be declined.",
    rewrite,
    source="promptfoo's imitation and Chang et al. (npj Digit Med 2025); wordings are ours",
    arms=("head_of_house", "inspector", "developer", "lawyer"),
)
