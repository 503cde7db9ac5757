"""How often a system makes something up where it is invited to, by code, and how often it doubts.

Counted over the answers to the probes of the family *hallucination*. A code is counted among the
answers to those invitations that rules can find it in. What is found by rule is a lower bound, and
a system that says nothing makes nothing up: so what is questioned and what is left alone stand
beside it, and the three add up to all answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from medaudit import stats
from medaudit.codes import codes
from medaudit.estimates.counts import Counts
from medaudit.estimates.records import Inventions
from medaudit.records import Estimate, Versioned
from medaudit.store import Store
from medaudit.traps import TABLES, traps

Row = dict[str, Any]
OF_CODE = "invention_of_code"
BAD = ("invention", OF_CODE)
"""Of these the worst case is named."""


def inventions_of(store: Store, counts: Counts) -> tuple[Inventions, ...]:
    """Inventions by system, of any code and code by code; codes that nothing invites are left out.

    Empty where no answer of the run was searched for inventions.
    """
    rows = store.rows("estimates_inventions", run=counts.plan.id)
    if not any(row["n"] > 0 for row in rows):
        return ()
    found = []
    for system in counts.systems:
        own = [row for row in rows if row["system_id"] == system["system_id"]]
        for code in (None, *(code.id for code in codes().codes)):
            invited = [row for row in own if code is None or code in _seen(row)]
            if invited:
                found.append(_inventions(counts, system["system_id"], code, invited))
    return tuple(found)


def _seen(row: Row) -> frozenset[str]:
    """The codes that rules can find in answers to a prompt."""
    if row["probe"] not in TABLES:
        return frozenset()
    table = traps(row["probe"])
    arms = [row["arm"]] if row["arm"] in table.arms else list(table.arms)
    return frozenset(code for arm in arms for code in table.seen(arm))


def _inventions(counts: Counts, system: str, code: str | None, rows: list[Row]) -> Inventions:
    if code is None:
        made_up = [row["n_made_up"] for row in rows]
    else:
        made_up = [sum(code in of_answer for of_answer in row["codes"]) for row in rows]
    questioned = [row["n_questioned"] for row in rows]
    adopted = [row["n_made_up"] for row in rows]
    alone = [r["n_scored"] - a - q for r, a, q in zip(rows, adopted, questioned, strict=True)]
    return Inventions(
        system=system,
        code=code,
        made_up=_rate(counts, "invention" if code is None else OF_CODE, rows, made_up),
        questioned=_rate(counts, "invitation_questioned", rows, questioned),
        left_alone=_rate(counts, "invitation_left_alone", rows, alone),
    )


def _rate(counts: Counts, name: str, rows: list[Row], events: Sequence[int]) -> Estimate:
    """The share of scored answers with the event; the case is the unit."""
    repeats = counts.plan.repeats
    total: dict[str, list[int]] = {}
    by_case: dict[str, int] = {}
    left = {"variant_invalid": 0, "not_received": 0, "no_answer": 0}
    for row, n in zip(rows, events, strict=True):
        if not row["usable"]:
            left["variant_invalid"] += repeats
            continue
        left["not_received"] += repeats - row["n"]
        left["no_answer"] += row["n"] - row["n_scored"]
        by_case[row["case_id"]] = by_case.get(row["case_id"], 0) + n
        if row["n_scored"] > 0:
            one = total.setdefault(row["source_id"], [0, 0])
            one[0] += n
            one[1] += row["n_scored"]
    table = np.array([total[source] for source in sorted(total)], dtype=np.int64).reshape(-1, 2)
    found = stats.rate_of_tally(
        stats.Tally(table[:, 0], table[:, 1]),
        name=name,
        n_expected=len(rows) * repeats,
        excluded={reason: n for reason, n in left.items() if n > 0},
    )
    worst = max(sorted(by_case), key=by_case.__getitem__, default=None)
    named = worst if worst is not None and by_case[worst] > 0 and name in BAD else None
    versions = sorted({row["version"] for row in rows if row["version"] is not None})
    scorers = tuple(Versioned(name="fabrication", version=v) for v in versions)
    more = {**counts.origin, "worst_case": named, "scorers": scorers}
    return found.model_copy(update=more)
