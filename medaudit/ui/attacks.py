"""Adaptive attacks as a section of their own: labelled best of k, apart from every run."""

from __future__ import annotations

import streamlit as st

from medaudit.errors import MedauditError
from medaudit.estimates import words
from medaudit.estimates.attacks import AttackSheet, sheet
from medaudit.records import Estimate
from medaudit.run import attack_files
from medaudit.ui.parts import note, problem, table
from medaudit.ui.session import workspace

COLUMNS = {
    "system": "System",
    "success": "Fooled in some round",
    "floor": "Wrong in some re-ask",
    "gap": "Benchmarking gap",
    "right": "Right at baseline",
    "undecided": "No decision at baseline",
    "spread": "Commonest place at baseline",
    "rounds": "Best of",
    "rounds_to": "Median rounds to failure",
    "state": "State",
    "attack": "Attack",
}


def attacks() -> None:
    """The attacks of the workspace in a table; nothing where there are none."""
    names = attack_files.ids(workspace())
    if not names:
        return
    st.subheader("Adaptive attacks, best of k", anchor=False)
    note(
        "Each system was attacked on its own, round after round, on the cases that it answered "
        "rightly: other texts for each, and the worst round counts. These are no flip rates, enter "
        "no figure of a run and rank no vendor. Beside each rate stands what asking the original "
        "again did with no attack at all."
    )
    rows = []
    for name in names:
        try:
            found = sheet(attack_files.seen(workspace(), name))
        except MedauditError as error:
            problem(error)
        else:
            rows.append(_row(found))
    table(rows, COLUMNS, "Value, 95% interval, and cases of those right at baseline.")


def _row(found: AttackSheet) -> dict[str, str]:
    middle = found.median_rounds
    return {
        "attack": found.attack_id,
        "system": found.system_id,
        "rounds": f"{found.rounds} rounds",
        "right": f"{found.n_right} of {found.n_planned}",
        "undecided": f"{found.n_baseline_undecided} of {found.n_planned}",
        "spread": _spread(found),
        "success": _cell(found.success),
        "floor": _cell(found.floor),
        "gap": _cell(found.gap),
        "rounds_to": "–" if middle is None else f"{middle:g}",
        "state": "done" if found.done else "not done",
    }


def _spread(found: AttackSheet) -> str:
    """Which option is chosen how often: a constant policy is fooled by whatever moves the right."""
    if found.place is None or found.place_share is None:
        return "–"
    return f"option {found.place} in {found.place_share:.0%}"


def _cell(found: Estimate) -> str:
    if found.value is None:
        return f"– (0 of {words.rows(found).rpartition(' ')[2]})"
    return f"{words.number(found.value)} ({words.interval(found)}; {words.rows(found)})"
