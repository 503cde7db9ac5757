"""An ECG rhythm strip, lead II, 25 mm/s and 10 mm/mV, from a sum of waves of each beat."""

from __future__ import annotations

import itertools
import math
import random
from typing import Annotated, Literal

from pydantic import Field

from medaudit.imaging.canvas import Canvas
from medaudit.imaging.told import Told
from medaudit.records import Record

MM = 4
"""Pixels a millimetre: one is 40 ms wide and 0.1 mV high."""
SECONDS = 10.0
_LEFT, _TOP, _HEIGHT = 15 * MM, 36, 40 * MM
_BASE = _TOP + 25 * MM
NAMES = {
    "sinus": "sinus rhythm",
    "atrial_fibrillation": "atrial fibrillation",
    "complete_heart_block": "complete heart block",
    "ventricular_tachycardia": "regular broad-complex (ventricular) tachycardia",
}


class Ecg(Record):
    """Rhythm and rates of a strip. ``rate``: of the ventricles, a minute."""

    kind: Literal["ecg"]
    rhythm: Literal[
        "sinus", "atrial_fibrillation", "complete_heart_block", "ventricular_tachycardia"
    ]
    rate: Annotated[float, Field(ge=20, le=220)]
    atrial_rate: Annotated[float, Field(ge=40, le=120)] | None = None
    """Of the P waves, where they go their own way."""
    qrs_ms: Annotated[int, Field(ge=70, le=180)] = 88
    pr_ms: Annotated[int, Field(ge=100, le=320)] = 160
    seed: int = 1


Wave = tuple[float, float, float]
"""A bump: its peak in seconds, its height in mV, its spread in seconds."""


def beats(ecg: Ecg) -> list[float]:
    """Seconds at which the ventricles beat, from before the strip until after it."""
    mean, rng, at, found = 60 / ecg.rate, random.Random(ecg.seed), -1.7, []
    while at < SECONDS + 1:
        found.append(at)
        irregular = ecg.rhythm == "atrial_fibrillation"
        at += mean * (0.62 + 0.76 * rng.random()) if irregular else mean
    return found


def atrial(ecg: Ecg) -> list[float]:
    """Seconds at which P waves peak; none where the atria fibrillate or P waves are hidden."""
    if ecg.rhythm == "sinus":
        return [beat - ecg.pr_ms / 1000 + 0.045 for beat in beats(ecg)]
    if ecg.rhythm == "complete_heart_block":
        rate = ecg.atrial_rate or 80.0
        return [-1.3 + k * 60 / rate for k in range(math.ceil((SECONDS + 2) * rate / 60))]
    return []


def waves(ecg: Ecg) -> list[Wave]:
    """Every wave of the strip."""
    wide, found = ecg.qrs_ms / 88, [(at, 0.16, 0.026) for at in atrial(ecg)]
    for beat in beats(ecg):
        if ecg.rhythm == "ventricular_tachycardia":
            spread = ecg.qrs_ms / 1000 / 5.4
            found += [
                (beat, 1.15, spread),
                (beat + 1.7 * spread, 0.55, 0.7 * spread),
                (beat + 0.19, -0.42, 0.038),
            ]
            continue
        late = 0.20 + 0.09 * min(1.0, 60 / ecg.rate)
        found += [
            (beat - 0.026 * wide, -0.10, 0.008 * wide),
            (beat, 1.10, 0.011 * wide),
            (beat + 0.027 * wide, -0.24, 0.010 * wide),
            (beat + late + 0.02 * (wide - 1), 0.28, 0.048),
        ]
    return found


def millivolts(ecg: Ecg, at: float, bumps: list[Wave]) -> float:
    """The signal at one moment."""
    value = sum(
        height * math.exp(-0.5 * ((at - peak) / spread) ** 2)
        for peak, height, spread in bumps
        if abs(at - peak) < 5 * spread
    )
    if ecg.rhythm == "atrial_fibrillation":
        value += (
            0.05 * math.sin(38.3 * at)
            + 0.035 * math.sin(46.1 * at + 1)
            + 0.02 * math.sin(29.7 * at + 2)
        )
    return round(value, 6)


def draw(ecg: Ecg) -> Canvas:
    """The strip on its grid, with a calibration pulse of 1 mV and a mark at each second."""
    width = _LEFT + round(SECONDS * 25) * MM + 5 * MM
    canvas = Canvas(width, _TOP + _HEIGHT + 36)
    bottom = _TOP + _HEIGHT
    for step in range((width // MM) + 1):
        colour = "rose" if step % 5 == 0 else "pink"
        canvas.line([(step * MM, _TOP), (step * MM, bottom)], colour)
    for step in range(41):
        colour = "rose" if step % 5 == 0 else "pink"
        canvas.line([(0, _TOP + step * MM), (width, _TOP + step * MM)], colour)
    for second in range(11):
        x = _LEFT + second * 25 * MM
        canvas.line([(x, _TOP - 8), (x, _TOP)], "ink", 2)
        if second < 10:
            canvas.text(x + 4, _TOP - 24, f"{second} s", "grey")
    pulse = [(2, 0), (4, 0), (4, 10), (9, 10), (9, 0), (13, 0)]
    canvas.line([(x * MM, _BASE - y * MM) for x, y in pulse], "ink", 2)
    bumps, fine = waves(ecg), 5
    for column in range(round(SECONDS * 25) * MM):
        steps = [(column + k / fine) / (25 * MM) for k in range(fine + 1)]
        heights = [_BASE - 10 * MM * millivolts(ecg, at, bumps) for at in steps]
        x = _LEFT + column
        canvas.box(x, round(min(heights)) - 1, x, round(max(heights)), "ink")
    canvas.text(8, bottom + 8, "ECG rhythm strip, lead II", "ink")
    canvas.text(width - 8, bottom + 8, "25 mm/s   10 mm/mV", "ink", align="right")
    return canvas


def told(ecg: Ecg) -> Told:
    """Rates counted from the beats of the strip, not from the parameters alone."""
    inside = [beat for beat in beats(ecg) if 0 <= beat < SECONDS]
    gaps = [b - a for a, b in itertools.pairwise(inside)]
    irregular = ecg.rhythm == "atrial_fibrillation"
    rate = len(inside) * 6 if irregular else round(60 / gaps[0])
    name = NAMES[ecg.rhythm]
    if ecg.rhythm == "sinus" and not 60 <= rate <= 100:
        name = "sinus bradycardia" if rate < 60 else "sinus tachycardia"
    shows = [f"rhythm: {name}", f"ventricular rate {rate}/min", f"QRS duration {ecg.qrs_ms} ms"]
    values: dict[str, float | str] = {
        "rhythm": name,
        "ventricular_rate_per_min": rate,
        "qrs_complexes_in_10_s": len(inside),
        "shortest_rr_s": round(min(gaps), 2),
        "longest_rr_s": round(max(gaps), 2),
        "qrs_ms": ecg.qrs_ms,
    }
    if ecg.rhythm == "sinus":
        values["pr_ms"] = ecg.pr_ms
        shows += ["a P wave before every QRS complex", f"PR interval {ecg.pr_ms} ms", "regular"]
    elif ecg.rhythm == "complete_heart_block":
        values["atrial_rate_per_min"] = ecg.atrial_rate or 80.0
        shows += [
            f"regular P waves at {values['atrial_rate_per_min']:.0f}/min",
            "P waves and QRS complexes bear no relation to each other",
        ]
    elif irregular:
        low, high = values["shortest_rr_s"], values["longest_rr_s"]
        shows += ["no P waves", f"irregularly irregular, RR from {low} to {high} s"]
    else:
        shows += ["regular", "no P waves can be seen"]
    absent = [f"{n}" for r, n in NAMES.items() if r != ecg.rhythm]
    absent += ["ST-segment elevation", "pacing spikes", "ventricular fibrillation"]
    return Told(
        reading=f"{name}, ventricular rate {rate}/min",
        values=values,
        shows=tuple(shows),
        absent=tuple(absent),
    )
