"""Rewritings by a model: asked once a try, stored as they came, checked, frozen or rejected.

::

    <workspace>/written/<writing_id>/
      plan.json        who writes, by which prompt, for which cases and probes
      shards/          what came back, before anything read it; replies; calls
      written.json     when done: every try, accepted or rejected with the reason

The accepted texts are frozen as a suite beside the originals; the same ``written.json`` lies in
it, and is no part of its id. The same command goes on where one was stopped, and asks nothing
twice.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import medaudit
from medaudit import suite as suites
from medaudit.canonical import content_id
from medaudit.errors import BadInput, Conflict
from medaudit.judges.strict import Unreadable
from medaudit.probes import Probe, Skip, unchanged
from medaudit.probes.validity import Original
from medaudit.providers.schema import constrained
from medaudit.records import Case, Response, Run, System, Variant, Versioned
from medaudit.records.written import Try, Writing
from medaudit.run import lock
from medaudit.run.interrupt import Stop
from medaudit.run.options import Options
from medaudit.run.plan import Job, sampling_seed, write_json
from medaudit.run.received import Received
from medaudit.run.talk import Talk, plan_of
from medaudit.suite import Skipped, Suite, Used
from medaudit.variants import case_hash, doses, rewritings, variant
from medaudit.workspace import Workspace
from medaudit.writers import narrative, printable
from medaudit.writers.narrative import Wanted

NOTE, PLAN = "written.json", "plan.json"
MOST_TRIES = 5


@dataclass(frozen=True)
class Standing:
    """How far a writing is. ``asked`` is fixed before the first call."""

    asked: int
    accepted: int
    rejected: int
    tries: int
    spent_usd: float | None


@dataclass(frozen=True)
class Outcome:
    """What a writing came to. None: it was stopped, or its budget is spent; see ``standing``."""

    writing: Writing | None
    standing: Standing


@dataclass
class Request:
    """One rewriting that is asked for, and the tries so far."""

    wanted: Wanted
    tries: list[Try] = field(default_factory=list)
    variant: Variant | None = None

    @property
    def refused(self) -> list[str]:
        """What was wrong with the last try, for the next."""
        return [f"{n}: {why}" for n, why in self.tries[-1].failed.items()] if self.tries else []


def write(
    workspace: Workspace,
    cases: Iterable[Case],
    system: System,
    probes: Sequence[Probe],
    levels: Sequence[int] = (suites.DEMO_LEVEL,),
    seed: int = suites.SEED,
    *,
    arms: int | None = 1,
    tries: int = 2,
    budget_usd: float | None = None,
    options: Options | None = None,
    on_progress: Callable[[Standing], None] | None = None,
) -> Outcome:
    """Have a model write the stress of these probes, and freeze what passes every check.

    Raises ``BadInput`` where nothing can be asked or a budget cannot be kept, ``ProviderFailed``
    when the model is out of reach: what it said until then is kept.
    """
    if not 1 <= tries <= MOST_TRIES:
        raise BadInput(f"1 to {MOST_TRIES} tries", field="tries")
    ordered = sorted(cases, key=lambda case: case.id)
    requests, skipped = wanted_of(ordered, probes, levels, seed, arms)
    if not requests:
        why = Counter(s.reason for s in skipped).most_common(1)
        raise BadInput(
            f"no case is left to be written; {why[0][0] if why else 'no case, no probe'}"
        )
    asked = constrained(system, narrative.NAME, narrative.schema())
    work = Work(workspace, asked, ordered, requests, skipped, seed, tries)
    work.folder.mkdir(parents=True, exist_ok=True)
    with lock.alone(work.folder):
        work.begin(budget_usd)
        done = asyncio.run(work.ask(options or Options(), on_progress))
        return Outcome(work.finish() if done else None, work.standing())


def wanted_of(
    cases: Sequence[Case],
    probes: Sequence[Probe],
    levels: Sequence[int],
    seed: int,
    arms: int | None,
) -> tuple[list[Request], list[Skipped]]:
    """What is asked for, in the order of a suite, and what is left out with the reason."""
    requests, skipped = [], []
    for case in cases:
        for probe in probes:
            for level in doses(probe, levels):
                for arm, result in rewritings(probe, case, level, seed, arms):
                    found = result
                    if not isinstance(result, Skip):
                        fit = narrative.fits(case, probe, level, seed, arm)
                        if isinstance(fit, Wanted):
                            requests.append(Request(fit))
                            continue
                        found = fit
                    skipped.append(_left_out(case, probe, level, arm, _reason(found)))
    return requests, skipped


class Work:
    """One writing."""

    def __init__(
        self,
        workspace: Workspace,
        system: System,
        cases: Sequence[Case],
        requests: Sequence[Request],
        skipped: Sequence[Skipped],
        seed: int,
        tries: int,
    ) -> None:
        self.workspace, self.system, self.cases = workspace, system, cases
        self.requests, self.skipped = requests, skipped
        self.seed, self.tries = seed, tries
        self.id = content_id(
            [system.settings, narrative.prompt_sha256(), tries, [r.wanted.key for r in requests]]
        )
        self.folder = workspace.written / self.id
        self.stop = Stop()

    def begin(self, budget_usd: float | None) -> None:
        """Put down who writes what, the first time; the budget is that of this session."""
        probes = {r.wanted.probe.name: r.wanted.probe.version for r in self.requests}
        self.probes = tuple(Versioned(name=n, version=v) for n, v in probes.items())
        path = self.folder / PLAN
        if not path.is_file():
            write_json(
                path,
                {
                    "writing_id": self.id,
                    "created": datetime.now(UTC).replace(microsecond=0).isoformat(),
                    "by": self.system.model_dump(mode="json"),
                    "prompt": {"name": narrative.NAME, "version": narrative.VERSION},
                    "prompt_sha256": narrative.prompt_sha256(),
                    "seed": self.seed,
                    "tries": self.tries,
                    "cases": {case.id: case_hash(case) for case in self.cases},
                    "probes": [probe.model_dump() for probe in self.probes],
                    "n_asked": len(self.requests),
                },
            )
        self.created = datetime.fromisoformat(json.loads(path.read_bytes())["created"])
        run = Run(
            id=f"writing-{self.id}",
            suite_id=self.id,
            title=f"Written by {self.system.id}",
            created=self.created,
            systems=(self.system,),
            repeats=1,
            scorers=(),
            n_expected=len(self.requests),
            seed=self.seed,
            software=f"medaudit {medaudit.__version__}",
        )
        self.plan = plan_of(run, self.system, budget_usd)

    async def ask(self, options: Options, on_progress: Callable[[Standing], None] | None) -> bool:
        """Every try that is missing; False when it was stopped or the budget holds no more."""
        shards = self.folder / "shards"

        def heard() -> None:
            if on_progress is not None:
                on_progress(self.standing())

        self.talk = Talk(
            self.workspace, self.plan, shards, options, self.stop, role="writer", heard=heard
        )
        with self.stop.on_signals():
            async with self.talk as talk:
                for attempt in range(self.tries):
                    open_ = [r for r in self.requests if r.variant is None]
                    jobs = {id(r): self._job(r, attempt) for r in open_}
                    if not await talk.ask([job for job in jobs.values() if job is not None]):
                        return False
                    for request in open_:
                        self._read(request, jobs[id(request)], attempt)
                    heard()
        return True

    def standing(self) -> Standing:
        """The counts of this moment."""
        answers = self.talk.answers.values()
        costs = [a.cost_usd for a in answers if a.cost_usd is not None]
        return Standing(
            asked=len(self.requests),
            accepted=sum(r.variant is not None for r in self.requests),
            rejected=sum(r.variant is None and len(r.tries) == self.tries for r in self.requests),
            tries=len(self.talk.answers),
            spent_usd=sum(costs) if costs else None,
        )

    def finish(self) -> Writing:
        """Freeze what was accepted, and put down every try beside it."""
        received = Received.read(self.folder / "shards", scores=False)
        raw = {(a.response_id, a.number): a.raw for a in received.attempts.values()}
        made = self._suite()
        suite_id = None if made is None else suites.freeze(made, self.workspace.suites)
        rejected = [r for r in self.requests if r.variant is None]
        tries = [_with_raw(t, raw) for r in self.requests for t in r.tries]
        writing = Writing(
            writing_id=self.id,
            by=self.system,
            prompt=Versioned(name=narrative.NAME, version=narrative.VERSION),
            prompt_sha256=narrative.prompt_sha256(),
            created=self.created,
            finished=max((t.finished for t in tries if t.finished), default=self.created),
            software=f"medaudit {medaudit.__version__}",
            seed=self.seed,
            tries=self.tries,
            probes=self.probes,
            n_asked=len(self.requests),
            n_accepted=len(self.requests) - len(rejected),
            n_rejected=len(rejected),
            n_skipped=len(self.skipped),
            n_tries=len(tries),
            n_calls=len(received.attempts),
            n_in_doubt=sum(a.outcome == "in_doubt" for a in received.attempts.values()),
            rejected_by=dict(
                sorted(Counter(n for r in rejected for n in r.tries[-1].failed).items())
            ),
            suite_id=suite_id,
            rows=tuple(tries),
        )
        value = writing.model_dump(mode="json")
        write_json(self.folder / NOTE, value)
        if suite_id is not None:
            write_json(self.workspace.suite(suite_id) / f"written-{self.id}.json", value)
        return writing

    def _job(self, request: Request, attempt: int) -> Job | None:
        wanted = request.wanted
        key = content_id(
            [self.system.settings, narrative.NAME, narrative.prompt_sha256(), *wanted.key]
        )
        asked = narrative.question(wanted, key, attempt, request.refused)
        if asked is None:
            return None
        held = Variant(
            id=content_id([key, attempt, [m.text for m in asked]]),
            case_id=wanted.case.id, family=narrative.FAMILY, probe=narrative.NAME,
            probe_version=narrative.VERSION, level=wanted.level, seed=wanted.seed, messages=asked,
        )  # fmt: skip
        return Job(
            id=content_id([key, attempt, held.id]),
            system=self.system,
            variant=held,
            repeat=attempt,
            seed=sampling_seed(self.seed, key, attempt),
        )

    def _read(self, request: Request, job: Job | None, attempt: int) -> None:
        """What the reply is worth: a variant, or a reason."""
        wanted = request.wanted
        reply: Response | None = None if job is None else self.talk.answers[job.id]
        found: Variant | None = None
        if reply is None:
            failed = {"reply": "the story is too long to be asked for"}
        else:
            try:
                found = narrative.made(wanted, narrative.read(reply.text, reply.outcome))
                failed = {c.name: c.reason for c in found.checks if not c.passed}
            except Unreadable as error:
                failed = {"reply": str(error)}
        accepted = found is not None and not failed
        request.variant = found if accepted else None
        request.tries.append(
            Try(
                case_id=wanted.case.id,
                probe=wanted.probe.name,
                level=wanted.level,
                arm=wanted.arm,
                number=attempt + 1,
                response_id=None if reply is None else reply.id,
                raw=None,
                outcome=None if reply is None else reply.outcome,
                finished=None if reply is None else reply.finished,
                calls=0 if reply is None else reply.attempts,
                tokens_in=None if reply is None else reply.tokens_in,
                tokens_out=None if reply is None else reply.tokens_out,
                cost_usd=None if reply is None else reply.cost_usd,
                accepted=accepted,
                variant_id=found.id if accepted and found is not None else None,
                failed={name: printable(why) for name, why in failed.items()},
            )
        )

    def _suite(self) -> Suite | None:
        """The originals and the accepted texts; a rejected one is a row of what is left out."""
        kept = [r for r in self.requests if r.variant is not None]
        if not kept:
            return None
        of_case: dict[str, list[Variant]] = {case.id: [] for case in self.cases}
        left_out = list(self.skipped)
        used: dict[str, Used] = {}
        for request in self.requests:
            wanted, found = request.wanted, request.variant
            if found is not None:
                of_case[wanted.case.id].append(found)
                before = used.get(found.probe)
                levels = {wanted.level, *(() if before is None else before.levels)}
                used[found.probe] = Used(
                    name=found.probe, version=found.probe_version, family=found.family,
                    levels=tuple(sorted(levels)),
                )  # fmt: skip
                continue
            why = "; ".join(f"{n}: {text}" for n, text in request.tries[-1].failed.items())
            reason = f"rejected after {len(request.tries)} tries: {why}"
            left_out.append(_left_out(wanted.case, wanted.probe, wanted.level, wanted.arm, reason))
        variants: list[Variant] = []
        for case in self.cases:
            base = variant(Original(case), case_hash(case), None, 0, 0, unchanged(case))
            variants += [base, *of_case[case.id]]
        software = f"medaudit {medaudit.__version__}"
        return Suite(
            tuple(self.cases), tuple(variants), tuple(used.values()), tuple(left_out),
            self.seed, software,
        )  # fmt: skip


def read(workspace: Workspace, writing_id: str) -> Writing:
    """The provenance of a writing that is done. Raises ``Conflict`` while it is not."""
    path = workspace.written / writing_id / NOTE
    if not path.is_file():
        raise Conflict(f"writing {writing_id} is not done; give the same command again")
    return Writing.model_validate_json(path.read_bytes())


def _left_out(case: Case, probe: Probe, level: int, arm: str | None, reason: str) -> Skipped:
    said = reason if arm is None else f"{arm}: {reason}"
    name = f"{narrative.FAMILY}_{probe.name}"
    return Skipped(case_id=case.id, probe=name, level=level, reason=said)


def _reason(found: object) -> str:
    return found.reason if isinstance(found, Skip) else ""


def _with_raw(tried: Try, raw: dict[tuple[str, int], str | None]) -> Try:
    if tried.response_id is None:
        return tried
    return tried.model_copy(update={"raw": raw.get((tried.response_id, tried.calls))})
