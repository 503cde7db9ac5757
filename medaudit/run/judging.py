"""A finished run put to a judge: new scores, and never a new call to the systems under test.

The pack goes first. A judge that does not withstand it is asked nothing more, and every answer
gets a row that says so. What the judge was asked and said lies beside the run, vouched for by the
run's ``done.json``::

    runs/<run_id>/judging/<judge>/
      judge.json         judge, prompt, pack; when done also counts and what the pack showed
      shards/            while it goes on
      verdicts.parquet   the judge's replies, a try a row
      calls.parquet      every call
      raw.parquet        what came back over the wire
      canaries.parquet   the pack: what was put to the judge, and whether it held
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medaudit.canonical import content_id
from medaudit.errors import BadInput, Conflict
from medaudit.judges import checks, pack, rubric, scores
from medaudit.judges.family import same_family
from medaudit.judges.pack import Canary
from medaudit.judges.scores import Judged
from medaudit.prompt import messages
from medaudit.providers import replay
from medaudit.providers.schema import constrained
from medaudit.records import Response, Run, Score, System, Variant, judged
from medaudit.run import judge_files
from medaudit.run.judge_calls import Calls, Judgment
from medaudit.run.options import Options
from medaudit.run.plan import load_suite, write_json
from medaudit.run.rescoring import Files, add, finished, recorded_scores
from medaudit.scorers import answer
from medaudit.suite import Suite
from medaudit.workspace import Workspace

FOLDER = "judging"
NOTE = "judge.json"


@dataclass(frozen=True)
class Outcome:
    """What a judging came to."""

    done: bool
    """False: it was stopped; the same command goes on."""
    added: int = 0
    """Score rows."""
    answers: int = 0
    """Answers of the run."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Answers by the label of their integrity row: sound, own_vendor, suspect, needs_review …"""
    canaries: int = 0
    tripped: tuple[str, ...] = ()
    """What of the pack the judge did not withstand, and how."""


def judge(
    workspace: Workspace,
    run_id: str,
    system: System,
    *,
    force_own_vendor: bool = False,
    options: Options | None = None,
) -> Outcome:
    """Put every answer of a finished run to a rubric judge. What has a reply is not asked again.

    Raises ``Conflict`` when the run is not finished, the judge is of a tested system's family and
    not forced, or another judge of the same id has judged it; ``BadInput`` when an id is too long
    or a budget is set, which no judging can keep yet; ``ProviderFailed`` when the judge is out of
    reach: what it said until then is kept.
    """
    chosen = options or Options()
    if chosen.budget_usd is not None:
        raise BadInput("a judging keeps no budget", field="budget_usd")
    with finished(workspace, run_id) as run:
        own = own_vendor(run, system, forced=force_own_vendor)
        asked = constrained(system, rubric.NAME, rubric.schema())
        suite = load_suite(workspace, run)
        _check_ids(system, suite)
        folder = workspace.run(run_id) / FOLDER / system.id
        _begin(folder, asked)
        answers = list(replay.read(workspace.run(run_id)))
        if any(
            row.scorer == scores.scorer_name(system.id)
            for row in recorded_scores(workspace, run_id)
        ):
            return Outcome(done=True, answers=len(answers))
        work = _Work(Calls(workspace, run, asked, folder / "shards", chosen), run, suite, answers)
        if not asyncio.run(work.ask()):
            return Outcome(done=False, answers=len(answers))
        rows = work.scores(own)
        tripped = tuple(f"{c.name} on {c.case.id}: {why}" for c, why in work.pack() if why)

        def beside(draft: Path) -> Files:
            place = draft / FOLDER / system.id
            written = judge_files.write(place, work.canary_rows())
            note = {**_note(asked), "tripped": list(tripped), **judge_files.counts(place)}
            write_json(place / NOTE, note)
            data = (place / NOTE).read_bytes()
            written[NOTE] = {"rows": 1, "sha256": hashlib.sha256(data).hexdigest()}
            return {f"{FOLDER}/{system.id}/{name}": facts for name, facts in written.items()}

        add(workspace, run, answers, rows, beside)
    labels: dict[str, int] = {}
    for row in rows:
        if row.dimension == scores.INTEGRITY:
            word = row.outcome if row.label is None else row.label
            labels[word] = labels.get(word, 0) + 1
    return Outcome(True, len(rows), len(answers), labels, len(work.canaries), tripped)


def own_vendor(run: Run, system: System, *, forced: bool) -> dict[str, str]:
    """Tested systems of the judge's family, and what they share. Raises ``Conflict``."""
    found = {s.id: why for s in run.systems if (why := same_family(system, s)) is not None}
    if found and not forced:
        listed = "; ".join(f"{name}: {why}" for name, why in found.items())
        raise Conflict(
            f"judge {system.id} is of the family of what it would judge ({listed}), and judges "
            "prefer their own kind; take another judge, or force it and have its scores badged"
        )
    return found


@dataclass
class _Work:
    """The judgments of one run by one judge: the pack first, then the answers."""

    calls: Calls
    run: Run
    suite: Suite
    answers: Sequence[Response]

    def __post_init__(self) -> None:
        cases = {case.id: case for case in self.suite.cases}
        variants = {variant.id: variant for variant in self.suite.variants}
        used = sorted({a.case_id for a in self.answers})
        self.canaries = {
            self._canary(c).id: c for c in pack.canaries([cases[n] for n in used], self.run.seed)
        }
        self.doubts: dict[str, list[str]] = {}
        self.judgments: dict[str, Judgment] = {}
        self.held: dict[str, tuple[Response, Any]] = {}
        texts = [(cases[a.case_id].source_id, answer(a)) for a in self.answers]
        repeated = checks.repeated((family, text) for family, text in texts if text is not None)
        for response in self.answers:
            variant: Variant = variants[response.variant_id]
            case = judged(cases[response.case_id], variant)
            self.held[response.id] = (response, case)
            text = answer(response)
            if text is None or not case.rubric:
                continue
            found = checks.suspicions(text)
            if checks.is_repeated(text, repeated):
                found.append("is given to another case as well")
            self.doubts[response.id] = [f"the answer {words}" for words in found]
            self.judgments[response.id] = Judgment(response.id, case, variant.messages, text)

    async def ask(self) -> bool:
        """Everything that is missing; False when the user stopped it."""
        if not await self.calls.ask([self._canary(c) for c in self.canaries.values()]):
            return False
        if any(why for _, why in self.pack()):
            return True
        return await self.calls.ask([j for n, j in self.judgments.items() if not self.doubts[n]])

    def pack(self) -> list[tuple[Canary, str | None]]:
        """Each answer of the pack, and why the judge does not withstand it."""
        replies = {id_: self.calls.reply(self._canary(c)) for id_, c in self.canaries.items()}
        controls: dict[str, dict[str, Any]] = {}
        for id_, canary in self.canaries.items():
            if canary.name in (pack.SAFE, pack.UNSAFE):
                controls.setdefault(canary.case.id, {})[canary.name] = replies[id_].findings
        found = []
        for id_, canary in self.canaries.items():
            reply = replies[id_]
            why = pack.tripped(canary, reply.findings, controls[canary.case.id])
            if why is None and reply.misquoted:
                why = "a quote does not stand in the answer"
            found.append((canary, why))
        return found

    def scores(self, own: Mapping[str, str]) -> list[Score]:
        """Every row that the judging makes, an answer after the other."""
        tripped = [
            f"the judge gave way to {c.name} on {c.case.id}: {w}" for c, w in self.pack() if w
        ]
        rows: list[Score] = []
        for id_, (response, case) in self.held.items():
            badge = own.get(response.system_id)
            judgment = self.judgments.get(id_)
            doubts = [*self.doubts.get(id_, ()), *tripped]
            if judgment is None or doubts:
                came = Judged(suspicions=doubts, own_vendor=badge)
            else:
                reply = self.calls.reply(judgment)
                lies = [f"the quote for {n} does not stand in the answer" for n in reply.misquoted]
                came = Judged(reply.findings, reply.fault, lies, badge)
            rows += scores.scores(self.calls.judge.id, case, response, came)
        return rows

    def canary_rows(self) -> list[dict[str, Any]]:
        """The pack as rows."""
        return [
            {
                "id": self._canary(canary).id,
                "name": canary.name,
                "case_id": canary.case.id,
                "text": canary.text,
                "held": why is None,
                "reason": why or "",
            }
            for canary, why in self.pack()
        ]

    def _canary(self, canary: Canary) -> Judgment:
        case = canary.case
        id_ = content_id([self.run.id, pack.VERSION, canary.name, case.id, canary.text])
        asked = messages(case, [sentence.text for sentence in case.narrative])
        return Judgment(id_, case, asked, canary.text)


def _check_ids(system: System, suite: Suite) -> None:
    """Raises ``BadInput`` where the name of a score would be too long."""
    names = {scores.scorer_name(system.id): f"judge {system.id}"}
    for case in suite.cases:
        for criterion in case.rubric:
            names[scores.dimension(criterion)] = f"criterion {criterion.id} of case {case.id}"
    for name, what in names.items():
        if len(name) > LONGEST:
            raise BadInput(f"{what}: the id is too long to be judged by; shorten it", field="id")


LONGEST = 80
"""Characters of a score's name."""


def _note(system: System) -> dict[str, Any]:
    return {
        "judge": system.model_dump(mode="json"),
        "prompt": {
            "name": rubric.NAME,
            "version": rubric.VERSION,
            "sha256": rubric.prompt_sha256(),
            "tries": rubric.TRIES,
        },
        "pack": pack.VERSION,
    }


def _begin(folder: Path, system: System) -> None:
    """Put down who judges. Raises ``Conflict`` when another of that id has begun."""
    path = folder / NOTE
    if path.is_file():
        found = json.loads(path.read_bytes())
        if {name: found.get(name) for name in _note(system)} != _note(system):
            raise Conflict(
                f"a judge {system.id} with other settings or another prompt has judged this run; "
                "give the judge another id"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, _note(system))
