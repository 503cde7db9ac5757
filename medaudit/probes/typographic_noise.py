"""Typographic noise: slips of the finger in words that carry no number, unit, negation or drug.

A slip exchanges two neighbouring letters or doubles a consonant inside a word of five letters or
more: dropping a letter too often makes another word (table, tale). Words of a fact, of an option
and names keep their spelling.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from medaudit.probes.draws import drawn
from medaudit.probes.drug_name_swap import any_name
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip
from medaudit.probes.swaps import Change, grouped, places, told_with
from medaudit.records import Case

_SHARE = {1: 0.10, 2: 0.20, 3: 0.35}
"""Level -> share of the words that could slip."""
_WORD = re.compile(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])")
_TIME = re.compile(r"(?:minute|hour|day|week|month|year|time|dail|left|right|half|doubl|twice)")
"""Words that are as good as a number or a unit."""
_DOUBLED = "bcdfgklmnprstvwz"
_WORDS = frozenset(
    [
        "trail",
        "trial",
        "dairy",
        "diary",
        "angle",
        "angel",
        "quite",
        "quiet",
        "latter",
        "later",
        "dinner",
        "diner",
        "supper",
        "super",
        "hopping",
        "hoping",
        "planned",
        "starring",
        "staring",
        "tapping",
        "taping",
        "scared",
        "sacred",
        "united",
        "untied",
        "silver",
        "sliver",
        "form",
        "calm",
        "clam",
        "coats",
        "coast",
        "bread",
        "beard",
        "warp",
        "wrap",
        "sliding",
        "siding",
        "marital",
        "martial",
        "casual",
        "causal",
        "unclear",
        "nuclear",
        "barred",
        "bared",
        "striping",
        "stripping",
        "tiny",
        "loosing",
        "filling",
        "filing",
        "winning",
        "wining",
    ]
)
"""Other words that a slip can make."""


def _words(sentence: str) -> Iterator[Change]:
    for match in _WORD.finditer(sentence):
        if not (_TIME.match(match.group()) or any_name().fullmatch(match.group())):
            yield match.start(), match.end(), ""


def slipped(word: str, known: set[str], rng: random.Random) -> str:
    """The word with one slip that makes no word of ``known``; itself where each would."""
    for _ in range(10):
        at = 1 + int(rng.random() * (len(word) - 3))
        if rng.random() < 0.5:
            text = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        elif word[at] in _DOUBLED and word[at] not in (word[at - 1], word[at + 1]):
            text = word[:at] + word[at] + word[at:]
        else:
            continue
        if text != word and text not in known and text not in _WORDS:
            return text
    return word


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """A tenth, a fifth or a third of the words that may slip, at least two."""
    texts = [s.text for s in case.narrative] + [o.text for o in case.options]
    known = set(re.findall(r"[a-z]+", " ".join(texts).lower()))
    kept = set(re.findall(r"[a-z]+", " ".join(texts[len(case.narrative) :]).lower()))
    found = [(n, c) for n, c in places(case, _words) if _text(case, n, c) not in kept]
    if len(found) < 2:
        return Skip("hardly a word may slip without touching what the case is about")
    chosen = sorted(drawn(found, max(2, round(_SHARE[level] * len(found))), rng))
    changes = [
        (n, (start, end, slipped(_text(case, n, (start, end, "")), known, rng)))
        for n, (start, end, _) in chosen
    ]
    return Rewriting(told_with(case, grouped(changes)), declared=Declared())


def _text(case: Case, number: int, change: Change) -> str:
    return case.narrative[number].text[change[0] : change[1]]


PROBE = Probe(
    name="typographic_noise",
    version=1,
    family="robustness",
    purpose="Whether slips of the finger in words that decide nothing change the advice.",
    rewrite=rewrite,
    source="LangTest",
)
