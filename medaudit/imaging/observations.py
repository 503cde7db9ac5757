"""Bedside charts: vital signs over a day with NEWS2, and temperature over days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from medaudit.imaging.canvas import Canvas
from medaudit.imaging.told import Told
from medaudit.records import Record

BANDS: dict[str, tuple[tuple[float, int], ...]] = {
    "respiratory_rate": ((8, 3), (11, 1), (20, 0), (24, 2), (999, 3)),
    "spo2": ((91, 3), (93, 2), (95, 1), (100, 0)),
    "systolic": ((90, 3), (100, 2), (110, 1), (219, 0), (999, 3)),
    "pulse": ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (999, 3)),
    "temperature": ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (99, 2)),
}
"""NEWS2 (Royal College of Physicians 2017): up to and including the value, the points; SpO2 on
scale 1."""
_PANELS = (
    ("respiratory_rate", "Breaths/min", 4, 36, 4),
    ("spo2", "SpO2 % (air)", 84, 100, 4),
    ("temperature", "Temp. \N{DEGREE SIGN}C", 35, 41, 1),
    ("systolic", "Syst. mmHg", 60, 180, 20),
    ("pulse", "Pulse/min", 40, 160, 20),
)
_LEFT, _TOP, _COLUMN, _TICK = 190, 44, 124, 16
Row = Annotated[tuple[float, ...], Field(min_length=3, max_length=8)]


class Observations(Record):
    """Vital signs on room air at each time. ``alert``: whether fully awake."""

    kind: Literal["observations"]
    times: tuple[str, ...]
    respiratory_rate: Row
    spo2: Row
    temperature: Row
    systolic: Row
    pulse: Row
    alert: tuple[bool, ...]


class Temperature(Record):
    """One child's temperature, morning and evening, from day 1."""

    kind: Literal["temperature"]
    readings: Annotated[tuple[float, ...], Field(min_length=6, max_length=20)]


def points(sign: str, value: float) -> int:
    """NEWS2 points of one vital sign.

    >>> points("respiratory_rate", 25), points("systolic", 100), points("temperature", 38.1)
    (3, 2, 1)
    """
    return next(worth for limit, worth in BANDS[sign] if value <= limit)


def news2(chart: Observations, column: int) -> int:
    """The NEWS2 total of one column, on room air."""
    total = sum(points(sign, getattr(chart, sign)[column]) for sign in BANDS)
    return total if chart.alert[column] else total + 3


def draw(chart: Observations) -> Canvas:
    """One panel a vital sign, one column a time, nothing scored."""
    heights = [((high - low) // step) * _TICK for _, _, low, high, step in _PANELS]
    right = _LEFT + len(chart.times) * _COLUMN
    canvas = Canvas(right + 10, _TOP + sum(heights) + 18 * len(_PANELS) + 62)
    canvas.text(8, 8, "Observation chart, breathing room air")
    top = _TOP
    for (sign, name, low, high, step), height in zip(_PANELS, heights, strict=True):
        values = getattr(chart, sign)
        canvas.text(8, top + height // 2 - 22, name)
        for value in range(low, high + 1, step):
            y = float(top + height - (value - low) * height // (high - low))
            canvas.line([(_LEFT, y), (right, y)], "faint", 1)
            if (value - low) // step % 2 == 0:
                canvas.text(_LEFT - 8, y - 6, str(value), "grey", size=1, align="right")
        for column in range(len(values) + 1):
            x = float(_LEFT + column * _COLUMN)
            canvas.line([(x, top), (x, top + height)], "faint", 2)
        places = [
            (_LEFT + (k + 0.5) * _COLUMN, top + height - (value - low) * height / (high - low))
            for k, value in enumerate(values)
        ]
        canvas.line(places, "blue", 2)
        for (x, y), value in zip(places, values, strict=True):
            canvas.dot(x, y, 6, "ink")
            canvas.text(x + 10, y - 22 if y - 22 > top else y + 4, f"{value:g}", size=2)
        top += height + 18
    canvas.text(8, top - 4, "Awake")
    for column, awake in enumerate(chart.alert):
        canvas.text(_LEFT + (column + 0.5) * _COLUMN, top - 4, "A" if awake else "V",
                    align="centre")  # fmt: skip
    for column, time in enumerate(chart.times):
        canvas.text(_LEFT + (column + 0.5) * _COLUMN, top + 22, time, "grey", align="centre")
    canvas.text(8, top + 22, "A alert V voice", "grey", size=1)
    return canvas


def told(chart: Observations) -> Told:
    """Every value of the last column, and the NEWS2 totals."""
    totals = [news2(chart, k) for k in range(len(chart.times))]
    last = len(chart.times) - 1
    values: dict[str, float | str] = {sign: getattr(chart, sign)[last] for sign in BANDS}
    values["news2_last"] = totals[last]
    values["news2_all"] = ", ".join(str(total) for total in totals)
    awake = "alert" if chart.alert[last] else "responds only to voice"
    units = {"respiratory_rate": "/min", "spo2": "%", "temperature": " °C", "systolic": " mmHg",
             "pulse": "/min"}  # fmt: skip
    shows = [f"at {chart.times[last]}: {s.replace('_', ' ')} {values[s]:g}{units[s]}"
             for s in BANDS]  # fmt: skip
    shows += [f"at {chart.times[last]}: {awake}", f"NEWS2 by the chart's values: {totals[last]}"]
    absent = ["supplemental oxygen", "urine output", "blood glucose", "pain score"]
    if values["temperature"] <= 38.0:  # type: ignore[operator]
        absent.append("fever in the last column")
    return Told(
        reading=f"respiratory rate {values['respiratory_rate']:g}/min, SpO2 {values['spo2']:g}%, "
        f"temperature {values['temperature']:g} °C, systolic {values['systolic']:g} mmHg, "
        f"pulse {values['pulse']:g}/min, {awake}",
        values=values,
        shows=tuple(shows),
        absent=tuple(absent),
    )


def draw_temperature(chart: Temperature) -> Canvas:
    """Degrees Celsius, two readings a day."""
    left, column, degree, low, high = 100, 58, 58, 35, 41
    bottom = _TOP + (high - low) * degree
    days = (len(chart.readings) + 1) // 2
    right = left + 2 * days * column
    canvas = Canvas(right + 30, bottom + 90)
    for half in range(2 * low, 2 * high + 1):
        y = float(bottom - (half / 2 - low) * degree)
        colour = "grey" if half == 76 else "faint"
        canvas.line([(left, y), (right, y)], colour, 2 if half % 2 == 0 else 1)
        if half % 2 == 0:
            canvas.text(left - 10, y - 11, str(half // 2), align="right")
    for day in range(days + 1):
        x = float(left + 2 * day * column)
        canvas.line([(x, _TOP), (x, bottom)], "faint", 2)
        if day < days:
            canvas.text(x + column, bottom + 8, f"{day + 1}", align="centre")
    places = [
        (left + (k + 0.5) * column, bottom - (value - low) * degree)
        for k, value in enumerate(chart.readings)
    ]
    canvas.line(places, "red", 2)
    for (x, y), value in zip(places, chart.readings, strict=True):
        canvas.dot(x, y, 6, "ink")
        canvas.text(x, y - 32, f"{value:.1f}", align="centre")
    canvas.text(8, 8, "Temperature (\N{DEGREE SIGN}C), morning and evening")
    canvas.text(right, bottom + 44, "Day (the last is today)", align="right")
    return canvas


def told_temperature(chart: Temperature) -> Told:
    """On which days the temperature reached 38.0 °C."""
    days = fever_days(chart.readings)
    n_days = (len(chart.readings) + 1) // 2
    values: dict[str, float | str] = {
        "days": n_days,
        "fever_days": len(days),
        "highest_c": max(chart.readings),
        "lowest_c": min(chart.readings),
        "last_c": chart.readings[-1],
    }
    on = ", ".join(str(day) for day in days)
    course = (
        f"38.0 °C or more on {len(days)} of {n_days} days (days {on})"
        if days
        else f"below 38.0 °C on each of {n_days} days"
    )
    absent = ["pulse", "medicines given", "how the temperature was taken"]
    if not days:
        absent.append("fever")
    return Told(
        reading=course,
        values=values,
        shows=(
            course,
            f"from {min(chart.readings):.1f} to {max(chart.readings):.1f} °C",
            f"{chart.readings[-1]:.1f} °C now",
        ),
        absent=tuple(absent),
    )


def fever_days(readings: Sequence[float]) -> list[int]:
    """The days, from 1, on which a reading is 38.0 °C or more.

    >>> fever_days((37.0, 38.0, 36.9, 37.2, 39.1))
    [1, 3]
    """
    return sorted({k // 2 + 1 for k, value in enumerate(readings) if value >= 38.0})
