"""Panels: one system in one scope, its estimates side by side, from counts per case."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medaudit.estimates.counts import Counts
from medaudit.estimates.flips import Pairs, pairs_of, planned
from medaudit.estimates.records import Panel
from medaudit.estimates.scope import COLUMNS, Scope
from medaudit.estimates.scopes import Kind, Scopes, Sorted
from medaudit.estimates.spread import Spread, spread_of
from medaudit.estimates.stability import Drops, drops_of, planned_drops, stability
from medaudit.stats.arrays import Ints


def panels_of(counts: Counts, *kinds: Kind) -> dict[Kind, tuple[Panel, ...]]:
    """The panels of every kind, by system and scope; scopes that nothing is asked in are left out.

    ``all``, ``original``, ``stressed``: a panel a system. ``domain``: a panel a system and domain.
    ``probe``: a panel a system, probe and level.
    """
    pairs, spread, drops = pairs_of(counts), spread_of(counts), drops_of(counts)
    return {kind: tuple(_panels(counts, kind, pairs, spread, drops)) for kind in kinds}


def _panels(
    counts: Counts, kind: Kind, pairs: Pairs, spread: Spread, drops: Drops
) -> Iterator[Panel]:
    scopes = Scopes(counts, kind)
    n, cells = len(scopes), {**counts.cells, "n_correct_cut": counts.n_correct_cut}
    inside = Sorted(scopes.of(cells["at_system"], cells["at_case"], cells["at_probe"]), n)
    columns = {name: cells[name][inside.order] for name in ("at_case", *COLUMNS)}
    of_pairs = Sorted(scopes.of(pairs.system, pairs.case, pairs.probe), n)
    of_drops = Sorted(scopes.of(drops.system, drops.case, drops.probe), n)
    pairs_asked, drops_asked = (_planned(scopes, ask(counts)) for ask in (planned, planned_drops))
    reasons, commonest = _reasons(counts, scopes), spread.of(scopes)
    for place in range(n):
        rows = slice(inside.bounds[place], inside.bounds[place + 1])
        if rows.start == rows.stop:
            continue
        scope = Scope(counts, {k: v[rows] for k, v in columns.items()}, reasons[place])
        moved = None
        if pairs_asked[place][0] > 0:
            moved = stability(
                scope,
                pairs.some(of_pairs.rows(place)),
                drops.some(of_drops.rows(place)),
                pairs_asked[place],
                drops_asked[place],
            )
        yield scope.panel(scopes.names(place), commonest[place], moved)


def _planned(scopes: Scopes, asked: tuple[Ints, Ints, Ints]) -> list[tuple[int, int]]:
    """For each scope what the plan calls for, and how much of it is invalid."""
    case, probe, invalid = asked
    n = scopes.planned(case, probe, np.ones_like(invalid))
    return list(zip(n, scopes.planned(case, probe, invalid), strict=True))


def _reasons(counts: Counts, scopes: Scopes) -> list[dict[str, dict[str, int]]]:
    """For each scope, the answers without a decision, score or harm level, by reason."""
    found: list[dict[str, dict[str, int]]] = [{} for _ in range(len(scopes))]
    left = counts.left_out
    place = scopes.place(left["at_system"], left["domain"], left["at_probe"])
    for row, at in enumerate(place.tolist()):
        if at < 0:
            continue
        sizes = found[at].setdefault(
            str(left["reason"][row]), {"n": 0, "n_unscored": 0, "n_unrated": 0}
        )
        for name in sizes:
            sizes[name] += int(left[name][row])
    return found
