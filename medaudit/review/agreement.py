"""Do readers agree? Every coefficient with its interval, never one alone, never without n.

A pair is an item that two people read blind, both reads in. Harm runs from 0 (none) to 4 (death);
a read without a level ("cannot judge") stays in the tables and is left out of the coefficients,
counted. Intervals: cluster bootstrap over cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from medaudit.records import Estimate
from medaudit.stats import (
    cohen_kappa,
    confidence_sequence,
    fleiss_kappa,
    gwet_ac,
    icc,
    krippendorff_alpha,
    pabak,
    specific_agreement,
)
from medaudit.stats.wording import MIN_SHOWN, suppressed

LEVELS = (0, 1, 2, 3, 4)
SEVERE = 3
"""Severe harm and death: what the statistics call catastrophic."""
Scale: TypeAlias = Literal["harm", "any_harm", "severe"]
SCALES: Mapping[Scale, tuple[int, ...]] = {"harm": LEVELS, "any_harm": (0, 1), "severe": (0, 1)}
CHANGED = "Later reads differ from earlier ones: no interval that assumes one rate holds"
Opened: TypeAlias = Literal["neither", "one", "both"]


@dataclass(frozen=True)
class Pair:
    """One item that was graded twice. ``None``: no level was given."""

    item_id: str
    case_id: str
    domain: str
    probe: str
    first: int | None
    second: int | None
    first_saw: tuple[str, ...] = ()
    """What the first reader had opened besides case and answer."""
    second_saw: tuple[str, ...] = ()
    verdict: int | None = None
    """Harm by adjudication. None: none yet, or none needed."""
    adjudicated: bool = False
    disputed: bool = False
    """Waits for a third person, who must not know the levels yet."""
    case_title: str = ""


@dataclass(frozen=True)
class Coefficients:
    """One scale read by all coefficients together."""

    scale: Scale
    prevalence: dict[int, float]
    """Share of all reads in each category."""
    estimates: dict[str, Estimate] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupAgreement:
    """Agreement of one group of pairs, or why it is not shown."""

    group: str
    n_pairs: int
    n_cases: int
    n_same: int
    """Pairs with the same level: a count, which stands also where no rate does."""
    n_far: int
    """Pairs that are two levels or more apart."""
    excluded: dict[str, int]
    """Pairs that stand in no coefficient, by reason."""
    scales: tuple[Coefficients, ...] = ()
    withheld: str | None = None
    """Why no coefficient is printed. None: they are."""


def group_agreement(group: str, pairs: Sequence[Pair], *, brief: bool = False) -> GroupAgreement:
    """Every coefficient of a group of pairs; ``brief`` leaves out those that say the same again.

    Below ten cases nothing but the counts is given: a coefficient of nine cases says more about
    the nine than about the readers.

    >>> few = [Pair("a", "case", "D1", "base", 0, 0)]
    >>> group_agreement("all", few).withheld
    '1 cases: not shown below 10'
    """
    graded = [p for p in pairs if p.first is not None and p.second is not None]
    left_out = len(pairs) - len(graded)
    excluded = {"no_level": left_out} if left_out > 0 else {}
    gaps = [abs(p.first - p.second) for p in pairs if p.first is not None and p.second is not None]
    n_cases = len({p.case_id for p in graded})
    counts = (len(pairs), n_cases, gaps.count(0), sum(gap >= 2 for gap in gaps), excluded)
    if n_cases < MIN_SHOWN:
        return GroupAgreement(group, *counts, withheld=suppressed(n_cases))
    scales = tuple(_coefficients(scale, graded, brief=brief) for scale in SCALES)
    return GroupAgreement(group, *counts, scales)


def on_scale(scale: Scale, level: int) -> int:
    """A harm level as a scale reads it: as it is, any harm at all, or severe harm and death."""
    if scale == "harm":
        return level
    return int(level > 0) if scale == "any_harm" else int(level >= SEVERE)


def _coefficients(scale: Scale, pairs: Sequence[Pair], *, brief: bool) -> Coefficients:
    a = [on_scale(scale, p.first) for p in pairs if p.first is not None]
    b = [on_scale(scale, p.second) for p in pairs if p.second is not None]
    cluster = [p.case_id for p in pairs]
    both = list(zip(a, b, strict=True))
    levels = SCALES[scale]
    ordered = scale == "harm"
    kappa = cohen_kappa(a, b, cluster, categories=levels)
    found: dict[str, Estimate] = {"percent_agreement": kappa.percent}
    if not brief:
        found["kappa"] = kappa.coefficient
    if ordered:
        found["kappa_quadratic"] = cohen_kappa(
            a, b, cluster, weights="quadratic", categories=levels
        ).coefficient
        found["ac2_quadratic"] = gwet_ac(
            both, cluster, weights="quadratic", categories=levels
        ).coefficient
        found["alpha_ordinal"] = krippendorff_alpha(
            both, cluster, scale="ordinal", categories=levels
        ).coefficient
        if not brief:
            found["kappa_linear"] = cohen_kappa(
                a, b, cluster, weights="linear", categories=levels
            ).coefficient
            found["icc_1_1"] = icc(both, cluster, kind="1,1").coefficient
    else:
        found["ac1"] = gwet_ac(both, cluster, categories=levels).coefficient
        specific = specific_agreement(a, b, cluster, categories=levels).by_category
        found["specific_yes"], found["specific_no"] = specific[1], specific[0]
        if not brief:
            found["alpha_nominal"] = krippendorff_alpha(
                both, cluster, categories=levels
            ).coefficient
    if not brief:
        found["fleiss_kappa"] = fleiss_kappa(both, cluster, categories=levels).coefficient
        found["pabak"] = pabak(a, b, cluster, categories=levels).coefficient
    return Coefficients(scale, {int(k): v for k, v in kappa.prevalence.items()}, found)


def by_group(pairs: Sequence[Pair], key: Callable[[Pair], str]) -> tuple[GroupAgreement, ...]:
    """A brief panel for each group, in the order of their names; small groups are withheld."""
    groups = sorted({key(p) for p in pairs})
    return tuple(group_agreement(g, [p for p in pairs if key(p) == g], brief=True) for g in groups)


def watched(pairs: Sequence[Pair]) -> Estimate:
    """Share of pairs with the same level, by an interval that holds however often one looks.

    ``pairs`` in the order in which they became complete; a case counts where it first appears.
    No pairs: value None.
    """
    graded = [p for p in pairs if p.first is not None and p.second is not None]
    same = [float(p.first == p.second) for p in graded]
    found = confidence_sequence(same, [p.case_id for p in graded]).estimate
    return unsteady(found.model_copy(update={"name": "percent_agreement"}))


def unsteady(estimate: Estimate) -> Estimate:
    """Says so when the value has left the sequence: what comes now differs from what came first.

    A confidence sequence is the intersection over all looks, so under drift it may exclude the
    mean of everything so far. The limits are widened to hold the value that stands beside them.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or low <= value <= high:
        return estimate
    return estimate.model_copy(
        update={
            "low": min(low, value),
            "high": max(high, value),
            "warnings": (CHANGED, *estimate.warnings),
        }
    )


@dataclass(frozen=True)
class Confusion:
    """Counts of one grade against another. The last row and column are "no level"."""

    rows: str
    columns: str
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """All that is counted."""
        return sum(map(sum, self.counts))


def confusion(
    grades: Sequence[tuple[int | None, int | None]], *, rows: str, columns: str
) -> Confusion:
    """Harm 0 to 4 and "no level" of one side against the other.

    >>> found = confusion([(0, 0), (0, 3), (None, 1)], rows="first", columns="second")
    >>> found.counts[0], found.counts[5]
    ((1, 0, 0, 1, 0, 0), (0, 1, 0, 0, 0, 0))
    """
    size = len(LEVELS) + 1
    table = [[0] * size for _ in range(size)]
    for one, other in grades:
        table[size - 1 if one is None else one][size - 1 if other is None else other] += 1
    return Confusion(rows, columns, tuple(tuple(row) for row in table))


def disagreements(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Pairs whose levels differ, the widest gap first; "no level" against one comes last.

    One that waits for adjudication is not listed: the adjudicator must not know it beforehand.
    """

    def width(p: Pair) -> tuple[int, int]:
        if p.first is None or p.second is None:
            return 0, 0
        return -abs(p.first - p.second), -max(p.first, p.second)

    differing = (p for p in pairs if p.first != p.second and not p.disputed)
    return tuple(sorted(differing, key=width))


@dataclass(frozen=True)
class Aside:
    """Pairs by what had been opened: neither reader, one, or both, and how many of them differ."""

    what: str
    opened: Opened
    n_pairs: int
    n_differ: int


def asides(pairs: Sequence[Pair]) -> tuple[Aside, ...]:
    """Whether pairs differ more often where one reader had opened what the other had not.

    A count, not a test: who opens what is no accident.
    """
    found = []
    for what in sorted({w for p in pairs for w in (*p.first_saw, *p.second_saw)}):
        for number, opened in enumerate(get_args(Opened)):
            same = [p for p in pairs if (what in p.first_saw) + (what in p.second_saw) == number]
            differ = sum(p.first != p.second for p in same)
            found.append(Aside(what, opened, len(same), differ))
    return tuple(found)
