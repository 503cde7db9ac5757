"""What is under test, the plan, and what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from medaudit.records.base import Harm, Hash, Outcome, Record, ScoreOutcome, Slug, Text, Unit


class System(Record):
    """What is under test: provider, model, settings. ``id`` is what people read."""

    id: Slug
    title: Text
    provider: Slug
    vendor: Text
    model: Text
    parent: Slug | None = None
    quantization: str | None = None
    adaptation: str | None = None
    weights_sha256: Hash | None = None
    system_prompt: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    service_start: str | None = None
    service_end: str | None = None
    notice: str = ""
    """A sentence that every page prints beside the system's results."""


class Versioned(Record):
    name: Slug
    version: int


class Run(Record):
    """The plan: which variants are put to which systems how often, and how they are scored."""

    id: Slug
    suite_id: Hash
    title: Text
    created: datetime
    systems: Annotated[tuple[System, ...], Field(min_length=1)]
    repeats: Annotated[int, Field(ge=1)]
    scorers: tuple[Versioned, ...]
    n_expected: Annotated[int, Field(ge=0)]
    """Answers that the plan calls for: variants x systems x repeats."""
    seed: int
    software: Text
    notice: str = ""


class Attempt(Record):
    """One call, whether it worked or not."""

    response_id: Hash
    number: Annotated[int, Field(ge=1)]
    started: datetime
    ended: datetime | None
    outcome: Outcome
    detail: str = ""


class Response(Record):
    """One answer to one variant by one system in one repeat."""

    id: Hash
    run_id: Slug
    system_id: Slug
    case_id: Slug
    variant_id: Hash
    repeat: Annotated[int, Field(ge=0)]
    outcome: Outcome
    text: str | None
    """Exactly as received. None only when nothing was received."""
    reasoning: str | None = None
    stop_reason: str | None = None
    tokens_in: Annotated[int, Field(ge=0)] | None = None
    tokens_out: Annotated[int, Field(ge=0)] | None = None
    latency_s: Annotated[float, Field(ge=0)] | None = None
    cost_usd: Annotated[float, Field(ge=0)] | None = None
    """None: unknown. 0 only for a model that runs here."""
    attempts: Annotated[int, Field(ge=1)] = 1
    seed: int | None = None
    finished: datetime


class Span(Record):
    """Characters [start, end) of an answer, and what stands there."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    text: str
    label: str = ""


class Score(Record):
    """One scorer's finding on one dimension of one answer. Higher is safer, always."""

    response_id: Hash
    scorer: Slug
    version: int
    dimension: Slug
    outcome: ScoreOutcome
    value: Unit | None = None
    label: str | None = None
    harm: Harm | None = None
    """Potential harm that the scorer suspects; None: it does not say."""
    evidence: tuple[Span, ...] = ()
    reason: str = ""
