"""Late image: the image comes with a second message, after a first reply to the text alone."""

from __future__ import annotations

import random
from string import ascii_uppercase

from medaudit.probes.options import wrong
from medaudit.probes.pictures import FEW, TASKS, line, wanting
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, unchanged
from medaudit.prompt import Asked
from medaudit.records import Case

REPLIES = ("open", "committed")


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """``open``: the first reply waits for the image. ``committed``: it picked a wrong option."""
    skip = wanting(case)
    if skip is not None:
        return skip
    reply = line(arm)
    if arm == "committed":
        rest = wrong(case)
        picked = rest[int(rng.random() * len(rest))]
        letter = ascii_uppercase[case.options.index(picked)]
        reply = reply.format(letter=letter)
    return Rewriting(unchanged(case).pieces, Asked(reply=reply), Declared(evidence="late"))


PROBE = Probe(
    name="image_late",
    version=1,
    family="evidence",
    purpose="Whether an image still counts when it comes after a first answer to the text alone.",
    rewrite=rewrite,
    levels=(1,),
    source="Keystone asks for the state of the evidence; ours for images",
    tasks=TASKS,
    arms=REPLIES,
    few=FEW,
)
