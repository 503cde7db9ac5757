"""How far a run is: what was expected, what came back and how, speed, time left, spend.

Only what is safe on disk counts. The same state is told to whoever watches the runner, and read
from the files by anyone else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from medaudit.errors import WorkspaceDamaged
from medaudit.records import Response, Run
from medaudit.run import lock
from medaudit.run.budget import Budget
from medaudit.run.received import Counts, Index

State = Literal["planned", "running", "interrupted", "done"]
INTERRUPTED_EXIT = 130
"""What the command line returns when a run was stopped by its user."""


@dataclass(frozen=True)
class Progress:
    """One moment of a run."""

    run_id: str
    state: State
    expected: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Answers by how the call ended. What is missing to ``expected`` has not come back."""
    attempts: int = 0
    in_doubt: int = 0
    """Calls that may have been made and paid for without leaving an answer."""
    in_flight: int = 0
    system: str | None = None
    """Who is being asked right now."""
    tokens_out: int | None = None
    """None: no system has said."""
    cost_usd: float | None = None
    """Of the answers whose cost is known. None: of none."""
    n_cost_unknown: int = 0
    tokens_per_s: float | None = None
    seconds_left: float | None = None
    budget_usd: float | None = None
    committed_usd: float | None = None
    """Spent, with calls in flight and calls of unknown cost at their worst price. None: no
    budget, so nobody counts it."""
    held_back: bool = False
    """Whether the budget held calls back."""
    handed_over: int = 0
    """Calls that a service has taken in a batch and that were not collected."""

    @property
    def received(self) -> int:
        """Answers on record, whatever their outcome."""
        return sum(self.outcomes.values())

    @property
    def advice(self) -> str:
        """What to do next, or nothing when the run is done or going on."""
        if self.state not in {"interrupted", "planned"}:
            return ""
        if self.handed_over > 0:
            return (
                f"{self.handed_over} calls are handed over; fetch their answers with: "
                f"medaudit run collect {self.run_id}"
            )
        if self.held_back:
            return (
                f"the budget of ${self.budget_usd:.2f} holds no further call; go on with: "
                f"medaudit run resume {self.run_id} --budget-usd AMOUNT"
            )
        return f"{self.received} of {self.expected} answers are safe; go on with: " + (
            f"medaudit run resume {self.run_id}"
        )


class Tally:
    """The running counts of a runner."""

    def __init__(self, run: Run, found: Index) -> None:
        self.run = run
        self.counts: Counts = found.counts
        self.attempts = found.n_calls
        self.in_doubt = found.n_in_doubt
        self.in_flight = 0
        self.handed_over = sum(len(batch.calls) for batch in found.batches.values())
        self.system: str | None = None
        self.budget: Budget | None = None
        self._began: float | None = None
        self._count = 0
        self._tokens: int | None = None

    def begin(self) -> None:
        """Time runs from the first call on: loading a model is no part of the speed."""
        if self._began is None:
            self._began = time.monotonic()

    def add(self, answers: Iterable[Response]) -> None:
        """Count answers that are safe on disk."""
        answers = list(answers)
        for answer in answers:
            self.counts.add(answer)
        self._count += len(answers)
        self._tokens = _sum(self._tokens, answers)

    def now(self, state: State) -> Progress:
        """This moment."""
        seconds = None if self._began is None else time.monotonic() - self._began
        outcomes, budget = self.counts.outcomes, self.budget
        left = self.run.n_expected - outcomes.total()
        limited = budget is not None and budget.limit is not None
        return Progress(
            run_id=self.run.id,
            state=state,
            expected=self.run.n_expected,
            outcomes=dict(outcomes),
            attempts=self.attempts,
            in_doubt=self.in_doubt,
            in_flight=self.in_flight,
            system=self.system,
            tokens_out=self.counts.tokens_out,
            cost_usd=self.counts.cost_usd,
            n_cost_unknown=self.counts.n_cost_unknown,
            tokens_per_s=_rate(self._tokens, seconds),
            seconds_left=seconds_left(left, self._count, seconds),
            budget_usd=self.run.budget_usd if budget is None else budget.limit,
            committed_usd=budget.spent + budget.reserved if budget and limited else None,
            held_back=budget is not None and budget.exhausted,
            handed_over=self.handed_over,
        )


def seconds_left(left: int, done: int, seconds: float | None) -> float | None:
    """Time left at the pace so far. None: nothing has been done yet.

    >>> seconds_left(left=30, done=10, seconds=5.0)
    15.0
    """
    rate = _rate(done, seconds)
    return None if rate is None or rate == 0 else left / rate


def from_files(folder: Path, run: Run) -> Progress:
    """The state of a run as its files tell it, from any process."""
    done = folder / "done.json"
    if done.is_file():
        return _finished(done, run)
    began = lock.read(folder) if lock.held(folder) else None
    since = None if began is None else datetime.fromisoformat(began["started"])
    found = Index.read(folder / "shards", since=since)
    tally = Tally(run, found)
    unseen = sum(attempt.outcome == "in_doubt" for attempt in found.unrecorded)
    if since is None:
        tally.in_doubt += unseen
        return tally.now("interrupted" if found.n_calls else "planned")
    tally.in_flight = unseen
    seconds = (datetime.now(UTC) - since).total_seconds()
    state = tally.now("running")
    return replace(
        state,
        tokens_per_s=_rate(found.fresh.tokens_out, seconds),
        seconds_left=seconds_left(
            state.expected - state.received, found.fresh.outcomes.total(), seconds
        ),
    )


def _finished(path: Path, run: Run) -> Progress:
    names = ("outcomes", "attempts", "in_doubt", "tokens_out", "cost_usd", "n_cost_unknown")
    try:
        value = json.loads(path.read_bytes())
        found = {name: value[name] for name in names}
        return Progress(run.id, "done", run.n_expected, **found, budget_usd=run.budget_usd)
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceDamaged(f"{path} is not what was written; restore it") from error


def _sum(total: int | None, answers: Iterable[Response]) -> int | None:
    for answer in answers:
        if answer.tokens_out is not None:
            total = answer.tokens_out + (0 if total is None else total)
    return total


def _rate(amount: int | None, seconds: float | None) -> float | None:
    if amount is None or seconds is None or seconds <= 0:
        return None
    return amount / seconds
