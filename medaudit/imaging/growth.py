"""A growth chart: weights of an infant over reference lines that are this chart's own.

The lines are simulated, and say so: no published standard is copied. Neighbouring lines lie two
thirds of a standard deviation apart, as on the usual nine-line charts.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from medaudit.imaging.canvas import Canvas
from medaudit.imaging.told import Told
from medaudit.records import Record

LINES = ("0.4", "2", "9", "25", "50", "75", "91", "98", "99.6")
_LEFT, _TOP, _WEEK, _KG = 80, 60, 15, 46
_SPREAD = 0.115
"""Standard deviation of the logarithm of weight."""


class Measured(Record):
    week: Annotated[int, Field(ge=0, le=52)]
    line: Annotated[float, Field(ge=0, le=8)]
    """Place among the lines: 0 is the 0.4th, 4 the 50th, 8 the 99.6th; 3.5 is between two."""


class Growth(Record):
    """Weights of one infant by age in weeks."""

    kind: Literal["growth"]
    points: Annotated[tuple[Measured, ...], Field(min_length=3)]


def weight(week: float, line: float) -> float:
    """Kilograms at an age on one of the chart's lines."""
    median = 3.5 + 6.2 * (1 - math.exp(-week / 22))
    return median * math.exp(_SPREAD * (line - 4) * 2 / 3)


def spaces(growth: Growth) -> int:
    """Whole centile spaces from the highest line of the first half to the last point; up is > 0."""
    return round(growth.points[-1].line - growth.points[1].line)


def draw(growth: Growth) -> Canvas:
    """Weight in kilograms over age in weeks."""
    lowest, highest = 2, 14
    bottom = _TOP + (highest - lowest) * _KG
    canvas = Canvas(_LEFT + 52 * _WEEK + 100, bottom + 76)

    def place(week: float, kilograms: float) -> tuple[float, float]:
        return _LEFT + week * _WEEK, bottom - (kilograms - lowest) * _KG

    for week in range(0, 53, 2):
        x, _ = place(week, 0)
        canvas.line([(x, _TOP), (x, bottom)], "faint", 2 if week % 4 == 0 else 1)
        if week % 4 == 0:
            canvas.text(x, bottom + 8, str(week), align="centre")
    for half in range(2 * lowest, 2 * highest + 1):
        _, y = place(0, half / 2)
        canvas.line([(_LEFT, y), (_LEFT + 52 * _WEEK, y)], "faint", 2 if half % 2 == 0 else 1)
        if half % 2 == 0:
            canvas.text(_LEFT - 10, y - 11, str(half // 2), align="right")
    for line, label in enumerate(LINES):
        points = [place(k / 4, weight(k / 4, line)) for k in range(209)]
        if line % 2 == 0:
            canvas.line(points, "green", 1)
        else:
            canvas.dashed(points, "green", 1, 2)
        canvas.text(_LEFT + 52 * _WEEK + 8, points[-1][1] - 11, label, "green")
    for point in growth.points:
        canvas.dot(*place(point.week, weight(point.week, point.line)), 7, "ink")
    canvas.text(8, 8, "Weight (kg). Lines: centiles of this chart (simulated)")
    canvas.text(_LEFT + 52 * _WEEK, bottom + 40, "Age (weeks)", align="right")
    return canvas


def told(growth: Growth) -> Told:
    """Each weight with its line, and how many spaces lie between the second point and the last."""
    values: dict[str, float | str] = {}
    for point in growth.points:
        values[f"week_{point.week}_kg"] = round(weight(point.week, point.line), 2)
    first, last, moved = growth.points[1], growth.points[-1], spaces(growth)
    values["centile_spaces"] = moved
    if moved == 0:
        course = f"the weight follows the {near(first.line)} centile"
    else:
        way = "falls" if moved < 0 else "rises"
        course = (
            f"the weight {way} from the {near(first.line)} centile at {first.week} weeks to the "
            f"{near(last.line)} centile at {last.week} weeks"
        )
    shows = [course, f"centile spaces crossed: {abs(moved)}"]
    shows += [f"{round(weight(p.week, p.line), 2)} kg at {p.week} weeks" for p in growth.points]
    absent = ["length", "head circumference", "a weight after the last point"]
    if moved >= 0:
        absent.append("a fall across centile lines")
    return Told(reading=course, values=values, shows=tuple(shows), absent=tuple(absent))


def near(line: float) -> str:
    """The nearest line by name.

    >>> near(5), near(2.1), near(1)
    ('75th', '9th', '2nd')
    """
    label = LINES[round(line)]
    return f"{label}nd" if label == "2" else f"{label}st" if label == "91" else f"{label}th"
