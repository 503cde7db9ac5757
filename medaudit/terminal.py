"""A run in a terminal: a progress bar with counts, time left and tokens per second.

Where the output is no terminal, a plain line every ten seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from medaudit import offline_model, run

if TYPE_CHECKING:
    from medaudit.records import Run
    from medaudit.run import Forecast, Options
    from medaudit.run import Progress as State
    from medaudit.suite import Suite
    from medaudit.workspace import Workspace

PLAIN_EVERY_S = 10
OUT_EXIT = 75
"""Some batches have not ended: try again later."""


class _Bar:
    """Draws the state of a run or a judging, at most ten times a second."""

    def __init__(self, console: Console, noun: str = "answers") -> None:
        self.console, self.noun = console, noun
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:.0f}/{task.total:.0f} " + noun),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self.task: TaskID | None = None
        self.name = ""
        self.said = 0.0

    def __call__(self, state: State) -> None:
        detail = describe(state)
        if self.console.is_terminal:
            name = "audit" if self.noun == "answers" else str(state.system)
            if self.task is None or self.name != name:
                self.name = name
                self.task = self.bar.add_task(name, total=state.expected, detail=detail)
            # Of a judging there is more to come when replies must be asked for again.
            done, total = state.received, state.expected
            self.bar.update(self.task, total=total, completed=done, detail=detail)
        elif time.monotonic() - self.said > PLAIN_EVERY_S or state.received == state.expected:
            self.said = time.monotonic()
            who = "" if self.noun == "answers" else f"{state.system}: "
            counts = f"{who}{state.received}/{state.expected} {self.noun}"
            self.console.print(", ".join(filter(None, (counts, detail))))


def describe(state: State) -> str:
    """Outcomes that are no answers, doubtful calls, speed, time left and spend, in words."""
    parts = [f"{n} {name.replace('_', ' ')}" for name, n in sorted(state.outcomes.items())]
    if state.in_doubt > 0:
        parts.append(f"{state.in_doubt} call(s) in doubt")
    if state.handed_over > 0:
        parts.append(f"{state.handed_over} handed over")
    if state.tokens_per_s is not None:
        parts.append(f"{state.tokens_per_s:.0f} tokens/s")
    if state.seconds_left is not None:
        parts.append(f"{state.seconds_left / 60:.0f} min left")
    if state.cost_usd is not None and state.cost_usd > 0:
        parts.append(f"${state.cost_usd:.2f}")
    if state.budget_usd is not None:
        used = "" if state.committed_usd is None else f"${state.committed_usd:.2f} of "
        parts.append(f"{used}${state.budget_usd:.2f} budget")
    return ", ".join(parts)


def carry_out(
    workspace: Workspace,
    run_id: str,
    *,
    concurrency: int | None = None,
    options: Options | None = None,
) -> int:
    """Carry out or resume a run. Returns the exit code: 0 done, 130 interrupted and resumable."""
    console = Console(stderr=True)
    draw = _Bar(console)
    with draw.bar:
        state = run.execute(
            workspace, run_id, on_progress=draw, concurrency=concurrency, options=options
        )
    _say(state)
    if state.received < state.expected:
        typer.echo(f"stopped; {state.advice}")
        return run.INTERRUPTED_EXIT
    return 0


def judging_bar() -> tuple[Progress, Callable[[State], None]]:
    """A bar for judges, one line a judge, and what draws it."""
    draw = _Bar(Console(stderr=True), "replies")
    return draw.bar, draw


def hand_over(workspace: Workspace, run_id: str, *, options: Options | None = None) -> int:
    """Hand a run over in batches and come back. Returns the exit code."""
    state = run.hand_over(workspace, run_id, options=options)
    _say(state)
    if state.handed_over > 0:
        typer.echo(state.advice)
    return 0


def collect(workspace: Workspace, run_id: str) -> int:
    """Fetch what batches have brought: 0 done, 75 some are out, 130 some calls must be repeated."""
    state = run.collect(workspace, run_id)
    _say(state)
    if state.received == state.expected:
        return 0
    typer.echo(state.advice)
    return OUT_EXIT if state.handed_over > 0 else run.INTERRUPTED_EXIT


def _say(state: State) -> None:
    counts = f"{state.run_id}: {state.received} of {state.expected} answers"
    typer.echo(", ".join(filter(None, (counts, describe(state)))))


def tell_cost(plan: Run, suite: Suite, options: Options, *, batch: bool) -> int:
    """Say what a plan can cost. Returns the exit code: 2 when its budget cannot be kept."""
    known, unknown = 0.0, 0
    for row in run.forecast(plan, suite.variants, options=options, batch=batch):
        typer.echo("\n    ".join(_cost_lines(row)))
        known += 0.0 if row.worst_usd is None else row.worst_usd
        unknown += row.worst_usd is None
    typer.echo(f"{plan.n_expected} answers for at most ${known:.2f}, retries not counted")
    if unknown:
        typer.echo(f"and {unknown} system(s) of unknown cost, for which no budget can be kept")
    if plan.budget_usd is None:
        return 0
    verdict = "holds" if known <= plan.budget_usd else "may stop the run before its end"
    typer.echo(f"the budget of ${plan.budget_usd:.2f} {verdict}")
    return 2 if unknown else 0


def tell_judging_cost(rows: Sequence[tuple[str, Forecast]], budget_usd: float | None) -> int:
    """Say what judges can cost. Returns the exit code: 2 when a budget cannot be kept."""
    known, unknown = 0.0, 0
    for kind, row in rows:
        typer.echo(f"{kind}, " + "\n    ".join(_cost_lines(row)))
        known += 0.0 if row.worst_usd is None else row.worst_usd
        unknown += row.worst_usd is None
    n = sum(row.calls for _, row in rows)
    typer.echo(
        f"{n} questions for at most ${known:.2f}; what brings no verdict is asked again, up to "
        "three times in all"
    )
    if unknown:
        typer.echo(f"and {unknown} judge(s) of unknown cost, for which no budget can be kept")
    if budget_usd is None:
        return 0
    verdict = "holds" if known <= budget_usd else "may stop the judges before their end"
    typer.echo(f"the budget of ${budget_usd:.2f} {verdict}")
    return 2 if unknown else 0


def _cost_lines(row: Forecast) -> list[str]:
    out = "no limit to an answer" if row.most_tokens_out is None else f"{row.most_tokens_out} out"
    lines = [f"{row.system.id}: {row.calls} calls, about {row.tokens_in} tokens in, at most {out}"]
    if row.worst_usd is None:
        lines.append(row.why)
    else:
        half = row.likely_usd is not None and row.worst_usd > 0
        likely = f"; ${row.likely_usd:.2f} if answers are half as long as they may be"
        lines.append(f"at most ${row.worst_usd:.2f}" + (likely if half else ""))
    if row.price is not None:
        lines.append(f"price read {row.price.checked} from {row.price.source}")
    if row.least_minutes is not None:
        lines.append(f"{row.least_minutes:.0f} minutes or more")
    return lines


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar for work that is counted in something else than answers of a run."""
    console = Console(stderr=True)
    said = 0.0
    with Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=None),
        TextColumn("{task.completed:.0f}/{task.total:.0f} " + what), TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"), console=console, disable=not console.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None, detail="")

        def draw(done: int, total: int, detail: str) -> None:
            nonlocal said
            bar.update(task, completed=done, total=total, detail=detail)
            if not console.is_terminal and time.monotonic() - said > PLAIN_EVERY_S:
                said = time.monotonic()
                console.print(f"{done}/{total} {what}, {detail}")

        yield draw


def stages(system_ids: tuple[str, ...]) -> None:
    """Fetch and build what the local systems need, saying what is done meanwhile."""
    console = Console(stderr=True)
    wanted = [s.parameters["precision"] for s in run.systems(system_ids) if s.provider == "local"]
    with Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=None), console=console,
        disable=not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
                if not console.is_terminal:
                    console.print(stage)
            bar.update(tasks[stage], completed=done, total=total)

        for precision in wanted:
            offline_model.weights(precision, progress=tell)
