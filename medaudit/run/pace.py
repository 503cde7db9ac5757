"""How fast a service may be asked: requests and tokens a minute, spread evenly.

An evenly spread limit holds in any minute, also where the service looks at seconds. All workers
of an account share one pace.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

MINUTE_S = 60.0


@dataclass
class Pace:
    """Gives out moments to begin a call. None: no limit."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    clock: Callable[[], float] = time.monotonic
    _request: float = field(default=float("-inf"), init=False)
    """When the next request may begin …"""
    _token: float = field(default=float("-inf"), init=False)
    """… and when the tokens of those before it are used up."""

    @property
    def limited(self) -> bool:
        """Whether any call may have to wait."""
        return self.requests_per_minute is not None or self.tokens_per_minute is not None

    async def take(self, tokens: int, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Wait for the turn of a call that may use so many tokens."""
        await sleep(self.book(tokens))

    def book(self, tokens: int) -> float:
        """Seconds until a call that may use so many tokens may begin; its place is taken.

        >>> pace = Pace(requests_per_minute=60, clock=lambda: 0.0)
        >>> [pace.book(0) for _ in range(3)]
        [0.0, 1.0, 2.0]
        """
        now = self.clock()
        begin = max(now, self._request, self._token)
        if self.requests_per_minute is not None:
            self._request = begin + MINUTE_S / self.requests_per_minute
        if self.tokens_per_minute is not None:
            self._token = begin + MINUTE_S * tokens / self.tokens_per_minute
        return begin - now

    def settle(self, tokens: int, used: int | None) -> None:
        """Give back what a call did not use of its tokens. None: nobody knows, nothing is."""
        if self.tokens_per_minute is not None and used is not None and used < tokens:
            self._token -= MINUTE_S * (tokens - used) / self.tokens_per_minute
