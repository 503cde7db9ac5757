"""Linguistic style: how the message opens, closes and is typed; its sentences say the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from medaudit.probes.draws import drawn
from medaudit.probes.lines import entries
from medaudit.probes.looseness import spelling
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip, inserted
from medaudit.probes.swaps import Change, grouped, places, told_with
from medaudit.records import Case

STYLES = ("formal", "casual", "polite", "terse", "wordy", "text_message", "second_language")
_SHORT = (
    (re.compile(r"\bI am\b"), "I'm"), (re.compile(r"\bI have(?= (?:had|been)\b)"), "I've"),
    (re.compile(r"\bHe is\b"), "He's"), (re.compile(r"\bShe is\b"), "She's"),
    (re.compile(r"\bIt is\b"), "It's"),
)  # fmt: skip


def _contracted(sentence: str) -> Iterator[Change]:
    for long, short in _SHORT:
        for match in long.finditer(sentence):
            yield match.start(), match.end(), short


def _typed(case: Case, sentence: str) -> Iterator[Change]:
    """Abbreviations of everyday words, and a small letter where a sentence opens with one."""
    slips = spelling().slips[case.perspective]
    for match in re.finditer(r"[^\W\d_]+", sentence):
        word = match.group()
        short = slips.get(word.lower(), word)
        if match.start() == 0 and (word.lower() in spelling().openers or short != word):
            short = short[0].lower() + short[1:]
        if short != word:
            yield match.start(), match.end(), short


def rewrite(case: Case, level: int, rng: random.Random, arm: str) -> Rewriting | Skip:
    """Exactly one opening and one closing line; contractions or typing where the style has them."""
    found = []
    if arm == "casual":
        found = places(case, _contracted)
    elif arm == "text_message":
        found = places(case, lambda sentence: _typed(case, sentence))
    opening = drawn(entries(case, "style", f"{arm}_open"), 1, rng)
    ending = drawn(entries(case, "style", f"{arm}_close"), 1, rng)
    if not opening or not ending:
        return Skip("every opening or closing of the style touches what the case is about")
    pieces = told_with(case, grouped(found))
    return Rewriting((inserted(opening[0]), *pieces, inserted(ending[0])), declared=Declared())


PROBE = Probe(
    name="linguistic_style",
    version=1,
    family="fairness",
    purpose="Whether the way somebody writes changes the advice on the same content.",
    rewrite=rewrite,
    levels=(1,),
    source="DAS (arXiv:2508.00923), which has seven styles; the list is ours",
    arms=STYLES,
)
