"""An adaptive attack carried out: round after round, every case from its original, to the end.

A round is asked for all cases that still hold, and only then is the next one chosen: what is
chosen depends on finished rounds alone, never on which answer came first. So a killed attack goes
on as if nothing had been, and the same answers lead to the same attack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medaudit.canonical import content_id
from medaudit.judges.strict import Unreadable
from medaudit.probes import Skip, adaptive, unchanged
from medaudit.probes.adaptive import Choice, Tried
from medaudit.probes.validity import Original
from medaudit.records import Case, Response, Run, System, Variant
from medaudit.records.attack import Attack, Move, Round
from medaudit.run import attack_files as files
from medaudit.run import lock, score
from medaudit.run.interrupt import Stop
from medaudit.run.options import Options
from medaudit.run.plan import Job, sampling_seed
from medaudit.run.received import Index
from medaudit.run.shards import Shards
from medaudit.run.talk import Talk, plan_of
from medaudit.scorers import REGISTRY
from medaudit.variants import variant
from medaudit.workspace import Workspace
from medaudit.writers import printable, tools


@dataclass(frozen=True)
class Standing:
    """How far an attack is."""

    round: int
    """0: the originals are being asked."""
    rounds: int
    cases: int
    right: int
    """Right at baseline, so far."""
    fooled: int
    answers: int
    spent_usd: float | None
    done: bool = False


@dataclass(frozen=True)
class Put:
    """One question of an attack, not yet asked."""

    case: Case
    kind: Literal["screen", "reask", "attack"]
    number: int
    variant: Variant
    shown: tuple[str, ...]
    tools: tuple[Move, ...] = ()
    chosen_by: str = "plan"
    reason: str = ""

    @property
    def key(self) -> tuple[str, Literal["screen", "reask", "attack"], int]:
        return self.case.id, self.kind, self.number


def attack(
    workspace: Workspace,
    attack_id: str,
    *,
    options: Options | None = None,
    on_progress: Callable[[Standing], None] | None = None,
) -> Standing:
    """Carry out an attack, or go on with one. What has an answer is not asked again.

    ``done`` False: stopped by the user, or the budget holds no further call. Raises ``Conflict``
    while another process works on it or where this installation would choose otherwise,
    ``ProviderFailed`` when a system is out of reach: what it said until then is kept.
    """
    planned = files.load(workspace, attack_id)
    place = files.folder(workspace, attack_id)
    with lock.alone(place):
        work = Work(workspace, planned, options or Options(), on_progress)
        if not files.done(place) and asyncio.run(work.carry_out()):
            calls = Index.read(place / "shards")
            counts = {"n_calls": calls.n_calls, "n_in_doubt": calls.n_in_doubt}
            if planned.chooser is not None:
                asked = Index.read(place / files.CHOOSER)
                counts |= {
                    "n_chooser_calls": asked.n_calls, "n_chooser_in_doubt": asked.n_in_doubt
                }  # fmt: skip
            files.finish(place, planned, counts, list(work.rows.values()))
        return work.standing(done=bool(files.done(place)))


class Work:
    """One process's work on an attack."""

    def __init__(
        self,
        workspace: Workspace,
        planned: Attack,
        options: Options,
        on_progress: Callable[[Standing], None] | None,
    ) -> None:
        self.attack, self.options, self.on_progress = planned, options, on_progress
        files.check(planned)
        place = files.folder(workspace, planned.id)
        self.cases = files.cases_of(workspace, planned)
        self.rows = {(r.case_id, r.kind, r.number): r for r in files.rows(workspace, planned.id)}
        self.scorer = REGISTRY.load(planned.scorer.name)
        self.stop, self.round = Stop(), 0
        self.shards = Shards(place / "shards")
        self.target = self._talk(workspace, planned.system, place / "shards", "system")
        self.chooser = (
            None
            if planned.chooser is None
            else self._talk(workspace, planned.chooser, place / files.CHOOSER, "chooser")
        )

    async def carry_out(self) -> bool:
        """Everything that is missing; False when it was stopped or a budget holds no more."""
        with self.stop.on_signals():
            try:
                async with AsyncExitStack() as stack:
                    await stack.enter_async_context(self.target)
                    if self.chooser is not None:
                        await stack.enter_async_context(self.chooser)
                    return await self._baseline() and await self._rounds()
            finally:
                self.shards.close()

    def standing(self, *, done: bool = False) -> Standing:
        """The counts of this moment."""
        costs = [row.cost_usd for row in self.rows.values() if row.cost_usd is not None]
        return Standing(
            round=self.round,
            rounds=self.attack.rounds,
            cases=len(self.cases),
            right=len(self._right()),
            fooled=sum(r.kind == "attack" and r.fooled is True for r in self.rows.values()),
            answers=len(self.target.answers),
            spent_usd=sum(costs) if costs else None,
            done=done,
        )

    async def _baseline(self) -> bool:
        """The original to every case; again once to every case, and the rest where it was right."""
        base = {
            case.id: variant(
                Original(case), self.attack.cases[case.id], None, 0, 0, unchanged(case)
            )
            for case in self.cases
        }
        shown = {case.id: tuple(option.id for option in case.options) for case in self.cases}
        screens = [Put(c, "screen", 0, base[c.id], shown[c.id]) for c in self.cases]
        if not await self._ask(screens):
            return False
        right = {case.id for case in self._right()}
        again = [
            Put(case, "reask", number, base[case.id], shown[case.id])
            for number in range(1, self.attack.reasks + 1)
            for case in self.cases
            if number == 1 or case.id in right
        ]
        return await self._ask(again)

    async def _rounds(self) -> bool:
        """Round after round, until every case is fooled, held to the end, or has no set left."""
        originals = {case.id: Original(case) for case in self.cases}
        fit = {case.id: adaptive.fitting(case, self.attack.seed) for case in self._right()}
        over: set[str] = set()
        for round_ in range(1, self.attack.rounds + 1):
            self.round = round_
            history = self._history(round_)
            fooled = {tried.case_id for tried in history if tried.fooled}
            open_ = [c for c in self._right() if c.id not in fooled | over]
            replies = await self._replies(open_, round_, fit, history)
            if replies is None:
                return False
            puts = []
            for case in open_:
                put = self._put(originals[case.id], round_, fit[case.id], history, replies)
                if put is None:
                    over.add(case.id)
                else:
                    puts.append(put)
            if not await self._ask(puts):
                return False
        return True

    def _put(
        self,
        original: Original,
        round_: int,
        fit: Sequence[str],
        history: Sequence[Tried],
        replies: Mapping[str, Response | None],
    ) -> Put | None:
        """The next question on a case: the chooser's set, or the policy's best that is sound.

        None: no set is left.
        """
        case, refused, by = original.case, "", "policy"
        choices = adaptive.ranked(case.id, round_, fit, history, self.attack.seed)
        if case.id in replies:
            try:
                first = self._chosen(case, round_, fit, history, replies[case.id])
                choices, by = [first, *choices], "model"
            except Unreadable as error:
                why = printable(str(error))
                refused, by = f"the chooser's reply was refused ({why}); ", "policy_for_model"
        passed_over = 0
        for choice in choices:
            made = self._variant(original, round_, choice)
            if not isinstance(made, str):
                moves, asked, shown = made
                more = f"; {passed_over} sets before it do not fit" if passed_over else ""
                reason = f"{refused}{choice.reason}{more}"[:2_000]
                return Put(case, "attack", round_, asked, shown, moves, by, reason)
            if by == "model":
                refused, by = f"the chooser's set does not fit ({made}); ", "policy_for_model"
            else:
                passed_over += 1
        return None

    def _variant(
        self, original: Original, round_: int, choice: Choice
    ) -> tuple[tuple[Move, ...], Variant, tuple[str, ...]] | str:
        """The original under a set of tools, and the options shown; else what is against it."""
        case, seed = original.case, self._seed(round_)
        moves = adaptive.moves(case, choice.tools, round_, self.attack.seed)
        made = adaptive.applied(case, moves, seed)
        if isinstance(made, Skip):
            return made.reason
        asked = variant(
            original,
            self.attack.cases[case.id],
            adaptive.tool(adaptive.FAMILY),
            round_,
            seed,
            made,
            ".".join(choice.tools),
        )
        failed = [f"{c.name}: {c.reason}" for c in asked.checks if not c.passed]
        shown = tuple(o.id for o in (made.asked.options or case.options))
        return "; ".join(failed) if failed else (moves, asked, shown)

    async def _replies(
        self,
        cases: Iterable[Case],
        round_: int,
        fit: Mapping[str, Sequence[str]],
        history: Sequence[Tried],
    ) -> dict[str, Response | None] | None:
        """What the chooser says of each case. None: stopped. Empty: nobody is asked."""
        if self.chooser is None:
            return {}
        jobs: dict[str, Job | None] = {}
        for case in cases:
            key = content_id([self.attack.id, tools.prompt_sha256(), case.id, round_])
            asked = tools.question(case, round_, self.attack.rounds, fit[case.id], history, key)
            jobs[case.id] = None
            if asked is not None:
                held = Variant(
                    id=content_id([key, [m.text for m in asked]]), case_id=case.id,
                    family=adaptive.FAMILY, probe=tools.NAME, probe_version=tools.VERSION,
                    level=round_, seed=self.attack.seed, messages=asked,
                )  # fmt: skip
                jobs[case.id] = self._job(self.chooser.system, held, round_)
        if not await self.chooser.ask([job for job in jobs.values() if job is not None]):
            return None
        return {
            name: None if job is None else self.chooser.answers[job.id]
            for name, job in jobs.items()
        }

    def _chosen(
        self,
        case: Case,
        round_: int,
        fit: Sequence[str],
        history: Sequence[Tried],
        reply: Response | None,
    ) -> Choice:
        if reply is None:
            raise Unreadable("the question is too long to be put to a chooser")
        own = [tried.tools for tried in history if tried.case_id == case.id]
        return tools.read(reply.text, reply.outcome, round_, fit, own)

    async def _ask(self, puts: Sequence[Put]) -> bool:
        """Ask these, and put down a row for each that has an answer."""
        jobs = {put.key: self._job(self.attack.system, put.variant, put.number) for put in puts}
        whole = await self.target.ask(list(jobs.values()))
        for put in puts:
            answer = self.target.answers.get(jobs[put.key].id)
            if answer is not None and put.key not in self.rows:
                row = self._row(put, answer)
                self.shards.append("rounds", row)
                self.rows[put.key] = row
        self.shards.sync()
        self._heard()
        return whole

    def _row(self, put: Put, answer: Response) -> Round:
        (found,) = score.findings([self.scorer], put.case, put.variant, answer)
        decided = found.outcome == "scored" and found.value is not None
        return Round.model_validate(
            {
                "attack_id": self.attack.id,
                "system_id": self.attack.system.id,
                "case_id": put.case.id,
                "source_id": put.case.source_id,
                "kind": put.kind,
                "number": put.number,
                "tools": put.tools,
                "chosen_by": put.chosen_by,
                "reason": put.reason,
                "variant": put.variant,
                "shown": put.shown,
                "right": put.variant.expected or put.case.reference,
                "response_id": answer.id,
                "outcome": answer.outcome,
                "answer": answer.text,
                "score_outcome": found.outcome,
                "decision": found.label,
                "value": found.value,
                "harm": found.harm,
                "fooled": found.value == 0.0 if decided else None,
                "latency_s": answer.latency_s,
                "tokens_in": answer.tokens_in,
                "tokens_out": answer.tokens_out,
                "cost_usd": answer.cost_usd,
                "calls": answer.attempts,
                "finished": answer.finished,
            }
        )

    def _history(self, before: int) -> list[Tried]:
        """What the rounds before this one showed, in the order of rounds and cases."""
        found = sorted(
            (r for r in self.rows.values() if r.kind == "attack" and r.number < before),
            key=lambda r: (r.number, r.case_id),
        )
        return [Tried(r.case_id, frozenset(m.probe for m in r.tools), r.fooled) for r in found]

    def _right(self) -> list[Case]:
        """The cases that were right at baseline."""
        return [
            case
            for case in self.cases
            if (row := self.rows.get((case.id, "screen", 0))) is not None and row.fooled is False
        ]

    def _seed(self, round_: int) -> int:
        """Of the tools' draws: another one each round."""
        return int(content_id([self.attack.seed, adaptive.FAMILY, round_])[:8], 16)

    def _job(self, system: System, asked: Variant, number: int) -> Job:
        return Job(
            id=content_id([self.attack.id, system.settings, asked.id, asked.level, number]),
            system=system,
            variant=asked,
            repeat=number,
            seed=sampling_seed(self.attack.seed, asked.id, number),
        )

    def _talk(self, workspace: Workspace, system: System, place: Path, role: str) -> Talk:
        wanted = self.options.budget_usd
        limit = self.attack.budget_usd if wanted is None else wanted
        run = Run(
            id=self.attack.id,
            suite_id=content_id(self.attack.cases),
            title=self.attack.title,
            created=self.attack.created,
            systems=(system,),
            repeats=1,
            scorers=(self.attack.scorer,),
            n_expected=len(self.attack.cases),
            seed=self.attack.seed,
            software=self.attack.software,
        )
        return Talk(
            workspace, plan_of(run, system, limit), place, self.options, self.stop,
            role=role, heard=self._heard,
        )  # fmt: skip

    def _heard(self) -> None:
        if self.on_progress is not None:
            self.on_progress(self.standing())
