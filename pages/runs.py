"""Runs: what was planned, what came back and how, tokens and cost; live while one goes on."""

from __future__ import annotations

import streamlit as st

from medaudit.charts.outcomes import outcome_bars
from medaudit.ui.judging import judges_of_run
from medaudit.ui.parts import empty, heading, table
from medaudit.ui.progress import live_progress
from medaudit.ui.session import store

run = heading("Runs")
if run is None:
    empty(
        "No run yet. Build a suite, then put it to a system:",
        "medaudit suite build",
        "medaudit run start SUITE --system smollm2-q8_0",
    )
    st.stop()
live_progress(run)
frame = store().frame("outcomes_by_system", run=run)
if len(frame):
    st.plotly_chart(outcome_bars(frame), config={"displayModeBar": False}, key="outcomes")
table(
    store().rows("run_progress", run=run),
    {
        "title": "System",
        "n_expected": "Expected",
        "n_received": "Received",
        "n_answered": "Answered",
        "n_truncated": "Cut short",
        "n_refused": "Refused",
        "n_other": "No answer",
        "tokens_in": "Tokens in",
        "tokens_out": "Tokens out",
        "latency_s": "Median s",
        "cost_usd": "Cost USD",
        "n_attempts": "Calls",
    },
    "Answers, tokens and cost by system. A dash means unknown, never zero.",
)
judges_of_run(run)
