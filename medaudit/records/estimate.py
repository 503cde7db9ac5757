"""A number fit to print."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medaudit.records.base import Hash, Record, Slug, Text, Unit
from medaudit.records.run import Versioned


class Estimate(Record):
    """A number fit to print: never without its n, its n expected and its method."""

    name: Slug
    value: float | None
    low: float | None = None
    high: float | None = None
    method: Text
    n_rows: Annotated[int, Field(ge=0)]
    n_cases: Annotated[int, Field(ge=0)]
    n_expected: Annotated[int, Field(ge=0)] | None = None
    excluded: dict[str, int] = Field(default_factory=dict)
    """Rows left out, by outcome."""
    worst_case: Slug | None = None
    df: float | None = None
    se: Annotated[float, Field(ge=0)] | None = None
    """Standard error, where the interval is built from one."""
    p: Unit | None = None
    """Two-sided p value against no difference, where one is tested; the method says otherwise."""
    seed: int | None = None
    """Of the resampling, where there was any."""
    estimand: Literal["generalized", "benchmark"] = "generalized"
    """The population of cases, or exactly these cases (NIST AI 800-3)."""
    confirmed: Unit | None = None
    """Share of rows that people judged."""
    run_id: Slug | None = None
    suite_id: Hash | None = None
    scorers: tuple[Versioned, ...] = ()
    """What the number was computed from."""
    warnings: tuple[str, ...] = ()
