"""How to carry out a run; nothing that changes what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field

from medaudit.run.retry import Retry

GIVE_UP_AFTER = 10


@dataclass(frozen=True)
class Options:
    """Of one session; a later one may choose others."""

    concurrency: int | None = None
    """Calls at a time. None: what suits the provider."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """Of each account. None, here and above: what the system's connection says."""
    budget_usd: float | None = None
    """In the place of the plan's, for the whole run from its first call."""
    retry: Retry = field(default_factory=Retry)
    give_up_after: int | None = GIVE_UP_AFTER
    """Silent answers in a row after which a system counts as out of reach. None: never."""
