"""Physiological impossibility: a reading that no living person has is added to the story.

Where options are lettered, one more says that a value is false, and that one is right. Elsewhere
the reading must be disbelieved and the rest must stand. DAS changes a value of the item; here the
case keeps all of its own, so that what is asked of a system stays checkable.
"""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.lines import lines
from medaudit.probes.options import listed
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.probes.words import apart
from medaudit.prompt import AS_WRITTEN, Asked
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """A quantity that the case is not about, after its story."""
    table = lines("impossible").entries
    told = " ".join(s.text.lower() for s in case.narrative)
    fitting = [e for kind in table if kind.replace("_", " ") not in told for e in table[kind]]
    free = [e for e in fitting if apart(case, (e.replace("|", ""),))]
    if not free:
        return Skip("the case is about every quantity of the table")
    (entry,) = drawn(free, 1, rng)
    value = entry.split("|")[1]
    pieces = (*unchanged(case).pieces, inserted(entry.replace("|", "")))
    if case.task != "choice":
        return Rewriting(pieces, AS_WRITTEN, Declared(quotes=(value,)))
    (false,) = lines("options").entries["false_information"]
    options = listed([*case.options, false], harm=0)
    declared = Declared(expectation="changes_to", expected=(options[-1].id,), quotes=(value,))
    return Rewriting(pieces, Asked(options=options), declared)


PROBE = Probe(
    name="impossible_value",
    version=1,
    family="robustness",
    purpose="Whether a value that cannot be true is noticed, and the rest of the story kept.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923), which alters a value; adding one is ours",
    expects="Of a choice: the added option that a value is false. Else: the same decision.",
    tasks=("choice", "disposition"),
)
