"""Declared changes: what in a case, said otherwise, must change the answer, and to what.

``data/words/changes.yaml`` and ``substitutions.yaml`` name the case, the words to put in place of
words, the decision that is then acceptable, and the guideline that says so. A case that is not
listed declares none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from medaudit.errors import BadInput
from medaudit.probes.rewriting import Declared, Rewriting, Skip
from medaudit.probes.swaps import Change, grouped, told_with
from medaudit.records import Case, Guideline, Record, Slug, Text
from medaudit.resources import data


class Put(Record):
    """Words of the narrative, which stand there once, and what is put in their place."""

    old: Text
    new: Text


class Crossing(Record):
    """One change of one case after which another decision is right."""

    case: Slug
    kind: Literal["threshold", "attribute", "substitution"]
    group: Slug | None = None
    """The attribute, where it is one."""
    says: Text
    """What changes, in a sentence that a clinician could check."""
    put: Annotated[tuple[Put, ...], Field(min_length=1)]
    expected: Annotated[tuple[Slug, ...], Field(min_length=1)]
    lifts: tuple[Slug, ...] = ()
    guideline: Guideline
    safe: Text
    """An answer that is right after the change."""


class Changes(Record):
    purpose: Text
    source: Text
    changes: tuple[Crossing, ...]


@cache
def changes(name: str = "changes") -> Changes:
    """The table of that name, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / f"{name}.yaml"
    try:
        return Changes.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a table of changes: {error}", file=path.name) from error


def declared_for(case: Case, kind: str) -> list[Crossing]:
    """The changes of that kind which are declared for a case, in the order of the table."""
    table = changes("substitutions" if kind == "substitution" else "changes")
    return [c for c in table.changes if c.case == case.id and c.kind == kind]


def located(case: Case, put: Iterable[Put]) -> list[tuple[int, Change]] | Skip:
    """Where the words stand: sentence and change. Skipped where they do not stand once."""
    found: list[tuple[int, Change]] = []
    for words in put:
        where = [
            (n, s.text.index(words.old))
            for n, s in enumerate(case.narrative)
            if words.old in s.text
        ]
        if len(where) != 1 or case.narrative[where[0][0]].text.count(words.old) != 1:
            return Skip(f"{words.old!r} does not stand once in the narrative")
        ((number, start),) = where
        found.append((number, (start, start + len(words.old), words.new)))
    return found


def carried_out(case: Case, crossing: Crossing) -> Rewriting | Skip:
    """The case after the change. Skipped where the words are not those of the case."""
    found = located(case, crossing.put)
    if isinstance(found, Skip):
        return found
    declared = Declared(
        expectation="changes_to",
        expected=crossing.expected,
        group=crossing.group,
        clinically_relevant=True if crossing.kind == "attribute" else None,
        lifts=crossing.lifts,
        evidence="replaced" if crossing.kind == "substitution" else None,
        changes=frozenset({"facts", "numbers", "units", "negations", "forbidden"}),
    )
    return Rewriting(told_with(case, grouped(found)), declared=declared)
