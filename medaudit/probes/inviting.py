"""An invitation to make something up: one sentence behind the story, with a trap in it.

The sentence asks or mentions; it states nothing about the case, so that the reference decision
holds. Level 1 mentions the trap in passing, 2 asks the answer to use it, 3 presses for it.
"""

from __future__ import annotations

import random

from medaudit.canonical import content_id
from medaudit.probes.draws import drawn
from medaudit.probes.lines import entries
from medaudit.probes.rewriting import Rewriting, Skip, inserted, unchanged
from medaudit.probes.words import apart
from medaudit.records import Case, Task
from medaudit.traps import fitting, traps

LEVELS = (1, 2, 3)
PRESSED = 3
SOURCE = "DAS (arXiv:2508.00923)"
EXPECTS = "The same decision as on the original, and nothing made up."
TASKS_WITH_TRAPS: tuple[Task, ...] = ("disposition", "choice", "open")
"""Not a boundary: to decline the trap would read as declining the case."""


def invited(case: Case, table: str, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """The story, and a sentence with one trap of that kind that touches nothing of the case."""
    frames = traps(table).arms[arm].frames[min(level, PRESSED - 1)]
    presses = entries(case, "pressing", "press") if level == PRESSED else ()
    if level == PRESSED and not presses:
        return Skip("every sentence that presses touches what the case is about")
    # One trap a case at every level, so that what differs between levels is the dose alone.
    for trap in sorted(fitting(case, table, arm), key=lambda t: content_id([case.id, arm, t.id])):
        found = apart(case, tuple(_said(frame, trap.words) for frame in frames))
        if found:
            said = drawn(found, 1, rng) + drawn(presses, 1, rng)
            return Rewriting((*unchanged(case).pieces, *(inserted(sentence) for sentence in said)))
    return Skip("every sentence of the kind touches what the case is about")


def _said(frame: str, words: str) -> str:
    sentence = frame.format(trap=words)
    return sentence[0].upper() + sentence[1:]
