"""Values with their intervals, one above the other: coefficients of agreement, rates of systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medaudit.records import Estimate

KINDS = ("#2f7fb8", "#b7791f", "#8a6fb0")
"""One colour a kind, 3:1 on both themes; the shape says the same."""
SHAPES = ("circle", "square", "triangle-up")
LINE, BELOW = 15, 60
"""Pixels between two kinds of one row, and what the axis takes."""


def interval_rows(estimates: Mapping[str, Mapping[str, Estimate]]) -> list[dict[str, Any]]:
    """Row name -> kind -> estimate, as rows for the chart; estimates without a value drop out.

    >>> one = Estimate(name="rate", value=0.5, low=0.2, high=0.8, method="m", n_rows=9, n_cases=9)
    >>> interval_rows({"Kappa": {"severe": one}})[0]["high"]
    0.8
    """
    return [
        {
            "name": name,
            "kind": kind,
            "value": found.value,
            "low": found.value if found.low is None else found.low,
            "high": found.value if found.high is None else found.high,
            "n_rows": found.n_rows,
            "n_cases": found.n_cases,
        }
        for name, kinds in estimates.items()
        for kind, found in kinds.items()
        if found.value is not None
    ]


def intervals(
    rows: Sequence[Mapping[str, Any]], *, axis: str, domain: tuple[float, float] = (0, 1)
) -> Any:
    """Points with their intervals: one row a name, one colour and shape a kind.

    ``rows``: those of ``interval_rows``. A chart for eyes: every page prints the same as a table.
    """
    import altair as alt

    names = list(dict.fromkeys(row["name"] for row in rows))
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    low = min([domain[0], *(row["low"] for row in rows)])
    scale = alt.Scale(domain=[low, domain[1]], nice=False)
    legend = alt.Legend(orient="bottom", columns=1) if len(kinds) > 1 else None
    base = alt.Chart(alt.Data(values=[dict(row) for row in rows])).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=230, ticks=False)),
        yOffset=alt.YOffset("kind:N", sort=kinds),
        color=alt.Color(
            "kind:N",
            title=None,
            sort=kinds,
            scale=alt.Scale(domain=kinds, range=list(KINDS[: len(kinds)])),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("name:N", title="What"),
            alt.Tooltip("kind:N", title="Of"),
            alt.Tooltip("value:Q", title="Value", format=".3f"),
            alt.Tooltip("low:Q", title="From", format=".3f"),
            alt.Tooltip("high:Q", title="To", format=".3f"),
            alt.Tooltip("n_rows:Q", title="n"),
            alt.Tooltip("n_cases:Q", title="Cases"),
        ],
    )
    lines = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=axis, scale=scale), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("value:Q", scale=scale),
        shape=alt.Shape(
            "kind:N",
            title=None,
            sort=kinds,
            scale=alt.Scale(domain=kinds, range=list(SHAPES[: len(kinds)])),
            legend=legend,
        ),
    )
    # The frame fits axis and legend into the height too.
    below = BELOW + (18 * len(kinds) if len(kinds) > 1 else 0)
    height = len(names) * (len(kinds) * LINE + 10) + below
    return (lines + points).properties(height=height, width="container")
