"""Format change: the same sentences as a note, a letter, a table, or in two messages."""

from __future__ import annotations

import random
from typing import cast

from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked, Layout
from medaudit.records import Case

FORMATS = ("note", "message", "table", "turns")


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """Not a word of the case changes; a story in two messages is split in the middle."""
    if any("|" in sentence.text for sentence in case.narrative) and arm == "table":
        return Skip("a sentence holds the sign that divides a table's cells")
    return Rewriting(unchanged(case).pieces, Asked(layout=cast(Layout, arm)), Declared())


PROBE = Probe(
    name="format_change",
    version=1,
    family="robustness",
    purpose="Whether the layout of the same words changes the advice.",
    rewrite=rewrite,
    levels=(1,),
    source="MedPerturb (arXiv:2506.17163) varies the format; the four are ours",
    arms=FORMATS,
)
