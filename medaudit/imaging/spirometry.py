"""A spirometry flow-volume loop with the predicted loop, and the values measured from it."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from medaudit.imaging.canvas import Canvas
from medaudit.imaging.told import Told
from medaudit.records import Record

RATIO = 0.70
"""FEV1/FVC below it after a bronchodilator is obstruction (GOLD)."""
LOW_FVC = 80
"""Per cent of predicted: a smaller FVC with a ratio that is not low suggests restriction."""
_LEFT, _TOP, _LITRE, _FLOW = 90, 60, 96, 30
_STEPS = 4000
_USUAL = 1.3
"""How hollow the predicted loop is."""


class Spirometry(Record):
    """The expiratory limb rises to its peak in the first tenth of the FVC and falls as a power.

    ``curve`` 1 is a straight fall, more is hollow. ``cap`` (L/s) cuts both limbs off flat.
    """

    kind: Literal["spirometry"]
    fvc: Annotated[float, Field(gt=1, lt=6)]
    peak: Annotated[float, Field(gt=1, lt=13)]
    curve: Annotated[float, Field(ge=0.8, le=5)]
    inspiratory: Annotated[float, Field(gt=1, lt=9)]
    cap: Annotated[float, Field(gt=1, lt=6)] | None = None
    predicted_fvc: Annotated[float, Field(gt=1, lt=6)]
    predicted_peak: Annotated[float, Field(gt=1, lt=13)]


def expiratory(fvc: float, peak: float, curve: float, cap: float | None, volume: float) -> float:
    """Flow in L/s after so many litres have been breathed out."""
    share, rise = volume / fvc, 0.1
    if share < rise:
        flow = peak * math.sin(0.5 * math.pi * share / rise)
    else:
        flow = peak * (max(0.0, 1 - share) / (1 - rise)) ** curve
    return flow if cap is None else min(flow, cap)


def fev1(fvc: float, peak: float, curve: float, cap: float | None = None) -> float:
    """Litres breathed out in the first second, by adding up time along the loop.

    Time zero is that of back-extrapolation from the peak flow, as in practice.

    >>> round(fev1(4.0, 8.0, 1.0), 2)
    3.56
    """
    start = 0.1 * fvc
    step, seconds = (fvc - start) / _STEPS, start / (peak if cap is None else min(peak, cap))
    for k in range(_STEPS):
        flow = expiratory(fvc, peak, curve, cap, start + (k + 0.5) * step)
        seconds += step / flow
        if seconds >= 1:
            return start + k * step
    return fvc


def measured(loop: Spirometry) -> dict[str, float | str]:
    """The values beside the loop, in the precision in which they are printed."""
    first = round(fev1(loop.fvc, loop.peak, loop.curve, loop.cap), 2)
    normal = round(fev1(loop.predicted_fvc, loop.predicted_peak, _USUAL), 2)
    flows = [
        expiratory(loop.fvc, loop.peak, loop.curve, loop.cap, loop.fvc * k / 200)
        for k in range(201)
    ]
    return {
        "fvc_l": loop.fvc,
        "fvc_percent_predicted": round(100 * loop.fvc / loop.predicted_fvc),
        "fev1_l": first,
        "fev1_percent_predicted": round(100 * first / normal),
        "fev1_fvc": round(first / loop.fvc, 2),
        "peak_flow_l_s": round(max(flows), 1),
    }


def pattern(loop: Spirometry) -> str:
    """Obstructive, restrictive, fixed upper airway obstruction or normal."""
    values = measured(loop)
    if loop.cap is not None:
        return "fixed upper airway obstruction"
    if float(values["fev1_fvc"]) < RATIO:
        return "obstructive"
    return "restrictive" if float(values["fvc_percent_predicted"]) < LOW_FVC else "normal"


def draw(loop: Spirometry) -> Canvas:
    """Flow (up: out, down: in) over volume; the predicted loop is dashed."""
    top, low = 12, -8
    height = _TOP + (top - low) * _FLOW
    canvas = Canvas(_LEFT + 6 * _LITRE + 380, height + 70)
    zero = _TOP + top * _FLOW
    for litre in range(7):
        x = _LEFT + litre * _LITRE
        canvas.line([(x, _TOP), (x, height)], "faint", 2)
        canvas.text(x, height + 8, str(litre), align="centre")
    for mark in range(low, top + 1, 2):
        y = zero - mark * _FLOW
        canvas.line([(_LEFT, y), (_LEFT + 6 * _LITRE, y)], "grey" if mark == 0 else "faint", 2)
        canvas.text(_LEFT - 10, y - 11, str(mark), align="right")
    canvas.text(8, 8, "Flow (L/s), out above, in below")
    canvas.text(_LEFT + 6 * _LITRE, height + 36, "Volume breathed out (L)", align="right")
    for fvc, peak, curve, cap, draught, colour in (
        (loop.predicted_fvc, loop.predicted_peak, _USUAL, None, 0.62 * loop.predicted_peak, "grey"),
        (loop.fvc, loop.peak, loop.curve, loop.cap, loop.inspiratory, "blue"),
    ):
        places = []
        for k in range(241):
            share = k / 240
            flow = expiratory(fvc, peak, curve, cap, fvc * share)
            places.append((_LEFT + fvc * share * _LITRE, zero - flow * _FLOW))
        back = []
        for k in range(241):
            share = 1 - k / 240
            flow = draught * math.sin(math.pi * share) ** 0.6 if 0 < share < 1 else 0.0
            flow = flow if cap is None else min(flow, cap)
            back.append((_LEFT + fvc * share * _LITRE, zero + flow * _FLOW))
        if colour == "grey":
            canvas.dashed(places, colour, 2, 3)
            canvas.dashed(back, colour, 2, 3)
        else:
            canvas.line([*places, *back], colour, 3)
    _table(canvas, loop, _LEFT + 6 * _LITRE + 40)
    return canvas


def _table(canvas: Canvas, loop: Spirometry, x: float) -> None:
    values = measured(loop)
    canvas.text(x, _TOP, "After bronchodilator", "grey")
    rows = [
        ("FVC", f"{values['fvc_l']:.2f} L", f"{values['fvc_percent_predicted']}%"),
        ("FEV1", f"{values['fev1_l']:.2f} L", f"{values['fev1_percent_predicted']}%"),
        ("FEV1/FVC", f"{values['fev1_fvc']:.2f}", ""),
        ("Peak", f"{values['peak_flow_l_s']} L/s", ""),
    ]
    canvas.text(x + 250, _TOP + 34, "of", "grey")
    canvas.text(x + 250, _TOP + 58, "pred.", "grey")
    for row, (name, value, share) in enumerate(rows):
        y = _TOP + 96 + 36 * row
        canvas.text(x, y, name)
        canvas.text(x + 122, y, value)
        if share:
            canvas.text(x + 262, y, share)
    y = _TOP + 270
    canvas.line([(x, y + 11), (x + 50, y + 11)], "blue", 3)
    canvas.text(x + 64, y, "measured")
    canvas.dashed([(x + k, y + 47) for k in range(51)], "grey", 2, 6)
    canvas.text(x + 64, y + 36, "predicted")


def told(loop: Spirometry) -> Told:
    """The pattern and the values that it follows from."""
    values, found = measured(loop), pattern(loop)
    shows = [
        f"pattern: {found}",
        f"FEV1/FVC {values['fev1_fvc']:.2f}",
        f"FVC {values['fvc_l']:.2f} L, {values['fvc_percent_predicted']}% of predicted",
        f"FEV1 {values['fev1_l']:.2f} L, {values['fev1_percent_predicted']}% of predicted",
    ]
    if loop.cap is not None:
        shows.append(f"both limbs are flat at {loop.cap} L/s")
    every = ("obstructive", "restrictive", "normal", "fixed upper airway obstruction")
    return Told(
        reading=f"{found} pattern, FEV1/FVC {values['fev1_fvc']:.2f}, "
        f"FVC {values['fvc_percent_predicted']}% of predicted",
        values=values,
        shows=tuple(shows),
        absent=(
            *(f"{p} pattern" for p in every if p != found),
            "a loop before the bronchodilator",
            "gas transfer",
            "lung volumes by plethysmography",
        ),
    )
