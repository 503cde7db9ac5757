"""The chart of values with intervals says what the table says."""

from __future__ import annotations

from medaudit.charts.agreement import interval_rows, intervals
from medaudit.records import Estimate


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> Estimate:
    return Estimate(name="r", value=value, low=low, high=high, method="m", n_rows=9, n_cases=7)


ROWS = interval_rows(
    {
        "Kappa": {"harm": estimate(0.5, -0.2, 0.8), "severe": estimate(None)},
        "Alpha": {"harm": estimate(0.4), "severe": estimate(0.9, 0.8, 1.0)},
    }
)


def test_what_has_no_value_is_not_drawn_and_no_interval_is_a_point() -> None:
    assert [(r["name"], r["kind"]) for r in ROWS] == [
        ("Kappa", "harm"),
        ("Alpha", "harm"),
        ("Alpha", "severe"),
    ]
    assert (ROWS[1]["low"], ROWS[1]["high"]) == (0.4, 0.4)


def test_the_axis_holds_every_interval_and_colour_is_never_alone() -> None:
    spec = intervals(ROWS, axis="agreement").to_dict()
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [-0.2, 1]
    points = spec["layer"][1]["encoding"]
    assert points["shape"]["scale"]["domain"] == points["color"]["scale"]["domain"]
    assert len(set(points["shape"]["scale"]["range"])) == 2
    one = intervals([r for r in ROWS if r["kind"] == "harm"], axis="agreement").to_dict()
    assert one["layer"][1]["encoding"]["color"]["legend"] is None
