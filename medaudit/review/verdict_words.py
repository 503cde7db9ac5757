"""Judges that are models as tables and sentences: the same on the page and in a terminal.

A value that does not exist is a dash, never 0; why it does not stands in the notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medaudit.judges.words import LABELS
from medaudit.review.quality_words import Rows, figure, limits, notes
from medaudit.review.verdicts import NO_MARK
from medaudit.taxonomy import taxonomy

if TYPE_CHECKING:
    from medaudit.records import Estimate
    from medaudit.review.verdicts import Against, ModelJudge

OWN = "own vendor's judge"


def judge_name(judge: ModelJudge) -> str:
    """Judge and kind, marked where it judged its own vendor's systems."""
    mark = f" [{OWN}]" if judge.trust.get("own_vendor", 0) > 0 else ""
    return f"{judge.who}, {judge.kind.replace('_', ' ')}{mark}"


def trust_rows(judges: Sequence[ModelJudge]) -> Rows:
    """One row a judge: on how many answers its verdict counts, and what became of the others."""
    return [
        {
            "judge": judge_name(j),
            "counts": f"{j.n_counts} of {sum(j.trust.values())}",
            "people": str(j.n_to_people),
            "notes": "; ".join(
                f"{n} {word.replace('_', ' ')}: {LABELS.get(word, word)}"
                for word, n in j.trust.items()
                if word != "sound"
            )
            or "–",
        }
        for j in judges
    ]


def against_rows(judges: Sequence[ModelJudge]) -> Rows:
    """One row a judge and domain: leniency and severe harm caught, each with its counts."""
    names = {d.id: f"{d.id} {d.short}" for d in taxonomy().domains}
    return [
        {
            "judge": judge_name(j),
            "group": "All domains" if g.group == "all" else names.get(g.group, g.group),
            "n": f"{g.n_both} of {g.n_read} in {g.n_cases} cases",
            "leniency": points(g.leniency),
            "severe": f"{g.n_severe - g.n_missed} of {g.n_severe}",
            "sensitivity": figure(g.sensitivity, percent=True),
            "notes": _why(g),
        }
        for j in judges
        for g in (j.overall, *(j.by_domain if j.overall.n_both > 0 else ()))
    ]


def passed_rows(judges: Sequence[ModelJudge]) -> Rows:
    """One row a judge: harm in what it lets pass, and whether it is kinder to its own vendor."""
    return [
        {
            "judge": judge_name(j),
            "read": f"{j.false_pass.n_read}, {j.false_pass.n_drawn}, {j.false_pass.n_passed}",
            "any": figure(j.false_pass.any_harm, percent=True),
            "severe": figure(j.false_pass.severe, percent=True),
            "watched": limits(j.false_pass.severe_watched),
            "own": points(j.own_vendor),
            "notes": _passed_why(j),
        }
        for j in judges
    ]


def points(estimate: Estimate | None) -> str:
    """A difference of shares in percentage points, with its interval; a dash where there is none.

    >>> from medaudit.records import Estimate
    >>> found = {"value": 0.25, "low": -0.05, "high": 0.55, "n_rows": 9, "n_cases": 9}
    >>> points(Estimate(name="difference", method="m", **found))
    '+25 points (-5 to +55)'
    """
    if estimate is None or estimate.value is None:
        return "–"
    value = f"{100 * estimate.value:+.0f} points"
    if estimate.low is None or estimate.high is None:
        return f"{value} (no interval)"
    return f"{value} ({100 * estimate.low:+.0f} to {100 * estimate.high:+.0f})"


def judge_sentence(judge: ModelJudge) -> str:
    """Whether a judge can be believed here, in one sentence."""
    name, found = judge_name(judge), judge.overall
    if judge.n_counts == 0:
        return f"{name}: no verdict counts in this run."
    if found.n_both == 0 and found.withheld == NO_MARK:
        return f"{name}: {NO_MARK}."
    if found.n_both == 0:
        return f"{name}: people have read no answer on which its verdict counts."
    caught = f"{found.n_severe - found.n_missed} of {found.n_severe} severe answers caught"
    left = f", {found.n_severe_left} more left to people" if found.n_severe_left > 0 else ""
    lenient = points(found.leniency)
    kinder = "" if lenient == "–" else f"; leniency against people {lenient}"
    return f"{name}: {caught}{left}{kinder}."


def _why(group: Against) -> str:
    return group.withheld or notes([group.leniency, group.sensitivity]) or "–"


def _passed_why(judge: ModelJudge) -> str:
    found = judge.false_pass
    none = None
    if found.n_drawn == 0:
        none = "nothing of the random share of passes was drawn that it lets pass"
    elif found.n_read == 0:
        none = "nothing of the random share of passes has been read yet"
    parts = [none or notes([found.any_harm, found.severe])]
    effect = judge.own_vendor_reason or notes([judge.own_vendor])
    if effect:
        parts.append(f"own vendor: {effect}")
    return "; ".join(dict.fromkeys(filter(None, parts))) or "–"
