"""Adjudication: a third person decides what readers differ on, blind until their own impression."""

from __future__ import annotations

import streamlit as st

from medaudit.review import disputes, queues
from medaudit.ui.adjudicating import at_seat, deciding, first_of, waiting
from medaudit.ui.identity import current
from medaudit.ui.parts import empty, note
from medaudit.ui.session import store

actor = current()
found = [] if actor is None else disputes(store(), actor)
here = at_seat(found)
if here is not None:
    deciding(here)
    st.stop()
st.title("Adjudication", anchor=False)
if actor is None and queues(store()):
    note("Say above who you are: adjudicators find here what readers differ on.")
    st.stop()
if not found:
    empty(
        "Nothing waits for you: an answer comes here when its readers differ. All queues:",
        "medaudit queue list",
    )
    st.stop()
first_of(found)
waiting(found)
