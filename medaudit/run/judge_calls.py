"""The calls to a judge: the run's own way of asking, into shards of their own.

A judgment is one question about one answer, put to one judge. Each try of it is a job with an id
made of judge, prompt version, answer and try, so what has a reply is never asked again. Where a
reply is no verdict the judge is asked once more, ``TRIES`` times in all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medaudit.canonical import content_id
from medaudit.judges.kind import TRIES, Kind, Put
from medaudit.judges.strict import Unreadable
from medaudit.records import Response, Run, System, Variant
from medaudit.run import prices
from medaudit.run.asking import silent
from medaudit.run.interrupt import Stop
from medaudit.run.judge_progress import Watched
from medaudit.run.options import Options
from medaudit.run.plan import Job, sampling_seed
from medaudit.run.progress import Progress
from medaudit.run.talk import Talk, plan_of
from medaudit.workspace import Workspace


@dataclass(frozen=True)
class Judgment:
    """One question about an answer, of a system or of the pack."""

    id: str
    kind: Kind[Any]
    part: str
    """Which of the kind's questions."""
    put: Put

    def key(self, judge: System) -> str:
        """Of the judgment: by which judge, in which version, of which answer."""
        return content_id([judge.settings, self.kind.name, self.kind.version, self.id])

    def job(self, judge: System, seed: int, attempt: int) -> Job | None:
        """The try as a job. None: too long for a message."""
        key = self.key(judge)
        messages = self.kind.question(self.part, self.put, key, attempt)
        if messages is None:
            return None
        variant = Variant(
            id=self.id, case_id=self.put.case.id, family="judge", probe=self.kind.name,
            probe_version=self.kind.version, level=0, seed=0, messages=messages,
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

    findings: Mapping[str, Any] | None
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
    on_progress: Callable[[Progress], None] = silent
    expected: int = 0
    """Questions that are to be put, further tries not counted."""
    held_back: bool = False
    """Whether the budget held calls back."""
    committed_usd: float | None = None
    """Spent, calls of unknown cost at their worst price. None: there was no budget to keep."""

    def __post_init__(self) -> None:
        plan = plan_of(self.run, self.judge, self.options.budget_usd)
        self.talk = Talk(self.workspace, plan, self.folder, self.options, self.stop, role="judge")
        self._known: list[Judgment] = []

    @property
    def replies(self) -> dict[str, Response]:
        """By the id of the try."""
        return self.talk.answers

    def require_budget(self, judgments: Sequence[Judgment]) -> None:
        """Raise ``BadInput`` where the budget could not be kept for any of these."""
        if self.options.budget_usd is None or prices.free(self.judge):
            return
        price = self.talk.plan.prices.get(self.judge.id)
        for judgment in judgments:
            job = judgment.job(self.judge, self.run.seed, 0)
            if job is not None:
                prices.worst(self.judge, price, job.variant.messages)

    async def ask(self, judgments: Sequence[Judgment]) -> bool:
        """Every missing try; whether all that could be asked has been. Raises ``ProviderFailed``.

        False: the user stopped it, or the budget holds no further call.
        """
        self._known += judgments
        with self.stop.on_signals():
            while jobs := self._jobs():
                if all(job.id in self.replies for job in jobs):
                    break
                watched = Watched(self.run.id, self.judge.id, self.replies, self.on_progress)
                async with self.talk as talk, watched.until_done(self.expected, talk.budget):
                    done = await talk.ask(jobs)
                self.held_back = talk.budget.exhausted
                if talk.budget.limit is not None:
                    self.committed_usd = talk.budget.spent
                if self.stop.asked or not done:
                    return False
        return True

    def _jobs(self) -> list[Job]:
        """Every try that was made or is due. With those that were made the budget is right."""
        return [
            job
            for judgment in self._known
            for attempt in range(TRIES)
            if self._open(judgment, attempt)
            and (job := judgment.job(self.judge, self.run.seed, attempt)) is not None
        ]

    def reply(self, judgment: Judgment) -> Reply:
        """What the tries on record say: the first readable one counts."""
        fault = "case and answer are too long to be put to a judge"
        for attempt in range(TRIES):
            found = self._try(judgment, attempt)
            if found is None:
                break
            if found.findings is not None:
                return found
            fault = f"no verdict in {attempt + 1} tries; the last: {found.fault}"
        return Reply(None, fault)

    def together(self, judgments: Sequence[Judgment]) -> Reply:
        """The replies to all questions about one answer, as one: without one of them, none."""
        replies = [self.reply(judgment) for judgment in judgments]
        findings: dict[str, Any] = {}
        for judgment, reply in zip(judgments, replies, strict=True):
            if reply.findings is None:
                return Reply(None, f"{judgment.part}: {reply.fault}".removeprefix(": "))
            findings |= reply.findings
        return Reply(findings, "", tuple(name for reply in replies for name in reply.misquoted))

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
            findings = judgment.kind.read(judgment.part, response.text, judgment.put)
        except Unreadable as error:
            return Reply(None, str(error))
        return Reply(findings, "", tuple(judgment.kind.misquoted(findings, judgment.put)))
