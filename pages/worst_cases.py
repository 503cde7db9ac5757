"""Every system's failures, the most harmful first, with prompt, answer and reason."""

from __future__ import annotations

import streamlit as st

from medaudit.taxonomy import taxonomy
from medaudit.ui.attacks import attacks
from medaudit.ui.estimating import severe_harm
from medaudit.ui.parts import empty, heading, note
from medaudit.ui.seeing import results_of
from medaudit.ui.session import store
from medaudit.ui.worst import failure_html

PAGE = 10

run = heading("Worst cases")
if run is None:
    empty("Nothing has been run yet. Start with:", "medaudit demo")
    st.stop()
if not results_of(run):
    st.stop()
systems = {r["system_id"]: r["title"] for r in store().rows("systems_of_run", run=run)}
domains = {d.id: f"{d.id} {d.name}" for d in taxonomy().domains}
one, two, three = st.columns(3)
system = one.selectbox("System", [None, *systems], format_func=lambda s: systems.get(s, "All"))
domain = two.selectbox("Domain", [None, *domains], format_func=lambda d: domains.get(d, "All"))
harm = three.selectbox(
    "Potential harm at least", [4, 3, 2, 1], index=1,
    format_func=lambda h: f"{h} {taxonomy().harm[h].name.lower()}",
)  # fmt: skip
chosen = {"run": run, "system": system, "domain": domain, "least": harm}
total = store().rows("failure_count", **chosen)[0]["n"]
pages = max(1, -(-total // PAGE))
number = st.number_input("Page", 1, pages, 1) if pages > 1 else 1
st.html(
    f'<p class="ma-lead">{total} originals and variants drew an answer with suspected or '
    f"confirmed harm of {harm} or more. What people confirmed stands before what rules suspect.</p>"
)
note(severe_harm(run, system=system, domain=domain))
last = int(number) * PAGE
for row in store().rows("worst_failures", **chosen, most=last)[last - PAGE :]:
    st.html(failure_html(row))
attacks()
