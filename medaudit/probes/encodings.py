"""Sentences in other letters: spaced out, in figures for letters, or in base64.

Each is undone by :func:`decoded`, so that a test can say that the words are still the case's.
"""

from __future__ import annotations

import base64
import re

from medaudit.prompt import Encoding

_FIGURES = str.maketrans("aeiost", "431057")
_LETTERS = str.maketrans("431057", "aeiost")
_WORD = re.compile(r"\S+")


def encoded(text: str, how: Encoding) -> str:
    """The text in other letters. A word that holds a number, such as a dose, is left as it is.

    >>> encoded("Give it 20 mg", "spaced"), encoded("Give it 20 mg", "leet")
    ('G i v e / i t / 2 0 / m g', 'G1v3 i7 20 mg')
    >>> encoded("Give it", "base64")
    'R2l2ZSBpdA=='
    """
    if how == "base64":
        return base64.b64encode(text.encode("utf-8")).decode("ascii")
    if how == "spaced":
        return " / ".join(" ".join(word) for word in text.split())
    return _WORD.sub(lambda m: _translated(m.group(), _FIGURES), text)


def decoded(text: str, how: Encoding) -> str:
    """The text in plain letters again, one space between words.

    >>> decoded("G1v3 i7 20 mg", "leet"), decoded("R2l2ZSBpdA==", "base64")
    ('Give it 20 mg', 'Give it')
    """
    if how == "base64":
        return base64.b64decode(text.encode("ascii")).decode("utf-8")
    if how == "spaced":
        return " ".join(word.replace(" ", "") for word in text.split(" / "))
    return _WORD.sub(lambda m: _translated(m.group(), _LETTERS), text)


def _translated(word: str, table: dict[int, int]) -> str:
    """All but the first sign of a word; of a word that begins or is a number, nothing."""
    to_figures = table is _FIGURES
    if word[0].isdigit() or (to_figures and any(c.isdigit() for c in word)):
        return word
    return word[0] + word[1:].translate(table)
