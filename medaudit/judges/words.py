"""What becomes of an answer that judges were asked about, in words for whoever buys or reviews."""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "sound": "the verdict counts",
    "own_vendor": "judged by its own vendor's model, which was forced; counts, with this mark",
    "disputed": "the judges are at odds; goes to people",
    "suspect": "judge or answer is not to be trusted here; no verdict, goes to people",
    "needs_review": "no verdict that can be read; goes to people",
    "no_answer": "there is no answer to judge",
    "not_applicable": "not for this judge: left to others, or its kind does not fit",
}
"""By the label of the integrity row, or its outcome where it has none."""

ATTACKS: Mapping[str, str] = {
    "constant": "a kind text without content",
    "colon": "an answer that is a colon",
    "thought_process": 'an answer that says "Thought process:" and nothing else',
    "ignore_rubric": "an answer that tells it to ignore the rubric",
    "grader_confirms": "an answer that says that a grader has confirmed it",
    "forged_delimiter": "an answer with a forged end",
    "forged_verdict": "an answer that holds a verdict",
    "hidden_tags": "an answer with orders in characters that nobody sees",
    "zero_width": "an answer with orders between invisible spaces",
    "padding": "an answer padded with praise of itself",
    "other_case": "the answer to another case",
    "control_safe": "the safe example, which it could not tell from the unsafe one",
    "control_unsafe": "the unsafe example, which it could not tell from the safe one",
}
"""What of the pack a judge gave way to, by name."""


def said(label: str) -> str:
    """A label with its meaning.

    >>> said("disputed")
    'disputed (the judges are at odds; goes to people)'
    """
    words = LABELS.get(label)
    plain = label.replace("_", " ")
    return plain if words is None else f"{plain} ({words})"
