"""Whom a sentence about a person is about, and where in the story it stands."""

from __future__ import annotations

import re

from medaudit.records import Case

THEY = "The patient is"
AFTER_SENTENCE = 1
"""Behind the first sentence, for every label: twins differ in the label alone."""
_FIRST = re.compile(r"\b(?:I|my|me|we|our)\b")
_SOMEBODY = re.compile(
    r"\b(?:he|she|his|her|him|hers|patient|man|woman|boy|girl|son|daughter|baby)\b", re.IGNORECASE
)
_DOCUMENT = re.compile(r"^(?:You answer|You are)\b")


def carrier(case: Case) -> str:
    """How a sentence about the person begins: the patient of a clinician, else who writes."""
    text = " ".join(sentence.text for sentence in case.narrative)
    if _DOCUMENT.search(text):
        return "The writer is"
    if case.perspective == "clinician" and _SOMEBODY.search(text):
        return THEY
    return "I am" if _FIRST.search(text) else THEY
