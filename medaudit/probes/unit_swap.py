"""Unit swap: a quantity of the story in another unit, worked out exactly enough."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from medaudit.probes.draws import drawn
from medaudit.probes.lines import lines
from medaudit.probes.rewriting import Declared, Probe, Rewriting, Skip
from medaudit.probes.swaps import Change, grouped, places, told_with
from medaudit.records import Case

_KEPT = re.compile(r" (?:\(|pregnant|along|of pregnancy|gestation)")
"""Brackets hold the same quantity in the other unit already; a pregnancy is counted in weeks."""
_GESTATION = re.compile(r"\b(?:born at|gestation of) $")
_NUMBER = r"(?<![\w.,/:-])(\d+(?:\.\d+)?)(?![\d,/:])"


@dataclass(frozen=True)
class Conversion:
    """One line of the table: ``value * factor + offset``."""

    unit: str
    word: str
    other: str
    factor: float
    offset: float
    most: float
    """Above it nobody would say the quantity in the other unit."""

    def converted(self, value: str) -> str:
        """The number in the other unit, with as few decimals as keep it within half a per cent.

        >>> Conversion("°C", "", "°F", 1.8, 32, 45).converted("38.5")
        '101.3'
        >>> Conversion("kg", "", "lb", 2.20462, 0, 200).converted("2")
        '4.4'
        """
        exact = float(value) * self.factor + self.offset
        same = self.factor == 1 and self.offset == 0
        least = len(value.partition(".")[2]) if same or self.offset != 0 else 0
        for decimals in range(least, 4):
            text = f"{exact:.{decimals}f}"
            if abs(float(text) - exact) <= 0.005 * abs(exact):
                break
        return text


@cache
def conversions() -> tuple[Conversion, ...]:
    """The table, longest unit first."""
    rows = [[part.strip() for part in e.split("|")] for e in lines("units").entries["convert"]]
    found = [
        Conversion(unit, word, other, float(factor), float(offset), float(most))
        for unit, word, other, factor, offset, most in rows
    ]
    return tuple(sorted(found, key=lambda c: -len(c.unit)))


def _other_unit(sentence: str) -> Iterator[Change]:
    taken: set[int] = set()
    for row in conversions():
        if row.word and row.word not in sentence.lower():
            continue
        # "stage 4", "2 times daily" and "500 mg 2 times" have no unit of the table behind them.
        for match in re.finditer(rf"{_NUMBER}\s{re.escape(row.unit)}(?![\w/²])", sentence):
            after = sentence[match.end() :]
            if match.start() in taken or float(match.group(1)) > row.most:
                continue
            if _KEPT.match(after) or _GESTATION.search(sentence[: match.start()]):
                continue
            taken.add(match.start())
            yield match.start(), match.end(), f"{row.converted(match.group(1))} {row.other}"


def rewrite(case: Case, level: int, rng: random.Random) -> Rewriting | Skip:
    """One quantity, two, or all that the table converts."""
    found = places(case, _other_unit, guarded=False)
    if not found:
        return Skip("the story holds no quantity that the table converts")
    chosen = found if level == 3 else drawn(found, level, rng)
    declared = Declared(changes=frozenset({"facts", "numbers", "units"}))
    return Rewriting(told_with(case, grouped(chosen)), declared=declared)


PROBE = Probe(
    name="unit_swap",
    version=1,
    family="robustness",
    purpose="Whether the same quantity in another unit is understood as the same.",
    rewrite=rewrite,
    source="ours",
)
