"""Loose spelling and punctuation, as typed in haste, around everything that carries meaning.

Never touched: numbers and the word after each (its unit), negations, planted secrets, and every
word by which a fact of the case is recognised.
"""

from __future__ import annotations

import random
import re
from functools import cache

import yaml
from pydantic import ValidationError

from medaudit.assertion import matches
from medaudit.errors import BadInput
from medaudit.probes.negation import NEGATION
from medaudit.records import Case, Perspective, Record, Text
from medaudit.resources import data
from medaudit.tokens import NUMBER

_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")
_UNIT = re.compile(r"[\s-]*[^\s.,;]+")
_PRONOUN = re.compile(
    r"(?:^|[,:]\s|\b(?:and|or|but|so|that|what|when|while|where|since|as|because|before|after|"
    r"like|which|then|if|how)\s)$",
    re.IGNORECASE,
)
"""What stands before an *I* that is a person; *bipolar I* and *type I* are not."""
_SLIP, _COMMA, _DOTS = 0.8, 0.5, 0.3
"""Chance of each loosening where it is possible: people are not consistent."""


class Spelling(Record):
    """``data/words/spelling.yaml``: slips by speaker, and words that may lose their capital."""

    purpose: Text
    contractions: dict[str, str]
    slips: dict[Perspective, dict[str, str]]
    openers: tuple[str, ...]


@cache
def spelling() -> Spelling:
    """The table of slips, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / "spelling.yaml"
    try:
        return Spelling.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a table of slips: {error}", file=path.name) from error


def loosened(case: Case, sentence: str, rng: random.Random) -> str:
    """The sentence with dropped apostrophes, capitals and commas and with common slips."""
    kept = protected(case, sentence)
    edits = [
        (word.start(), word.end(), _loose(word, case.perspective, sentence), _SLIP)
        for word in _WORD.finditer(sentence)
    ]
    if not NEGATION.search(sentence):  # a comma can end what a negation governs
        edits += [(m.start(), m.end(), "", _COMMA) for m in re.finditer(r",(?=\s+\w)", sentence)]
    if re.search(r"\w\.$", sentence):
        edits.append((len(sentence) - 1, len(sentence), "...", _DOTS))
    for start, end, loose, chance in sorted(edits, reverse=True):
        wanted = sentence[start:end] != loose and rng.random() < chance
        if wanted and not any(start < stop and begin < end for begin, stop in kept):
            sentence = sentence[:start] + loose + sentence[end:]
    return sentence


def _loose(word: re.Match[str], perspective: Perspective, sentence: str) -> str:
    text, table = word.group(), spelling()
    known = text.lower().replace("’", "'")
    slips = table.contractions | table.slips[perspective]
    opens = word.start() == 0 and (known in table.openers or known in slips)
    pronoun = known.partition("'")[0] == "i" and _PRONOUN.search(sentence[: word.start()])
    if text[0].isupper() and not (opens or pronoun):
        return text  # a name
    loose = slips.get(known, text)
    return loose[0].lower() + loose[1:] if opens or pronoun else loose


def protected(case: Case, sentence: str) -> list[tuple[int, int]]:
    """The characters that no loosening touches: numbers, units, negations, facts, secrets."""
    spans = [m.span() for m in NEGATION.finditer(sentence)]
    for number in NUMBER.finditer(sentence):
        unit = _UNIT.match(sentence, number.end())
        spans.append((number.start(), unit.end() if unit else number.end()))
    for fact in case.facts:
        spans += [(m.start, m.end) for m in matches(sentence, fact.patterns)]
    for secret in case.secrets:
        spans += [m.span() for m in re.finditer(re.escape(secret), sentence, re.I)]
    return spans
