"""How far a judge is: questions put, what came back, time left and spend, twice a second."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from medaudit.records import Response
from medaudit.run.budget import Budget
from medaudit.run.progress import Progress, seconds_left

EVERY_S = 0.5


@dataclass
class Watched:
    """The replies of one judge as they come in."""

    run_id: str
    judge_id: str
    replies: Mapping[str, Response]
    """By the id of the try; it grows."""
    on_progress: Callable[[Progress], None]
    _seen: int = 0
    _outcomes: Counter[str] = field(default_factory=Counter)
    _cost: float | None = None
    _unknown: int = 0

    @asynccontextmanager
    async def until_done(self, expected: int, budget: Budget) -> AsyncIterator[None]:
        """Tell how far it is while the block goes on, and once more at its end."""
        began, before = time.monotonic(), len(self.replies)

        def now() -> Progress:
            self._take_in()
            # Broken replies are asked for again: then there are more than questions.
            whole = max(expected, len(self.replies))
            made, left = len(self.replies) - before, whole - len(self.replies)
            limited = budget.limit is not None
            return Progress(
                run_id=self.run_id,
                state="running",
                expected=whole,
                outcomes=dict(self._outcomes),
                system=self.judge_id,
                cost_usd=self._cost,
                n_cost_unknown=self._unknown,
                seconds_left=seconds_left(left, made, time.monotonic() - began),
                budget_usd=budget.limit,
                committed_usd=budget.spent + budget.reserved if limited else None,
                held_back=budget.exhausted,
            )

        async def tell() -> None:
            while True:
                self.on_progress(now())
                await asyncio.sleep(EVERY_S)

        task = asyncio.create_task(tell())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.on_progress(now())

    def _take_in(self) -> None:
        for reply in list(self.replies.values())[self._seen :]:
            self._outcomes[reply.outcome] += 1
            if reply.cost_usd is None:
                self._unknown += 1
            else:
                self._cost = reply.cost_usd + (0.0 if self._cost is None else self._cost)
        self._seen = len(self.replies)
