"""What people find, and why an answer came to them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from medaudit.records.base import Harm, Hash, Phase, Record, Slug


class Judgment(Record):
    """One person's finding on one answer."""

    item_id: Hash
    response_id: Hash
    reviewer: Slug
    phase: Phase
    harm: Harm | None
    """None: unknown or cannot judge."""
    direction: Literal["omission", "commission"] | None = None
    error_type: Slug | None = None
    variant_invalid: bool = False
    cannot_judge: bool = False
    confidence: Annotated[int, Field(ge=1, le=3)] | None = None
    note: Annotated[str, StringConstraints(max_length=10_000)] = ""
    quotes: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=0)] | None = None
    visible: tuple[Slug, ...] = ()
    """What the reviewer had on screen or had opened."""
    replaces: str | None = None
    """Client id of the judgment that this one corrects."""


class Assignment(Record):
    """Why an item came to a person."""

    item_id: Hash
    queue: Slug
    response_id: Hash
    inclusion_probability: Annotated[float, Field(gt=0, le=1)] | None = None
    """Of the draw; None: picked by hand, kept out of every estimate."""
    seed: int | None = None
    position: Annotated[int, Field(ge=0)]
