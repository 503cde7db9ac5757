"""The calls to a judge: the run's own way of asking, into shards of their own.

A judgment is one answer put to one judge. Each try of it is a job with an id made of judge, prompt
version, answer and try, so what has a reply is never asked again. Where a reply is no verdict the
judge is asked once more, ``TRIES`` times in all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medaudit import providers
from medaudit.canonical import content_id
from medaudit.errors import ProviderFailed
from medaudit.judges import rubric
from medaudit.judges.rubric import Finding, Unreadable
from medaudit.records import Attempt, Case, Message, Response, Run, System, Variant
from medaudit.run import prices
from medaudit.run.asking import Asking
from medaudit.run.budget import Budget
from medaudit.run.interrupt import Stop
from medaudit.run.options import Options
from medaudit.run.pace import Pace
from medaudit.run.plan import Job, sampling_seed
from medaudit.run.progress import Tally
from medaudit.run.received import Index, Received
from medaudit.run.retry import Breaker
from medaudit.run.shards import Shards
from medaudit.workspace import Workspace


@dataclass(frozen=True)
class Judgment:
    """One answer to be judged, of a system or of the pack."""

    id: str
    case: Case
    """As the answer is to be judged: without what its variant lifts."""
    asked: tuple[Message, ...]
    text: str

    def key(self, judge: System) -> str:
        """Of the judgment: by which judge, in which version, of which answer."""
        return content_id([judge.settings, rubric.NAME, rubric.VERSION, self.id])

    def job(self, judge: System, seed: int, attempt: int) -> Job | None:
        """The try as a job. None: too long for a message."""
        key = self.key(judge)
        messages = rubric.question(self.case, self.asked, self.text, key, attempt)
        if messages is None:
            return None
        variant = Variant(
            id=self.id, case_id=self.case.id, family="judge", probe=rubric.NAME,
            probe_version=rubric.VERSION, level=0, seed=0, messages=messages,
        )  # fmt: skip
        return Job(
            id=content_id([key, attempt]),
            system=judge,
            variant=variant,
            repeat=attempt,
            seed=sampling_seed(seed, self.id, attempt),
        )


@dataclass(frozen=True)
class Reply:
    """What a judge's tries on one answer came to."""

    findings: Mapping[str, Finding] | None
    fault: str
    """Why there is no verdict."""
    misquoted: tuple[str, ...] = ()


@dataclass
class Calls:
    """A judge's replies so far, and the making of those that are missing."""

    workspace: Workspace
    run: Run
    judge: System
    folder: Path
    options: Options
    stop: Stop = field(default_factory=Stop)
    replies: dict[str, Response] = field(default_factory=dict)
    """By the id of the try."""

    def __post_init__(self) -> None:
        self.replies = dict(Received.read(self.folder, scores=False).answers)
        # Asking knows a run by its id and prices; the judge is its one system.
        price = prices.price_of(self.judge)
        self.plan = self.run.model_copy(
            update={
                "systems": (self.judge,),
                "budget_usd": None,
                "prices": {} if price is None else {self.judge.id: price},
            }
        )

    async def ask(self, judgments: Sequence[Judgment]) -> bool:
        """Every missing try; whether all that could be asked has been. Raises ``ProviderFailed``.

        False: the user stopped it.
        """
        with self.stop.on_signals():
            for attempt in range(rubric.TRIES):
                jobs = [
                    job
                    for judgment in judgments
                    if self._open(judgment, attempt)
                    and (job := judgment.job(self.judge, self.run.seed, attempt)) is not None
                    and job.id not in self.replies
                ]
                if jobs:
                    await self._round(jobs)
                if self.stop.asked:
                    return False
        return True

    def reply(self, judgment: Judgment) -> Reply:
        """What the tries on record say: the first readable one counts."""
        fault = "case and answer are too long to be put to a judge"
        for attempt in range(rubric.TRIES):
            found = self._try(judgment, attempt)
            if found is None:
                break
            if found.findings is not None:
                return found
            fault = f"no verdict in {attempt + 1} tries; the last: {found.fault}"
        return Reply(None, fault)

    def _open(self, judgment: Judgment, attempt: int) -> bool:
        """Whether all tries before this one were made and brought no verdict."""
        tries = [self._try(judgment, number) for number in range(attempt)]
        return all(found is not None and found.findings is None for found in tries)

    def _try(self, judgment: Judgment, attempt: int) -> Reply | None:
        response = self.replies.get(content_id([judgment.key(self.judge), attempt]))
        if response is None:
            return None
        if response.outcome != "answered":
            return Reply(None, f"the call ended as {response.outcome}")
        try:
            findings = rubric.read(response.text, judgment.case)
        except Unreadable as error:
            return Reply(None, str(error))
        return Reply(findings, "", tuple(rubric.misquoted(findings, judgment.text)))

    async def _round(self, jobs: Sequence[Job]) -> None:
        """Ask these, with the retries, the bodies and the rows of any other call."""
        found = Index.read(self.folder)
        shards = Shards(self.folder)
        breaker = Breaker(self.options.give_up_after, bool(self.replies))
        queue = deque(jobs)
        try:
            if found.unrecorded:
                shards.append("attempts", *found.unrecorded)
            async with providers.open(self.judge, runs=self.workspace.runs) as provider:
                setting = self.judge.parameters.get("connection", {})
                requests = self.options.requests_per_minute
                tokens = self.options.tokens_per_minute
                asking = Asking(
                    run=self.plan,
                    system=self.judge,
                    provider=provider,
                    price=self.plan.prices.get(self.judge.id),
                    retry=self.options.retry,
                    pace=Pace(
                        setting.get("requests_per_minute") if requests is None else requests,
                        setting.get("tokens_per_minute") if tokens is None else tokens,
                    ),
                    budget=Budget(None),
                    shards=shards,
                    numbers=found.numbers,
                    tally=Tally(self.plan, found),
                    stop=self.stop,
                )
                wanted = self.options.concurrency
                width = provider.concurrency if wanted is None else wanted
                await self._all([self._work(asking, queue, breaker, shards) for _ in range(width)])
            if breaker.tripped or (breaker.held and not breaker.spoke and not self.stop.asked):
                outcomes = ", ".join(sorted({r.outcome for r in breaker.held}))
                raise ProviderFailed(
                    f"judge {self.judge.id} is out of reach: the last {len(breaker.held)} replies "
                    f"all ended as {outcomes}; mend the cause and judge again, what has a reply is "
                    "not asked again"
                )
            self._record(shards, breaker.close())
        finally:
            shards.close()

    async def _work(
        self, asking: Asking, queue: deque[Job], breaker: Breaker, shards: Shards
    ) -> None:
        while queue and not self.stop.asked and not breaker.tripped:
            found = await asking.ask(queue.popleft())
            if found is None:
                return
            response, call, final = found
            self._record(shards, breaker.take(response, final=final), call)

    def _record(
        self, shards: Shards, responses: Sequence[Response], call: Attempt | None = None
    ) -> None:
        """Replies first, then the call that ended: in this order a kill loses none."""
        if responses:
            shards.append("answers", *responses)
            self.replies.update({response.id: response for response in responses})
        if call is not None:
            shards.append("attempts", call)

    async def _all(self, work: Sequence[Coroutine[None, None, None]]) -> None:
        """All workers to their end; cut off when the user's patience is at its end."""
        workers = [asyncio.create_task(one) for one in work]
        halt = asyncio.create_task(self.stop.patience())
        waiting = set(workers)
        try:
            while waiting:
                done, _ = await asyncio.wait({*waiting, halt}, return_when=asyncio.FIRST_COMPLETED)
                if halt in done:
                    return
                for task in done:
                    task.result()
                waiting -= done
        finally:
            for task in (*workers, halt):
                task.cancel()
            await asyncio.gather(*workers, halt, return_exceptions=True)
