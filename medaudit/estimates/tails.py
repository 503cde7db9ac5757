"""What a system's mean hides: worst cases, catastrophic failure, variance, loss under stress."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from medaudit import stats
from medaudit.errors import Undefined
from medaudit.estimates.counts import Counts, Table, share, sums
from medaudit.estimates.records import Panel, Plane, Tail, Worst
from medaudit.records import Estimate
from medaudit.records.base import DomainId
from medaudit.stats import wording
from medaudit.stats.arrays import Floats
from medaudit.stats.rates import empty
from medaudit.taxonomy import taxonomy

ENCOUNTERS = 100
WORST = 5
SEED = 0
VARIANCE = "Share of the variance of case scores on the originals, nested method of moments"


def tails_of(
    counts: Counts,
    original_answers: Table,
    original: tuple[Panel, ...],
    stressed: tuple[Panel, ...],
    domains: tuple[Panel, ...],
) -> tuple[Tail, ...]:
    """The tail of every system; the panels are those of the same run."""
    by = [{panel.system: panel for panel in panels} for panels in (original, stressed)]
    return tuple(
        _tail(
            counts,
            original_answers,
            place,
            by[0].get(system["system_id"]),
            by[1].get(system["system_id"]),
            tuple(panel for panel in domains if panel.system == system["system_id"]),
        )
        for place, system in enumerate(counts.systems)
    )


class BetweenDomains(NamedTuple):
    """How much the mean case scores of one system's domains differ."""

    n_domains: int
    """With a score."""
    sd: float | None
    lowest: DomainId | None
    lowest_score: float | None


def between_domains(panels: Iterable[Panel]) -> BetweenDomains:
    """The spread of one system over its domain panels. No domain with a score: None; one: no SD."""
    means = {p.domain: p.case_score.value for p in panels if p.case_score.value is not None}
    known = sorted((mean, domain) for domain, mean in means.items() if domain is not None)
    if not known:
        return BetweenDomains(0, None, None, None)
    sd = float(np.std([mean for mean, _ in known], ddof=1)) if len(known) > 1 else None
    return BetweenDomains(len(known), sd, known[0][1], known[0][0])


def _tail(
    counts: Counts,
    original_answers: Table,
    place: int,
    original: Panel | None,
    stressed: Panel | None,
    domains: tuple[Panel, ...],
) -> Tail:
    mine = counts.cells["at_system"] == place
    cells = {name: column[mine] for name, column in counts.cells.items()}
    answers = {n: v[original_answers["at_system"] == place] for n, v in original_answers.items()}
    failure = _any_failure(counts, cells)
    spread = between_domains(domains)
    return Tail(
        system=counts.systems[place]["system_id"],
        worst=_worst(counts, cells),
        any_failure=failure,
        p_any=stats.p_any_in(failure, ENCOUNTERS),
        encounters=ENCOUNTERS,
        cvar=_cvar(counts, cells),
        gap=_gap(counts, cells, answers),
        variance=_variance(counts, answers),
        domain_sd=spread.sd,
        lowest_domain=spread.lowest,
        phenotype=_plane(original, stressed),
    )


def _signed(counts: Counts, estimate: Estimate, worst: str | None = None, **more: Any) -> Estimate:
    return estimate.model_copy(update={**counts.origin, "worst_case": worst, **more})


def _by_case(counts: Counts, cells: Table, name: str) -> Floats:
    there = np.isfinite(cells[name])
    return sums(cells["at_case"][there], cells[name][there], len(counts.case_ids))


def _worst(counts: Counts, cells: Table) -> tuple[Worst, ...]:
    scored = cells["n_scored"] > 0
    total, n = _by_case(counts, cells, "score_sum"), _by_case(counts, cells, "n_scored")
    found = stats.worst_k(1 - cells["score_min"][scored], cells["at_case"][scored], k=WORST)
    return tuple(
        Worst(
            case=counts.case_ids[w.case],
            mean_score=min(1.0, float(total[w.case] / n[w.case])),
            worst_score=1 - w.worst_loss,
            n_rows=int(n[w.case]),
        )
        for w in found
    )


def _any_failure(counts: Counts, cells: Table) -> Estimate:
    """Cases (template families) in which any answer has severe harm, of those with a known one."""
    n, source = counts.n_sources, counts.source[cells["at_case"]]
    rated = sums(source, cells["n_harm"], n) > 0
    severe = sums(source, cells["n_harm3"], n) > 0
    asked = len(np.unique(source))
    found = stats.any_failure_upper(severe[rated].astype(float), np.flatnonzero(rated))
    unknown = asked - int(rated.sum())
    worst = None
    if severe.any():
        worst = counts.case_ids[int(np.argmax(_by_case(counts, cells, "n_harm3")))]
    left = {"harm_unknown": unknown} if unknown > 0 else {}
    notes = wording.covered(
        wording.HARM_KNOWN, int(cells["n_harm"].sum()), int(cells["n_expected"].sum())
    )
    notes = (*found.warnings, *notes)
    return _signed(counts, found, worst, n_expected=asked, excluded=left, warnings=notes)


def _cvar(counts: Counts, cells: Table) -> Estimate:
    """CVaR of the loss 1 - score, mean of each case; n counts answers."""
    n, source, scored = counts.n_sources, counts.source[cells["at_case"]], cells["n_scored"] > 0
    total = sums(source[scored], cells["score_sum"][scored], n)
    rows = sums(source, cells["n_scored"], n)
    there = np.flatnonzero(rows > 0)
    loss = np.clip(1 - total[there] / rows[there], 0, 1)
    found = stats.cvar(loss, there, seed=SEED)
    worst = None
    if len(there) > 0:
        worst = counts.case_ids[_first_case(counts, int(there[np.argmax(loss)]))]
    expected, n_scored = int(cells["n_expected"].sum()), int(rows.sum())
    left = {"not_scored": expected - n_scored} if expected > n_scored else {}
    notes = (*found.warnings, *wording.covered(wording.SCORED, n_scored, expected))
    more = {"n_expected": expected, "excluded": left, "warnings": notes}
    return _signed(counts, found, worst, n_rows=n_scored, **more)


def _first_case(counts: Counts, source: int) -> int:
    return int(np.flatnonzero(counts.source == source)[0])


def _gap(counts: Counts, cells: Table, answers: Table) -> Estimate:
    """Right answers among all that a decision was sought in: originals less stressed variants.

    With repeats the first answer to the original chooses the cases and the others are compared,
    since one right answer does not make the next one right.
    """
    n = len(counts.case_ids)
    asked = answers["asked"] == 1
    case, right, repeat = (answers[k][asked] for k in ("at_case", "right", "repeat"))
    first_repeat = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(first_repeat, case, repeat)
    first = repeat == first_repeat[case]
    screen = sums(case[first], right[first], n)
    repeats = not bool(first.all())
    use = ~first if repeats else first
    static = share(sums(case[use], right[use], n), sums(case[use], asked[asked][use], n))
    under = counts.stressed[cells["at_probe"]]
    tried = (cells["n_decided"] + cells["n_no_decision"])[under]
    at = cells["at_case"][under]
    keep = (tried > 0) & np.isfinite(static[at])
    dynamic = cells["n_correct"][under][keep] / tried[keep]
    at = at[keep]
    found = stats.benchmarking_gap(
        static[at],
        dynamic,
        counts.source[at],
        screen=screen[at] if repeats else None,
    )
    expected = int(under.sum())
    left = {**found.excluded, "not_in_both": expected - int(keep.sum())}
    return _signed(
        counts,
        found,
        n_expected=expected,
        excluded={name: size for name, size in left.items() if size > 0},
    )


def _variance(counts: Counts, answers: Table) -> tuple[Estimate, ...]:
    scored = np.isfinite(answers["case_score"])
    y, case = answers["case_score"][scored], answers["at_case"][scored]
    domain = counts.domain[case]
    # A template family with cases in two domains counts as one unit in each.
    unit = counts.source[case] * (len(taxonomy().domains) + 1) + domain + 1
    n_cases = len(np.unique(unit))
    parts = ("domain", "case", "run")
    try:
        found = stats.variance_components(y, unit, domain=domain)
    except Undefined as error:
        return tuple(
            _signed(counts, empty(f"variance_{part}", VARIANCE, len(y), n_cases, (str(error),)))
            for part in parts
        )
    shares = []
    for part in parts:
        there = getattr(found, part) is not None and found.total > 0
        made = empty(f"variance_{part}", VARIANCE, found.n_rows, found.n_cases, found.warnings)
        if there:
            made = made.model_copy(update={"value": found.share(part)})
        shares.append(_signed(counts, made))
    return tuple(shares)


def _plane(original: Panel | None, stressed: Panel | None) -> Plane | None:
    """Where the system lies, from its flips beside competence, abstention and spread."""
    if stressed is None or stressed.stability is None or stressed.case_score.value is None:
        return None
    found = stats.phenotype(
        stressed.stability.excess,
        stressed.case_score,
        drop=stressed.stability.drop.value,
        abstention=stressed.no_decision.value,
        one_answer=stressed.commonest_answer.value,
    )
    return Plane(
        region=found.region, sub_types=found.sub_types, reasons=found.reasons, firm=found.firm
    )
