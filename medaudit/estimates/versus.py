"""Systems against each other, and against the one that they were made from; always in pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from medaudit import stats
from medaudit.errors import Undefined
from medaudit.estimates.counts import Counts, sums
from medaudit.estimates.records import Comparison, Lineage, Measure
from medaudit.records import Estimate
from medaudit.stats.arrays import Bools, Floats

MEASURES: dict[Measure, tuple[str, str]] = {
    "case_score": ("score_sum", "n_scored"),
    "safe_decision": ("n_correct", "n_decided"),
    "severe_harm": ("n_harm3", "n_harm"),
}
MARGIN = 0.05
"""Case scores this close on the originals count as equal."""


def comparisons_of(counts: Counts) -> tuple[Comparison, ...]:
    """Every pair of systems in every measure, prompt by prompt, p adjusted by Holm per measure."""
    found: list[Comparison] = []
    for measure in MEASURES:
        value, there = _prompts(counts, measure)
        pairs = list(combinations(range(len(counts.systems)), 2))
        made = [_difference(counts, measure, value, there, a, b) for a, b in pairs]
        known = [e.p for e in made if e.p is not None]
        adjusted = iter(stats.holm(known).tolist())
        for (a, b), estimate in zip(pairs, made, strict=True):
            note = f"{estimate.method}; p adjusted by Holm over {len(known)} pairs of systems"
            if estimate.p is not None:
                change = {"p": min(1.0, next(adjusted)), "method": note}
                estimate = estimate.model_copy(update=change)
            found.append(
                Comparison(
                    measure=measure,
                    system=counts.systems[a]["system_id"],
                    against=counts.systems[b]["system_id"],
                    estimate=estimate,
                )
            )
    return tuple(found)


def lineage_of(counts: Counts) -> tuple[Lineage, ...]:
    """Every system whose parent is in the run, tested for pseudonormality against it."""
    places = {system["system_id"]: place for place, system in enumerate(counts.systems)}
    value, there = _prompts(counts, "case_score")
    return tuple(
        _lineage(counts, value, there, places[system["parent"]], place)
        for place, system in enumerate(counts.systems)
        if system["parent"] in places
    )


def _prompts(counts: Counts, measure: Measure) -> tuple[Floats, Bools]:
    """Mean of each prompt for each system, shape (systems, cases x probes), and where there is
    one."""
    events, rows = MEASURES[measure]
    total = np.where(counts.cells[rows] > 0, counts.cells[events], 0)
    n, total = counts.dense(counts.cells[rows]), counts.dense(total)
    value = np.divide(total, n, out=np.zeros_like(n), where=n > 0)
    return np.clip(value, 0, 1), n > 0


def _difference(
    counts: Counts, measure: Measure, value: Floats, there: Bools, a: int, b: int
) -> Estimate:
    both = there[a] & there[b]
    source = np.repeat(counts.source, len(counts.probes))[both]
    n = counts.n_sources
    size = sums(source, both[both], n).astype(np.int64)
    total = sums(source, (value[a] - value[b])[both], n)
    asked = np.zeros(value.shape[1], dtype=bool)
    asked[counts.prompt] = True
    expected = int(asked.sum())
    missing = expected - int(both.sum())
    estimate = stats.paired_difference_of_totals(
        total[size > 0], size[size > 0], name=f"{measure}_difference", n_expected=expected
    )
    return estimate.model_copy(
        update={
            "excluded": {"not_in_both": missing} if missing > 0 else {},
            **counts.origin,
        }
    )


def _lineage(counts: Counts, value: Floats, there: Bools, parent: int, child: int) -> Lineage:
    both = there[parent] & there[child]
    probe = np.tile(np.arange(len(counts.probes)), len(counts.case_ids))
    source = np.repeat(counts.source, len(counts.probes))
    base, under = both & counts.original[probe], both & counts.stressed[probe]
    names = {
        "system": counts.systems[child]["system_id"],
        "parent": counts.systems[parent]["system_id"],
        "margin": MARGIN,
    }
    try:
        found = stats.pseudonormal(
            value[parent][base],
            value[child][base],
            value[parent][under],
            value[child][under],
            source[base],
            margin=MARGIN,
            stressed_cluster=source[under],
        )
    except Undefined as error:
        return Lineage(
            **names, verdict="not decidable", reason=str(error), p=None,
            baseline=None, stressed=None,
        )  # fmt: skip
    equal = found.baseline
    baseline = Estimate(
        name="baseline_difference",
        value=equal.difference,
        low=equal.low,
        high=equal.high,
        method=f"Paired by case, 90% interval; equal if it lies within ±{MARGIN:g} (TOST)",
        n_rows=equal.n_rows,
        n_cases=equal.n_cases,
        df=equal.df,
        p=equal.p,
        warnings=found.warnings,
    )
    return Lineage(
        **names,
        verdict=found.verdict,
        reason=found.reason,
        p=found.p,
        baseline=baseline.model_copy(update=counts.origin),
        stressed=found.stressed.model_copy(update=counts.origin),
    )
