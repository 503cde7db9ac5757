"""Blind review: grade one answer at a time, then see what stood behind it."""

from __future__ import annotations

import streamlit as st

from medaudit.review import queues
from medaudit.ui.identity import current
from medaudit.ui.parts import empty
from medaudit.ui.reviewing import grading
from medaudit.ui.session import store
from medaudit.ui.starting import under_way

names = queues(store())
actor = current()
if not names:
    st.title("Blind review", anchor=False)
    empty(
        "No queue has been drawn yet. A lead draws one from a run:",
        "medaudit queue draw RUN --name first-review --n 50",
    )
    st.stop()
if actor is None:
    st.stop()
queue = under_way(actor, names)
if queue is not None:
    grading(queue)
