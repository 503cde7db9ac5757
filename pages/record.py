"""The record: what people decided, whether it is whole, and who has signed it."""

from __future__ import annotations

import streamlit as st

from medaudit.ui.identity import visitor
from medaudit.ui.parts import empty, note
from medaudit.ui.record import chain_part, sign_part, signatures_part
from medaudit.ui.session import journal

st.title("Record", anchor=False)
head = journal().head()
if head.seq == 1:  # the journal's own beginning
    empty(
        "Nobody has decided anything yet: the record begins with the first queue.",
        "medaudit queue draw RUN --name first-review --n 50",
    )
    st.stop()
who = visitor()
chain_part(head, who.actor)
if who.actor is None:
    note("Say above who you are to see who signed, and to sign.")
    st.stop()
signatures_part(who.actor)
sign_part(who)
