"""Agreement and quality: can the readers be trusted, and can the automatic scores?"""

from __future__ import annotations

import streamlit as st

from medaudit.review import permits
from medaudit.ui.identity import current
from medaudit.ui.parts import empty, heading, note
from medaudit.ui.quality import (
    all_of,
    corrected_part,
    each_part,
    judge_part,
    judges_part,
    own_of,
    readers_part,
    top,
)
from medaudit.ui.seeing import results_of
from medaudit.ui.session import store

run = heading("Agreement and quality")
actor = current()
if run is None:
    empty("Nothing has been reviewed yet. Start with:", "medaudit demo")
    st.stop()
if actor is None:
    note("Say above who you are: what this page shows depends on your role.")
    st.stop()
queues = store().rows("quality_queues", run=run)
if not queues:
    empty(
        "No queue of this run has been drawn yet. A lead draws one:",
        f"medaudit queue draw {run} --name first-review --n 50",
    )
    st.stop()
if not permits(actor, "see_quality"):
    if not permits(actor, "see_revealed"):
        note("Agreement is for adjudicators and leads; reviewers see their own figures here.")
        st.stop()
    st.header("Your own reads", anchor=False)
    each_part(
        [own_of(actor, run)],
        note_on_names="Only you see this row. Figures over all readers are for adjudicators and "
        "leads: whoever still grades should not know how others do.",
    )
    st.stop()
if not results_of(run):
    st.stop()
drawn = [q["queue"] for q in queues if q["n_drawn"] > 0]
queue = st.query_params.get("queue")
if len(drawn) > 1:
    index = drawn.index(queue) if queue in drawn else 0
    queue = st.selectbox("Queue whose draw carries the estimates", drawn, index=index)
    st.query_params["queue"] = queue
found = all_of(actor, run, queue if queue in drawn else None)
titles = {r["system_id"]: r["title"] for r in store().rows("systems_of_run", run=run)}
top(found)
one, two, three, four, five = st.tabs(
    ["Do readers agree?", "Each reader", "Scores against people", "Judges against people",
     "Corrected rates"]
)  # fmt: skip
with one:
    readers_part(found.readers, run)
with two:
    names = (
        "Every queue is complete or closed, so readers stand under their names."
        if found.readers.named
        else "Readers stand under letters until every queue is complete or closed; "
        "only a lead sees each of them."
    )
    each_part([found.readers.together, *found.readers.each], note_on_names=names)
with three:
    judge_part(found.judge)
with four:
    judges_part(found.judges)
with five:
    corrected_part(found.judge, titles)
