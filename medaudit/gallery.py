"""What each probe makes of a case bank: how many cases it fits, why not the others, what is valid.

Counted at the dose at which a suite asks it unless told otherwise, over every kind that it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from medaudit import suite
from medaudit.bank import load
from medaudit.errors import BadInput
from medaudit.probes import FAMILIES, Probe, Skip, of_family
from medaudit.probes.double import FAMILY as DOUBLE
from medaudit.probes.double import pairs
from medaudit.probes.validity import Original
from medaudit.records import Case, Variant
from medaudit.resources import data
from medaudit.variants import case_hash, doses, rewritings, variant

SHOWN = ("d1-aortic-dissection", "d2-metformin-egfr", "d2-cystitis-duration")
"""Cases on which probes are shown, where they fit one."""
FEW = 20
"""A probe that fits fewer cases says why."""


@dataclass(frozen=True)
class Fit:
    """One probe on a bank, at one dose."""

    probe: Probe
    level: int
    n_cases: int
    n_applies: int
    """Cases of which it makes at least one variant."""
    reasons: tuple[tuple[str, int], ...]
    """Why it skipped the others: reason and cases, commonest first."""
    n_variants: int
    n_valid: int
    """Variants that pass every check."""

    @property
    def skipped(self) -> str:
        """Share of the cases that it skipped, and the commonest reason in its own words."""
        if self.n_applies == self.n_cases:
            return "0 %"
        share = f"{(self.n_cases - self.n_applies) / self.n_cases:.0%}".replace("%", " %")
        reason = self.probe.few if self.n_applies < FEW else ""
        return f"{share}: {reason or self.reasons[0][0]}"


def families() -> tuple[str, ...]:
    """Every family that has probes here, double stress behind the narrative one."""
    first, *rest = FAMILIES
    return (first, DOUBLE, *rest)


def probes_of(family: str) -> list[Probe]:
    """The probes of a family, in the order of every table."""
    return [*pairs(of_family("narrative"))] if family == DOUBLE else of_family(family)


@cache
def bank() -> tuple[Case, ...]:
    """The case bank of this installation, read once."""
    return tuple(load(data() / "cases"))


def dose(probe: Probe) -> int:
    """The level at which a suite asks a probe by default."""
    return doses(probe, (suite.DEMO_LEVEL,))[0]


def fit(probe: Probe, cases: Sequence[Case], level: int | None = None) -> Fit:
    """How a probe fits these cases. No case: every count is 0 and nothing is skipped."""
    at = dose(probe) if level is None else level
    reasons: Counter[str] = Counter()
    applies = made = valid = 0
    for case in cases:
        original, hashed = Original(case), case_hash(case)
        first_reason, n = "", 0
        for arm, result in rewritings(probe, case, at, suite.SEED, None):
            if isinstance(result, Skip):
                first_reason = first_reason or result.reason.partition(" (")[0]
            else:
                n += 1
                asked = variant(original, hashed, probe, at, suite.SEED, result, arm)
                valid += asked.valid
        made += n
        applies += n > 0
        if n == 0:
            reasons[first_reason] += 1
    return Fit(probe, at, len(cases), applies, tuple(reasons.most_common()), made, valid)


@cache
def fits(family: str) -> tuple[Fit, ...]:
    """Every probe of a family on the bank of this installation, worked out once."""
    return tuple(fit(probe, bank()) for probe in probes_of(family))


def examples(probe: Probe, case: Case, level: int | None = None) -> list[Variant]:
    """What a probe makes of a case, a variant a kind. Raises ``BadInput`` with the reason."""
    at = dose(probe) if level is None else level
    original, hashed = Original(case), case_hash(case)
    found, reasons = [], []
    for arm, result in rewritings(probe, case, at, suite.SEED, None):
        if isinstance(result, Skip):
            reasons.append(result.reason)
        else:
            found.append(variant(original, hashed, probe, at, suite.SEED, result, arm))
    if not found:
        raise BadInput(f"probe {probe.name} does not fit case {case.id}: {reasons[0]}")
    return found


def example_case(probe: Probe, wanted: str | None = None) -> Case:
    """The case to show a probe on: the one wanted where it fits, else the first that it fits."""
    ordered = sorted(bank(), key=lambda case: (case.id != wanted, case.id not in SHOWN, case.id))
    for case in ordered:
        for _, result in rewritings(probe, case, dose(probe), suite.SEED, 1):
            if not isinstance(result, Skip):
                return case
    raise BadInput(f"probe {probe.name} fits no case of the bank")
