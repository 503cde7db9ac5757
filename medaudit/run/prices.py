"""What a call costs: by a dated table, by prices of one's own, or nobody knows.

``data/prices.yaml`` says for each model where its price stands and when that was read. A model
that is not in it has no price: its cost is unknown, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from medaudit.canonical import dumps
from medaudit.errors import BadInput
from medaudit.providers import REGISTRY, Answer
from medaudit.records import Message, Price, Run, System, Variant
from medaudit.resources import data

NAME = "prices.yaml"
MILLION = 1_000_000
FRAME_TOKENS, TURN_TOKENS = 64, 16
"""More than any chat format adds to a prompt, and to each turn of it."""
IMAGE_TOKENS = 10_000
"""Assumed for the worst price of an image; what the service counts replaces it."""
FORMS = ("response_format", "text", "output_config", "tools")
"""Parameters that services put into the prompt as well."""
LIMITS = ("max_tokens", "max_output_tokens", "max_completion_tokens")


@lru_cache
def table(path: Path | None = None) -> dict[tuple[str, str], Price]:
    """Every price that ships, by provider and model. Raises ``BadInput``."""
    path = path or data() / NAME
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = [Price.model_validate(row) for row in value["prices"]]
    except (yaml.YAMLError, ValidationError, KeyError, TypeError) as error:
        raise BadInput(f"not a table of prices: {error}", file=str(path)) from error
    prices = {(price.provider, price.model): price for price in found}
    if len(prices) != len(found):
        raise BadInput("a model stands twice", file=str(path))
    return prices


def free(system: System) -> bool:
    """Whether nobody charges for the system's calls: it runs here."""
    return REGISTRY.load(system.provider).local


def price_of(system: System) -> Price | None:
    """The price of a system: its own under ``connection``, else the table's, else None."""
    own = system.parameters.get("connection", {})
    usd_in, usd_out = own.get("usd_per_million_in"), own.get("usd_per_million_out")
    if usd_in is None or usd_out is None:
        return table().get((system.provider, system.model))
    return Price(
        provider=system.provider,
        model=system.model,
        usd_in=usd_in,
        usd_out=usd_out,
        source=f"the connection of system {system.id}",
        checked=datetime.now(UTC).date(),
    )


def cost(answer: Answer, price: Price | None, *, batch: bool = False) -> float | None:
    """US dollars that an answer cost. None: price or tokens are not known.

    >>> from datetime import date
    >>> price = Price(provider="p", model="m", usd_in=3, usd_out=15, source="s",
    ...               checked=date(2026, 11, 21))
    >>> cost(Answer("answered", tokens_in=1_000, tokens_out=200), price)
    0.006
    """
    if answer.cost_usd is not None:
        return answer.cost_usd
    if price is None or answer.tokens_in is None or answer.tokens_out is None:
        return None
    if price.up_to_tokens_in is not None and answer.tokens_in > price.up_to_tokens_in:
        return None
    kept = (
        (answer.tokens_cached, price.usd_cache_read),
        (answer.tokens_written, price.usd_cache_write),
        (answer.tokens_written_1h, price.usd_cache_write_1h),
    )
    if any(count > 0 and usd is None for count, usd in kept):
        return None
    fresh = max(answer.tokens_in - sum(count for count, _ in kept), 0)
    total = fresh * price.usd_in + answer.tokens_out * price.usd_out
    total += sum(count * usd for count, usd in kept if usd is not None)
    share = price.batch if batch else 1.0
    return None if share is None else total / MILLION * share


def most_tokens_in(system: System, messages: Sequence[Message]) -> int:
    """No fewer than the tokens of a prompt: one a byte, as no tokeniser makes more."""
    texts = [system.system_prompt, *(message.text for message in messages)]
    texts += [dumps(system.parameters[name]) for name in FORMS if name in system.parameters]
    n_images = sum(len(message.images) for message in messages)
    return (
        sum(len(text.encode("utf-8")) for text in texts)
        + FRAME_TOKENS
        + TURN_TOKENS * len(messages)
        + IMAGE_TOKENS * n_images
    )


def most_tokens_out(system: System) -> int | None:
    """Tokens that an answer can have, reasoning included. None: the system sets no limit."""
    for name in LIMITS:
        limit = system.parameters.get(name)
        if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
            return limit * _choices(system.parameters.get("n"))
    return None


def worst(
    system: System, price: Price | None, messages: Sequence[Message], *, batch: bool = False
) -> float:
    """No less than what one call to a system that charges can cost, in US dollars.

    Raises ``BadInput`` where that is unknown.
    """
    if price is None:
        raise BadInput(
            f"nobody has put down what {system.model} costs, so a budget cannot be kept: set "
            f"usd_per_million_in and usd_per_million_out under connection of system {system.id}",
            field="budget_usd",
        )
    out, into = most_tokens_out(system), most_tokens_in(system, messages)
    if out is None:
        raise BadInput(
            f"system {system.id} sets no limit to an answer, so a budget cannot be kept: set "
            "max_tokens",
            field="budget_usd",
        )
    if price.up_to_tokens_in is not None and into > price.up_to_tokens_in:
        raise BadInput(
            f"a prompt of up to {into} tokens costs more than the table knows for {system.model}",
            field="budget_usd",
        )
    cached = system.parameters.get("connection", {}).get("cache")
    written = price.usd_cache_write_1h if cached == "1h" else price.usd_cache_write
    if cached is not None and written is None:
        raise BadInput(
            f"nobody has put down what {system.model} charges to keep a prompt: leave out "
            f"connection.cache of system {system.id}",
            field="budget_usd",
        )
    share = price.batch if batch else 1.0
    if share is None:
        raise BadInput(f"no batch price of {system.model} is known", field="budget_usd")
    usd_in = price.usd_in if written is None else max(price.usd_in, written)
    return (into * usd_in + out * price.usd_out) / MILLION * share


def check_budget(run: Run, variants: Sequence[Variant], *, batch: bool = False) -> None:
    """Raises ``BadInput`` when a run has a budget that could not be kept."""
    if run.budget_usd is None:
        return
    for system in run.systems:
        for variant in () if free(system) else variants:
            worst(system, run.prices.get(system.id), variant.messages, batch=batch)


def _choices(n: Any) -> int:
    return n if isinstance(n, int) and not isinstance(n, bool) and n > 1 else 1
