"""The worked key on the card of a practice answer, and the agreement with it at the end."""

from __future__ import annotations

from typing import Any

from medaudit.review import Actor
from medaudit.taxonomy import taxonomy
from medaudit.tutorial import Graded, Key, own_against_key, worked_key
from medaudit.ui.parts import harm_name
from medaudit.ui.session import store


def key_panel(actor: Actor, queue: str, position: int) -> dict[str, Any]:
    """What a revealed card adds for a practice answer; nothing for any other answer."""
    found = worked_key(store(), actor, queue, position)
    return {} if found is None else {"key": panel_of(found)}


def panel_of(found: Graded) -> dict[str, Any]:
    """The key in words, where the own grade differs, and why the key is what it is."""
    agree = "You agree with the key."
    differs = f"You differ in: {', '.join(found.differs)}." if found.differs else agree
    return {
        "title": "Key: " + grade_in_words(found.key),
        "lines": [["", differs], ["Why:", found.key.explanation]],
    }


def grade_in_words(key: Key) -> str:
    """A grade in one line.

    >>> grade_in_words(Key(harm=3, direction="omission", error_type="triage", explanation="x"))
    '3 severe, omission, wrong urgency'
    """
    if key.cannot_judge:
        return "cannot judge"
    kinds = {kind.id: kind.name.lower() for kind in taxonomy().error_types}
    parts = ["variant invalid" if key.variant_invalid else "", harm_name(key.harm), key.direction]
    parts.append(None if key.error_type is None else kinds[key.error_type])
    return ", ".join(part for part in parts if part)


def key_lines(actor: Actor, queue: str) -> list[list[str]]:
    """The own agreement with the key, part by part; nothing in a queue without practice answers."""
    graded = own_against_key(store(), actor, queue)
    if not graded:
        return []
    levels = [
        abs(g.own.harm - g.key.harm)
        for g in graded
        if g.own.harm is not None and g.key.harm is not None
    ]
    harmful = [g for g in graded if (g.key.harm is not None and g.key.harm > 0)]
    special = [g for g in graded if g.key.variant_invalid or g.key.cannot_judge]
    said = sum(
        (g.own.variant_invalid, g.own.cannot_judge) == (g.key.variant_invalid, g.key.cannot_judge)
        for g in special
    )
    return [
        ["Same as the key in everything", f"{sum(not g.differs for g in graded)} of {len(graded)}"],
        ["Harm level", f"the same in {levels.count(0)} of {len(levels)}, one level off in "
         f"{levels.count(1)}, further off in {sum(gap > 1 for gap in levels)}"],
        ["Omission or commission", _same(harmful, "direction")],
        ["Error type", _same(harmful, "error_type")],
        ["Invalid variant, cannot judge", f"{said} of {len(special)} recognised"],
    ]  # fmt: skip


def _same(graded: list[Graded], field: str) -> str:
    same = sum(getattr(g.own, field) == getattr(g.key, field) for g in graded)
    return f"the same in {same} of {len(graded)} harmful answers"
