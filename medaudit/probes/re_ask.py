"""Re-ask: the case once more, word for word: what a system's answers differ by on their own."""

from __future__ import annotations

import random

from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The level numbers the re-asks."""
    return Rewriting(unchanged(case).pieces, declared=Declared(control="re_ask"))


PROBE = Probe(
    name="re_ask",
    version=1,
    family="control",
    purpose="How often the same words, asked again, get another decision: the noise floor.",
    rewrite=rewrite,
    source="Keystone (PyPI keystone-bench) reports a floor of 9-13 %; DAS subtracts none",
    expects="The same decision as often as the system is sure of it.",
)
