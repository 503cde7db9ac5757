"""What services say of their models when a run is planned, and which of them retire soon."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol, runtime_checkable

from medaudit import providers
from medaudit.canonical import dumps
from medaudit.errors import MedauditError
from medaudit.records import System

SOON_DAYS = 90
MOST_CHARACTERS = 20_000
ENDS = ("retires_at", "shutdown_date")
"""What the vendors call the day on which a model goes."""


@runtime_checkable
class Describing(Protocol):
    """A provider whose service says what a model can do."""

    async def describe(self) -> dict[str, Any] | None: ...


def snapshot(systems: Sequence[System]) -> tuple[list[System], list[str]]:
    """The systems with what their services say of them today, and why some say nothing.

    Raises ``ProviderFailed`` where a key is missing.
    """
    return asyncio.run(_snapshot(systems))


async def _snapshot(systems: Sequence[System]) -> tuple[list[System], list[str]]:
    found, notes = [], []
    for system in systems:
        provider = providers.open(system)
        if not isinstance(provider, Describing):
            found.append(system)
            continue
        async with provider:
            try:
                said = await provider.describe()
            except MedauditError as error:
                notes.append(f"{system.id}: the service says nothing of its model: {error}")
                said = None
        found.append(system if said is None else described(system, said))
    return found, notes


def described(system: System, said: dict[str, Any]) -> System:
    """A system with what its service says of it. What is too long to keep is left out."""
    if len(dumps(said)) > MOST_CHARACTERS:
        said = {"left_out": f"more than {MOST_CHARACTERS} characters"}
    update: dict[str, Any] = {
        "capabilities": {"checked": datetime.now(UTC).date().isoformat(), **said}
    }
    for name in ENDS:
        if isinstance(said.get(name), str):
            update["service_end"] = said[name]
    return system.model_copy(update=update)


def retiring(systems: Sequence[System], today: date | None = None) -> list[str]:
    """A sentence for each system whose service ends within 90 days, or has ended."""
    today = today or datetime.now(UTC).date()
    found = []
    for system in systems:
        try:
            end = date.fromisoformat((system.service_end or "")[:10])
        except ValueError:
            continue
        days = (end - today).days
        if days < 0:
            found.append(f"{system.id}: its service ended on {end}")
        elif days < SOON_DAYS:
            found.append(f"{system.id}: its service ends on {end}, in {days} days")
    return found
