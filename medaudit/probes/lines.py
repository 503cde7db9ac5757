"""Word tables that suit any speaker: each names its source, and kinds of sentence or phrase.

They are clinical content like the tables of ``medaudit.probes.words``, and tested as such.
"""

from __future__ import annotations

from functools import cache

import yaml
from pydantic import ValidationError

from medaudit.errors import BadInput
from medaudit.probes.words import apart
from medaudit.records import Case, Record, Text
from medaudit.resources import data


class Lines(Record):
    """One file of ``data/words``: kind -> entries, in an order that says nothing."""

    purpose: Text
    source: Text
    entries: dict[str, tuple[Text, ...]]


@cache
def lines(name: str) -> Lines:
    """The table of that name, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / f"{name}.yaml"
    try:
        return Lines.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a table of lines: {error}", file=path.name) from error


def entries(case: Case, name: str, kind: str) -> tuple[str, ...]:
    """The entries of one kind that touch nothing which the case is about."""
    return apart(case, lines(name).entries[kind])
