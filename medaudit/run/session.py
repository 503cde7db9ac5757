"""One process's work on a run: asyncio workers ask, every call leaves a row, answers are scored.

One system at a time is open. A call is put down before it is made and after it ended, so a
process killed at any moment leaves what it had on disk: answers are never lost nor doubled, and a
call whose end was not seen is counted as in doubt. A second session asks only what is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import chain

from medaudit import providers
from medaudit.errors import ProviderFailed
from medaudit.providers import Images, Provider
from medaudit.records import Attempt, Response, Run, System
from medaudit.run import cancelling, cluster, prices, score
from medaudit.run.asking import Asking
from medaudit.run.budget import Budget
from medaudit.run.interrupt import Stop
from medaudit.run.options import Options
from medaudit.run.pace import Pace
from medaudit.run.plan import IMAGES, Job, jobs, load_suite
from medaudit.run.progress import Progress, State, Tally
from medaudit.run.received import Index, ScoreKey, missing_scores, score_key
from medaudit.run.retry import Breaker
from medaudit.run.shards import Shards
from medaudit.run.workers import work_through
from medaudit.suite import Suite
from medaudit.workspace import Workspace

FLUSH_S = 0.5
FLUSH_N = 512


class Session:
    """Asks what is missing of a run, and records and scores what comes back."""

    def __init__(
        self,
        workspace: Workspace,
        run: Run,
        options: Options,
        on_progress: Callable[[Progress], None],
        tell: Callable[[str], None] | None,
    ) -> None:
        self.workspace, self.run, self.options = workspace, run, options
        self.on_progress, self.tell = on_progress, tell
        self.suite: Suite = load_suite(workspace, run)
        self.cases = {case.id: case for case in self.suite.cases}
        self.variants = {variant.id: variant for variant in self.suite.variants}
        self.scorers = score.planned(run)
        self.folder = workspace.run(run.id)
        self.found = Index.read(self.folder / "shards")
        self.tally = Tally(run, self.found)
        self.budget = self.tally.budget = self._budget()
        self.shards = Shards(self.folder / "shards")
        if self.found.unrecorded:
            self.shards.append("attempts", *self.found.unrecorded)
            self.tally.in_doubt += sum(a.outcome == "in_doubt" for a in self.found.unrecorded)
        self.stop = Stop()
        self._unsafe: list[Response] = []
        self._full = asyncio.Event()
        self._scoring = ThreadPoolExecutor(1, thread_name_prefix="score")
        self._paces: dict[str, Pace] = {}

    async def carry_out(self) -> Progress:
        """Everything that is missing, system after system."""
        async with self.recording():
            with _settled(), self._calling() as opened:
                for system in self.run.systems:
                    if not self.stop.asked and not self.budget.exhausted:
                        await self._ask_all(system, opened)
        return self.end()

    @contextlib.asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """Answers can be recorded; what an earlier session did not get to score is scored."""
        with self.stop.on_signals():
            try:
                self._report("running")
                await self._score_missing()
                yield
                await self.flush()
            finally:
                self._scoring.shutdown(wait=True)
                self.shards.close()
                self.tally.add(self._unsafe)
                self._unsafe = []

    def end(self) -> Progress:
        """The state of the run when this process has done its part."""
        left = self.run.n_expected - self.tally.counts.outcomes.total()
        return self.tally.now("interrupted" if left else "running")

    def open(self, system: System) -> Provider:
        """The provider of a system, with the run's images."""
        images = self.images()
        return providers.open(system, runs=self.workspace.runs, images=images, tell=self.tell)

    def images(self) -> Images:
        """The images that the run sends."""
        return Images(self.folder / IMAGES, self.run.images)

    def missing(self, system: System) -> Iterator[Job]:
        """What a system was not asked, or did not answer, as it comes."""
        answered = self.found.answered
        planned = jobs(self.run, system, self.suite.variants)
        return (job for job in planned if int(job.id, 16) not in answered)

    async def record(self, responses: Sequence[Response], call: Attempt | None = None) -> None:
        """Put down answers, then the call that ended: in this order a kill loses no answer."""
        for response in responses:
            self.shards.append("answers", response)
            self.found.answered.add(int(response.id, 16))
            self.found.numbers.pop(response.id, None)
            self._unsafe.append(response)
        if call is not None:
            self.shards.append("attempts", call)
        if self.scorers:
            for response in responses:
                await self._score(response, set())
        if len(self._unsafe) >= FLUSH_N:
            self._full.set()

    async def flush(self) -> None:
        """Bring everything to disk; only then does it count as received."""
        safe = list(self._unsafe)
        await asyncio.to_thread(self.shards.sync)
        del self._unsafe[: len(safe)]
        self.tally.add(safe)
        self._report("running")

    def _calling(self) -> AbstractContextManager[Callable[[System], Provider]]:
        """Who makes the calls: this process, or the workers of a cluster."""
        if self.options.executor == "local":
            return contextlib.nullcontext(self.open)
        address, workers = self.options.ray_address, self.options.workers
        return cluster.calling(address, workers, self.workspace.runs, self.images())

    async def _ask_all(self, system: System, opened: Callable[[System], Provider]) -> None:
        """Everything that is missing of one system."""
        queue = self.missing(system)
        first = next(queue, None)
        if first is None:
            return
        queue = chain([first], queue)
        breaker = Breaker(self.options.give_up_after, system.id in self.found.spoke)
        self.tally.system = system.id
        async with opened(system) as provider:
            self.tally.begin()
            asking = Asking(
                run=self.run,
                system=system,
                provider=provider,
                price=self.run.prices.get(system.id),
                retry=self.options.retry,
                pace=self._pace(system),
                budget=self.budget,
                shards=self.shards,
                numbers=self.found.numbers,
                tally=self.tally,
                stop=self.stop,
            )
            wanted = self.options.concurrency
            width = provider.concurrency if wanted is None else wanted
            await work_through(asking, queue, breaker, width, self.record, self._flush_often())
        silent = breaker.held and not breaker.spoke
        if breaker.tripped or (silent and not self.stop.asked and not self.budget.exhausted):
            raise ProviderFailed(self._out_of_reach(system, breaker))
        await self.record(breaker.close())
        await self.flush()

    async def _flush_often(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_S):  # wait_for can swallow a cancellation
                    await self._full.wait()
            self._full.clear()
            await self.flush()
            self.stop.obey(cancelling.asked(self.folder))

    async def _score_missing(self) -> None:
        """Score what an earlier session received and did not get to score."""
        wanted = sum(len(scorer.dimensions) for scorer in self.scorers)
        if wanted:
            folder = self.folder / "shards"
            for answer, there in missing_scores(folder, wanted, self.found.answered):
                await self._score(answer, there)

    async def _score(self, response: Response, there: set[ScoreKey]) -> None:
        """Score one answer off the event loop, and write the rows that are not there yet."""
        variant = self.variants[response.variant_id]
        case = self.cases[response.case_id]
        loop = asyncio.get_running_loop()
        rows = await loop.run_in_executor(
            self._scoring, score.findings, self.scorers, case, variant, response
        )
        self.shards.append("scores", *(row for row in rows if score_key(row) not in there))

    def _pace(self, system: System) -> Pace:
        """One for all systems of an account. The options stand before the system's own limits."""
        setting = system.parameters.get("connection", {})
        account = "|".join(
            [system.provider, *(str(setting.get(name)) for name in ("base_url", "api_key_env"))]
        )
        if account not in self._paces:
            requests, tokens = self.options.requests_per_minute, self.options.tokens_per_minute
            self._paces[account] = Pace(
                setting.get("requests_per_minute") if requests is None else requests,
                setting.get("tokens_per_minute") if tokens is None else tokens,
            )
        return self._paces[account]

    def _budget(self) -> Budget:
        """What the run has spent so far, calls of unknown cost at their worst price."""
        wanted = self.options.budget_usd
        limit = self.run.budget_usd if wanted is None else wanted
        spent = self.found.counts.cost_usd
        budget = Budget(limit, 0.0 if spent is None else spent)
        if limit is None:
            return budget
        planned = self.run.model_copy(update={"budget_usd": limit})
        prices.check_budget(planned, self.suite.variants)
        for system in self.run.systems:
            if prices.free(system):
                continue
            price = self.run.prices.get(system.id)
            for job in jobs(self.run, system, self.suite.variants) if self.found.unpriced else ():
                calls = self.found.unpriced.get(job.id, 0)
                if calls:
                    budget.spent += calls * prices.worst(system, price, job.variant.messages)
        return budget

    def _report(self, state: State) -> None:
        self.on_progress(self.tally.now(state))

    def _out_of_reach(self, system: System, breaker: Breaker) -> str:
        outcomes = sorted({response.outcome for response in breaker.held})
        return (
            f"{system.id} is out of reach: the last {len(breaker.held)} answers all ended as "
            f"{', '.join(outcomes)}; they are not recorded and the calls are. Mend the cause (see "
            f"the attempts of run {self.run.id}), then type: medaudit run resume {self.run.id}"
        )


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """Keeps Python's collector from walking through the plan again and again while calls go on.

    It holds no garbage and stays to the end; with 4,000 variants each walk takes some 80 ms.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
