"""Words put in place of words, so that every one of them can be put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from medaudit.probes.looseness import protected
from medaudit.probes.rewriting import Piece, Swap, unchanged
from medaudit.records import Case

Change = tuple[int, int, str]
"""Characters [start, end) of a sentence, and what stands there instead."""


def swapped(sentence: str, source: int, changes: Iterable[Change]) -> Piece:
    """The sentence with the changes made, each remembered; overlapping ones are left out."""
    text, at, swaps, before = "", 0, [], 0
    for start, end, new in sorted(changes):
        if start < before or sentence[start:end] == new:
            continue
        text += sentence[at:start]
        swaps.append(Swap(start=len(text), end=len(text) + len(new), old=sentence[start:end]))
        text += new
        at = before = end
    text += sentence[at:]
    return Piece(text, "replaced" if swaps else "original", source, tuple(swaps))


def told_with(case: Case, changes: Mapping[int, Iterable[Change]]) -> tuple[Piece, ...]:
    """The case's narrative with these changes: number of a sentence -> its changes."""
    return tuple(
        swapped(piece.text, piece.source, changes[piece.source])
        if piece.source is not None and piece.source in changes
        else piece
        for piece in unchanged(case).pieces
    )


def places(
    case: Case, find: Callable[[str], Iterable[Change]], *, guarded: bool = True
) -> list[tuple[int, Change]]:
    """Every change that is possible in the narrative, in reading order.

    ``guarded``: none inside a number, its unit, a negation, a fact's own words or a secret.
    """
    found: list[tuple[int, Change]] = []
    for number, sentence in enumerate(case.narrative):
        kept = protected(case, sentence.text) if guarded else []
        found += [
            (number, (start, end, new))
            for start, end, new in find(sentence.text)
            if not any(start < stop and begin < end for begin, stop in kept)
        ]
    return found


def grouped(found: Iterable[tuple[int, Change]]) -> dict[int, list[Change]]:
    """Changes by sentence."""
    by_sentence: dict[int, list[Change]] = {}
    for number, change in found:
        by_sentence.setdefault(number, []).append(change)
    return by_sentence
