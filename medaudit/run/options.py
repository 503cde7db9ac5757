"""How to carry out a run; nothing that changes what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from medaudit.errors import BadInput
from medaudit.run.retry import Retry

GIVE_UP_AFTER = 10
Executor = Literal["local", "ray"]
"""Who makes the calls: this process, or the workers of a Ray cluster."""


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
    executor: Executor = "local"
    ray_address: str | None = None
    """Of a cluster that is there. None: one is started on this machine."""
    workers: int | None = None
    """Of the cluster. None: one for each of its CPUs, 16 at most."""

    def __post_init__(self) -> None:
        if self.executor == "local" and (self.ray_address or self.workers is not None):
            raise BadInput("only the executor ray has an address and workers", field="executor")
