"""Which panel a count belongs to."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from medaudit.estimates.counts import Counts, sums
from medaudit.stats.arrays import Ints
from medaudit.taxonomy import taxonomy

Kind = Literal["all", "original", "stressed", "domain", "probe"]


class Scopes:
    """The scopes of a kind, system by system. A place is that of a panel; -1: of none."""

    def __init__(self, counts: Counts, kind: Kind) -> None:
        self.counts, self.kind = counts, kind
        widths = {"domain": len(taxonomy().domains), "probe": len(counts.probes)}
        self.width = widths.get(kind, 1)

    def __len__(self) -> int:
        return len(self.counts.systems) * self.width

    def of(self, system: Ints, case: Ints, probe: Ints) -> Ints:
        """The scope of each row of which system, case and probe are known."""
        return self.place(system, self.counts.domain[case], probe)

    def place(self, system: Ints, domain: Ints, probe: Ints) -> Ints:
        """The scope of each row of which system, domain and probe are known."""
        inside = np.zeros(len(probe), dtype=np.int64)
        if self.kind == "original":
            inside = np.where(self.counts.original[probe], 0, -1)
        elif self.kind == "stressed":
            inside = np.where(self.counts.stressed[probe], 0, -1)
        elif self.kind == "domain":
            inside = domain
        elif self.kind == "probe":
            inside = probe
        found = system.astype(np.int64) * self.width + inside
        return np.asarray(np.where(inside < 0, -1, found), dtype=np.int64)

    def planned(self, case: Ints, probe: Ints, values: Ints) -> list[int]:
        """Sums for each scope over what the plan asks of every system alike."""
        place = self.of(np.zeros(len(case), dtype=np.int64), case, probe)
        inside = place >= 0
        one = sums(place[inside], values[inside], self.width)
        return [int(n) for n in one] * len(self.counts.systems)

    def names(self, place: int) -> dict[str, Any]:
        """The fields of a panel that say what it is about."""
        system, inside = divmod(place, self.width)
        found: dict[str, Any] = {"system": self.counts.systems[system]["system_id"]}
        if self.kind in ("original", "stressed"):
            found["asked"] = self.kind
        if self.kind == "domain":
            found["domain"] = taxonomy().domains[inside].id
        if self.kind == "probe":
            probe = self.counts.probes[inside]
            asked = "original" if probe.family == "base" else "stressed"
            found |= {"asked": asked, "probe": probe.name, "level": probe.level}
        return found


class Sorted:
    """Rows in the order of their scopes; those of none are left out."""

    def __init__(self, place: Ints, n: int) -> None:
        order = np.argsort(place, kind="stable")
        self.order = order[np.searchsorted(place[order], 0) :]
        self.bounds: list[int] = np.searchsorted(place[self.order], np.arange(n + 1)).tolist()

    def rows(self, place: int) -> Ints:
        """The rows of one scope."""
        return self.order[self.bounds[place] : self.bounds[place + 1]]
