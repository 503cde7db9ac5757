"""Carrying out a plan: one process at a time, from what is there to what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

from medaudit.errors import Conflict
from medaudit.records import Run
from medaudit.run import cancelling, lock, shards
from medaudit.run.asking import silent
from medaudit.run.finish import finish, tidy
from medaudit.run.options import Options
from medaudit.run.plan import load
from medaudit.run.progress import Progress, from_files
from medaudit.run.session import Session
from medaudit.workspace import Workspace

Work = Callable[[Session], Coroutine[None, None, Progress]]


def execute(
    workspace: Workspace,
    run_id: str,
    on_progress: Callable[[Progress], None] | None = None,
    concurrency: int | None = None,
    *,
    options: Options | None = None,
    tell: Callable[[str], None] | None = None,
) -> Progress:
    """Ask what is missing of a run, score it, and finish the run when nothing is.

    ``on_progress`` is told of what is safe on disk; ``tell`` of long preparations. SIGINT or
    ``cancel`` lets the calls in flight end, a second one cuts them off; the state is then
    ``interrupted``, as it is when the budget holds no further call. Raises ``Conflict`` while
    another process works on the run or a batch is out, ``ProviderFailed`` when a system is out of
    reach: what came back until then is kept.
    """
    chosen = options or Options()
    if concurrency is not None:
        chosen = replace(chosen, concurrency=concurrency)
    return work_on(workspace, run_id, Session.carry_out, chosen, on_progress, tell)


def work_on(
    workspace: Workspace,
    run_id: str,
    work: Work,
    options: Options,
    on_progress: Callable[[Progress], None] | None = None,
    tell: Callable[[str], None] | None = None,
    *,
    batches_out: bool = False,
) -> Progress:
    """Do something to a run alone, and finish the run when nothing is missing afterwards."""
    run = load(workspace, run_id)
    folder = workspace.run(run_id)
    with lock.alone(folder):
        state = from_files(folder, run)
        if state.state == "done":
            if shards.files(folder / "shards"):
                tidy(folder)  # the last runner was killed just before it did
        else:
            if state.handed_over > 0 and not batches_out:
                raise Conflict(
                    f"{state.handed_over} calls of run {run_id} are handed over in batches; fetch "
                    f"their answers first: medaudit run collect {run_id}"
                )
            try:
                session = Session(workspace, run, options, on_progress or silent, tell)
                state = asyncio.run(work(session))
            finally:
                cancelling.done(folder)
            state = _finished(workspace, run, state)
    if on_progress is not None:
        on_progress(state)
    return state


def _finished(workspace: Workspace, run: Run, state: Progress) -> Progress:
    if state.received != state.expected:
        return state
    return replace(finish(workspace, run), tokens_per_s=state.tokens_per_s)
