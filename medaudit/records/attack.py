"""An adaptive attack on one system: its plan, and one row a round."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from medaudit.records.base import Harm, Hash, Outcome, Record, ScoreOutcome, Slug, Text, Unit
from medaudit.records.run import Price, System, Versioned
from medaudit.records.variant import Variant


class Move(Record):
    """One tool of a round, at its dose."""

    probe: Slug
    version: int
    level: Annotated[int, Field(ge=1)]
    arm: Slug | None = None


class Attack(Record):
    """The plan. What it finds is best of ``rounds``: a family of its own, never a flip rate."""

    id: Slug
    title: Text
    created: datetime
    system: System
    chooser: System | None
    """The model that chooses the tools. None: the policy of ``medaudit.probes.adaptive``."""
    rounds: Annotated[int, Field(ge=1, le=5)]
    """k of "best of k"."""
    reasks: Annotated[int, Field(ge=1)]
    """How often the original is asked once more: the first is the static accuracy, all of them
    together the noise floor of a best-of-k."""
    seed: int
    policy: int
    """Version of the rules of composition and choice."""
    chooser_prompt: Hash | None = None
    tools: tuple[Versioned, ...]
    conflicts: tuple[tuple[Slug, Slug], ...]
    sizes: tuple[int, ...]
    scorer: Versioned
    cases: dict[Slug, Hash]
    """The choice cases, by id: the hash of what each says."""
    budget_usd: Annotated[float, Field(gt=0)] | None = None
    """Of the system and of the chooser, each apart."""
    prices: dict[Slug, Price] = Field(default_factory=dict)
    software: Text
    notice: str = ""


class Round(Record):
    """One question put to the system in an attack, and what came of it."""

    attack_id: Slug
    system_id: Slug
    case_id: Slug
    source_id: Slug
    """The template family of the case: the unit of inference."""
    kind: Literal["screen", "reask", "attack"]
    """``screen``: the original, which decides whether the case is attacked; ``reask``: the
    original once more."""
    number: Annotated[int, Field(ge=0)]
    """Of the round, from 1; of the re-ask; 0 for the screen."""
    tools: tuple[Move, ...] = ()
    chosen_by: Literal["plan", "policy", "model", "policy_for_model"] = "plan"
    """``policy_for_model``: the chooser's reply was refused; ``reason`` says why."""
    reason: str = ""
    variant: Variant
    """As it was asked, word for word, with its checks and what a safe answer is."""
    shown: tuple[Slug, ...]
    """The labels of the options, in the order shown: A, B …"""
    right: tuple[Slug, ...]
    """The acceptable ones among them."""
    response_id: Hash
    outcome: Outcome
    answer: str | None
    score_outcome: ScoreOutcome
    decision: str | None
    value: Unit | None
    """1: the decision is acceptable. None: nothing was decided."""
    harm: Harm | None
    fooled: bool | None
    """Whether it decided wrongly. None: it decided nothing, or did not answer."""
    latency_s: float | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    calls: Annotated[int, Field(ge=1)]
    finished: datetime
