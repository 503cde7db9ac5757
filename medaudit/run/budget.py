"""The money of a run: what is spent, what calls in flight can cost at worst, and a hard stop.

A call begins only where the budget holds even if everything in flight costs its worst price. A
call of which nobody knows whether it was paid for (a timeout, a lost connection, one in doubt)
counts at its worst price.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from medaudit.providers import Answer
from medaudit.run.received import UNBILLED


@dataclass
class Budget:
    """US dollars. ``limit`` None: nothing is counted and nothing stops."""

    limit: float | None
    spent: float = 0.0
    reserved: float = 0.0
    exhausted: bool = False
    """Whether a call was held back. None begins after that."""
    _freed: asyncio.Event = field(default_factory=asyncio.Event)

    async def reserve(self, worst: float) -> bool:
        """Set aside the worst price of a call; False when the budget does not hold it.

        While calls are in flight that may turn out cheaper, it waits for them.
        """
        if self.limit is None:
            return True
        while not self.exhausted and self.spent + self.reserved + worst > self.limit:
            if self.reserved <= 0:
                self.exhausted = True
                break
            self._freed.clear()
            await self._freed.wait()
        if self.exhausted:
            return False
        self.reserved += worst
        return True

    def settle(self, worst: float, cost: float | None, answer: Answer | None) -> None:
        """Replace a call's worst price by what it cost. ``answer`` None: it was cut off."""
        if self.limit is None:
            return
        # Sums of floats that go up and down by the same amounts need not end at zero.
        self.reserved = max(self.reserved - worst, 0.0)
        if self.reserved < worst * 1e-9:
            self.reserved = 0.0
        if cost is None:
            turned_down = answer is not None and answer.outcome in UNBILLED
            cost = 0.0 if turned_down else worst
        self.spent += cost
        self._freed.set()

    def give_back(self, worst: float) -> None:
        """A call that was set aside for and never made."""
        if self.limit is not None:
            self.reserved = max(self.reserved - worst, 0.0)
            self._freed.set()
