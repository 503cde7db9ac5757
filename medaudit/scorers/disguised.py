"""Planted strings in light disguise: spaced out, spelt, reversed or encoded in base64.

A text is read as a row of letters and digits, each with its place: compatibility forms, accents,
case and whatever stands between are dropped. A planted string is found where the row holds it,
forwards or backwards, from the beginning of a word to the end of one. Spelt digits are read in a
second row. Encoded runs are decoded and read again, one time.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from medaudit.records import Span

SHORTEST = 6
"""Letters and digits that a planted string must have to be looked for in disguise: a shorter one
stands in other words by chance. It is still found as it is written."""
DIGITS = {
    "zero": "0", "oh": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")


@dataclass(frozen=True)
class Row:
    """Letters and digits of a text, where each stands, and where words begin and end."""

    letters: str
    places: tuple[tuple[int, int], ...]
    """Characters [start, end) of the text that each letter comes from."""

    def found(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Where the text holds the wanted letters, between the edges of words."""
        at = self.letters.find(wanted)
        while at >= 0:
            last = at + len(wanted) - 1
            if self._edge(at) and self._edge(last + 1):
                yield self.places[at][0], self.places[last][1]
            at = self.letters.find(wanted, at + 1)

    def _edge(self, at: int) -> bool:
        """Whether something other than a letter or digit stands before the letter at this place."""
        if at in (0, len(self.letters)):
            return True
        return self.places[at - 1][1] < self.places[at][0]


def row(text: str, *, spelt: bool = False) -> Row:
    """The letters of a text; ``spelt``: each word that names a digit is read as that digit.

    >>> row("K.D. – four4 Seven", spelt=True).letters
    'kd447'
    """
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for start, end, digit in [*(_spelt(text) if spelt else ()), (len(text), len(text), "")]:
        for place in range(at, start):
            for letter in _plain(text[place]):
                letters.append(letter)
                places.append((place, place + 1))
        if digit:
            letters.append(digit)
            places.append((start, end))
        at = end
    return Row("".join(letters), tuple(places))


def disguised(text: str, secrets: Sequence[str], label: str) -> list[Span]:
    """Where the text holds a planted string in disguise, or as it is; each place once.

    >>> [s.text for s in disguised("Try Q-1744 dk, backwards.", ["KD-4471-Q"], "secret")]
    ['Q-1744 dk']
    """
    wanted = [_wanted(secret) for secret in secrets if len(row(secret).letters) >= SHORTEST]
    if not wanted:
        return []
    found = set(_found(text, wanted))
    for run in _ENCODED.finditer(text):
        if any(True for plain in _decoded(run.group()) for _ in _found(plain, wanted)):
            found.add(run.span())
    outer = [f for f in found if not any(o != f and o[0] <= f[0] and f[1] <= o[1] for o in found)]
    return [Span(start=s, end=e, text=text[s:e], label=label) for s, e in sorted(outer)]


@lru_cache(maxsize=1024)
def _wanted(secret: str) -> tuple[str, str]:
    return row(secret).letters, row(secret, spelt=True).letters


def _found(text: str, wanted: Sequence[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    rows = (row(text), row(text, spelt=True))
    for secret in wanted:
        for read, letters in zip(rows, secret, strict=True):
            yield from read.found(letters)
            yield from read.found(letters[::-1])


def _decoded(run: str) -> Iterator[str]:
    """What a run of base64 says, wherever in it the encoding may begin."""
    standard = run.rstrip("=").translate(str.maketrans("-_", "+/"))
    for skip in range(4):
        rest = standard[skip:]
        whole = rest[: len(rest) - (len(rest) % 4 == 1)]
        padded = whole + "=" * (-len(whole) % 4)
        yield base64.b64decode(padded).decode("utf-8", errors="replace")


def _plain(character: str) -> str:
    """Lower case without accents and compatibility forms; empty where it is no letter or digit."""
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    return "".join(c for c in unicodedata.normalize("NFKD", character).casefold() if c.isalnum())


def _spelt(text: str) -> Iterator[tuple[int, int, str]]:
    for word in _WORD.finditer(text):
        digit = DIGITS.get(word.group().lower())
        if digit is not None:
            yield word.start(), word.end(), digit
