"""The sheet: every headline number of a run, as pages and the command line print it."""

from __future__ import annotations

from medaudit.estimates.boundary import boundary_of
from medaudit.estimates.counts import Counts, originals, read_counts
from medaudit.estimates.inventions import inventions_of
from medaudit.estimates.leaks import leaks_of
from medaudit.estimates.panels import panels_of
from medaudit.estimates.records import Panel, Sheet
from medaudit.estimates.tails import tails_of
from medaudit.estimates.versus import comparisons_of, lineage_of
from medaudit.store import Store


def sheet(store: Store, run_id: str) -> Sheet:
    """Every headline estimate of a run, finished or going on. Raises ``UnknownName``."""
    counts = read_counts(store, run_id)
    panels = panels_of(counts, "all", "original", "stressed", "domain", "probe")
    return Sheet(
        run_id=counts.plan.id,
        suite_id=counts.plan.suite_id,
        scorers=counts.plan.scorers,
        state=counts.state,
        n_expected=counts.plan.n_expected,
        n_received=_received(store, run_id),
        titles=_titles(counts),
        systems=(*panels["all"], *panels["original"], *panels["stressed"]),
        domains=panels["domain"],
        probes=panels["probe"],
        tails=tails_of(
            counts,
            originals(store, counts),
            panels["original"],
            panels["stressed"],
            panels["domain"],
        ),
        comparisons=comparisons_of(counts),
        lineage=lineage_of(counts),
        boundary=boundary_of(counts),
        leaks=leaks_of(store, counts),
        inventions=inventions_of(store, counts),
        journal_head=store.journal_head(),
    )


def domain_panels(store: Store, run_id: str) -> tuple[Panel, ...]:
    """The panels of every system and domain alone: the same objects as in the sheet."""
    return panels_of(read_counts(store, run_id), "domain")["domain"]


def system_panels(store: Store, run_id: str) -> tuple[Panel, ...]:
    """One panel a system over everything asked: the same objects as in the sheet."""
    return panels_of(read_counts(store, run_id), "all")["all"]


def probe_panels(store: Store, run_id: str) -> tuple[Panel, ...]:
    """The panels of every system, probe and level alone: the same objects as in the sheet."""
    return panels_of(read_counts(store, run_id), "probe")["probe"]


def _received(store: Store, run_id: str) -> int:
    return sum(row["n"] for row in store.rows("outcomes_by_system", run=run_id))


def _titles(counts: Counts) -> dict[str, str]:
    return {system["system_id"]: system["title"] for system in counts.systems}
