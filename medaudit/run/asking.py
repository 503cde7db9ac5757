"""One answer from one system: the only place that makes a call a second time.

Each call is put down before it is made and after it ended; what came back is put down before
anything reads it. Calls wait for the pace of the account and for the run's budget.

This is one of the two places that catch every exception.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from medaudit.errors import WorkspaceDamaged
from medaudit.providers import Answer, Body, Keep, Provider
from medaudit.providers.faults import clean
from medaudit.records import Attempt, Message, Outcome, Price, Response, Run, System
from medaudit.run import kept, prices
from medaudit.run.budget import Budget
from medaudit.run.interrupt import Stop
from medaudit.run.pace import Pace
from medaudit.run.plan import Job
from medaudit.run.progress import Tally
from medaudit.run.retry import Retry
from medaudit.run.shards import Shards

CALL_LIMIT_S = 3600.0
"""No call lasts longer, whatever a provider does."""
BYTES_A_TOKEN = 3
"""For the pace only: the service's own count corrects it."""
USUAL_TOKENS_OUT = 1_000


@dataclass
class Asking:
    """The calls of one run to one system."""

    run: Run
    system: System
    provider: Provider
    price: Price | None
    retry: Retry
    pace: Pace
    budget: Budget
    shards: Shards
    numbers: dict[str, int]
    """The number of the next call, for answers that were tried before."""
    tally: Tally
    stop: Stop
    not_before: float = field(default=0.0, init=False)
    free: bool = field(init=False)

    def __post_init__(self) -> None:
        self.free = self.budget.limit is None or prices.free(self.system)

    async def ask(self, job: Job) -> tuple[Response, Attempt, bool] | None:
        """One answer with its retries and the call that brought it, not yet put down; and whether
        asking again would change nothing.

        None when the run was stopped, or its budget spent, before there was one.
        """
        made: dict[Outcome, int] = {}
        worst, tokens = self._worst(job), self._tokens(job)
        while True:
            if self.not_before > 0:
                await self.stop.sleep(self.not_before - time.monotonic())
            if self.pace.limited and not self.stop.asked:
                await self.pace.take(tokens, self.stop.sleep)
            if self.stop.asked or not await self.budget.reserve(worst):
                return None
            if self.stop.asked:
                self.budget.give_back(worst)
                return None
            call, answer, seconds = await self._call(job, worst)
            cost = prices.cost(answer, self.price)
            self.budget.settle(worst, cost, answer)
            if answer.tokens_in is not None and answer.tokens_out is not None:
                self.pace.settle(tokens, answer.tokens_in + answer.tokens_out)
            made[answer.outcome] = made.get(answer.outcome, 0) + 1
            if not self.retry.again(answer, made):
                return response(self.run, job, answer, call, seconds, cost), call, answer.final
            self.shards.append("attempts", call)
            await self._back_off(job, answer, made)

    async def _call(self, job: Job, worst: float) -> tuple[Attempt, Answer, float]:
        """One call, put down when it begins; how it ended, not yet put down; seconds it took."""
        number = self.numbers.get(job.id, 1)
        self.numbers[job.id] = number + 1
        call = Attempt(
            response_id=job.id, number=number, started=now(), ended=None, outcome="in_doubt"
        )
        self.shards.append("started", call)
        self.tally.attempts += 1
        self.tally.in_flight += 1
        hashes: list[str] = []

        def keep(body: Body) -> None:
            row = kept.raw(job.id, number, now(), body)
            self.shards.append("raw", row)
            hashes.append(row.sha256)

        clock = time.perf_counter()
        try:
            answer = await asked(
                self.provider,
                job.variant.messages,
                job.system.parameters,
                job.seed,
                (job.variant.id, job.repeat),
                keep,
            )
        except asyncio.CancelledError:
            self.budget.settle(worst, None, None)
            self.shards.append("attempts", ended(call, "cancelled", "stopped by the user", hashes))
            raise
        finally:
            self.tally.in_flight -= 1
        seconds = time.perf_counter() - clock
        self.tally.in_doubt += answer.outcome == "in_doubt"
        return ended(call, answer.outcome, answer.detail, hashes), answer, seconds

    async def _back_off(self, job: Job, answer: Answer, made: Mapping[Outcome, int]) -> None:
        rng = random.Random(job.seed + sum(made.values()))
        wait = self.retry.delay(answer, made[answer.outcome], rng)
        if answer.outcome in {"rate_limited", "overloaded"}:
            # The limit is the account's: the other workers wait as well.
            self.not_before = max(self.not_before, time.monotonic() + wait)
        await self.stop.sleep(wait)

    def _worst(self, job: Job) -> float:
        if self.free:
            return 0.0
        return prices.worst(job.system, self.price, job.variant.messages)

    def _tokens(self, job: Job) -> int:
        if self.pace.tokens_per_minute is None:
            return 0
        out = prices.most_tokens_out(job.system)
        into = prices.most_tokens_in(job.system, job.variant.messages) // BYTES_A_TOKEN
        return into + (USUAL_TOKENS_OUT if out is None else out)


async def asked(
    provider: Provider,
    messages: Sequence[Message],
    parameters: Mapping[str, Any],
    seed: int,
    key: tuple[str, int] | None,
    keep: Keep,
) -> Answer:
    """One call. A provider that raises has failed, and that is its outcome."""
    try:
        async with asyncio.timeout(CALL_LIMIT_S):
            return await provider.ask(messages, parameters, seed, key=key, keep=keep)
    except TimeoutError:
        return Answer("timeout", detail=f"no answer within {CALL_LIMIT_S:g} s")
    except WorkspaceDamaged:
        raise  # the disk is full, and that is no fault of the provider
    except Exception as error:  # noqa: BLE001 - a plug-in's failure is an outcome
        detail = f"the provider failed: {type(error).__name__}: {error}"
        return Answer("bad_request", detail=clean(detail, None))


def response(
    run: Run, job: Job, answer: Answer, call: Attempt, seconds: float | None, cost: float | None
) -> Response:
    """The record of an answer. ``seconds`` None: nobody measured."""
    return Response(
        id=job.id,
        run_id=run.id,
        system_id=job.system.id,
        case_id=job.variant.case_id,
        variant_id=job.variant.id,
        repeat=job.repeat,
        outcome=answer.outcome,
        text=answer.text,
        reasoning=answer.reasoning,
        stop_reason=answer.stop_reason,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        latency_s=seconds if answer.latency_s is None else answer.latency_s,
        cost_usd=cost,
        attempts=call.number,
        seed=job.seed,
        finished=now() if call.ended is None else call.ended,
    )


def ended(call: Attempt, outcome: Outcome, detail: str, hashes: list[str]) -> Attempt:
    """A call as it ended; one in doubt has no end that anybody saw."""
    raw = hashes[-1] if hashes else None
    at = None if outcome == "in_doubt" else now()
    update = {"ended": at, "outcome": outcome, "detail": detail, "raw": raw}
    return call.model_copy(update=update)


def now() -> datetime:
    return datetime.now(UTC)


def silent(_: object) -> None:
    """Tells nobody."""


Tell = Callable[[str], None]
