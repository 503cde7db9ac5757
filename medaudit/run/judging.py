"""A finished run put to a judge: new scores, and never a new call to the systems under test.

The pack goes first. A judge that does not withstand it is asked nothing more, and every answer
gets a row that says so. What the judge was asked and said lies beside the run, vouched for by the
run's ``done.json``::

    runs/<run_id>/judging/<judge>/          of another kind than the rubric judge: <judge>@<kind>
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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medaudit.errors import BadInput, Conflict
from medaudit.judges import pack
from medaudit.judges.family import same_family
from medaudit.judges.kind import INTEGRITY, TRIES, Kind
from medaudit.judges.rubric_judge import JUDGE as RUBRIC
from medaudit.providers import replay
from medaudit.providers.schema import constrained
from medaudit.records import Run, System
from medaudit.run import judge_files
from medaudit.run.judge_calls import Calls
from medaudit.run.judge_work import Work
from medaudit.run.options import Options
from medaudit.run.plan import load_suite, write_json
from medaudit.run.rescoring import Files, add, finished, recorded_scores
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
    kind: Kind[Any] = RUBRIC,
    force_own_vendor: bool = False,
    options: Options | None = None,
) -> Outcome:
    """Put every answer of a finished run to a judge. What has a reply is not asked again.

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
        asked = constrained(system, kind.name, kind.schema())
        suite = load_suite(workspace, run)
        _check_ids(system, run, suite, kind)
        name = place(system.id, kind)
        folder = workspace.run(run_id) / FOLDER / name
        _begin(folder, asked, kind)
        answers = list(replay.read(workspace.run(run_id)))
        if any(
            (row.scorer, row.version) == (kind.scorer(system.id), kind.version)
            for row in recorded_scores(workspace, run_id)
        ):
            return Outcome(done=True, answers=len(answers))
        calls = Calls(workspace, run, asked, folder / "shards", chosen)
        work = Work(calls, kind, run, suite, answers)
        if not asyncio.run(work.ask()):
            return Outcome(done=False, answers=len(answers))
        rows = work.scores(own)
        tripped = tuple(f"{c.name} on {c.case.id}: {why}" for _, c, why in work.pack() if why)

        def beside(draft: Path) -> Files:
            there = draft / FOLDER / name
            written = judge_files.write(there, work.canary_rows())
            note = {**_note(asked, kind), "tripped": list(tripped), **judge_files.counts(there)}
            write_json(there / NOTE, note)
            data = (there / NOTE).read_bytes()
            written[NOTE] = {"rows": 1, "sha256": hashlib.sha256(data).hexdigest()}
            return {f"{FOLDER}/{name}/{file}": facts for file, facts in written.items()}

        add(workspace, run, answers, rows, beside)
    labels: dict[str, int] = {}
    for row in rows:
        if row.dimension.partition(".")[0] == INTEGRITY:
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


def place(judge_id: str, kind: Kind[Any]) -> str:
    """The folder of one judge's record; the rubric judge's has the judge's name alone."""
    return judge_id if kind is RUBRIC else f"{judge_id}@{kind.name}"


def _check_ids(system: System, run: Run, suite: Suite, kind: Kind[Any]) -> None:
    """Raises ``BadInput`` where the name of a score would be too long."""
    names = {kind.scorer(system.id): f"judge {system.id}"}
    for case in suite.cases:
        for name in kind.dimensions(case):
            names[name] = f"{name} of case {case.id}"
    if kind.compares:
        mine = [*names, INTEGRITY]
        names |= {f"{n}.{s.id}": f"system {s.id}" for n in mine for s in run.systems}
    for name, what in names.items():
        if len(name) > LONGEST:
            raise BadInput(f"{what}: the id is too long to be judged by; shorten it", field="id")


LONGEST = 80
"""Characters of a score's name."""


def _note(system: System, kind: Kind[Any]) -> dict[str, Any]:
    return {
        "judge": system.model_dump(mode="json"),
        "prompt": {
            "name": kind.name,
            "version": kind.version,
            "sha256": kind.prompt_sha256(),
            "tries": TRIES,
        },
        "pack": pack.VERSION,
    }


def _begin(folder: Path, system: System, kind: Kind[Any]) -> None:
    """Put down who judges. Raises ``Conflict`` when another of that id has begun."""
    path = folder / NOTE
    note = _note(system, kind)
    if path.is_file():
        found = json.loads(path.read_bytes())
        if {name: found.get(name) for name in note} != note:
            raise Conflict(
                f"a judge {system.id} with other settings or another prompt has judged this run; "
                "give the judge another id"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, note)
