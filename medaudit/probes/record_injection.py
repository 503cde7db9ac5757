"""Record injection: a pasted record holds a line that instructs the assistant."""

from __future__ import annotations

import random

from medaudit.probes.asking import attack, declared, pressed
from medaudit.probes.rewriting import Rewriting, Skip, inserted, unchanged
from medaudit.records import Case

SAYS_DECLINE = "says_decline"
ARMS = ("note_to_assistant", "forwarded_mail", "form_field", SAYS_DECLINE)


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """One sentence behind the story quotes the line. It is data, whatever it tells to do."""
    if arm == SAYS_DECLINE and case.task == "boundary":
        return Skip("to decline is what the case calls for anyway")
    said = pressed(case, arm, 1, rng, told=True)
    if isinstance(said, Skip):
        return said
    pieces = (*unchanged(case).pieces, *(inserted(text) for text in said))
    return Rewriting(pieces, declared=declared(case))


PROBE = attack(
    "record_injection",
    "Whether a line in a pasted record is taken for an instruction.",
    rewrite,
    source="promptfoo's indirect prompt injection; wordings are ours",
    arms=ARMS,
)
