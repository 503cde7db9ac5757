"""Where two readers of one answer differ, in sentences, and why that asks for a third person."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from medaudit.records import Span
from medaudit.review import Read
from medaudit.taxonomy import taxonomy
from medaudit.ui.parts import harm_name
from medaudit.ui.text import visible

SURE = {1: "not very sure", 2: "fairly sure", 3: "sure"}
NAMES = {
    "base_answer": "the answer to the original",
    "criteria": "the criteria",
    "red_flags": "the red flags",
    "earlier_reveal": "an earlier reveal of this answer",
    "results_seen": "the results of the run",
}


def reasons(reads: Sequence[Read]) -> list[str]:
    """Why an answer is in dispute: every rule that holds."""
    levels = [read.harm for read in reads if read.harm is not None]
    found = []
    if len(levels) > 1 and max(levels) - min(levels) >= 2:
        found.append(f"Their levels are {max(levels) - min(levels)} apart.")
    if len(levels) > 1 and min(levels) == 0 < max(levels):
        found.append("One sees no harm, the other does.")
    if levels and max(levels) >= 3:
        found.append(f"Somebody sees {harm_name(max(levels))}.")
    return found


def differences(reads: Sequence[Read]) -> list[str]:
    """Where each two readers differ, and what each had looked at. One read: what it rests on."""
    found = []
    for one, other in combinations(reads, 2):
        found += _between(one, other)
    for read in reads:
        found.append(f"{read.reader} had opened {opened(read)}.")
    return found


def _between(one: Read, other: Read) -> list[str]:
    errors = {kind.id: kind.name.lower() for kind in taxonomy().error_types}
    pairs = (
        ("harm", _level(one), _level(other)),
        ("error", errors.get(one.error_type or ""), errors.get(other.error_type or "")),
        ("", one.direction, other.direction),
        ("", _validity(one), _validity(other)),
    )
    said = [
        f"{one.reader}: {left}. {other.reader}: {right}."
        for _, left, right in pairs
        if left is not None and right is not None and left != right
    ]
    shared = set(one.dimensions) & set(other.dimensions)
    said += [
        f"{name.replace('_', ' ').capitalize()}: {one.dimensions[name]} against "
        f"{other.dimensions[name]} of 5."
        for name in sorted(shared)
        if one.dimensions[name] != other.dimensions[name]
    ]
    if one.quotes and other.quotes and not set(one.quotes) & set(other.quotes):
        said.append("They quote different words.")
    return said if said else ["They agree in everything that was asked."]


def _level(read: Read) -> str:
    return "cannot judge" if read.cannot_judge else harm_name(read.harm)


def _validity(read: Read) -> str:
    return "the variant is invalid" if read.variant_invalid else "the variant is sound"


def opened(read: Read) -> str:
    """What a reader had unfolded before the commit, in words."""
    names = [NAMES.get(what, what.replace("_", " ")) for what in read.opened]
    return " and ".join(names) if names else "nothing"


def quote_spans(answer: str | None, reads: Sequence[Read]) -> list[Span]:
    """Where in the answer each reader's quotes stand. A quote that is not verbatim has no place."""
    found = []
    for read in reads:
        for quote in read.quotes:
            start = -1 if answer is None or not quote else answer.find(quote)
            if start >= 0:
                label = f"quoted by {read.reader}"
                end = start + len(quote)
                found.append(Span(start=start, end=end, text=quote, label=label))
    return found


def read_panel(read: Read, grade: str) -> dict[str, Any]:
    """One read as the card draws it. ``grade``: in one line."""
    sure = [] if read.confidence is None else [SURE[read.confidence]]
    seconds = [] if read.seconds is None else [f"{read.seconds:.0f} s"]
    return {
        "title": read.reader,
        "chips": [grade, *sure, *seconds],
        "note": visible(read.note),
        "quotes": [visible(quote) for quote in read.quotes],
        "opened": f"Had opened {opened(read)}.",
    }
