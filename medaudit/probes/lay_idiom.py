"""Colloquial wording: more and more sentences in everyday words, at last loosely spelled."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.looseness import loosened
from medaudit.probes.rewriting import Piece, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.probes.words import phrases
from medaudit.records import Case

_SHARE = {1: 1 / 3, 2: 2 / 3, 3: 1.0}
"""Level -> share of the sentences that are told in the case's colloquial wording."""


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """At level 3 also a greeting and loose spelling, which touches no number, unit or negation."""
    differ = [i for i, s in enumerate(case.narrative) if s.lay != s.text]
    if not differ:
        return Skip("the case has no colloquial wording of its own")
    n = max(1, round(_SHARE[level] * len(differ)))
    chosen = set(drawn(differ, n, rng))
    pieces = []
    for piece in unchanged(case).pieces:
        index = piece.source
        if index is not None and index in chosen:
            text = case.narrative[index].lay
            text = loosened(case, text, rng) if level == 3 else text
            pieces.append(Piece(text, "replaced", index))
        else:
            pieces.append(piece)
    # A greeting in another language says something about the person where the case is about that.
    kind = "greeting" if case.domain == "D5" else "mixed_greeting"
    greeting = drawn(phrases(case, "idiom", kind), 1, rng) if level == 3 else []
    return Rewriting((*(inserted(text) for text in greeting), *pieces))


PROBE = Probe(
    name="lay_idiom",
    version=1,
    family="narrative",
    purpose="Whether everyday wording and loose spelling change the advice on the same facts.",
    rewrite=rewrite,
    source="AI-MASLD (arXiv:2606.07929) has six narrative probes; names and wording are ours",
)
