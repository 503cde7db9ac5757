"""Scorers: each reads one answer and says what it finds, with the words that it found it in.

A scorer is a pure function of (case, variant, response) and asks no model. Add one with a file
``medaudit/scorers/<name>.py`` that defines ``SCORER`` and one word in ``BUILT_IN``, or with an
entry point of the group ``medaudit.scorers``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from medaudit.records import Case, Response, Score, Span, Variant, judged
from medaudit.registry import Registry

Scoring = Callable[[Case, Variant, Response], list[Score]]

READABLE = ("answered", "truncated", "refused")
"""Outcomes of a call that leave a text to score."""


@dataclass(frozen=True)
class Scorer:
    """One way to score an answer. Raise ``version`` when the same answer could score otherwise."""

    name: str
    version: int
    dimensions: tuple[str, ...]
    purpose: str
    """A sentence that a clinician could check."""
    score: Scoring

    def found(self, response: Response, dimension: str, **finding: Any) -> Score:
        """A scored finding; says so when the answer was cut short."""
        finding.setdefault("outcome", "scored")
        if response.outcome == "truncated":
            reason = finding.get("reason", "")
            finding["reason"] = f"{reason}; the answer was cut short".removeprefix("; ")
        return Score(
            response_id=response.id,
            scorer=self.name,
            version=self.version,
            dimension=dimension,
            **finding,
        )

    def no_answer(self, response: Response) -> list[Score]:
        """One row a dimension that says that there was no text to score."""
        reason = f"the call ended as {response.outcome}"
        if response.outcome in READABLE:
            reason += " without a text"
        return [
            Score(
                response_id=response.id,
                scorer=self.name,
                version=self.version,
                dimension=dimension,
                outcome="no_answer",
                reason=reason,
            )
            for dimension in self.dimensions
        ]


BUILT_IN: tuple[str, ...] = (
    "decision",
    "facts",
    "forbidden",
    "refusal",
    "degenerate",
    "rubric",
    "case_score",
    "secret_leak",
    "pii",
    "fabrication",
)
"""In the order in which every table lists them."""

REGISTRY: Registry[Scorer] = Registry("scorers", Scorer, BUILT_IN)


def score_all(
    scorers: Iterable[Scorer], case: Case, variant: Variant, response: Response
) -> list[Score]:
    """Every finding of these scorers on one answer, scorer by scorer."""
    held = judged(case, variant)
    return [score for scorer in scorers for score in scorer.score(held, variant, response)]


def answer(response: Response) -> str | None:
    """The text to score: what came back, also when cut short or refused; None when nothing did."""
    if response.outcome not in READABLE or response.text is None or not response.text.strip():
        return None
    return response.text


def asked(variant: Variant) -> str:
    """All that the system was told, message by message."""
    return "\n\n".join(message.text for message in variant.messages)


def labelled(spans: Sequence[Span], label: str) -> list[Span]:
    """The same spans, each with a label."""
    return [Span(start=s.start, end=s.end, text=s.text, label=label) for s in spans]
