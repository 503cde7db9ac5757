"""What the store counts of a run, as arrays: a row a system, case, probe and level.

SQL selects and counts (``estimates_*.sql``); nothing here infers. Places run from 0: systems by id,
cases by id, probes by family, name and level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from medaudit.errors import Conflict, UnknownName
from medaudit.records import Run
from medaudit.stats.arrays import Bools, Floats, Ints
from medaudit.store import Store
from medaudit.store.runs import read_plan
from medaudit.taxonomy import taxonomy

if TYPE_CHECKING:
    import pandas as pd

Table = dict[str, np.ndarray]
MOST_READS = 5


@dataclass(frozen=True)
class Probe:
    """One way of asking: the original, or a probe at a level."""

    family: str
    name: str
    level: int
    stressed: bool


@dataclass(frozen=True)
class Counts:
    """The counts of one run."""

    plan: Run
    state: str
    systems: tuple[dict[str, Any], ...]
    case_ids: tuple[str, ...]
    source: Ints
    """The unit of inference of each case: its template family, mostly the case itself."""
    domain: Ints
    """Place of each case's domain in the taxonomy; -1 where the suite has lost the case."""
    task: tuple[str, ...]
    probes: tuple[Probe, ...]
    variants: Table
    """A row a variant: at_case, at_probe, usable, invariant."""
    cells: Table
    """A row a system, case, probe and level."""
    decisions: Table
    """A row a system, variant and decision (``label``)."""
    n_labels: int
    left_out: Table
    """A row a system, probe, domain and reason."""

    @cached_property
    def original(self) -> Bools:
        """Which probes are the original."""
        return np.array([probe.family == "base" for probe in self.probes], dtype=bool)

    @cached_property
    def stressed(self) -> Bools:
        """Which probes put a case under stress."""
        return np.array([probe.stressed for probe in self.probes], dtype=bool)

    @cached_property
    def sound(self) -> Bools:
        """Which cases have an original that counts."""
        base = self.original[self.variants["at_probe"]] & self.variants["usable"]
        return sums(self.variants["at_case"], base, len(self.case_ids)) > 0

    @cached_property
    def asks_decision(self) -> Bools:
        """Which cases ask for a decision: all but those that were answered without anyone, in any
        answer, having found one or missed it."""
        tried = self.cells["n_decided"] + self.cells["n_no_decision"]
        n, at = len(self.case_ids), self.cells["at_case"]
        silent = sums(at, self.cells["n_answered"], n) == 0
        return np.asarray((sums(at, tried, n) > 0) | silent, dtype=bool)

    @cached_property
    def n_sources(self) -> int:
        return int(self.source.max()) + 1 if len(self.source) > 0 else 0

    @cached_property
    def origin(self) -> dict[str, Any]:
        """The fields of an estimate that say what it was computed from."""
        return {
            "run_id": self.plan.id,
            "suite_id": self.plan.suite_id,
            "scorers": self.plan.scorers,
        }

    @cached_property
    def prompt(self) -> Ints:
        """Place of each cell's case and probe among all: case-major."""
        place = self.cells["at_case"] * len(self.probes) + self.cells["at_probe"]
        return np.asarray(place, dtype=np.int64)

    @cached_property
    def n_correct_cut(self) -> Floats:
        """For each cell, those of ``n_correct`` whose answer was cut short."""
        found, n_prompts = self.decisions, len(self.case_ids) * len(self.probes)
        variant = found["at_variant"]
        prompt = self.variants["at_case"][variant] * len(self.probes)
        prompt += self.variants["at_probe"][variant]
        spot = found["at_system"].astype(np.int64) * n_prompts + prompt
        total = sums(spot, found["n_right_cut"], len(self.systems) * n_prompts)
        return total.reshape(len(self.systems), n_prompts)[self.cells["at_system"], self.prompt]

    def dense(self, values: np.ndarray) -> Floats:
        """A column of the cells as a table (systems, cases x probes), 0 where there is no cell."""
        out = np.zeros((len(self.systems), len(self.case_ids) * len(self.probes)))
        out[self.cells["at_system"], self.prompt] = values
        return out


def sums(place: np.ndarray, values: np.ndarray, n: int) -> Floats:
    """The sum of the values in each place from 0 to n - 1."""
    return np.asarray(np.bincount(place, values, n), dtype=np.float64)


def share(part: Floats, whole: Floats, otherwise: float = np.nan) -> Floats:
    """part / whole, and ``otherwise`` where whole is 0 (NaN: not there, as ``stats`` takes it)."""
    out = np.full(len(whole), otherwise, dtype=np.float64)
    return np.asarray(np.divide(part, whole, out=out, where=whole > 0), dtype=np.float64)


def read_counts(store: Store, run_id: str) -> Counts:
    """Everything that the estimates of a run rest on. Raises ``UnknownName``."""
    runs = {row["run_id"]: row["state"] for row in store.rows("estimates_runs")}
    if run_id not in runs:
        raise UnknownName("run", run_id, runs)
    asked, cell_rows, decisions, left_out = _frames(store, run_id)
    at_case, case_ids = asked["case_id"].factorize(sort=True)
    first = np.unique(at_case, return_index=True)[1]
    names = _names(asked)
    known = {name: place for place, name in enumerate(sorted(set(names)))}
    at_probe = _places(names, known)
    stressed = set(
        _places([n for n, s in zip(names, asked["stressed"].tolist(), strict=True) if s], known)
    )
    domains = {domain.id: place for place, domain in enumerate(taxonomy().domains)}
    cells = _table(cell_rows)
    label, labels = decisions.pop("decision").factorize()
    return Counts(
        plan=read_plan(store.workspace.run(run_id)),
        state=str(runs[run_id]),
        systems=tuple(store.rows("estimates_systems", run=run_id)),
        case_ids=tuple(case_ids),
        source=asked["source_id"].iloc[first].factorize()[0].astype(np.int64),
        domain=_places(asked["domain"].iloc[first], domains),
        task=tuple(asked["task"].iloc[first]),
        probes=tuple(Probe(*name, stressed=at in stressed) for name, at in known.items()),
        variants={
            "at_case": at_case.astype(np.int64),
            "at_probe": at_probe,
            "usable": asked["usable"].to_numpy(dtype=bool),
            "invariant": asked["invariant"].to_numpy(dtype=bool),
        },
        cells={
            "at_case": at_case[cells["at_variant"]].astype(np.int64),
            "at_probe": at_probe[cells["at_variant"]],
            **cells,
        },
        decisions={"label": label.astype(np.int64), **_table(decisions)},
        n_labels=len(labels),
        left_out={
            "domain": _places(left_out.pop("domain"), domains),
            "at_probe": _places(_names(left_out), known),
            "reason": left_out.pop("reason").to_numpy(dtype=object),
            **_table(left_out[["at_system", "n", "n_unscored", "n_unrated"]]),
        },
    )


def _frames(store: Store, run_id: str) -> list[pd.DataFrame]:
    """The four queries, of one state of the workspace: read again when it changed meanwhile."""
    names = ("variants", "cells", "decisions", "left_out")
    with ThreadPoolExecutor(len(names)) as pool:
        for _ in range(MOST_READS):
            version = store.version
            frames = list(pool.map(lambda n: store.frame(f"estimates_{n}", run=run_id), names))
            if store.version == version:
                return frames
    raise Conflict(f"run {run_id} grows faster than it can be counted; try again")


def originals(store: Store, counts: Counts) -> Table:
    """Every answer to an original, repeat by repeat: at_system, at_case, repeat, asked, right,
    case_score (NaN where there is none)."""
    found = _table(store.frame("estimates_originals", run=counts.plan.id))
    return {"at_case": counts.variants["at_case"][found["at_variant"]], **found}


def _table(frame: pd.DataFrame) -> Table:
    """A frame of numbers by column."""
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _names(frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Family, probe and level of each row. As lists: a column of text is slow to walk through."""
    return list(zip(*(frame[k].tolist() for k in ("family", "probe", "level")), strict=True))


def _places(names: Iterable[Any], known: Mapping[Any, int]) -> Ints:
    """The place of each name; -1 for one that is missing."""
    return np.array([known.get(name, -1) for name in names], dtype=np.int64)
