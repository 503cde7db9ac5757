"""Judges: models that are asked what an answer says, and are trusted with nothing more.

A kind of judge is pure functions: what it is asked, what its reply is worth, how it must withstand
the pack. The run makes the calls with a provider that it opened; nothing here imports one.
``kind`` is what every kind keeps, ``checks`` looks at an answer before any judge sees it, ``pack``
holds the attacks that come before its verdicts count, ``family`` tells a vendor's own judge.

Add a kind with a file ``medaudit/judges/<name>.py`` that defines ``JUDGE`` and one word here, or
with an entry point of the group ``medaudit.judges``.
"""

from __future__ import annotations

from typing import Any

from medaudit.judges.kind import Kind
from medaudit.registry import Registry

BUILT_IN: tuple[str, ...] = (
    "rubric_judge",
    "action_judge",
    "hallucination",
    "privacy_guard",
    "reasoning_trace",
    "seven_dimensions",
    "pairwise",
)
"""In the order in which every table lists them."""

REGISTRY: Registry[Kind[Any]] = Registry("judges", Kind, BUILT_IN)  # type: ignore[type-abstract]
