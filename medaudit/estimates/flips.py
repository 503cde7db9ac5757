"""Flips from counts of decisions: every answer to a stressed variant beside every original's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medaudit.estimates.counts import Counts, share, sums
from medaudit.stats import FlipShares
from medaudit.stats.arrays import Floats, Ints

KINDS = ("n", "n_right", "n_wrong")


@dataclass(frozen=True)
class Pairs:
    """Each stressed variant with its original, for each system that decided on the former."""

    system: Ints
    case: Ints
    probe: Ints
    shares: FlipShares

    def some(self, rows: Ints) -> Pairs:
        columns = (None if column is None else column[rows] for column in self.shares)
        shares = FlipShares(*columns)  # type: ignore[arg-type]
        return Pairs(self.system[rows], self.case[rows], self.probe[rows], shares)


def pairs_of(counts: Counts) -> Pairs:
    """The pairs of a run: usable variants under stress whose advice must not change.

    With b_k and p_k answers k of B and P: raw = 1 - Σ b_k p_k / (B P); within one prompt
    1 - Σ n_k (n_k - 1) / (N (N - 1)). ``stats.flip_rate`` finds the same answer by answer.
    """
    variant = counts.decisions["at_variant"]
    case, probe = counts.variants["at_case"][variant], counts.variants["at_probe"][variant]
    system = counts.decisions["at_system"].astype(np.int64)
    label, n_labels = counts.decisions["label"], max(1, counts.n_labels)
    spot, n_spots = system * len(counts.case_ids) + case, len(counts.systems) * len(counts.case_ids)
    base, under = counts.original[probe], counts.variants["invariant"][variant]

    key, at = np.unique(spot[base] * n_labels + label[base], return_inverse=True)
    original = {k: sums(at, counts.decisions[k][base], len(key)) for k in KINDS}
    of_base = {k: sums(key // n_labels, v, n_spots) for k, v in original.items()}
    repeats = sums(key // n_labels, original["n"] * (original["n"] - 1), n_spots)

    pair, first, at = np.unique(
        system[under] * len(counts.variants["at_case"]) + variant[under],
        return_index=True,
        return_inverse=True,
    )
    stressed = {k: counts.decisions[k][under].astype(np.float64) for k in KINDS}
    p = {k: sums(at, v, len(pair)) for k, v in stressed.items()}
    again = sums(at, stressed["n"] * (stressed["n"] - 1), len(pair))
    place, found = _match(key, spot[under] * n_labels + label[under])

    def agree(kind: str, of_original: str) -> Floats:
        """Pairs of answers of these kinds that are the same decision, of each pair of prompts."""
        there = np.zeros(len(place))
        there[found] = original[of_original][place[found]]
        return sums(at, stressed[kind] * there, len(pair))

    mine = spot[under][first]
    b = {k: v[mine] for k, v in of_base.items()}
    every = b["n"] * p["n"]
    differ = every - agree("n", "n")
    harmful = b["n_right"] * p["n_wrong"] - agree("n_wrong", "n_right")
    rescue = b["n_wrong"] * p["n_right"] - agree("n_right", "n_wrong")
    shares = FlipShares(
        share(differ, every),
        1 - share(repeats[mine], b["n"] * (b["n"] - 1)),
        1 - share(again, p["n"] * (p["n"] - 1)),
        share(harmful, every),
        share(rescue, every),
        share(differ - harmful - rescue, every),
    )
    return Pairs(system[under][first], case[under][first], probe[under][first], shares)


def planned(counts: Counts) -> tuple[Ints, Ints, Ints]:
    """Pairs that the plan calls for of one system: case and probe, and 1 where the stressed
    variant or every original is invalid."""
    asked = counts.variants
    under = asked["invariant"]
    invalid = ~(asked["usable"] & counts.sound[asked["at_case"]])
    return asked["at_case"][under], asked["at_probe"][under], invalid[under].astype(np.int64)


def _match(known: Ints, wanted: Ints) -> tuple[Ints, np.ndarray]:
    """Place of each wanted key among the sorted known ones, and whether it is there."""
    if len(known) == 0:
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.asarray(place, dtype=np.int64), known[place] == wanted
