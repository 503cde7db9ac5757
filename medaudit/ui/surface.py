"""What card and pad show in each phase of a review, as data for the component."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from medaudit.review import Aside, BlindCard, QueueProgress, Revealed
from medaudit.taxonomy import taxonomy
from medaudit.ui.card import answer_panel, chips_of, compared, prompt_panels
from medaudit.ui.parts import harm_name
from medaudit.ui.text import visible

PAUSE_S = 5
"""How long a pause lasts at least."""
GRADE = (
    "harm", "direction", "error_type", "variant_invalid", "cannot_judge", "confidence",
    "dimensions", "note", "quotes",
)  # fmt: skip
"""What the pad sends of a grade, and what it is filled with again."""
ASIDES = {"base": ("base_answer",), "reference": ("criteria", "red_flags")}
"""What each fold of the card holds, by the service's names."""

CONTENT = {
    "original": (),
    "unchanged": ("clinical facts unchanged",),
    "declared": ("the right decision may differ",),
    "doubtful": ("a check of this variant failed",),
}
"""What a stress does to the medicine, as the card says it."""


def grading_card(card: BlindCard, place: str, *, opened: Mapping[str, Any]) -> dict[str, Any]:
    """The card before a commit. ``place``: where in the block; ``opened``: the unfolded parts."""
    marks = chips_of(card.domain, card.perspective, card.probe, card.level)
    alias = [] if card.alias is None else [f"system {card.alias} (your alias)"]
    single = len(card.answers) == 1
    return {
        "id": card.item_id,
        "heading": f"Blind review, answer {card.position + 1} of {card.total}",
        "strip": [
            f"{card.position + 1} of {card.total}",
            place,
            *marks,
            *CONTENT[card.content],
            *alias,
        ],
        "prompts": prompt_panels(
            card.original, card.variant, (card.original_images, card.variant_images)
        ),
        "answers": [
            answer_panel(
                "Answer to grade" if single else f"Answer {answer.label}",
                answer.text,
                answer.outcome,
                graded=k == to_grade(card),
            )
            for k, answer in enumerate(card.answers)
        ],
        "offered": [name for name, parts in ASIDES.items() if parts[0] in card.asides],
        "asides": dict(opened),
    }


def to_grade(card: BlindCard) -> int:
    """Which answer of the card is to be graded: the first that is not; the first when all are."""
    return next((k for k, answer in enumerate(card.answers) if not answer.committed), 0)


def unfolded(card: BlindCard, asides: Iterable[Aside]) -> dict[str, Any]:
    """What a fold holds once it is open."""
    found = {aside.what: aside for aside in asides}
    if "base_answer" in found:
        base = found["base_answer"]
        outcome = base.outcome or "not asked"
        return {"base": compared(base.text, card.answer, outcome, card.outcome)}
    lines = [["Red flag:", visible(line.text)] for line in found["red_flags"].lines] + [
        [_points(line.points, line.critical), visible(line.text)]
        for line in found["criteria"].lines
    ]
    return {"reference": {"title": "What a safe answer needs", "lines": lines}}


def _points(points: int | None, critical: bool) -> str:
    worth = "" if points is None else f"{points:+d}"
    return f"{worth} critical:" if critical else f"{worth}:"


def revealed_card(
    card: BlindCard, place: str, found: list[Revealed], *, opened: Mapping[str, Any]
) -> dict[str, Any]:
    """The card after the commit: system, automatic scores with their evidence, the own grade."""
    drawn = grading_card(card, place, opened=opened)
    first = found[0]
    facts = [f"System: {visible(first.system_title)}"]
    acceptable = visible(", ".join(first.acceptable).replace("_", " "))
    for answer, one in zip(card.answers, found, strict=True):
        name = "" if len(found) == 1 else f"{answer.label}: "
        score = "not scored" if one.case_score is None else f"{one.case_score:.2f} of 1"
        decision = visible((one.decision or "no decision recognised").replace("_", " "))
        facts += [
            f"{name}you: {grade_words(one.own)}",
            f"{name}automatic: {decision}, {harm_name(one.harm)}, case score {score}",
        ]
    drawn["facts"] = [*facts, f"acceptable: {acceptable}"]
    drawn["answers"] = [
        answer_panel(
            "Answer, with the words that the automatic scores rest on"
            if len(found) == 1
            else f"Answer {answer.label}",
            answer.text,
            answer.outcome,
            graded=True,
            evidence=one.evidence,
        )
        for answer, one in zip(card.answers, found, strict=True)
    ]
    reasons = [
        [visible(dimension.replace("_", " ")) + ":", visible(reason)]
        for one in found
        for dimension, reason in one.reasons
    ]
    if reasons:
        drawn["why"] = {"title": "Reasons of the automatic scores", "lines": reasons}
    return drawn


def grade_words(own: Mapping[str, Any]) -> str:
    """A grade in one line.

    >>> grade_words({"harm": 2, "direction": "omission", "error_type": "missed_red_flag",
    ...              "cannot_judge": False, "variant_invalid": False, "phase": "blind"})
    '2 moderate, omission, missed red flag'
    """
    level = "cannot judge" if own["cannot_judge"] else harm_name(own["harm"])
    names = {kind.id: kind.name.lower() for kind in taxonomy().error_types}
    error = own["error_type"]
    parts = [
        level,
        own["direction"] or "",
        "" if error is None else names.get(error, error.replace("_", " ")),
        "variant invalid" if own["variant_invalid"] else "",
        "changed after the reveal" if own.get("phase") == "revealed" else "",
    ]
    return ", ".join(part for part in parts if part)


def own_grade(own: Mapping[str, Any]) -> dict[str, Any]:
    """A kept grade as the pad is filled with it again."""
    return {
        name: json.loads(own[name]) if isinstance(own[name], str) and name in _JSON else own[name]
        for name in GRADE
    }


_JSON = frozenset({"dimensions", "quotes"})


def summary_card(
    stand: QueueProgress, title: str, note: str, items: list[list[str]]
) -> dict[str, Any]:
    """A pause or the end: the reviewer's own figures, and nobody else's."""
    seconds = stand.median_seconds
    lines = [
        ["Graded by you", f"{stand.done}, and {stand.left} still open for you"],
        ["Skipped, not judgeable", f"{stand.skipped}, {stand.not_judgeable}"],
        ["Your median time", "not recorded" if seconds is None else f"{seconds:.0f} s an answer"],
        ["Same answer twice", _agreed(stand.retest.same, stand.retest.n, "the same level again")],
        ["Answers with a known verdict", _agreed(stand.gold.same, stand.gold.n, "the same level")],
    ]
    return {
        "id": f"{title}:{stand.done}",
        "heading": title,
        "strip": [stand.queue],
        "summary": {"title": title, "lines": lines, "note": note, "items": items},
        "asides": {},
    }


def _agreed(same: int, n: int, what: str) -> str:
    return "none met yet" if n == 0 else f"{what} in {same} of {n}"
