"""The word tables: remarks, asides and frames that probes put between a case's own sentences.

They are clinical content and are tested as such: no entry carries a number, a symptom, a
treatment or a negation, and each is a sentence of its own. An entry that happens to match a
pattern of the case at hand is never used on it.
"""

from __future__ import annotations

from functools import cache, lru_cache

import yaml
from pydantic import ValidationError

from medaudit.assertion import matches
from medaudit.errors import BadInput
from medaudit.records import Case, Perspective, Record, Text
from medaudit.resources import data


class Table(Record):
    """One file of ``data/words``: kind of entry -> who speaks -> sentences."""

    purpose: Text
    entries: dict[str, dict[Perspective, tuple[Text, ...]]]


@cache
def table(name: str) -> Table:
    """The word table of that name, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / f"{name}.yaml"
    try:
        return Table.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a word table: {error}", file=path.name) from error


def phrases(case: Case, name: str, kind: str) -> tuple[str, ...]:
    """The entries for this case's speaker that touch nothing which the case is about."""
    return apart(case, table(name).entries[kind][case.perspective])


def apart(case: Case, entries: tuple[str, ...]) -> tuple[str, ...]:
    """Those that no fact, distractor, forbidden action or secret of the case recognises."""
    recognisers = (
        *(fact.patterns for fact in case.facts),
        *(distractor.patterns for distractor in case.distractors),
        *(action.patterns for action in case.forbidden),
    )
    return _apart(entries, tuple(p for patterns in recognisers for p in patterns), case.secrets)


@lru_cache(maxsize=4096)
def _apart(
    entries: tuple[str, ...], patterns: tuple[str, ...], secrets: tuple[str, ...]
) -> tuple[str, ...]:
    every = "\n".join(entries)
    if not _touched(every, patterns, secrets):  # almost always, and much quicker
        return entries
    return tuple(entry for entry in entries if not _touched(entry, patterns, secrets))


def _touched(text: str, patterns: tuple[str, ...], secrets: tuple[str, ...]) -> bool:
    return bool(matches(text, patterns)) or any(s.lower() in text.lower() for s in secrets)
