"""A run as it goes on: counts, time left, tokens per second and the newest answers."""

from __future__ import annotations

import streamlit as st

from medaudit.ui.seeing import results_of
from medaudit.ui.session import store
from medaudit.ui.text import panel, shown

NEWEST = 3


@st.fragment(run_every=2.0)
def _watched(run: str) -> None:
    _draw(run)
    if store().rows("run_state", run=run)[0]["state"] != "running":
        st.rerun()


def live_progress(run: str) -> None:
    """The state of a run; while it is running, redrawn every two seconds with new answers."""
    if store().rows("run_state", run=run)[0]["state"] == "running":
        _watched(run)
    else:
        _draw(run)


def _draw(run: str) -> None:
    row = store().rows("run_state", run=run)[0]
    expected, received = row["n_expected"], row["n_received"]
    parts = [f"{received} of {expected} answers", row["state"]]
    if row["state"] == "running" and row["tokens_per_s"] is not None:
        parts.append(f"{row['tokens_per_s']:.0f} tokens per second")
    if row["state"] == "running" and row["seconds_left"] is not None:
        parts.append(f"about {max(1, round(row['seconds_left'] / 60))} min left")
    cost = row["cost_usd"]
    parts.append("cost unknown" if cost is None else f"${cost:.2f} spent")
    st.progress(received / expected if expected else 0.0, text=" · ".join(parts))
    if row["state"] == "interrupted":
        st.code(f"medaudit run resume {run}", language=None)
    if row["state"] == "running" and results_of(run):
        for answer in store().rows("newest_answers", run=run, limit=NEWEST):
            score = answer["case_score"]
            label = "not scored yet" if score is None else f"case score {score:.2f}"
            title = f"{answer['system_title']} · {answer['case_title']} · {answer['probe']}"
            st.html(panel(f"{title} · {label}", shown(answer["text"] or answer["outcome"])))
