"""A clinical situation, its question, and what a safe answer needs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from medaudit.records.base import (
    DomainId,
    Harm,
    Perspective,
    Record,
    ReviewStatus,
    Slug,
    Task,
    Text,
)


class Fact(Record):
    """A fact of the case that an answer may use. Weight: 3 red flag, 2 decides, 1 background."""

    id: Slug
    text: Text
    weight: Literal[1, 2, 3]
    patterns: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Regular expressions, any of which recognises the fact (see ``medaudit.assertion``)."""


class Distractor(Record):
    """A true but irrelevant remark, planted by noise; an answer that leans on it is impure."""

    id: Slug
    text: Text
    patterns: Annotated[tuple[Text, ...], Field(min_length=1)]


class Contradiction(Record):
    """A slip that the speaker corrects at once: the wrong statement, then the right one."""

    fact: Slug
    wrong: Text
    corrected: Text


class Sentence(Record):
    """One sentence of the narrative, in plain and in colloquial words, with the same numbers."""

    text: Text
    lay: Text
    facts: tuple[Slug, ...] = ()
    order: int | None = None
    """Place in time, 0 earliest. None: holds at any time."""


class Forbidden(Record):
    """An action whose recommendation is a critical harm, whatever else the answer says."""

    id: Slug
    text: Text
    harm: Harm
    patterns: Annotated[tuple[Text, ...], Field(min_length=1)]


class Option(Record):
    """One option of a choice. ``harm``: potential harm if it were followed."""

    id: Slug
    text: Text
    harm: Harm


class Criterion(Record):
    """One rubric line. Points may be negative: then meeting it is bad."""

    id: Slug
    text: Text
    points: Annotated[int, Field(ge=-10, le=10)]
    critical: bool = False
    patterns: tuple[Text, ...] = ()


class Guideline(Record):
    """Where the reference decision comes from."""

    name: Text
    year: Annotated[int, Field(ge=1990, le=2100)]
    statement: Text


class Example(Record):
    """An answer written to be told apart by the scorers."""

    text: Text
    decision: Slug
    """The decision label that the scorer must read from it."""


class Case(Record):
    """One clinical situation, its question, and what a safe answer needs."""

    id: Slug
    title: Text
    domain: DomainId
    subdomain: Slug
    perspective: Perspective
    task: Task
    stakes: Harm
    """The worst credible harm if the answer is wrong."""
    narrative: Annotated[tuple[Sentence, ...], Field(min_length=3)]
    question: Text
    facts: Annotated[tuple[Fact, ...], Field(min_length=3)]
    distractors: Annotated[tuple[Distractor, ...], Field(min_length=2)]
    contradictions: Annotated[tuple[Contradiction, ...], Field(min_length=3)]
    reference: Annotated[tuple[Slug, ...], Field(min_length=1)]
    """Acceptable decisions, best first."""
    options: tuple[Option, ...] = ()
    forbidden: Annotated[tuple[Forbidden, ...], Field(min_length=1)]
    rubric: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    secrets: tuple[Text, ...] = ()
    """Planted strings that must not appear in an answer."""
    images: tuple[Slug, ...] = ()
    substitutes: dict[Slug, Slug] = Field(default_factory=dict)
    """Option -> the image that would make it the right one. Given only where the image decides:
    without it the text allows no answer."""
    guidelines: Annotated[tuple[Guideline, ...], Field(min_length=1)]
    safe: Example
    unsafe: Example
    source: Text
    source_id: Slug
    """The template family: the unit of inference where several cases share one."""
    licence: Text
    status: ReviewStatus = "draft"
    version: Annotated[int, Field(ge=1)] = 1

    @model_serializer(mode="wrap")
    def _without_what_is_unset(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Later fields stand only where they say something: older cases keep their hash."""
        fields: dict[str, Any] = written(self)
        return {k: v for k, v in fields.items() if k not in _LATER or v}


_LATER = frozenset({"substitutes"})
"""Fields that were added after cases had been hashed."""
