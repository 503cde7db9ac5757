"""A case as it is asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medaudit.records.base import Control, Expectation, Hash, Record, Slug, Text


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

    @property
    def valid(self) -> bool:
        """Whether every automatic check passed."""
        return all(check.passed for check in self.checks)
