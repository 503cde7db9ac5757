"""What a run can cost and how long it must take at least, before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medaudit.errors import BadInput
from medaudit.records import Price, Run, System, Variant
from medaudit.run import prices
from medaudit.run.options import Options

CHARACTERS_A_TOKEN = 4
"""Of English in common tokenisers, about."""


@dataclass(frozen=True)
class Forecast:
    """One system of a plan. US dollars and tokens, one call an answer, no retries."""

    system: System
    calls: int
    price: Price | None
    tokens_in: int
    """About: four characters a token, images left out."""
    most_tokens_out: int | None
    """None: the system sets no limit."""
    worst_usd: float | None
    """No less than what the calls can cost. None: unknown, and ``why`` says why."""
    likely_usd: float | None
    """If every answer is half as long as it may be. An assumption, not a measurement."""
    why: str = ""
    least_minutes: float | None = None
    """By the requests a minute that are allowed. None: no limit is set."""


def forecast(
    run: Run, variants: Sequence[Variant], *, options: Options | None = None, batch: bool = False
) -> list[Forecast]:
    """One row a system of the plan, in its order."""
    return [_of(run, system, variants, options or Options(), batch) for system in run.systems]


def _of(
    run: Run, system: System, variants: Sequence[Variant], options: Options, batch: bool
) -> Forecast:
    price, calls = run.prices.get(system.id), len(variants) * run.repeats
    characters = sum(len(m.text) for variant in variants for m in variant.messages)
    characters += len(system.system_prompt) * len(variants)
    tokens_in = characters // CHARACTERS_A_TOKEN * run.repeats
    out = prices.most_tokens_out(system)
    worst, likely, why = None, None, ""
    try:
        worst = run.repeats * sum(
            prices.worst(system, price, variant.messages, batch=batch)
            for variant in (() if prices.free(system) else variants)
        )
    except BadInput as error:
        why = error.reason
    if worst is not None and price is not None and out is not None:
        share = price.batch if batch and price.batch is not None else 1.0
        half = calls * out / 2
        likely = (tokens_in * price.usd_in + half * price.usd_out) / prices.MILLION * share
    setting = system.parameters.get("connection", {})
    pace = options.requests_per_minute or setting.get("requests_per_minute")
    return Forecast(
        system=system,
        calls=calls,
        price=price,
        tokens_in=tokens_in,
        most_tokens_out=None if out is None else out * calls,
        worst_usd=worst,
        likely_usd=likely,
        why=why,
        least_minutes=None if pace is None or batch else calls / pace,
    )
