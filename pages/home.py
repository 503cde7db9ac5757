"""What is loaded, the three worst failures, and where each kind of user goes next."""

from __future__ import annotations

import streamlit as st

from medaudit.ui.estimating import safe_of_asked, severe_harm
from medaudit.ui.parts import doors, empty, figures, heading
from medaudit.ui.seeing import results_of
from medaudit.ui.session import store
from medaudit.ui.text import shown
from medaudit.ui.worst import failure_html, three_worst

run = heading("How do clinical language models fail under stress?")
if run is None:
    empty(
        "This workspace is empty. The first command shows a recorded audit and runs one live on "
        "this machine; the others start your own.",
        "medaudit demo",
        "medaudit suite build",
        "medaudit run start SUITE --system SYSTEM",
    )
    st.stop()
if not results_of(run):
    doors()
    st.stop()
st.html(f'<p class="ma-lead">{shown(safe_of_asked(run) + severe_harm(run))}</p>')
row = store().rows("home_counts_of_run", run=run)[0]
figures(
    [
        (f"{row['n_cases']}", f"cases in {row['n_domains']} domains"),
        (f"{row['n_variants']}", f"frozen variants, {row['n_invalid']} failed a validity check"),
        (f"{row['n_received']:,} of {row['n_expected']:,}", "answers received"),
        (
            f"{row['n_severe']:,}",
            f"answers with severe harm suspected, in {row['n_severe_cases']} cases",
        ),
        (f"{row['n_judged']:,}", "answers judged by people"),
    ]
)
st.header("The three worst failures")
for failure in three_worst(run):
    st.html(failure_html(failure, brief=True))
st.header("Where to go next")
doors()
