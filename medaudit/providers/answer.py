"""What a provider gives back, and what a provider is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, runtime_checkable

from medaudit.records import Message, Outcome


@dataclass(frozen=True)
class Answer:
    """How one call ended, with the text exactly as received; None when nothing was."""

    outcome: Outcome
    text: str | None = None
    reasoning: str | None = None
    stop_reason: str | None = None
    tokens_in: int | None = None
    """Of the whole prompt, cached or not."""
    tokens_out: int | None = None
    """Reasoning included."""
    tokens_cached: int = 0
    """Of the prompt, read from the service's cache."""
    tokens_written: int = 0
    """Of the prompt, written to the service's cache for the shortest time it offers …"""
    tokens_written_1h: int = 0
    """… and for an hour."""
    cost_usd: float | None = None
    """Where the provider knows it. None: the run works it out from tokens and price."""
    detail: str = ""
    """What went wrong, in words that hold no key."""
    retry_after_s: float | None = None
    """How long the system asked us to wait."""
    latency_s: float | None = None
    """Of a recorded answer. None: whoever asked measures it."""
    final: bool = False
    """Whether asking again cannot change it."""


@dataclass(frozen=True)
class Body:
    """What came back over the wire, before anything reads it; never a header, never a key."""

    status: int | None
    """Of HTTP. None: a line of a batch's results."""
    data: bytes
    whole: bool = True
    """Whether the service had ended when it was put down."""


Keep = Callable[[Body], None]
"""Takes a body over before it is parsed."""


def drop(body: Body) -> None:
    """Keeps nothing: for a caller that stores no bodies."""


class Provider(Protocol):
    """A way to reach one system under test, open between ``async with`` and its end.

    A fault of the system is an ``Answer`` with an outcome, never an exception.
    """

    concurrency: int
    """How many calls at a time suit it."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        """One call, no retries. ``key`` is (variant id, repeat); only a recording needs it."""
        ...


@dataclass(frozen=True)
class Asked:
    """One call of a batch."""

    id: str
    """Of the answer; comes back with it."""
    messages: Sequence[Message]
    parameters: Mapping[str, Any]


BatchState = Literal["going_on", "ended"]


@runtime_checkable
class Batching(Protocol):
    """A provider that takes many calls at once and answers within a day, for less."""

    most: int
    """Calls in one batch."""

    async def hand_over(self, asked: Sequence[Asked], note: str) -> str:
        """Give the calls away; the service's id of the batch. ``note`` is kept beside it.

        Raises ``ProviderFailed``; ``Doubtful`` when the service may have taken them all the same.
        """
        ...

    async def batch_state(self, batch_id: str) -> BatchState:
        """Whether results can be collected. Raises ``ProviderFailed``."""
        ...

    def results(self, batch_id: str) -> AsyncIterator[bytes]:
        """The lines of the results, in any order. Raises ``ProviderFailed``."""
        ...

    def read_result(self, line: bytes) -> tuple[str | None, Answer]:
        """Whose answer a line holds, and the answer."""
        ...

    async def forget(self, batch_id: str) -> None:
        """Delete what the service keeps of a batch, as far as it lets us."""
        ...


@dataclass(frozen=True)
class Adapter:
    """A kind of provider by name. ``open(system, runs=folder, images=…, tell=…)`` returns one."""

    name: str
    purpose: str
    open: Callable[..., Provider]
    local: bool = False
    """Whether its calls cost nothing because nobody else is asked."""
