"""Answer spread: how much of what a system decides is one and the same answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medaudit import stats
from medaudit.estimates.counts import Counts, sums
from medaudit.estimates.scopes import Scopes, Sorted
from medaudit.records import Estimate
from medaudit.stats.arrays import Ints

TASKS = ("disposition", "choice")
"""Tasks whose answers are a list to choose from. What must be declined has one right answer, and
an open answer is not one of a list: neither tells a constant policy from a sound one."""


@dataclass(frozen=True)
class Spread:
    """How often each system gave each answer that more than one case offers; a row an answer."""

    system: Ints
    case: Ints
    probe: Ints
    task: Ints
    label: Ints
    n: Ints
    source: Ints
    n_labels: int
    n_sources: int

    def of(self, scopes: Scopes) -> list[Estimate]:
        """The share of the commonest answer of each task, in every scope."""
        place = scopes.of(self.system, self.case, self.probe)
        n_scopes, sorted_rows = len(scopes), Sorted(place, len(scopes))
        of_task = np.full(self.n_labels, -1, dtype=np.int64)
        of_task[self.label] = self.task
        inside = place >= 0
        spot = place[inside] * self.n_labels + self.label[inside]
        totals = sums(spot, self.n[inside], n_scopes * self.n_labels)
        totals = totals.reshape(n_scopes, self.n_labels)
        common = np.zeros(totals.shape, dtype=bool)
        for task in range(len(TASKS)):
            mine = np.flatnonzero(of_task == task)
            if len(mine) > 0:
                best = mine[np.argmax(totals[:, mine], axis=1)]
                common[np.arange(n_scopes), best] = True
        found = []
        for scope in range(n_scopes):
            rows = sorted_rows.rows(scope)
            source, n = self.source[rows], self.n[rows]
            size = sums(source, n, self.n_sources)
            total = sums(source, n * common[scope, self.label[rows]], self.n_sources)
            there = size > 0
            count = stats.Tally(total[there].astype(np.int64), size[there].astype(np.int64))
            found.append(stats.rate_of_tally(count, name="commonest_answer"))
        return found


def spread_of(counts: Counts) -> Spread:
    """The answers of a run that are one of a list which several cases share."""
    variant = counts.decisions["at_variant"]
    case = counts.variants["at_case"][variant]
    task_of_case = np.array([TASKS.index(t) if t in TASKS else -1 for t in counts.task])
    task = task_of_case[case] if len(case) > 0 else np.zeros(0, dtype=np.int64)
    label = np.maximum(task, 0) * max(1, counts.n_labels) + counts.decisions["label"]
    n_labels = len(TASKS) * max(1, counts.n_labels)
    offered = np.unique(label * len(counts.case_ids) + case) // max(1, len(counts.case_ids))
    shared = np.bincount(offered, minlength=n_labels) > 1
    use = (task >= 0) & shared[label] if len(label) > 0 else np.zeros(0, dtype=bool)
    return Spread(
        counts.decisions["at_system"][use].astype(np.int64),
        case[use],
        counts.variants["at_probe"][variant][use],
        task[use],
        label[use],
        counts.decisions["n"][use],
        counts.source[case[use]],
        n_labels,
        counts.n_sources,
    )
