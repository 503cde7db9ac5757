"""A case as it is asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from medaudit.records.base import Control, Evidence, Expectation, Hash, Record, Slug, Text
from medaudit.records.case import Case

_LATER = ("arm", "lifts", "evidence", "names")
"""Fields that came after the first suites were frozen."""


class Message(Record):
    role: Literal["system", "user", "assistant"]
    text: Text
    images: tuple[Slug, ...] = ()


class Edit(Record):
    """What the probe changed: characters [start, end) of the last user message."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    kind: Literal["inserted", "replaced", "moved"]


class Check(Record):
    """One automatic validity check of a variant."""

    name: Slug
    passed: bool
    reason: str = ""


class Variant(Record):
    """A case as it is asked. ``id`` is the hash of everything else that reaches a model."""

    id: Hash
    case_id: Slug
    family: Slug
    """``base`` or the probe's family."""
    probe: Slug
    probe_version: int
    level: Annotated[int, Field(ge=0)]
    """Dose: 0 for the base, then 1, 2, 3."""
    seed: int
    expectation: Expectation = "invariant"
    expected: tuple[Slug, ...] = ()
    """Acceptable decisions where the probe changes them; empty: those of the case."""
    control: Control = "none"
    group: Slug | None = None
    clinically_relevant: bool | None = None
    messages: Annotated[tuple[Message, ...], Field(min_length=1)]
    edits: tuple[Edit, ...] = ()
    checks: tuple[Check, ...] = ()
    arm: Slug | None = None
    """Which of its kinds the probe used (a style, a label, a format); None: it has one kind."""
    lifts: tuple[Slug, ...] = ()
    """Facts, forbidden actions and criteria of the case that the declared change sets aside."""
    evidence: Evidence | None = None
    """What became of the decisive finding. None: it stands as the case has it."""
    names: tuple[Text, ...] = ()
    """Regular expressions for the finding that an answer must name as missing or contradicted."""

    @model_serializer(mode="wrap")
    def _without_what_is_unset(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Later fields stand only where they say something: older suites keep their id."""
        fields: dict[str, Any] = written(self)
        return {k: v for k, v in fields.items() if k not in _LATER or v}

    @property
    def valid(self) -> bool:
        """Whether every automatic check passed."""
        return all(check.passed for check in self.checks)


def judged(case: Case, variant: Variant) -> Case:
    """The case by which answers to this variant are judged: without what the variant lifts."""
    if not variant.lifts:
        return case
    lifted = set(variant.lifts)
    return case.model_copy(
        update={
            part: tuple(item for item in getattr(case, part) if item.id not in lifted)
            for part in ("facts", "forbidden", "rubric")
        }
    )
