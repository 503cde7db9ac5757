"""A day of continuous glucose monitoring: a smooth course with rises after meals and with dips."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from medaudit.imaging.canvas import Canvas
from medaudit.imaging.told import Told
from medaudit.records import Record

LOW, VERY_LOW = 3.9, 3.0
"""mmol/L: level 1 and level 2 hypoglycaemia (ADA)."""
MG_DL = 18
_LEFT, _TOP, _HOUR, _MMOL, _HIGHEST = 90, 60, 36, 30, 18
MEALS = {"breakfast": 8.0, "lunch": 13.0, "dinner": 19.0}


class Bump(Record):
    """A rise (or, with a negative height, a dip) of glucose."""

    at: Annotated[float, Field(ge=0, le=24)]
    """Hour of its peak."""
    height: Annotated[float, Field(ge=-6, le=10)]
    """mmol/L."""
    hours: Annotated[float, Field(gt=0.2, le=4)]
    """Its spread: at twice this from the peak, an eighth is left."""


class Glucose(Record):
    """A day's course over a base line, with the target band that the chart prints."""

    kind: Literal["glucose"]
    base: Annotated[float, Field(ge=3, le=14)]
    bumps: tuple[Bump, ...]
    target: tuple[float, float] = (3.9, 10.0)


def level(glucose: Glucose, hour: float) -> float:
    """mmol/L at an hour of the day."""
    bumps = sum(b.height * math.exp(-0.5 * ((hour - b.at) / b.hours) ** 2) for b in glucose.bumps)
    return max(1.5, glucose.base + bumps)


def course(glucose: Glucose) -> list[tuple[float, float]]:
    """A reading every 5 minutes from midnight to midnight: (hour, mmol/L)."""
    return [(k / 12, level(glucose, k / 12)) for k in range(289)]


def draw(glucose: Glucose) -> Canvas:
    """mmol/L on the left, mg/dL on the right, the target as a band, meals as marks."""
    bottom, right = _TOP + _HIGHEST * _MMOL, _LEFT + 24 * _HOUR
    canvas = Canvas(right + 90, bottom + 110)

    def y(value: float) -> float:
        return bottom - value * _MMOL

    low, high = glucose.target
    canvas.box(_LEFT, y(high), right, y(low), "band")
    for hour in range(25):
        x = float(_LEFT + hour * _HOUR)
        canvas.line([(x, _TOP), (x, bottom)], "faint", 2 if hour % 3 == 0 else 1)
        if hour % 3 == 0:
            canvas.text(x, bottom + 8, f"{hour:02d}:00", align="centre", size=2)
    for value in range(_HIGHEST + 1):
        canvas.line([(_LEFT, y(value)), (right, y(value))], "faint", 1)
        if value % 2 == 0:
            canvas.text(_LEFT - 10, y(value) - 11, str(value), align="right")
            canvas.text(right + 10, y(value) - 11, str(value * MG_DL))
    for edge in (low, high):
        canvas.line([(_LEFT, y(edge)), (right, y(edge))], "green", 2)
        canvas.text(right - 6, y(edge) - 24, f"{edge:g}", "green", align="right")
    canvas.line([(_LEFT + h * _HOUR, y(value)) for h, value in course(glucose)], "blue", 3)
    for name, at in MEALS.items():
        x = _LEFT + at * _HOUR
        canvas.line([(x, bottom - 14), (x, bottom)], "ink", 4)
        canvas.text(x, bottom + 40, name, "ink", align="centre")
    canvas.text(8, 8, "Glucose, mmol/L")
    canvas.text(right + 84, 8, "mg/dL", align="right")
    canvas.text(right, bottom + 74, "Time of day; green band: target", "grey", align="right")
    return canvas


def told(glucose: Glucose) -> Told:
    """Lowest and highest reading with their times, what is below 3.9, and time in the target."""
    day = course(glucose)
    low, high = glucose.target
    at_low, lowest = min(day, key=lambda p: p[1])
    at_high, highest = max(day, key=lambda p: p[1])
    below = [hour for hour, value in day if value < LOW]
    inside = sum(low <= value <= high for _, value in day)
    values: dict[str, float | str] = {
        "lowest_mmol_l": round(lowest, 1),
        "lowest_at": clock(at_low),
        "highest_mmol_l": round(highest, 1),
        "highest_at": clock(at_high),
        "at_07_00_mmol_l": round(level(glucose, 7), 1),
        "percent_in_target": round(100 * inside / len(day)),
    }
    for meal, hour in MEALS.items():
        values[f"1_h_after_{meal}_mmol_l"] = round(level(glucose, hour + 1), 1)
    shows = [
        f"lowest reading {lowest:.1f} mmol/L at {clock(at_low)}",
        f"highest reading {highest:.1f} mmol/L at {clock(at_high)}",
        f"{values['at_07_00_mmol_l']} mmol/L at 07:00",
        f"printed target {low:g} to {high:g} mmol/L, in it {values['percent_in_target']}%",
    ]
    absent = ["doses of insulin", "another day", "ketones"]
    if below:
        shows.append(f"below {LOW} mmol/L from {clock(below[0])} to {clock(below[-1])}")
    else:
        absent.append("hypoglycaemia (below 3.9 mmol/L)")
    if highest <= high:
        absent.append("a reading above the target")
    return Told(
        reading=f"lowest {lowest:.1f} mmol/L at {clock(at_low)}, "
        f"highest {highest:.1f} mmol/L at {clock(at_high)}",
        values=values,
        shows=tuple(shows),
        absent=tuple(absent),
    )


def clock(hour: float) -> str:
    """The time of day of an hour.

    >>> clock(3.25)
    '03:15'
    """
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
