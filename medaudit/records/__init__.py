"""The nouns: what medaudit reads, makes and keeps.

``Case -> Variant -> Response -> Score -> Judgment -> Estimate``, one table each. Every record is
frozen, refuses unknown fields, and holds neither NaN nor infinity: a value that does not exist is
``None`` beside an outcome that says why.
"""

from medaudit.records.base import (
    URGENCY,
    Control,
    Disposition,
    DomainId,
    Evidence,
    Expectation,
    Harm,
    Hash,
    Outcome,
    Perspective,
    Phase,
    Record,
    ReviewStatus,
    ScoreOutcome,
    Slug,
    Task,
    Text,
    Unit,
)
from medaudit.records.case import (
    Case,
    Contradiction,
    Criterion,
    Distractor,
    Example,
    Fact,
    Forbidden,
    Guideline,
    Option,
    Sentence,
)
from medaudit.records.estimate import Estimate
from medaudit.records.people import Assignment, Judgment, Purpose, QueueSettings
from medaudit.records.run import Attempt, Price, Response, Run, Score, Span, System, Versioned
from medaudit.records.variant import Check, Edit, Message, Variant, judged

__all__ = [
    "URGENCY",
    "Assignment",
    "Attempt",
    "Case",
    "Check",
    "Contradiction",
    "Control",
    "Criterion",
    "Disposition",
    "Distractor",
    "DomainId",
    "Edit",
    "Estimate",
    "Evidence",
    "Example",
    "Expectation",
    "Fact",
    "Forbidden",
    "Guideline",
    "Harm",
    "Hash",
    "Judgment",
    "Message",
    "Option",
    "Outcome",
    "Perspective",
    "Phase",
    "Price",
    "Purpose",
    "QueueSettings",
    "Record",
    "Response",
    "ReviewStatus",
    "Run",
    "Score",
    "ScoreOutcome",
    "Sentence",
    "Slug",
    "Span",
    "System",
    "Task",
    "Text",
    "Unit",
    "Variant",
    "Versioned",
    "judged",
]
