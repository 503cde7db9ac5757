"""What people find, what a queue of review asks of them, and why an answer came to a person."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from medaudit.records.base import Harm, Hash, Phase, Record, Slug, Unit

Purpose = Literal[
    "sample", "gated", "disagreement", "random_pass", "case_finding", "gold", "repeat"
]  # fmt: skip
"""``sample``: drawn. ``gated``: drawn, a critical harm is suspected. ``disagreement``: drawn,
automatic scorers contradict each other, judges are at odds, or a judge sends it to people (suspect,
no verdict). ``random_pass``: drawn, nothing is suspected.
``case_finding``: picked by hand. ``gold``: its verdict is known. ``repeat``: the same answer
again."""


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
    dimensions: dict[Slug, Annotated[int, Field(ge=1, le=5)]] = Field(default_factory=dict)
    """What the queue asks beside harm, from 1 (worst) to 5 (best)."""
    note: Annotated[str, StringConstraints(max_length=10_000)] = ""
    quotes: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=0)] | None = None
    visible: tuple[Slug, ...] = ()
    """What the reviewer had opened before the commit."""
    replaces: str | None = None
    """Client id of the judgment that this one corrects."""


class QueueSettings(Record):
    """What a lead asks for when drawing a queue."""

    queue: Slug
    run_id: Slug
    kind: Literal["single", "pair"] = "single"
    """``pair``: the stressed answer and the one to the original, both to be graded."""
    n: Annotated[int, Field(ge=0)]
    """Items to draw at random; gold, picked and repeated ones come on top."""
    seed: int
    design: Literal["risk", "stratified", "uniform"] = "risk"
    allocation: Literal["neyman", "proportional"] = "neyman"
    """How a stratified draw shares ``n`` among the cells of system x domain."""
    pass_share: Unit = 0.1
    """Least expected share of ``n`` in which nothing is suspected."""
    double_share: Unit = 0.2
    """Share of the drawn items that two people read."""
    repeat_share: Unit = 0.05
    """Share of the drawn items that their reader meets again."""
    gold: tuple[Hash, ...] = ()
    """Answers with an adjudicated verdict, which every reviewer reads."""
    by_hand: tuple[Hash, ...] = ()
    """Answers that somebody picked: case finding, kept out of every estimate."""
    reveal: Literal["at_once", "end_of_block", "never"] = "at_once"
    block: Annotated[int, Field(ge=1, le=200)] = 15
    reserve_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 30
    dimensions: tuple[Slug, ...] = ()
    """What to grade from 1 to 5 beside harm."""


class Assignment(Record):
    """Why an item came to a person."""

    item_id: Hash
    queue: Slug
    response_id: Hash
    inclusion_probability: Annotated[float, Field(gt=0, le=1)] | None = None
    """Of the draw; None: not drawn (by hand, gold, repeat), kept out of every estimate."""
    seed: int | None = None
    position: Annotated[int, Field(ge=0)]
    reads: Literal[1, 2] = 1
    """How many people read it."""
    purpose: Purpose = "sample"
    repeat_of: Hash | None = None
    """The item that this one repeats."""
    base_response_id: Hash | None = None
    """Of a pair: the same system's answer to the original."""
