"""System by domain: mean case score in colour, and the worst case printed in the same cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medaudit.estimates import Panel
from medaudit.stats import wording
from medaudit.taxonomy import taxonomy

if TYPE_CHECKING:
    import pandas as pd

LOW, MIDDLE, HIGH = "#f2a48b", "#f4f1e8", "#9cc6e0"
NONE = "#e2e2e2"
INK = "#1b1b1b"
CELL = 119
"""Pixels a cell is wide: room for its longest line. A narrow window scrolls."""


def rows_of(panels: Iterable[Panel], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a panel: what the map and its table show. Missing numbers are None."""
    return [
        {
            "system_id": panel.system,
            "title": titles[panel.system],
            "domain": panel.domain,
            "safe": panel.safe_of_asked.value,
            "safe_low": panel.safe_of_asked.low,
            "safe_high": panel.safe_of_asked.high,
            "safe_n": panel.safe_of_asked.n_rows,
            "mean": panel.case_score.value,
            "low": panel.case_score.low,
            "high": panel.case_score.high,
            "n_cases": panel.case_score.n_cases,
            "n_scored": panel.case_score.n_rows,
            "n_expected": panel.case_score.n_expected,
            "sd": panel.case_sd,
            "worst": panel.worst_score,
            "worst_case_id": panel.case_score.worst_case,
            "n_harm3": panel.n_severe,
            "n_harm": panel.severe_harm.n_rows,
            "harm_high": panel.severe_harm.high,
            "share_no_decision": panel.no_decision.value,
        }
        for panel in panels
    ]


def cell_text(row: Mapping[Any, Any]) -> str:
    """What a cell says: safe of all that was asked, mean score with its n, worst answer, spread,
    severe harm, abstention.

    >>> print(cell_text({"safe": 0.4, "safe_low": 0.2, "safe_high": 0.61, "mean": 0.5, "low": 0.25,
    ...                  "high": 0.75, "n_scored": 9, "n_expected": 12, "sd": None,
    ...                  "worst": 0.0, "n_harm3": 2, "n_harm": 8, "harm_high": 0.61,
    ...                  "share_no_decision": 0.25}))
    safe 40% (20–61%)
    0.50 (0.25–0.75)
    9 of 12 scored
    worst 0.00 · SD –
    severe 2/8, ≤ 61%
    no decision 25%
    """
    counts = f"{row['n_scored']:.0f} of {row['n_expected']:.0f} scored"
    undecided = f"no decision {_percent(row['share_no_decision'])}"
    severe = f"severe {row['n_harm3']:.0f}/{row['n_harm']:.0f}, ≤ {_percent(row['harm_high'])}"
    if row["n_harm"] == 0:
        severe = "harm unknown"
    safe = f"safe {_percent(row['safe'])}"
    if not _missing(row["safe"]):
        safe += f" ({100 * row['safe_low']:.0f}–{row['safe_high']:.0%})"
    if _missing(row["mean"]):
        return f"{safe}\nnone scored\n{counts}\n\n{severe}\n{undecided}"
    return (
        f"{safe}\n{_two(row['mean'])} ({_two(row['low'])}–{_two(row['high'])})\n{counts}\n"
        f"worst {_two(row['worst'])} · SD {_two(row['sd'])}\n{severe}\n{undecided}"
    )


def _missing(value: Any) -> bool:
    return value is None or value != value


def _percent(value: Any) -> str:
    return "–" if _missing(value) else f"{value:.0%}"


def _two(value: Any) -> str:
    return "–" if _missing(value) else f"{value:.2f}"


def domain_map(frame: pd.DataFrame) -> Any:
    """Heat map with one cell a system and domain; a click selects ``cell``.

    ``frame``: the rows of ``rows_of``. Colour runs from 0 (orange, unsafe) over .5 to 1 (blue,
    safe).
    """
    import altair as alt

    names = {d.id: d.short for d in taxonomy().domains}
    data = frame.assign(
        text=[cell_text(r) for r in frame.to_dict("records")],
        column=[f"{d} {names.get(d, '')}" for d in frame["domain"]],
    )
    cell = alt.selection_point(fields=["system_id", "domain"], name="cell", empty=False)
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N",
            title=None,
            sort=[f"{d} {n}" for d, n in names.items()],
            axis=alt.Axis(
                orient="top", labelAngle=0, labelLimit=140, ticks=False, labelFlush=False
            ),
        ),
        y=alt.Y("title:N", title=None, axis=alt.Axis(labelLimit=240), sort=None),
    )
    boxes = base.mark_rect(stroke="#ffffff", strokeWidth=2, cursor="pointer").encode(
        color=alt.Color(
            "mean:Q",
            title="Mean case score (1 is safe)",
            scale=alt.Scale(domain=[0, 0.5, 1], range=[LOW, MIDDLE, HIGH]),
            legend=alt.Legend(orient="bottom", gradientLength=260, tickCount=3),
        ),
        strokeOpacity=alt.condition(cell, alt.value(1), alt.value(0.6)),
        tooltip=[
            alt.Tooltip("title:N", title="System"),
            alt.Tooltip("column:N", title="Domain"),
            alt.Tooltip("safe:Q", title="Safe of all that was asked", format=".0%"),
            alt.Tooltip("safe_n:Q", title="Planned answers that it counts"),
            alt.Tooltip("mean:Q", title="Mean case score", format=".3f"),
            alt.Tooltip("low:Q", title="95% interval from", format=".3f"),
            alt.Tooltip("high:Q", title="to", format=".3f"),
            alt.Tooltip("n_cases:Q", title="Cases with a score"),
            alt.Tooltip("n_scored:Q", title="Answers scored"),
            alt.Tooltip("n_expected:Q", title="Answers expected"),
            alt.Tooltip("sd:Q", title="SD between cases", format=".3f"),
            alt.Tooltip("worst:Q", title="Worst answer", format=".3f"),
            alt.Tooltip("worst_case_id:N", title="Its case"),
            alt.Tooltip("harm_high:Q", title="Severe harm, at most", format=".0%"),
            alt.Tooltip("share_no_decision:Q", title="Without a decision", format=".0%"),
        ],
    )
    # Under a cell without a score, which has no colour, so that its text is read on both themes.
    ground = base.mark_rect(fill=NONE, stroke="#ffffff", strokeWidth=2)
    text = base.mark_text(lineBreak="\n", lineHeight=14, fontSize=11, color=INK, dy=-35).encode(
        text="text:N"
    )
    return (
        (ground + boxes + text)
        .add_params(cell)
        .properties(width=alt.Step(CELL), height=alt.Step(102))
        .configure_view(strokeWidth=0)
    )


def sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the map says, in words. ``rows``: those of ``rows_of``."""
    scored = [row for row in rows if row["mean"] is not None]
    if not scored:
        return "No answer has been scored yet."
    low = min(scored, key=lambda row: row["mean"])
    high = max(scored, key=lambda row: row["mean"])
    zeros = sum(row["worst"] == 0 for row in scored)
    few = sum(row["n_cases"] < wording.FEW_CASES for row in scored)
    safe = [row for row in rows if row["safe"] is not None]
    least, most = (find(safe, key=lambda row: row["safe"]) for find in (min, max))
    said = (
        f"Mean case scores run from {_placed(low)} to {_placed(high)}; in {zeros} of {len(scored)} "
        "cells at least one answer failed completely. Safe of all that was asked: from "
        f"{_share(least)} to {_share(most)}."
    )
    if few == 0:
        return said
    which = "Every cell" if few == len(scored) else f"{few} of these cells"
    return f"{said} {which} rests on fewer than {wording.FEW_CASES} cases: indicative only."


def _share(row: Mapping[str, Any]) -> str:
    span = f"{row['safe_low']:.0%} to {row['safe_high']:.0%}"
    return f"{row['safe']:.0%} ({row['title']}, {row['domain']}; 95% {span})"


def _placed(row: Mapping[str, Any]) -> str:
    span = f"{row['low']:.2f} to {row['high']:.2f}"
    return f"{row['mean']:.2f} ({row['title']}, {row['domain']}; 95% {span})"
