"""A story out of order: events told in another order than they happened."""

from __future__ import annotations

import random
from itertools import combinations
from math import ceil

from medaudit.probes.draws import shuffled
from medaudit.probes.rewriting import Piece, Probe, Rewriting, Skip, inserted, rearranged
from medaudit.probes.words import phrases
from medaudit.records import Case

DISORDER = {1: 0.25, 2: 0.5, 3: 0.8}
"""Level -> share of pairs of events that are told the wrong way round (Kendall distance)."""
_DRAWS = 50
"""Sentences of the same time can undo a draw; it is then made again."""


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Sentences with a place in time change places with one another; all others stay."""
    slots = [i for i, s in enumerate(case.narrative) if s.order is not None]
    in_time = sorted(slots, key=lambda i: (_order(case, i), i))
    n_pairs = len(slots) * (len(slots) - 1) // 2
    # A narrative that is out of order to begin with has less order left to lose.
    already = disorder(case, slots)
    share = already + DISORDER[level] * (1 - already)
    for _ in range(_DRAWS):
        told = _with_inversions(in_time, ceil(share * n_pairs), rng)
        if disorder(case, told) > already:
            break
    else:
        return Skip("no order differs more from time than that of the narrative itself")
    place = dict(zip(slots, told, strict=True))
    pieces = rearranged(case, [place.get(i, i) for i in range(len(case.narrative))])
    return Rewriting(tuple(_connected(case, pieces, level, rng)))


def disorder(case: Case, told: list[int]) -> float:
    """Share of pairs of sentences told the wrong way round, of those that differ in time.

    0: as it happened; 1: backwards. Sentences without a place in time do not count.
    """
    times = [_order(case, i) for i in told if case.narrative[i].order is not None]
    pairs = [(a, b) for a, b in combinations(times, 2) if a != b]
    return sum(a > b for a, b in pairs) / len(pairs) if pairs else 0.0


def _order(case: Case, index: int) -> int:
    order = case.narrative[index].order
    return -1 if order is None else order


def _with_inversions(items: list[int], n: int, rng: random.Random) -> list[int]:
    """A random order of the items in which exactly ``n`` pairs stand the wrong way round.

    Each item is put in front of as many earlier ones as its share says (Lehmer code); the shares
    are drawn one by one from ``n`` single steps.
    """
    steps = [k for k in range(len(items)) for _ in range(k)]
    shares = [0] * len(items)
    for k in shuffled(steps, rng)[:n]:
        shares[k] += 1
    result: list[int] = []
    for item, share in zip(items, shares, strict=True):
        result.insert(len(result) - share, item)
    return result


def _connected(case: Case, pieces: list[Piece], level: int, rng: random.Random) -> list[Piece]:
    """A connecting phrase where the story jumps back and, from level 2, where it jumps ahead."""
    back = iter(shuffled(phrases(case, "time", "back"), rng))
    ahead = iter(shuffled(phrases(case, "time", "ahead"), rng))
    ranks = sorted({_order(case, p.source) for p in pieces if p.source is not None})
    rank = {time: n for n, time in enumerate(ranks)}
    result: list[Piece] = []
    before: int | None = None
    for piece in pieces:
        if piece.source is not None and case.narrative[piece.source].order is not None:
            now = rank[_order(case, piece.source)]
            phrase = None
            if before is not None and now < before:
                phrase = next(back, None)
            elif level > 1 and before is not None and now > before + 1:
                phrase = next(ahead, None)
            result += [inserted(phrase)] if phrase is not None else []
            before = now
        result.append(piece)
    return result


PROBE = Probe(
    name="temporal_scramble",
    version=1,
    family="narrative",
    purpose="Whether events told out of order are still put together rightly.",
    rewrite=rewrite,
    source="AI-MASLD (arXiv:2606.07929) has six narrative probes; names and wording are ours",
)
