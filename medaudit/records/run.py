"""What is under test, the plan, and what came back."""

from __future__ import annotations

from datetime import date, datetime
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
    """When the service retires the model, as it says itself (ISO date or time)."""
    capabilities: dict[str, Any] | None = None
    """What the service said of the model when the run was planned; no part of an answer's id."""
    notice: str = ""
    """A sentence that every page prints beside the system's results."""

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that can change an answer, as it enters an answer's id."""
        return self.model_dump(mode="json", exclude={"capabilities"})


class Price(Record):
    """What a model costs, in US dollars per million tokens, and when that was last checked.

    A part that is None is unknown: what needs it has no cost.
    """

    provider: Slug
    model: Text
    usd_in: Annotated[float, Field(ge=0)]
    usd_out: Annotated[float, Field(ge=0)]
    usd_cache_read: Annotated[float, Field(ge=0)] | None = None
    usd_cache_write: Annotated[float, Field(ge=0)] | None = None
    """For the shortest time that the service keeps a prompt."""
    usd_cache_write_1h: Annotated[float, Field(ge=0)] | None = None
    batch: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of these prices that a call in a batch costs."""
    up_to_tokens_in: Annotated[int, Field(ge=1)] | None = None
    """Longer prompts cost something else. None: no such limit is known."""
    source: Text
    checked: date


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
    budget_usd: Annotated[float, Field(gt=0)] | None = None
    """What the run may cost. None: no limit."""
    prices: dict[Slug, Price] = Field(default_factory=dict)
    """By system, as they stood when the run was planned. A system without one costs nobody knows
    what, unless it runs here."""
    images: dict[Slug, Hash] = Field(default_factory=dict)
    """SHA-256 of each image that the run sends, by name."""


class Attempt(Record):
    """One call, whether it worked or not."""

    response_id: Hash
    number: Annotated[int, Field(ge=1)]
    started: datetime
    ended: datetime | None
    outcome: Outcome
    detail: str = ""
    raw: Hash | None = None
    """SHA-256 of what came back over the wire, as the run stored it. None: nothing did."""


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
