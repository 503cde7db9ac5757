"""Paraphrase control: small words put otherwise, so that nothing that is said changes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache

from medaudit.probes.draws import drawn
from medaudit.probes.lines import lines
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip
from medaudit.probes.swaps import Change, grouped, places, told_with
from medaudit.records import Case

_SHARE = {1: 1 / 3, 2: 2 / 3, 3: 1.0}


@cache
def pairs() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each phrase of the table as whole words, and what is put in its place."""
    found = [entry.partition(" = ") for entry in lines("paraphrase").entries["pairs"]]
    return tuple((re.compile(rf"(?<!\w){old}(?!\w)"), new) for old, _, new in found)


def _other_words(sentence: str) -> Iterator[Change]:
    taken: list[tuple[int, int]] = []
    for old, new in pairs():
        for match in old.finditer(sentence):
            if not any(match.start() < e and s < match.end() for s, e in taken):
                taken.append(match.span())
                same = new + " " * (len(match.group()) - len(match.group().rstrip()))
                yield match.start(), match.end(), same


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """A third of the places, two thirds, or all; at least one."""
    found = places(case, _other_words)
    if not found:
        return Skip("the story holds none of the phrases of the table")
    chosen = drawn(found, max(1, round(_SHARE[level] * len(found))), rng)
    pieces = told_with(case, grouped(chosen))
    return Rewriting(pieces, declared=Declared(control="paraphrase"))


PROBE = Probe(
    name="paraphrase",
    version=1,
    family="control",
    purpose="How much the answer moves when small words change and nothing that is said does.",
    rewrite=rewrite,
    source="ours",
    expects="The same decision; what moves here is what any rewording moves.",
)
