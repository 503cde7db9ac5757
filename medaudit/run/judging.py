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
from collections.abc import Callable, Iterable, Mapping
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
from medaudit.records import Run, Score, System
from medaudit.run import judge_files
from medaudit.run.asking import silent
from medaudit.run.judge_calls import Calls
from medaudit.run.judge_work import Work
from medaudit.run.options import Options
from medaudit.run.plan import load_suite, write_json
from medaudit.run.progress import Progress
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
    held_back: bool = False
    """Whether the budget held calls back."""


def judge(
    workspace: Workspace,
    run_id: str,
    system: System,
    *,
    kind: Kind[Any] = RUBRIC,
    force_own_vendor: bool = False,
    leave_out_own: bool = False,
    options: Options | None = None,
    on_progress: Callable[[Progress], None] = silent,
) -> Outcome:
    """Put every answer of a finished run to a judge. What has a reply is not asked again.

    ``leave_out_own``: answers of systems of the judge's family are left to other judges. The
    budget of ``options`` is that of this judging, from its first call.
    Raises ``Conflict`` when the run is not finished, the judge is of a tested system's family and
    neither forced nor left out there, or another judge of the same id has judged it; ``BadInput``
    when an id is too long or a budget cannot be kept; ``ProviderFailed`` when the judge is out of
    reach: what it said until then is kept.
    """
    chosen = options or Options()
    with finished(workspace, run_id) as run:
        own = own_vendor(run, system, forced=force_own_vendor, left_out=leave_out_own)
        left_out = own if leave_out_own and not force_own_vendor else {}
        asked = constrained(system, kind.name, kind.schema())
        suite = load_suite(workspace, run)
        _check_ids(system, run, suite, kind)
        name = place(system.id, kind)
        folder = folder_of(workspace, run_id, system.id, kind)
        calls = Calls(workspace, run, asked, folder / "shards", chosen, on_progress=on_progress)
        said = _note(asked, kind, left_out)
        _begin(folder, said)
        answers = list(replay.read(workspace.run(run_id)))
        if any(
            (row.scorer, row.version) == (kind.scorer(system.id), kind.version)
            for row in recorded_scores(workspace, run_id)
        ):
            return Outcome(done=True, answers=len(answers))
        work = Work(calls, kind, run, suite, answers, left_out)
        judgments = work.judgments()
        calls.expected = len(judgments)
        calls.require_budget(judgments)
        if not asyncio.run(work.ask()):
            return Outcome(done=False, answers=len(answers), held_back=calls.held_back)
        rows = work.scores(own)
        tripped = tuple(f"{c.name} on {c.case.id}: {why}" for _, c, why in work.pack() if why)
        committed = calls.committed_usd

        def beside(draft: Path) -> Files:
            there = draft / FOLDER / name
            written = judge_files.write(there, work.canary_rows())
            note = {**said, "tripped": list(tripped), **judge_files.counts(there)}
            if committed is not None:
                note["committed_usd"] = committed
            write_json(there / NOTE, note)
            data = (there / NOTE).read_bytes()
            written[NOTE] = {"rows": 1, "sha256": hashlib.sha256(data).hexdigest()}
            return {f"{FOLDER}/{name}/{file}": facts for file, facts in written.items()}

        add(workspace, run, answers, rows, beside)
    return Outcome(True, len(rows), len(answers), labels(rows), len(work.canaries), tripped)


def labels(rows: Iterable[Score]) -> dict[str, int]:
    """Answers by what their integrity row says."""
    found: dict[str, int] = {}
    for row in rows:
        if row.dimension.partition(".")[0] == INTEGRITY:
            word = row.outcome if row.label is None else row.label
            found[word] = found.get(word, 0) + 1
    return found


def own_vendor(run: Run, system: System, *, forced: bool, left_out: bool = False) -> dict[str, str]:
    """Tested systems of the judge's family, and what they share. Raises ``Conflict``.

    ``left_out``: the judge has something to judge as long as one system is not of its family.
    """
    found = {s.id: why for s in run.systems if (why := same_family(system, s)) is not None}
    if found and not forced and not (left_out and len(found) < len(run.systems)):
        listed = "; ".join(f"{name}: {why}" for name, why in found.items())
        raise Conflict(
            f"judge {system.id} is of the family of what it would judge ({listed}), and judges "
            "prefer their own kind; take another judge, or force it and have its scores badged"
        )
    return found


def place(judge_id: str, kind: Kind[Any]) -> str:
    """The folder of one judge's record; the rubric judge's has the judge's name alone."""
    return judge_id if kind is RUBRIC else f"{judge_id}@{kind.name}"


def folder_of(workspace: Workspace, run_id: str, judge_id: str, kind: Kind[Any]) -> Path:
    """Where the record of one judging lies."""
    return workspace.run(run_id) / FOLDER / place(judge_id, kind)


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


def _note(system: System, kind: Kind[Any], left_out: Mapping[str, str]) -> dict[str, Any]:
    note: dict[str, Any] = {
        "judge": system.model_dump(mode="json"),
        "prompt": {
            "name": kind.name,
            "version": kind.version,
            "sha256": kind.prompt_sha256(),
            "tries": TRIES,
        },
        "pack": pack.VERSION,
    }
    return {**note, "left_out": dict(left_out)} if left_out else note


def _begin(folder: Path, note: Mapping[str, Any]) -> None:
    """Put down who judges. Raises ``Conflict`` when another of that id has begun."""
    path = folder / NOTE
    if path.is_file():
        found = json.loads(path.read_bytes())
        if {name: found.get(name) for name in (*note, "left_out")} != {"left_out": None, **note}:
            raise Conflict(
                f"a judge {note['judge']['id']} with other settings, another prompt or other "
                "answers left out has judged this run; give the judge another id"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, note)
