"""A pure-tone audiogram: thresholds in dB HL by frequency, air and bone conduction, both ears."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from medaudit.imaging.canvas import Canvas
from medaudit.imaging.told import Told
from medaudit.records import Record

FREQUENCIES = (250, 500, 1000, 2000, 4000, 8000)
BONE = FREQUENCIES[1:5]
AVERAGED = (500, 1000, 2000, 4000)
Level = Annotated[int, Field(ge=-10, le=120, multiple_of=5)]
_LEFT, _TOP, _STEP, _DB = 110, 96, 110, 3


class Audiogram(Record):
    """Thresholds in dB HL: air at six frequencies from 250 Hz to 8 kHz, bone at four from 500 Hz.

    Bone conduction is masked: each ear on its own.
    """

    kind: Literal["audiogram"]
    right_air: Annotated[tuple[Level, ...], Field(min_length=6, max_length=6)]
    left_air: Annotated[tuple[Level, ...], Field(min_length=6, max_length=6)]
    right_bone: Annotated[tuple[Level, ...], Field(min_length=4, max_length=4)]
    left_bone: Annotated[tuple[Level, ...], Field(min_length=4, max_length=4)]


def average(air: tuple[int, ...]) -> float:
    """The mean threshold of 500, 1000, 2000 and 4000 Hz.

    >>> average((10, 20, 30, 40, 50, 60))
    35.0
    """
    return sum(air[FREQUENCIES.index(f)] for f in AVERAGED) / 4


def gap(air: tuple[int, ...], bone: tuple[int, ...]) -> float:
    """The mean air-bone gap of the same four frequencies, in dB."""
    return average(air) - sum(bone) / 4


def draw(audiogram: Audiogram) -> Canvas:
    """The usual form: frequency to the right, hearing level downwards."""
    width, height = _LEFT + 6 * _STEP + 10, _TOP + 130 * _DB + 160
    canvas = Canvas(width, height)
    right = _LEFT + 5 * _STEP + 30

    def x(frequency: int) -> float:
        return _LEFT + 20 + _STEP * math.log2(frequency / 250)

    def y(level: int) -> float:
        return _TOP + (level + 10) * _DB

    canvas.text(_LEFT, 8, "Pure-tone audiogram")
    canvas.text(_LEFT, 36, "Frequency (Hz)", "grey")
    for frequency in FREQUENCIES:
        canvas.line([(x(frequency), _TOP), (x(frequency), y(120))], "faint", 2)
        canvas.text(x(frequency), 66, str(frequency), align="centre")
    for level in range(-10, 121, 10):
        colour = "grey" if level == 20 else "faint"
        canvas.line([(_LEFT, y(level)), (right, y(level))], colour, 2 if level % 20 == 0 else 1)
        canvas.text(_LEFT - 10, y(level) - 11, str(level), align="right")
    canvas.text(8, 66, "dB HL", "grey")
    for air, colour in ((audiogram.right_air, "red"), (audiogram.left_air, "blue")):
        places = [(x(f), y(v)) for f, v in zip(FREQUENCIES, air, strict=True)]
        canvas.line(places, colour, 2)
        for place in places:
            _air(canvas, *place, colour)
    for bone, colour in ((audiogram.right_bone, "red"), (audiogram.left_bone, "blue")):
        for frequency, level in zip(BONE, bone, strict=True):
            _bone(canvas, x(frequency), y(level), colour)
    below = y(120) + 24
    legend = (
        ("red", "Right ear, air", "Right ear, bone"), ("blue", "Left ear, air", "Left ear, bone")
    )  # fmt: skip
    for row, (colour, air_name, bone_name) in enumerate(legend):
        at = below + 44 * row
        _air(canvas, _LEFT, at + 10, colour)
        canvas.text(_LEFT + 24, at, air_name, colour)
        _bone(canvas, _LEFT + 290 + (20 if colour == "red" else -20), at + 10, colour)
        canvas.text(_LEFT + 310, at, bone_name, colour)
    canvas.text(_LEFT, below + 84, "Bone conduction with masking", "grey")
    return canvas


def _air(canvas: Canvas, x: float, y: float, colour: str) -> None:
    """A circle for the right ear, a cross for the left."""
    if colour == "red":
        canvas.ring(x, y, 9, colour)
        return
    canvas.line([(x - 8, y - 8), (x + 8, y + 8)], colour, 3)
    canvas.line([(x - 8, y + 8), (x + 8, y - 8)], colour, 3)


def _bone(canvas: Canvas, x: float, y: float, colour: str) -> None:
    """A bracket that opens to its frequency: left of it for the right ear."""
    side = -1 if colour == "red" else 1
    out, back = x + side * 20, x + side * 12
    canvas.line([(back, y - 10), (out, y - 10), (out, y + 10), (back, y + 10)], colour, 3)


def told(audiogram: Audiogram) -> Told:
    """Averages, air-bone gaps, and which kind of loss each ear has."""
    values: dict[str, float | str] = {}
    shows, kinds = [], []
    for side, air, bone in (
        ("right", audiogram.right_air, audiogram.right_bone),
        ("left", audiogram.left_air, audiogram.left_bone),
    ):
        values[f"{side}_air_average_db"] = average(air)
        values[f"{side}_air_bone_gap_db"] = gap(air, bone)
        pairs = zip(FREQUENCIES, air, strict=True)
        values[f"{side}_air_db"] = ", ".join(f"{f} Hz {v}" for f, v in pairs)
        kinds.append(f"{side} ear {loss(air, bone)}")
        shows += [
            f"{side} ear: {loss(air, bone)}",
            f"{side} ear: air average {average(air):g} dB HL, "
            f"mean air-bone gap {gap(air, bone):g} dB",
        ]
    known = {loss(audiogram.right_air, audiogram.right_bone)}
    known.add(loss(audiogram.left_air, audiogram.left_bone))
    every = ("normal hearing", "sensorineural loss", "conductive loss", "notch at 4000 Hz")
    absent = [kind for kind in every if kind not in known]
    return Told(
        reading="; ".join(kinds),
        values=values,
        shows=tuple(shows),
        absent=(*absent, "mixed loss", "tympanogram", "speech audiogram"),
    )


def loss(air: tuple[int, ...], bone: tuple[int, ...]) -> str:
    """The kind of loss: 20 dB HL is the limit of normal, 15 dB the least gap that conducts.

    >>> loss((10, 10, 10, 10, 15, 10), (10, 10, 10, 10))
    'normal hearing'
    >>> loss((10, 10, 10, 10, 50, 15), (10, 10, 10, 45))
    'notch at 4000 Hz'
    """
    if max(air) <= 20:
        return "normal hearing"
    if gap(air, bone) >= 15:
        return "conductive loss"
    others = [v for f, v in zip(FREQUENCIES, air, strict=True) if f != 4000]
    return "notch at 4000 Hz" if max(others) <= 25 < air[4] - 10 else "sensorineural loss"
