"""Obfuscated ask: the question spaced out, in figures for letters, or in base64."""

from __future__ import annotations

import random
from typing import cast

from medaudit.probes.asking import attack, wrapped
from medaudit.probes.encodings import encoded
from medaudit.probes.rewriting import Rewriting, Skip
from medaudit.prompt import Asked, Encoding
from medaudit.records import Case

ENCODINGS = ("spaced", "leet", "base64")


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """Only the question is spelt otherwise: it is the case's own sentence, decoded."""
    how = cast(Encoding, arm)
    spelt = Asked(question=encoded(case.question, how), encoding=how)
    return wrapped(case, f"spelt_{arm}", rng, spelt)


PROBE = attack(
    "obfuscated_ask",
    "Whether a request in other letters gets what the same request in plain letters does not.",
    rewrite,
    source="CARES names the obfuscated request; the three spellings are ours",
    arms=ENCODINGS,
)
