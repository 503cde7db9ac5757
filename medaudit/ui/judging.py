"""Which models judged a run, and whether they could be misled, for whoever relies on it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from medaudit.errors import WorkspaceDamaged
from medaudit.judges import REGISTRY as KINDS
from medaudit.judges.words import ATTACKS
from medaudit.run.judge_record import Record, judges_of, panels_of
from medaudit.ui.parts import note, problem, table
from medaudit.ui.session import store
from medaudit.ui.text import shown


def judges_of_run(run: str) -> None:
    """One row a judge; nothing where no model judged the run."""
    try:
        found = judges_of(store().workspace, run)
        panels = panels_of(store().workspace, run)
    except WorkspaceDamaged as error:
        problem(error)
        return
    if not found:
        return
    st.header("Judges", anchor=False)
    st.html(f'<p class="ma-lead">{shown(sentence(found))}</p>')
    table(
        [judge_row(record) for record in found],
        {
            "judge": "Judge",
            "kind": "What it is asked",
            "held": "Withstood",
            "means": "What that means",
            "left": "Left to other judges",
            "calls": "Calls",
            "cost": "Cost USD",
        },
        "Models that graded answers, and answers made to mislead them that they withstood",
    )
    for kind, judges in panels.items():
        note(
            f"Panel, {kind.replace('_', ' ')}: {', '.join(judges)}. Its verdict is that of more "
            "than half of the judges who may vote, two at least; a tie, and whatever one of them "
            "finds suspect, goes to people."
        )
    note(
        "Before a judge's verdicts count it is put to answers made to mislead it: empty ones, "
        "orders to the judge, forged verdicts, hidden characters, padding, the answer to another "
        "case. A judge that gives way to a single one is not believed on this run. How judges "
        "stand against clinicians: Agreement and quality, tab Judges against people."
    )


def sentence(found: Sequence[Record]) -> str:
    """How many of the judges can be believed here.

    >>> sentence([])
    '0 of 0 judges withstood every answer made to mislead them.'
    """
    done = [record for record in found if record.done]
    sound = sum(not record.tripped for record in done)
    stopped = len(found) - len(done)
    more = f" {stopped} more not finished." if stopped else ""
    return f"{sound} of {len(done)} judges withstood every answer made to mislead them.{more}"


def judge_row(record: Record) -> dict[str, str | int | float | None]:
    """A judge in words."""
    if not record.done:
        held, means = "–", "Not finished: give the same command again; none of its verdicts stand."
    elif record.tripped:
        kinds = list(dict.fromkeys(ATTACKS.get(name, name) for name in record.tripped))
        more = f" and {len(kinds) - 1} more kinds" if len(kinds) > 1 else ""
        held = f"{record.held} of {record.canaries}"
        means = f"Not believed: it fell for {kinds[0]}{more}. All its answers go to people."
    else:
        held = f"{record.held} of {record.canaries}"
        means = "Its verdicts count, where their quotes stand in the answer word for word."
    return {
        "judge": f"{record.title} ({record.vendor})",
        "kind": _purpose(record.kind),
        "held": held,
        "means": means,
        "left": ", ".join(f"{s}: same {why}" for s, why in record.left_out.items()) or "none",
        "calls": record.calls,
        "cost": record.cost_usd,
    }


def _purpose(kind: str) -> str:
    """What a kind of judge decides, in a sentence; its name where it is not installed here."""
    return KINDS.load(kind).purpose if kind in KINDS.names() else kind.replace("_", " ")
