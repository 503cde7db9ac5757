"""Case browser: original and stressed case side by side, two systems' answers, their evidence."""

from __future__ import annotations

import streamlit as st

from medaudit.taxonomy import taxonomy
from medaudit.ui.casebook import case_view
from medaudit.ui.parts import empty, heading
from medaudit.ui.seeing import results_of
from medaudit.ui.session import store

run = heading("Cases")
if run is None:
    empty("No suite has been run yet. Start with:", "medaudit demo", "medaudit suite build")
    st.stop()
answered = results_of(run)
names = {d.id: f"{d.id} {d.name}" for d in taxonomy().domains}
choice, filters = st.columns([5, 1], vertical_alignment="bottom")
with filters.popover("Filter", width="stretch"):
    domain = st.selectbox("Domain", [None, *names], format_func=lambda d: names.get(d, "All"))
    task = st.selectbox(
        "Task",
        [None, "disposition", "choice", "boundary", "open"],
        format_func=lambda t: t or "All",
    )
    asker = st.selectbox(
        "Asked by", [None, "patient", "public", "clinician"], format_func=lambda p: p or "All"
    )
    words = st.text_input("Words in title, narrative or question")
wanted = {"domain": domain, "task": task, "perspective": asker, "search": words.strip() or None}
rows = store().rows("case_list" if answered else "case_texts", run=run, **wanted)
if not rows:
    empty("No case fits these filters.")
    st.stop()
titles = {
    r["case_id"]: f"{r['domain']} · {r['title']}"
    + (
        f" ({r['n_harm3']} of {r['n']} answers: severe harm suspected or confirmed)"
        if answered
        else ""
    )
    for r in rows
}
asked = st.query_params.get("case")
index = list(titles).index(asked) if asked in titles else 0
case = choice.selectbox(f"Case ({len(rows)})", list(titles), index, format_func=titles.__getitem__)
st.query_params["case"] = case
case_view(run, case, answered=answered)
