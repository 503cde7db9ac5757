"""Batches: the calls of a plan handed over at once, and their answers fetched later.

A service answers a batch within a day and for less. The hand-over is put down before the service
is asked and again when it has answered, so that calls are in doubt after a kill in between and
never forgotten. Answers are keyed by their id: fetching them twice changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from itertools import islice

from medaudit.errors import BadInput, ProviderFailed
from medaudit.providers import Answer, Asked, Batching, Body, Images, Provider
from medaudit.providers.wire import Doubtful
from medaudit.records import Attempt, System
from medaudit.run import kept, prices
from medaudit.run.asking import ended, now, response
from medaudit.run.executor import work_on
from medaudit.run.kept import Batch
from medaudit.run.options import Options
from medaudit.run.plan import Job
from medaudit.run.progress import Progress
from medaudit.run.retry import RETRIES
from medaudit.run.session import Session
from medaudit.workspace import Workspace

MOST_BYTES = 100_000_000
"""Of prompts and images in one batch; half of what the services take."""


def hand_over(
    workspace: Workspace,
    run_id: str,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    options: Options | None = None,
) -> Progress:
    """Give everything that is missing of a run to its services as batches, and do not wait.

    Raises ``BadInput`` when a system's provider has no batches or the budget does not hold their
    worst price, ``Conflict`` while earlier batches are out, ``ProviderFailed`` when a service
    takes none.
    """
    chosen = options or Options()
    if chosen.executor != "local":
        raise BadInput("a batch is handed over from here; leave the executor out", field="executor")
    return work_on(workspace, run_id, _hand_over, chosen, on_progress)


def collect(
    workspace: Workspace,
    run_id: str,
    on_progress: Callable[[Progress], None] | None = None,
) -> Progress:
    """Fetch the answers of every batch that has ended; finish the run when none is missing.

    A call that its service did not answer (expired, or its own fault) stays missing: resume the
    run or hand it over again. Raises ``ProviderFailed`` when a service cannot be reached; what
    was fetched until then is kept.
    """
    return work_on(workspace, run_id, _collect, Options(), on_progress, batches_out=True)


async def _hand_over(session: Session) -> Progress:
    async with session.recording():
        wanted = [s for s in session.run.systems if next(session.missing(s), None) is not None]
        for system in wanted:  # nothing is handed over where not everything can be
            _batching(system, session.open(system))
            _afford(session, system)
        for system in wanted:
            session.tally.system = system.id
            async with session.open(system) as provider:
                batching = _batching(system, provider)
                jobs = session.missing(system)
                while part := list(_part(jobs, batching.most, session.images())):
                    await _hand(session, batching, system, part)
    return session.end()


def _batching(system: System, provider: Provider) -> Batching:
    if not isinstance(provider, Batching):
        raise BadInput(
            f"provider {system.provider} takes no batches; start the run without", field=system.id
        )
    return provider


def _afford(session: Session, system: System) -> None:
    """Raises ``BadInput`` unless the budget holds everything at its worst price."""
    budget, price = session.budget, session.run.prices.get(system.id)
    if budget.limit is None:
        return
    worst = sum(
        prices.worst(system, price, job.variant.messages, batch=True)
        for job in session.missing(system)
    )
    if budget.spent + budget.reserved + worst > budget.limit:
        raise BadInput(
            f"the batch can cost ${worst:.2f} and ${budget.limit - budget.spent:.2f} is left; "
            "raise the budget, or start the run without batches",
            field="budget_usd",
        )
    budget.reserved += worst


def _part(jobs: Iterator[Job], most: int, images: Images) -> Iterator[Job]:
    """The jobs of the next batch."""
    size = 0
    for job in islice(jobs, most):
        yield job
        for message in job.variant.messages:
            size += len(message.text.encode("utf-8")) + sum(map(images.size, message.images))
        if size > MOST_BYTES:
            return


async def _hand(session: Session, provider: Batching, system: System, part: list[Job]) -> None:
    numbers = session.found.numbers
    calls = tuple((job.id, numbers.get(job.id, 1)) for job in part)
    token = secrets.token_hex(8)
    batch = Batch(token=token, system_id=system.id, state="handing", at=now(), calls=calls)
    begun = [_call(name, number) for name, number in calls]
    session.shards.append("batches", batch)
    session.shards.append("started", *begun)
    await session.flush()
    for name, number in calls:
        numbers[name] = number + 1
    session.tally.attempts += len(calls)
    asked = [Asked(job.id, job.variant.messages, job.system.parameters) for job in part]
    update: dict[str, object] = {"state": "refused", "calls": (), "at": now()}
    try:
        name = await provider.hand_over(asked, token)
    except Doubtful:
        raise
    except ProviderFailed as error:
        rows = [ended(call, "bad_request", str(error)[:300], []) for call in begun]
        session.shards.append("attempts", *rows)
        session.shards.append("batches", batch.model_copy(update=update))
        raise
    update = {"state": "handed", "batch_id": name, "calls": (), "at": now()}
    session.shards.append("batches", batch.model_copy(update=update))
    session.tally.handed_over += len(calls)
    await session.flush()


async def _collect(session: Session) -> Progress:
    async with session.recording():
        for system in session.run.systems:
            mine = [b for b in session.found.batches.values() if b.system_id == system.id]
            if not mine:
                continue
            session.tally.system = system.id
            jobs = {name: None for batch in mine for name, _ in batch.calls}
            wanted = {job.id: job for job in session.missing(system) if job.id in jobs}
            async with session.open(system) as provider:
                for batch in mine:
                    await _fetch(session, _batching(system, provider), batch, wanted)
    return session.end()


async def _fetch(
    session: Session, provider: Batching, batch: Batch, wanted: dict[str, Job]
) -> None:
    if batch.batch_id is None or await provider.batch_state(batch.batch_id) != "ended":
        return
    numbers = dict(batch.calls)
    async for line in provider.results(batch.batch_id):
        name, answer = provider.read_result(line)
        if name is not None and name in numbers:
            number = numbers.pop(name)
            await _take(session, batch, wanted.get(name), _call(name, number), line, answer)
    for name, number in numbers.items():
        if name in wanted:
            detail = "the batch brought no result"
            session.shards.append("attempts", ended(_call(name, number), "in_doubt", detail, []))
            session.tally.in_doubt += 1
    over: dict[str, object] = {"state": "collected", "calls": (), "at": now()}
    session.shards.append("batches", batch.model_copy(update=over))
    session.tally.handed_over -= len(batch.calls)
    await session.flush()
    await provider.forget(batch.batch_id)


async def _take(
    session: Session, batch: Batch, job: Job | None, call: Attempt, line: bytes, answer: Answer
) -> None:
    """Put down one result; ``job`` None: an earlier fetch did already."""
    if job is None:
        return
    row = kept.raw(call.response_id, call.number, now(), Body(None, line))
    session.shards.append("raw", row)
    began = call.model_copy(update={"started": batch.at})
    call = ended(began, answer.outcome, answer.detail, [row.sha256])
    if answer.outcome in RETRIES and not answer.final:
        session.shards.append("attempts", call)  # worth another call: the answer stays missing
        return
    cost = prices.cost(answer, session.run.prices.get(batch.system_id), batch=True)
    await session.record([response(session.run, job, answer, call, None, cost)], call)


def _call(response_id: str, number: int) -> Attempt:
    return Attempt(
        response_id=response_id, number=number, started=now(), ended=None, outcome="in_doubt"
    )
