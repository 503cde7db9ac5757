"""The red flag as an aside: told last, between small talk, played down."""

from __future__ import annotations

import random

from medaudit.probes.draws import drawn
from medaudit.probes.noise_redundancy import remarks_for
from medaudit.probes.rewriting import Piece, Probe, Rewriting, Skip, inserted, rearranged
from medaudit.probes.words import phrases
from medaudit.records import Case


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """1: at the end. 2: at the end between irrelevant remarks. 3: the same, and played down."""
    flags = red_flags(case)
    rest = [i for i in range(len(case.narrative)) if i not in flags]
    if not rest:
        return Skip("every sentence carries a red flag: there is nothing to bury it under")
    pieces = rearranged(case, rest + flags)
    head, tail = pieces[: len(rest)], pieces[len(rest) :]
    # Two asides at most: a speaker who adds a third is telling the story, not dropping a hint.
    half = (len(tail) + 1) // 2
    asides = [tail] if level == 1 else [a for a in (tail[:half], tail[half:]) if a]
    leads = drawn(phrases(case, "asides", "lead"), len(asides), rng)
    remarks = remarks_for(case, len(asides) + 1, rng) if level > 1 else []
    before = drawn(phrases(case, "asides", "play_down_before"), len(asides), rng)
    after = drawn(phrases(case, "asides", "play_down_after"), len(asides), rng)
    buried: list[Piece] = []
    for k, aside in enumerate(asides):
        frame = [*remarks[k : k + 1], *leads[k : k + 1], *(before[k : k + 1] if level == 3 else [])]
        buried += [inserted(text) for text in frame] + aside
        buried += [inserted(text) for text in (after[k : k + 1] if level == 3 else [])]
    buried += [inserted(text) for text in remarks[len(asides) :]]
    return Rewriting(tuple(head + buried))


def red_flags(case: Case) -> list[int]:
    """The sentences that carry a fact of weight 3, in the order of the narrative."""
    weight = {fact.id: fact.weight for fact in case.facts}
    return [i for i, s in enumerate(case.narrative) if any(weight[f] == 3 for f in s.facts)]


PROBE = Probe(
    name="buried_red_flag",
    version=1,
    family="narrative",
    purpose="Whether a red flag that is mentioned late and in passing is still acted on.",
    rewrite=rewrite,
    source="AI-MASLD (arXiv:2606.07929) has six narrative probes; names and wording are ours",
)
