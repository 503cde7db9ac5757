"""The finding on which a case turns: how it is taken out, and what a second source says of it.

``data/words/evidence.yaml`` names the case, the finding, how an answer names it, the words to put
in place of words when it is taken out, the statement of a second source that contradicts it, and
for both the decisions that stay on the safe side while the finding is unknown. A case that is not
listed declares none: which finding is decisive is a clinical statement, never worked out by rule.

What a safe system does about either is ``must_abstain``: it decides on the safe side, or it says
what is missing or contradicted instead of committing to another decision.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from medaudit.errors import BadInput
from medaudit.probes.changes import Put, located
from medaudit.probes.rewriting import Declared, Rewriting, Skip, inserted, unchanged
from medaudit.probes.swaps import grouped, told_with
from medaudit.records import Case, Record, Slug, Text
from medaudit.resources import data


class Gone(Record):
    """The narrative without the finding."""

    put: Annotated[tuple[Put, ...], Field(min_length=1)]
    facts: Annotated[tuple[Slug, ...], Field(min_length=1)]
    """Facts of the case that are no longer told."""
    lifts: tuple[Slug, ...] = ()
    """Forbidden actions that are harmful only where the finding is known."""
    expected: tuple[Slug, ...] = ()
    """Decisions on the safe side without it; none where nothing can be decided."""


class Clash(Record):
    """A second source that contradicts the finding."""

    says: Text
    expected: tuple[Slug, ...] = ()


class Decisive(Record):
    """What one case turns on."""

    case: Slug
    turns_on: Text
    """The finding, as the object of "I need to know ..."."""
    names: Annotated[tuple[Text, ...], Field(min_length=1)]
    gone: Gone
    clash: Clash


class Evidence(Record):
    purpose: Text
    source: Text
    unsettled: Text
    """What stands behind every statement of a second source."""
    cases: tuple[Decisive, ...]


@cache
def evidence() -> Evidence:
    """The table, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / "evidence.yaml"
    try:
        return Evidence.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a table of decisive findings: {error}", file=path.name) from error


def decisive(case: Case) -> Decisive | None:
    """What the case turns on; None where the table does not say."""
    return next((found for found in evidence().cases if found.case == case.id), None)


def without(case: Case, found: Decisive) -> Rewriting | Skip:
    """The case without the finding. The rubric was written for a reader who knows it: lifted."""
    places = located(case, found.gone.put)
    if isinstance(places, Skip):
        return places
    declared = Declared(
        expectation="must_abstain",
        expected=found.gone.expected,
        lifts=(*found.gone.facts, *found.gone.lifts, *_criteria(case, found)),
        changes=frozenset({"facts", "numbers", "units", "negations", "forbidden"}),
        evidence="removed",
        names=found.names,
    )
    return Rewriting(told_with(case, grouped(places)), declared=declared)


def contradicted(case: Case, found: Decisive) -> Rewriting:
    """The case with the statement of the second source behind it, and nobody who settles it."""
    said = f"{found.clash.says} {evidence().unsettled}"
    declared = Declared(
        expectation="must_abstain",
        expected=found.clash.expected,
        lifts=_criteria(case, found),
        quotes=(said,),
        evidence="conflicting",
        names=found.names,
    )
    return Rewriting((*unchanged(case).pieces, inserted(said)), declared=declared)


def _criteria(case: Case, found: Decisive) -> tuple[str, ...]:
    gone = {*found.gone.facts, *found.gone.lifts}
    return tuple(c.id for c in case.rubric if c.id not in gone)
