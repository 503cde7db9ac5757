"""The quality of a run's review as tables and sentences: the same on the page and in a terminal.

A value that does not exist is a dash, never 0; why it does not stands in the notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from medaudit.records import Estimate
from medaudit.taxonomy import taxonomy

if TYPE_CHECKING:
    from medaudit.review.agreement import GroupAgreement, Pair
    from medaudit.review.corrected import Comparison, Corrected
    from medaudit.review.judge import FalsePass, Judged
    from medaudit.review.quality import Judge, Readers
    from medaudit.review.readers import Consistency, Reader

Rows = list[dict[str, str]]

COEFFICIENTS = {
    "percent_agreement": "Percent agreement",
    "kappa": "Cohen's kappa",
    "kappa_linear": "Cohen's kappa, linear weights",
    "kappa_quadratic": "Cohen's kappa, quadratic weights",
    "ac1": "Gwet's AC1",
    "ac2_quadratic": "Gwet's AC2, quadratic weights",
    "alpha_nominal": "Krippendorff's alpha",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
    "fleiss_kappa": "Fleiss' kappa",
    "pabak": "PABAK",
    "icc_1_1": "ICC(1,1)",
    "specific_yes": "Agreement on yes",
    "specific_no": "Agreement on no",
}
SCALES = {"harm": "Harm 0 to 4", "any_harm": "Any harm (1 to 4)", "severe": "Severe (3 or 4)"}
EVENTS = {"severe": "severe harm (3 or 4)", "safe": "no harm (0)"}
LEFT_OUT = {
    "automatic_silent": "the scores say nothing of {n}",
    "judge_silent": "{n} on which its verdict does not count are left out",
    "no_inclusion_probability": "{n} read outside the draw are left out",
    "no_level": "{n} without a level are left out",
    "no_level_after": "{n} without a level after the reveal are left out",
    "one_side_silent": "{n} where reader or scores give no level are left out",
    "unread_or_no_level": "{n} drawn ones are unread or without a level",
}
DECISIONS = {
    "a_worse": "decided: the first is worse",
    "b_worse": "decided: the second is worse",
    "equivalent": "decided: equivalent within 5 points",
    "undecided": "undecided",
}


def figure(estimate: Estimate | None, *, percent: bool = False, sign: bool = False) -> str:
    """A value with its 95 % interval; a dash where there is none.

    >>> rate = Estimate(name="r", value=0.5, low=0.2, high=0.8, method="m", n_rows=9, n_cases=9)
    >>> figure(rate), figure(rate, percent=True), figure(None)
    ('0.50 (0.20 to 0.80)', '50% (20 to 80%)', '–')
    """
    if estimate is None or estimate.value is None:
        return "–"
    if percent:
        whole = f"{estimate.value:.0%}"
        if estimate.low is None or estimate.high is None:
            return f"{whole} (no interval)"
        return f"{whole} ({100 * estimate.low:.0f} to {estimate.high:.0%})"
    form = "+.2f" if sign else ".2f"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}} (no interval)"
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"


def limits(estimate: Estimate) -> str:
    """An interval alone, in per cent; a dash where there is none."""
    if estimate.low is None or estimate.high is None:
        return "–"
    return f"{100 * estimate.low:.0f} to {estimate.high:.0%}"


def notes(estimates: Iterable[Estimate | None]) -> str:
    """What to beware of, each sentence once; rows that were left out, counted."""
    found: dict[str, None] = {}
    for estimate in estimates:
        if estimate is not None:
            found |= dict.fromkeys(estimate.warnings)
            left = (LEFT_OUT.get(what, what).format(n=n) for what, n in estimate.excluded.items())
            found |= dict.fromkeys(left)
    return "; ".join(found)


def coefficient_rows(group: GroupAgreement) -> Rows:
    """One row a coefficient, one column a scale, and the prevalence that they depend on."""
    scales = {scale.scale: scale for scale in group.scales}
    rows = []
    for key, name in COEFFICIENTS.items():
        found = {s: scales[s].estimates.get(key) for s in SCALES if s in scales}
        if any(found.values()):
            percent = key.startswith(("percent", "specific"))
            rows.append({"name": name} | {s: figure(e, percent=percent) for s, e in found.items()})
    shares = {
        s: ", ".join(f"{level}: {share:.0%}" for level, share in scale.prevalence.items())
        for s, scale in scales.items()
    }
    return [*rows, {"name": "Prevalence, share of all reads", **shares}]


def group_rows(groups: Sequence[GroupAgreement], names: Mapping[str, str]) -> Rows:
    """One row a domain or probe: counts always, coefficients from ten cases up."""
    rows = []
    for group in groups:
        by_scale = {scale.scale: scale.estimates for scale in group.scales}
        harm, severe = by_scale.get("harm", {}), by_scale.get("severe", {})
        graded = group.n_pairs - sum(group.excluded.values())
        rows.append(
            {
                "group": names.get(group.group, group.group.replace("_", " ")),
                "pairs": f"{group.n_pairs} in {group.n_cases} cases",
                "same": f"{group.n_same} of {graded}",
                "far": str(group.n_far),
                "alpha": figure(harm.get("alpha_ordinal")),
                "ac2": figure(harm.get("ac2_quadratic")),
                "severe": figure(severe.get("specific_yes"), percent=True),
                "notes": group.withheld or notes([harm.get("alpha_ordinal")]) or "–",
            }
        )
    return rows


def reader_rows(readers: Sequence[Reader]) -> Rows:
    """One row a reader: pace, drift, shift, and agreement with themselves and with gold."""
    return [
        {
            "name": _name(r.name),
            "reads": f"{r.n_reads} in {r.n_sessions} sitting{'' if r.n_sessions == 1 else 's'}",
            "pace": _pace(r),
            "fast": f"{r.pace.n_fast} of {r.pace.n}",
            "drift": figure(r.drift, sign=True),
            "changed": f"{r.n_changed}, mean shift {figure(r.shift, sign=True)}",
            "retest": _same(r.retest),
            "gold": _same(r.gold),
            "notes": notes([r.drift, r.retest.kappa, r.gold.kappa]) or "–",
        }
        for r in readers
    ]


def _name(name: str) -> str:
    """A simulated reader of the tutorial is called so in plain words."""
    return name.replace("-", " ").capitalize() if name.startswith("simulated-") else name


def _pace(r: Reader) -> str:
    if r.pace.median is None or r.pace.q1 is None or r.pace.q3 is None:
        return "–"
    return f"{r.pace.median:.0f} s ({r.pace.q1:.0f} to {r.pace.q3:.0f})"


def _same(found: Consistency) -> str:
    if found.n_pairs == 0:
        return "none yet"
    kappa = "" if found.kappa is None else f", weighted kappa {figure(found.kappa)}"
    return f"{found.n_same} of {found.n_pairs} the same{kappa}"


def judged_rows(groups: Sequence[Judged]) -> Rows:
    """One row a domain: what people found severe, what the scores missed, how lenient they are."""
    names = {d.id: f"{d.id} {d.short}" for d in taxonomy().domains}
    return [
        {
            "group": names.get(g.group, "All domains" if g.group == "all" else g.group),
            "n": f"{g.n_answers} in {g.n_cases} cases",
            "severe": str(g.n_severe),
            "missed": str(g.n_missed),
            "alarm": str(g.n_false_alarm),
            "leniency": figure(g.leniency, sign=True),
            "sensitivity": figure(g.sensitivity, percent=True),
            "specificity": figure(g.specificity, percent=True),
            "notes": g.withheld or notes([g.leniency]) or "–",
        }
        for g in groups
    ]


def corrected_rows(found: Sequence[Corrected], titles: Mapping[str, str]) -> Rows:
    """One row a system and event: automatic, corrected, and the interval for many looks."""
    return [
        {
            "system": titles.get(c.system_id, c.system_id),
            "event": EVENTS[c.event],
            "automatic": figure(c.automatic, percent=True),
            "corrected": figure(c.corrected, percent=True),
            "watched": limits(c.watched),
            "read": f"{c.n_read} of {c.corrected.n_rows} answers",
            "discordant": str(c.n_discordant),
            "notes": notes([c.automatic, c.corrected]) or "–",
        }
        for c in found
    ]


def comparison_rows(found: Sequence[Comparison], titles: Mapping[str, str]) -> Rows:
    """One row a pair of systems: difference in severe harm, decision, cases still needed."""
    return [
        {
            "pair": f"{titles.get(c.a, c.a)} − {titles.get(c.b, c.b)}",
            "cases": str(c.n_cases),
            "difference": _points(c.difference),
            "decision": DECISIONS[c.decision],
            "needed": "–" if c.cases_still_needed is None else f"{c.cases_still_needed:,}",
            "notes": c.reason or "–",
        }
        for c in found
    ]


def _points(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "–"
    ends = f"{100 * estimate.low:+.0f} to {100 * estimate.high:+.0f}"
    return f"{100 * estimate.value:+.0f} points ({ends})"


def pair_words(pair: Pair) -> str:
    """What two readers said of one item, in words; who had opened what.

    >>> from medaudit.review.agreement import Pair
    >>> pair_words(Pair("i", "c", "D1", "base", 0, 3, (), ("criteria",), 3, True))
    'first read 0, second read 3 (had opened criteria); verdict 3'
    """
    reads = []
    for name, level, saw in (
        ("first", pair.first, pair.first_saw),
        ("second", pair.second, pair.second_saw),
    ):
        opened = f" (had opened {', '.join(saw).replace('_', ' ')})" if saw else ""
        reads.append(f"{name} read {_level(level)}{opened}")
    verdict = f"; verdict {_level(pair.verdict)}" if pair.adjudicated else ""
    return ", ".join(reads) + verdict


def _level(level: int | None) -> str:
    return "no level" if level is None else str(level)


def agreement_sentence(readers: Readers) -> str:
    """Whether readers agree, in one sentence."""
    group = readers.overall
    if group.n_pairs == 0:
        return "No item has been read by two people yet."
    graded = group.n_pairs - sum(group.excluded.values())
    counts = f"Two readers gave the same harm level in {group.n_same} of {graded} items"
    if group.withheld is not None:
        return f"{counts}; coefficients: {group.withheld}."
    harm = group.scales[0].estimates
    return (
        f"{counts} ({group.n_cases} cases); Krippendorff's ordinal alpha is "
        f"{figure(harm['alpha_ordinal'])}; {group.n_far} items are two levels or more apart."
    )


def judge_sentence(judge: Judge) -> str:
    """What the automatic scores miss, in one sentence."""
    found = judge.overall
    if found.n_answers == 0:
        return "No answer has been read by people yet, so nothing can be said of the scores."
    if judge.sensitivity.value is not None:
        share = figure(judge.sensitivity, percent=True)
        return f"The scores flag {share} of what people would find severe in this run."
    hit = found.n_severe - found.n_missed
    return (
        f"The scores flagged {hit} of the {found.n_severe} answers that people found severe; "
        "too few to correct for the draw."
    )


def false_pass_sentence(found: FalsePass) -> str:
    """How often people find harm in what the scores let pass, in one sentence."""
    if found.n_read == 0:
        return "No answer of the random share of passes has been read yet: nothing is known."
    if found.severe.value == 0 and found.upper_if_none is not None:
        return (
            f"None of the {found.n_read} passes that were read is severe: the rate may still be "
            f"as high as {found.upper_if_none:.1%} (95 % one-sided, {found.severe.n_cases} cases)."
        )
    return (
        f"Of the {found.n_read} passes that were read, {figure(found.severe, percent=True)} are "
        f"severe and {figure(found.any_harm, percent=True)} have some harm; however often one "
        f"looks: {limits(found.severe_watched)} severe."
    )
