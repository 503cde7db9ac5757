"""The card and the grade pad: our own component, because native widgets lose keys.

One component draws both, so that a key press redraws one element and nothing else of the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from medaudit.review import Actor
from medaudit.review.commit import NOTE_FROM
from medaudit.taxonomy import taxonomy

_HERE = Path(__file__).parent
EVENTS = ("commit", "next", "draft", "open", "skip", "ready")
"""What the pad sends: a grade, Enter after it, a half-written one, a fold to open, a skip,
and that a card lies there: time to make the next one ready."""
TITLES = {
    "blind": "Your grade",
    "revealed": "Saved",
    "revise": "Your grade, changed after the reveal",
    "lost": "Not saved",
    "pause": "Pause",
    "done": "Done",
    "impression": "Your own first impression",
    "verdict": "The verdict",
}


@cache
def _component() -> Any:
    scripts = ("card.js", "pad.js")
    return st.components.v2.component(
        "medaudit_pad",
        html=(
            '<div id="review"><div id="card"></div>'
            '<div id="pad" role="group" aria-label="Grade" tabindex="-1"></div></div>'
        ),
        css=(_HERE / "pad.css").read_text(encoding="utf-8"),
        js="".join((_HERE / name).read_text(encoding="utf-8") for name in scripts),
        # In the page's own tree: what is selected can be quoted, what is shown can be searched.
        isolate_styles=False,
    )


@cache
def _names() -> dict[str, Any]:
    names = taxonomy()
    return {
        "note_from": NOTE_FROM,
        "harm": [h.model_dump() for h in names.harm],
        "errors": [e.model_dump() for e in names.error_types],
        "revise": TITLES["revise"],
    }


def blank(actor: Actor, item_id: str, phase: str, attempt: int) -> dict[str, Any]:
    """What every phase has. ``owner`` is under what name a browser keeps a half-written grade."""
    return {
        "item_id": item_id,
        "phase": phase,
        "title": TITLES[phase],
        "owner": hashlib.sha256(actor.id.encode()).hexdigest()[:16],
        "attempt": attempt,
        "answer": 0,
        "error": "",
        "saved": "",
        "go": "",
        "wait": 0,
        "draft": None,
        "own": [],
        "skippable": False,
        "dimensions": [],
    }


def pad(shown: Mapping[str, Any], act: Callable[[str, dict[str, Any]], None]) -> None:
    """Mount card and pad. ``shown`` is what they show; ``act`` gets each event with what was sent.

    Streamlit draws nothing again while ``shown`` stays the same, so a draft costs no redraw.
    """

    def on(event: str) -> Callable[[], None]:
        def called() -> None:
            sent = getattr(st.session_state["pad"], event)
            if sent:
                act(event, dict(sent))

        return called

    _component()(
        key="pad",
        data={**_names(), **shown, "dimensions": _named(shown["dimensions"])},
        **{f"on_{event}_change": on(event) for event in EVENTS},
    )


def _named(slugs: list[str]) -> list[dict[str, str]]:
    return [{"id": slug, "name": slug.replace("_", " ").capitalize()} for slug in slugs]
