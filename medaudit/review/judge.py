"""The automatic scores against clinicians: how lenient, what they miss, what they let pass.

"Automatic" is the harm that the scorers suspect, "verdict" the harm that people found (the
highest of complete blind reads, or the adjudication). Figures "of the answers read" describe the
answers that came to people, and those were drawn because they look harmful; figures "corrected for
the draw" weigh each answer with the inverse of its chance and speak of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medaudit.errors import Undefined
from medaudit.records import Estimate
from medaudit.review.agreement import SEVERE, unsteady
from medaudit.review.readers import in_levels
from medaudit.stats import (
    aipw,
    cluster_bootstrap,
    confidence_sequence,
    paired_difference,
    rate,
    zero_failure_upper,
)
from medaudit.stats.wording import FEW_EVENTS, MIN_SHOWN, suppressed

TOO_FEW = f"Fewer than {FEW_EVENTS} cases with, or without, the event: not corrected for the draw"


@dataclass(frozen=True)
class Answer:
    """One answer of the run: what the scorers suspect, and what people found if they read it."""

    response_id: str
    system_id: str
    case_id: str
    domain: str
    probe: str
    automatic: int | None
    verdict: int | None = None
    passed: bool = False
    """Answered, an acceptable decision, no harm suspected."""
    chance: float | None = None
    """Inclusion probability in the queue that carries the estimates. None: not drawn by it."""
    done: bool = False
    """Every read that this queue asked for is in. Without a verdict: it could not be judged."""
    purpose: str | None = None
    reads: int = 1
    order: int = 0
    """When the last read came in."""

    @property
    def label(self) -> int | None:
        """The verdict, where the draw brought it."""
        return self.verdict if self.chance is not None and self.done else None

    @property
    def flagged(self) -> bool:
        """Whether the scorers suspect severe harm. Silence is no flag."""
        return self.automatic is not None and self.automatic >= SEVERE

    @property
    def severe(self) -> bool:
        """Whether people found severe harm."""
        return self.verdict is not None and self.verdict >= SEVERE


@dataclass(frozen=True)
class Judged:
    """The scorers beside people in one group of answers that people read."""

    group: str
    n_answers: int
    n_cases: int
    n_severe: int
    """Answers that people found severe."""
    n_missed: int
    """Of these, not flagged by the scorers."""
    n_false_alarm: int
    """Flagged by the scorers, not severe for people."""
    leniency: Estimate | None
    sensitivity: Estimate | None
    specificity: Estimate | None
    withheld: str | None = None


@dataclass(frozen=True)
class FalsePass:
    """Harm among answers that the scorers let pass, from the random share of them."""

    n_drawn: int
    n_read: int
    n_passed: int
    """Answers of the run that passed."""
    any_harm: Estimate
    severe: Estimate
    severe_watched: Estimate
    """The same by an interval that holds however often one looks."""
    upper_if_none: float | None
    """How high the rate of severe harm may be if none was seen, 95 % one-sided."""


@dataclass(frozen=True)
class VendorEffect:
    """Leniency of scorers towards systems of their own vendor."""

    scorers: tuple[tuple[str, str | None], ...]
    """Each scorer and the vendor whose model it asks. None: rules, no model."""
    difference: Estimate | None
    reason: str | None
    """Why there is no difference to give."""


def judged(group: str, answers: Sequence[Answer]) -> Judged:
    """Leniency, sensitivity for severe harm and specificity on the answers that people read.

    Leniency: verdict - automatic in harm levels, above 0 where the scorers see less harm than
    people. Unweighted: of these answers only. Below ten cases only the counts.
    """
    known = [a for a in answers if a.verdict is not None]
    n_cases = len({a.case_id for a in known})
    counts = (
        len(known),
        n_cases,
        sum(a.severe for a in known),
        sum(a.severe and not a.flagged for a in known),
        sum(a.flagged and not a.severe for a in known),
    )
    if n_cases < MIN_SHOWN:
        return Judged(group, *counts, None, None, None, suppressed(n_cases))
    sensitivity = _share(known, "sensitivity", severe=True)
    specificity = _share(known, "specificity", severe=False)
    return Judged(group, *counts, leniency(known), sensitivity, specificity)


def leniency(known: Sequence[Answer]) -> Estimate:
    """Mean of verdict - automatic harm, in levels; answers of which the scorers say nothing are
    left out and counted."""
    both = [a for a in known if a.automatic is not None and a.verdict is not None]
    levels = np.array([[a.verdict, a.automatic] for a in both], dtype=np.float64).reshape(-1, 2)
    cluster = [a.case_id for a in both]
    found = paired_difference(levels[:, 0] / 4, levels[:, 1] / 4, cluster, name="leniency")
    silent = len(known) - len(both)
    return in_levels(found, excluded={"automatic_silent": silent} if silent > 0 else {})


def _share(known: Sequence[Answer], name: str, *, severe: bool) -> Estimate:
    """Of answers that people found severe (or not), how many the scorers call so."""
    these = [a for a in known if a.severe == severe]
    return rate([int(a.flagged == severe) for a in these], [a.case_id for a in these], name=name)


def weighted_share(
    answers: Sequence[Answer], chances: Mapping[str, float], *, severe: bool
) -> Estimate:
    """Sensitivity (``severe``) or specificity of the scorers on the whole run.

    Each read answer counts 1/its chance: without that, the answers drawn because they were flagged
    make the scorers look more sensitive than they are (verification bias). Ratio of weighted sums,
    cluster bootstrap over cases. With fewer than five cases of either kind: no value, a warning.
    """
    name = "sensitivity" if severe else "specificity"
    method = "Inverse-probability weighted, cluster bootstrap BCa"
    these = [a for a in answers if a.response_id in chances and a.severe == severe]
    by_hand = sum(a.verdict is not None and a.response_id not in chances for a in answers)
    hit = {a.case_id for a in these if a.flagged == severe}
    miss = {a.case_id for a in these if a.flagged != severe}
    nothing = Estimate(
        name=name,
        value=None,
        method=method,
        n_rows=len(these),
        n_cases=len(hit | miss),
        excluded={"no_inclusion_probability": by_hand} if by_hand > 0 else {},
        warnings=(TOO_FEW,),
    )
    if min(len(hit), len(miss)) < FEW_EVENTS:
        return nothing
    weight = np.array([1 / chances[a.response_id] for a in these])
    right = np.array([float(a.flagged == severe) for a in these])
    table = np.column_stack([weight * right, weight])
    value = float(table[:, 0].sum() / table[:, 1].sum())
    try:
        low, high = cluster_bootstrap(table, [a.case_id for a in these], _ratio, seed=0)
    except Undefined as error:
        return nothing.model_copy(update={"value": value, "warnings": (f"No interval: {error}",)})
    return nothing.model_copy(
        update={"value": value, "low": low, "high": high, "seed": 0, "warnings": ()}
    )


def _ratio(rows: NDArray[Any]) -> float:
    totals = rows.sum(axis=0)
    return float(totals[0] / totals[1])


def false_pass(answers: Sequence[Answer]) -> FalsePass:
    """How often people find harm in what the scorers let pass, from the random share of passes.

    Only answers drawn as ``random_pass``. Where every pass had the same chance (designs ``risk``
    and ``uniform``) their plain rate stands for all passes; else each counts 1/its chance (AIPW
    over all passes with 0 as the judge). Nothing seen: ``upper_if_none`` says how high the rate
    may still be. The interval to watch exists where the chances are equal.
    """
    drawn = [a for a in answers if a.chance is not None and a.purpose == "random_pass"]
    read = sorted((a for a in drawn if a.label is not None), key=lambda a: a.order)
    cluster = [a.case_id for a in read]
    severe = [int(a.severe) for a in read]
    equal = len({round(a.chance, 9) for a in drawn if a.chance is not None}) <= 1
    watched = confidence_sequence(severe if equal else [], cluster if equal else []).estimate
    return FalsePass(
        n_drawn=len(drawn),
        n_read=len(read),
        n_passed=sum(a.passed for a in answers),
        any_harm=_passes(answers, drawn, "false_pass_any_harm", 1, equal),
        severe=_passes(answers, drawn, "false_pass_severe", SEVERE, equal),
        severe_watched=unsteady(watched.model_copy(update={"name": "false_pass_severe"})),
        upper_if_none=zero_failure_upper(len(set(cluster))) if read and sum(severe) == 0 else None,
    )


def _passes(
    answers: Sequence[Answer], drawn: Sequence[Answer], name: str, least: int, equal: bool
) -> Estimate:
    """The rate of harm at or above a level among passes."""
    read = [a for a in drawn if a.label is not None]
    excluded = {"unread_or_no_level": len(drawn) - len(read)} if len(read) < len(drawn) else {}
    if equal:
        return rate(
            [int(a.label >= least) for a in read if a.label is not None],
            [a.case_id for a in read],
            name=name,
            n_expected=len(drawn),
            excluded=excluded,
        )
    ids = {a.response_id for a in drawn}
    pool = [a for a in answers if a.passed or a.response_id in ids]
    done = len(read) / len(drawn)
    found = aipw(
        [0.0] * len(pool),
        [
            None if a.response_id not in ids or a.label is None else float(a.label >= least)
            for a in pool
        ],
        [None if a.chance is None or done == 0 else a.chance * done for a in pool],
        [a.case_id for a in pool],
        name=name,
    )
    return found.model_copy(update={"excluded": {**found.excluded, **excluded}})


def own_vendor(
    answers: Sequence[Answer], vendor_of: Mapping[str, str], scorers: Mapping[str, str | None]
) -> VendorEffect:
    """Are scorers kinder to systems of their own vendor? Leniency there minus leniency elsewhere.

    ``vendor_of``: system to vendor; ``scorers``: scorer to the vendor whose model it asks, None
    for rules. Paired by case. Above 0: kinder to their own.
    """
    listed = tuple(sorted(scorers.items()))
    vendors = {vendor for vendor in scorers.values() if vendor is not None}
    if not vendors:
        names = ", ".join(sorted(scorers)) or "none"
        reason = f"No scorer of this run asks a model of any vendor; its scorers are rules: {names}"
        return VendorEffect(listed, None, reason)
    gap: dict[str, tuple[list[float], list[float]]] = {}
    for a in answers:
        if a.verdict is not None and a.automatic is not None:
            other = vendor_of.get(a.system_id) not in vendors
            gap.setdefault(a.case_id, ([], []))[other].append((a.verdict - a.automatic + 4) / 8)
    paired = {case: sides for case, sides in gap.items() if sides[0] and sides[1]}
    if len(paired) < MIN_SHOWN:
        systems = ", ".join(sorted(s for s, v in vendor_of.items() if v in vendors)) or "none"
        reason = (
            f"{len(paired)} cases with read answers of systems both of a scorer's vendor "
            f"({systems}) and of others: not shown below {MIN_SHOWN}"
        )
        return VendorEffect(listed, None, reason)
    found = paired_difference(
        [float(np.mean(sides[0])) for sides in paired.values()],
        [float(np.mean(sides[1])) for sides in paired.values()],
        list(paired),
        name="own_vendor_effect",
    )
    return VendorEffect(listed, in_levels(found, span=8), None)
