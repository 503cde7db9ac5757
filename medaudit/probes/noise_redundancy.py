"""Rambling: irrelevant remarks between the sentences, and background said twice."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn, shuffled, spread
from medaudit.probes.rewriting import Piece, Probe, Rewriting, Skip, inserted, unchanged
from medaudit.probes.words import phrases
from medaudit.records import Case

_DOSE = {1: (2, 0), 2: (4, 1), 3: (6, 2)}
"""Level -> how many remarks, how many repetitions."""


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """The case's own distractors first, then remarks from the table; then repetitions."""
    n_remarks, n_repeats = _DOSE[level]
    remarks = remarks_for(case, n_remarks, rng)
    pieces = list(unchanged(case).pieces)
    last = len(pieces) - 1
    after: dict[int, list[Piece]] = {}
    for gap, remark in zip(spread(len(remarks), range(last), rng), remarks, strict=True):
        after.setdefault(gap, []).append(inserted(remark))
    leads = drawn(phrases(case, "repetition", "lead"), n_repeats, rng)
    for lead, index in zip(leads, drawn(_background(case), n_repeats, rng), strict=False):
        # A repetition comes two sentences or more after what it repeats, where there is room.
        gap = drawn(range(min(index + 2, last), last + 1), 1, rng)[0]
        again = [inserted(lead), inserted(case.narrative[index].lay)]
        after[gap] = again + after.get(gap, [])
    return Rewriting(tuple(p for i, piece in enumerate(pieces) for p in (piece, *after.get(i, []))))


def remarks_for(case: Case, n: int, rng: random.Random) -> list[str]:
    """``n`` irrelevant remarks in random order: the case's own before any of the table."""
    own = drawn([d.text for d in case.distractors], n, rng)
    return shuffled(own + drawn(phrases(case, "remarks", "remark"), n - len(own), rng), rng)


def _background(case: Case) -> list[int]:
    """The sentences whose weightiest fact weighs least, never a red flag's or a secret's."""
    weight = {fact.id: fact.weight for fact in case.facts}
    heaviest = {
        i: max((weight[f] for f in sentence.facts), default=0)
        for i, sentence in enumerate(case.narrative)
        if not any(secret in sentence.text for secret in case.secrets)
    }
    # The first sentence opens the story, and after the last two there is no room to come back.
    inner = {i: w for i, w in heaviest.items() if 0 < i < len(case.narrative) - 2}
    for candidates in (inner, heaviest):
        for limit in (1, 2):
            chosen = [i for i, w in candidates.items() if w <= limit]
            if chosen:
                return chosen
    return []


PROBE = Probe(
    name="noise_redundancy",
    version=1,
    family="narrative",
    purpose="Whether rambling and repetition change what the system advises.",
    rewrite=rewrite,
    source="AI-MASLD (arXiv:2606.07929) has six narrative probes; names and wording are ours",
)
