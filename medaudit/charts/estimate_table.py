"""Panels as tables: the twin of a chart, with every interval, estimand and warning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from medaudit.estimates import Panel, between_domains, words
from medaudit.records import Estimate
from medaudit.stats import wording

STABILITY = {
    "title": "System",
    "domain": "Domain",
    "raw": "Flips, raw",
    "floor": "Noise floor",
    "excess": "Excess",
    "harmful": "Harmful",
    "rescue": "Rescue",
    "lateral": "Lateral",
    "drop": "Score lost under stress",
    "score": "Mean case score",
    "undecided": "No decision",
    "spread": "Commonest answer",
    "notes": "Warnings",
}
COMPETENCE = {
    "title": "System",
    "domain": "Domain",
    "safe_asked": "Safe of all that was asked, generalized",
    "safe_asked_here": "Safe of all that was asked, benchmark",
    "score": "Mean case score, generalized",
    "score_here": "Mean case score, benchmark",
    "rows": "Answers of expected, cases",
    "sd": "SD between cases",
    "worst": "Worst answer, its case",
    "safe": "Safe where a decision was made, generalized",
    "safe_here": "Safe where a decision was made, benchmark",
    "decided": "Decisions made of expected",
    "severe": "Severe harm, generalized",
    "severe_here": "Severe harm, benchmark",
    "people": "Judged by people",
    "undecided": "No decision",
    "left": "Left out",
    "notes": "Warnings",
}


DOMAINS = {
    "title": "System",
    "n": "Domains with a score",
    "sd": "SD between their mean case scores",
    "lowest": "Lowest domain",
}


def domain_rows(panels: Iterable[Panel], titles: Mapping[str, str]) -> list[dict[str, str]]:
    """How much the domains of each system differ, and which is lowest (columns: ``DOMAINS``)."""
    listed = list(panels)
    found = []
    for system in dict.fromkeys(panel.system for panel in listed):
        spread = between_domains(panel for panel in listed if panel.system == system)
        lowest = f"{spread.lowest or '–'} {words.number(spread.lowest_score)}"
        found.append(
            {
                "title": titles[system],
                "n": str(spread.n_domains),
                "sd": words.number(spread.sd),
                "lowest": lowest,
            }
        )
    return found


def competence_rows(panels: Iterable[Panel], titles: Mapping[str, str]) -> list[dict[str, str]]:
    """The map as a table, both estimands beside each other (columns: ``COMPETENCE``)."""
    listed = list(panels)
    marks = footnotes(listed)
    return [
        {
            **_named(panel, titles),
            "safe_asked": figure(panel.safe_of_asked),
            "safe_asked_here": figure(panel.safe_of_asked_benchmark),
            "score": figure(panel.case_score),
            "score_here": figure(panel.case_score_benchmark),
            "rows": f"{words.rows(panel.case_score)}, {panel.case_score.n_cases} cases",
            "sd": words.number(panel.case_sd),
            "worst": f"{words.number(panel.worst_score)} {panel.case_score.worst_case or ''}",
            "safe": figure(panel.safe_decision),
            "safe_here": figure(panel.safe_decision_benchmark),
            "decided": words.rows(panel.safe_decision),
            "severe": figure(panel.severe_harm),
            "severe_here": figure(panel.severe_harm_benchmark),
            "people": _share(panel.severe_harm.confirmed),
            "undecided": figure(panel.no_decision),
            "left": words.left_out(panel.case_score),
            "notes": _marked(panel, marks),
        }
        for panel in listed
    ]


def stability_rows(panels: Iterable[Panel], titles: Mapping[str, str]) -> list[dict[str, str]]:
    """Flips and loss under stress, with competence, abstention and answer spread beside them."""
    listed = list(panels)
    marks = footnotes(listed)
    return [
        {
            **_named(panel, titles),
            "raw": figure(moved.raw),
            "floor": figure(moved.floor),
            "excess": figure(moved.excess),
            "harmful": figure(moved.harmful),
            "rescue": figure(moved.rescue),
            "lateral": figure(moved.lateral),
            "drop": figure(moved.drop),
            "score": figure(panel.case_score),
            "undecided": figure(panel.no_decision),
            "spread": figure(panel.commonest_answer),
            "notes": _marked(panel, marks),
        }
        for panel in listed
        if (moved := panel.stability) is not None
    ]


def footnotes(panels: Iterable[Panel]) -> dict[str, int]:
    """Every warning of the panels with its number, in the order in which they come up."""
    found = dict.fromkeys(
        note for panel in panels for _, estimate in panel.estimates() for note in estimate.warnings
    )
    return {note: number for number, note in enumerate(found, start=1)}


def key(panels: Iterable[Panel]) -> str:
    """What the numbers in the last column of the tables stand for."""
    return " ".join(f"[{number}] {note}." for note, number in footnotes(panels).items())


def methods(panels: Iterable[Panel]) -> list[str]:
    """Every method that the panels used, in plain words, each once."""
    used = dict.fromkeys(e.method for panel in panels for _, e in panel.estimates())
    return [f"{method}: {wording.explained(method)}." for method in used]


def figure(estimate: Estimate) -> str:
    """A value with its interval and n; a dash where there is none, never 0.

    >>> from medaudit.stats import rate
    >>> figure(rate([0, 1, 1, 1], ["a", "b", "c", "d"]))
    '0.750 (0.132 to 0.998) n 4'
    """
    if estimate.value is None:
        return "–"
    return f"{words.number(estimate.value)} ({words.interval(estimate)}) n {estimate.n_rows}"


def _named(panel: Panel, titles: Mapping[str, str]) -> dict[str, str]:
    return {"title": titles[panel.system], "domain": panel.domain or "all"}


def _marked(panel: Panel, marks: Mapping[str, int]) -> str:
    """The numbers of the warnings that any estimate of the panel carries."""
    found = {marks[note] for _, estimate in panel.estimates() for note in estimate.warnings}
    return ", ".join(str(number) for number in sorted(found)) or "–"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
