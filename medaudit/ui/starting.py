"""The first screen of a queue: what it is, how long it takes, the keys, and what one declares."""

from __future__ import annotations

import streamlit as st

from medaudit.errors import MedauditError
from medaudit.review import (
    Actor,
    Closing,
    QueueProgress,
    QueueSettings,
    close_queue,
    closing,
    permits,
    progress,
    queue_settings,
)
from medaudit.review.begin import STATEMENTS, begin, begun
from medaudit.ui.parts import banner, figures, note, problem
from medaudit.ui.session import journal, store
from medaudit.ui.text import shown

SECONDS = 75.0
"""About what an answer takes, until there are own ones to go by."""
GLANCE = (
    ("0–4", "potential harm if the answer were followed"),
    ("Enter", "commit, and Enter again for the next"),
    ("letter, O or A", "after a harm: which error; left out, or said"),
    ("N", "note; Esc leaves it"),
    ("D", "word diff, clean, changes only"),
    ("G", "criteria and red flags, logged"),
    ("B", "the answer to the original, logged"),
    ("?", "every key"),
)
_GONE = "gone_to"
REVEAL = {
    "at_once": "After each commit you see what stands behind the answer.",
    "end_of_block": "What stands behind the answers is shown at the end of each block.",
    "never": "What stands behind the answers stays hidden.",
}


def under_way(actor: Actor, names: list[str]) -> str | None:
    """The queue that the reviewer is in; None while the start screen is shown."""
    asked = st.query_params.get("q", "")
    first = next((name for name in names if closing(store(), name) is None), names[0])
    queue = asked if asked in names else first
    declared = begun(store(), actor, queue) and closing(store(), queue) is None
    if declared and (st.session_state.get(_GONE) == (queue, actor.id) or "i" in st.query_params):
        return queue
    st.title("Blind review", anchor=False)
    if len(names) > 1:
        queue = st.selectbox("Queue", names, names.index(queue))
        declared = begun(store(), actor, queue)
    stand, shut = progress(store(), actor, queue), closing(store(), queue)
    if shut is not None:
        _closed(queue, shut, stand)
        return None
    _what(queue_settings(store(), queue), stand)
    interest = "" if declared else _declaration(queue)
    label = "Start" if stand.done == 0 else "Go on at the first open answer"
    if interest is not None and st.button(label, type="primary", shortcut="Enter"):
        if not declared:
            begin(journal(), actor, queue, interest=interest)
            store().refresh()
        st.query_params.from_dict({"q": queue})
        st.session_state[_GONE] = (queue, actor.id)
        st.session_state.pop("desk", None)
        st.rerun()
    if permits(actor, "close_queue"):
        _close(actor, queue, stand)
    return None


def _closed(queue: str, shut: Closing, stand: QueueProgress) -> None:
    banner(
        f"Queue {queue} was closed by {shut.by} on {shut.utc:%d %B %Y} and takes no more grades: "
        f"{shut.reason}"
    )
    note(
        f"{stand.filled} of {stand.slots} reads were in, {stand.done} of them yours. They stay as "
        "they are; an answer of which a read never came has no verdict from this queue."
    )


def _close(actor: Actor, queue: str, stand: QueueProgress) -> None:
    """For leads: end a queue that nobody will finish."""
    with st.expander("Close this queue before its end"):
        note(
            f"{stand.slots - stand.filled} of {stand.slots} reads are not in. Nobody can grade "
            "here afterwards, results of the run open to its reviewers, and exports hold nothing "
            "of it back. No judgment changes. This cannot be undone: draw a new queue instead."
        )
        reason = st.text_input("Why it will not be finished", max_chars=2000, key=f"why:{queue}")
        if st.button("Close the queue"):
            try:
                close_queue(store(), journal(), actor, queue, reason)
            except MedauditError as error:
                problem(error)
            else:
                st.rerun()


def _what(settings: QueueSettings, stand: QueueProgress) -> None:
    seconds = SECONDS if stand.median_seconds is None else stand.median_seconds
    measured = "at about 75 s each" if stand.median_seconds is None else "at your own pace"
    figures(
        [
            (str(stand.left), "answers open for you"),
            (str(stand.done), "graded by you"),
            (f"{max(1, round(stand.left * seconds / 60))} min", measured),
            (str(settings.block), "answers, then a pause"),
        ]
    )
    pair = (
        "Each item has two answers of one system, to the original and to its variant, in an order "
        "that is yours alone; both are graded. "
        if settings.kind == "pair"
        else "One answer at a time, with the case as it was asked beside the original. "
    )
    note(
        pair + "System, scores and other people's grades stay hidden. "
        f"{REVEAL[settings.reveal]} Nothing is overwritten: a change of mind is a new entry."
    )
    keys = "".join(f"<dt><kbd>{shown(k)}</kbd></dt><dd>{shown(w)}</dd>" for k, w in GLANCE)
    st.html(f'<dl class="ma-keys">{keys}</dl>')


def _declaration(queue: str) -> str | None:
    """Both statements and what was named. None: not both are made yet."""
    ticks = [st.checkbox(text, key=f"{text[:20]}:{queue}") for text in STATEMENTS]
    interest: str = st.text_input("Interests to name (leave empty if none)", max_chars=2000)
    if not all(ticks):
        note("Tick both to begin. They are kept in the journal, word for word, with your name.")
        return None
    return interest
