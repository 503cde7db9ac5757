"""Tasks that work through a queue of calls side by side, until it is empty or the user stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence

from medaudit.records import Attempt, Response
from medaudit.run.asking import Asking
from medaudit.run.plan import Job
from medaudit.run.retry import Breaker

Record = Callable[[Sequence[Response], Attempt | None], Awaitable[None]]
"""Puts answers down, then the call that ended: in this order a kill loses no answer."""


async def work_through(
    asking: Asking,
    queue: Iterator[Job],
    breaker: Breaker,
    width: int,
    record: Record,
    *beside: Coroutine[None, None, None],
) -> None:
    """Ask every job of a queue, ``width`` at a time; cut off when the user's patience is over.

    ``beside`` goes on for as long. What any of the tasks raises is raised here.
    """

    async def work() -> None:
        for job in queue:
            if asking.stop.asked or breaker.tripped:
                return
            found = await asking.ask(job)
            if found is None:
                return
            response, call, final = found
            await record(breaker.take(response, final=final), call)

    workers = [asyncio.create_task(work()) for _ in range(width)]
    others = [asyncio.create_task(one) for one in (asking.stop.patience(), *beside)]
    halt, waiting = others[0], set(workers)
    try:
        while waiting:
            done, _ = await asyncio.wait({*waiting, *others}, return_when=asyncio.FIRST_COMPLETED)
            if halt in done:
                return
            for task in done:
                task.result()
            waiting -= done
    finally:
        for task in (*workers, *others):
            task.cancel()
        await asyncio.gather(*workers, *others, return_exceptions=True)
