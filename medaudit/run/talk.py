"""Questions to one system outside a run's plan, asked as a run asks: judges, writers, attacks.

Retries, pace, budget, bodies and the row of every call are the run's own; the shards stand in a
folder of their own, which no page, estimate or ranking of runs reads. What has an answer there is
not asked again, and a call whose end was not seen is put down as in doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from medaudit import providers
from medaudit.errors import ProviderFailed
from medaudit.providers import Provider
from medaudit.records import Attempt, Response, Run, System
from medaudit.run import prices
from medaudit.run.asking import Asking
from medaudit.run.budget import Budget
from medaudit.run.interrupt import Stop
from medaudit.run.options import Options
from medaudit.run.pace import Pace
from medaudit.run.plan import Job
from medaudit.run.progress import Tally
from medaudit.run.received import Index, Received
from medaudit.run.retry import Breaker
from medaudit.run.shards import Shards
from medaudit.run.workers import work_through
from medaudit.workspace import Workspace


def _nothing() -> None:
    """Nobody listens."""


class Talk:
    """One system, open between ``async with`` and its end."""

    def __init__(
        self,
        workspace: Workspace,
        plan: Run,
        folder: Path,
        options: Options,
        stop: Stop,
        *,
        role: str = "system",
        heard: Callable[[], None] = _nothing,
    ) -> None:
        """``plan`` names who asks and the one system asked; ``folder`` is that of the shards.

        ``role``: what errors call the system; ``heard`` is called whenever answers came in.
        """
        self.workspace, self.plan, self.folder, self.role = workspace, plan, folder, role
        self.options, self.stop, self.heard = options, stop, heard
        (self.system,) = plan.systems
        self.answers: dict[str, Response] = dict(Received.read(folder, scores=False).answers)
        """By the id of the job."""

    async def __aenter__(self) -> Self:
        found = Index.read(self.folder)
        self._unpriced = found.unpriced
        self._numbers = found.numbers
        self._tally = Tally(self.plan, found)
        spent = found.counts.cost_usd
        self.budget = Budget(self.plan.budget_usd, 0.0 if spent is None else spent)
        self._provider: Provider = providers.open(self.system, runs=self.workspace.runs)
        self._shards = Shards(self.folder)
        if found.unrecorded:
            self._shards.append("attempts", *found.unrecorded)
        await self._provider.__aenter__()
        self._asking = self._begun()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._provider.__aexit__(kind, error, trace)
        finally:
            self._shards.close()

    async def ask(self, jobs: Sequence[Job]) -> bool:
        """Every job that has no answer yet; whether all have one now. Raises ``ProviderFailed``.

        False: the user stopped it, or the budget held no further call. Earlier calls of these
        jobs of which nobody knows the price count at their worst one, so pass answered jobs too.
        """
        self._charge(jobs)
        queue = [job for job in jobs if job.id not in self.answers]
        if queue:
            breaker = Breaker(self.options.give_up_after, bool(self.answers))
            wanted = self.options.concurrency
            width = self._provider.concurrency if wanted is None else wanted
            width = min(width, len(queue))
            await work_through(self._asking, iter(queue), breaker, width, self._record)
            silent = breaker.held and not breaker.spoke and not self.stop.asked
            if breaker.tripped or (silent and not self.budget.exhausted):
                raise ProviderFailed(self._out_of_reach(breaker))
            await self._record(breaker.close())
            await asyncio.to_thread(self._shards.sync)
        return all(job.id in self.answers for job in jobs)

    def _begun(self) -> Asking:
        setting = self.system.parameters.get("connection", {})
        requests, tokens = self.options.requests_per_minute, self.options.tokens_per_minute
        return Asking(
            run=self.plan,
            system=self.system,
            provider=self._provider,
            price=self.plan.prices.get(self.system.id),
            retry=self.options.retry,
            pace=Pace(
                setting.get("requests_per_minute") if requests is None else requests,
                setting.get("tokens_per_minute") if tokens is None else tokens,
            ),
            budget=self.budget,
            shards=self._shards,
            numbers=self._numbers,
            tally=self._tally,
            stop=self.stop,
        )

    def _charge(self, jobs: Sequence[Job]) -> None:
        if self.budget.limit is None or prices.free(self.system):
            return
        price = self.plan.prices.get(self.system.id)
        for job in jobs:
            worst = prices.worst(self.system, price, job.variant.messages)
            self.budget.spent += self._unpriced.pop(job.id, 0) * worst

    async def _record(self, responses: Sequence[Response], call: Attempt | None = None) -> None:
        """Answers first, then the call that ended: in this order a kill loses none."""
        if responses:
            self._shards.append("answers", *responses)
            self.answers.update({response.id: response for response in responses})
            self.heard()
        if call is not None:
            self._shards.append("attempts", call)

    def _out_of_reach(self, breaker: Breaker) -> str:
        outcomes = ", ".join(sorted({r.outcome for r in breaker.held}))
        return (
            f"{self.role} {self.system.id} is out of reach: the last {len(breaker.held)} replies "
            f"all ended as {outcomes}; mend the cause and give the same command again, what has a "
            "reply is not asked again"
        )


def plan_of(run: Run, system: System, budget_usd: float | None = None) -> Run:
    """A plan in whose name one system is asked: its price and, where set, its budget with it.

    Raises ``BadInput`` where a budget could not be kept.
    """
    price = prices.price_of(system)
    plan = run.model_copy(
        update={
            "systems": (system,),
            "budget_usd": budget_usd,
            "prices": {} if price is None else {system.id: price},
        }
    )
    if budget_usd is not None and not prices.free(system):
        prices.worst(system, price, ())
    return plan
