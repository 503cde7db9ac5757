"""Whether a judge would be judging its own kind.

Judges prefer their own vendor's answers, and one another's within a family of models. Two systems
are of one family when they share a vendor, a vendor's service, a name of models, or a parent.
"""

from __future__ import annotations

import re

from medaudit.records import System

VENDOR_SERVICES = frozenset({"anthropic", "openai"})
"""Providers that reach the models of one vendor only."""
_FORMS = frozenset(
    {"inc", "ltd", "llc", "gmbh", "corp", "corporation", "company", "co", "plc", "ag", "pbc", "the"}
)


def same_family(judge: System, system: System) -> str | None:
    """What two systems share that makes them one family, in words; None when nothing.

    >>> a = System(id="a", title="A", provider="local", vendor="Acme, Inc.", model="x-1")
    >>> same_family(a, a.model_copy(update={"id": "b", "vendor": "ACME", "model": "y"}))
    'vendor acme'
    """
    shared = _marks(judge) & _marks(system)
    return min(shared) if shared else None


def _marks(system: System) -> set[str]:
    vendor = " ".join(
        word for word in re.findall(r"\w+", system.vendor.casefold()) if word not in _FORMS
    )
    marks = {f"vendor {vendor}"} if vendor else set()
    if system.provider in VENDOR_SERVICES:
        marks.add(f"vendor {system.provider}")
    name = re.match(r"[a-z]{3,}", system.model.casefold().rsplit("/", 1)[-1])
    if name:
        marks.add(f"models named {name.group()}")
    marks |= {f"parent {p}" for p in (system.parent, system.id) if p is not None}
    return marks
