"""Several judges on one run: one after the other, then what they come to together.

A panel asks nothing: its rows are made of its judges' votes (``medaudit.judges.panel``). Each
composition has a version of its own, so an earlier panel's rows stay, and who sat in which is kept
beside the run, vouched for by its ``done.json``::

    runs/<run_id>/panels/<kind>.<version>.json
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medaudit.errors import BadInput
from medaudit.judges.kind import Kind
from medaudit.judges.panel import NAME, Panel
from medaudit.judges.rubric_judge import JUDGE as RUBRIC
from medaudit.providers import replay
from medaudit.providers.schema import constrained
from medaudit.records import Score, System
from medaudit.run import judging
from medaudit.run.asking import silent
from medaudit.run.forecasting import Forecast, forecast
from medaudit.run.judge_calls import Calls
from medaudit.run.judge_work import Work
from medaudit.run.judging import NOTE, Outcome, labels, own_vendor
from medaudit.run.options import Options
from medaudit.run.plan import load, load_suite, write_json
from medaudit.run.progress import Progress
from medaudit.run.received import Index
from medaudit.run.rescoring import Files, add, finished, recorded_scores
from medaudit.run.talk import plan_of
from medaudit.workspace import Workspace

FOLDER = "panels"
Kinds = Sequence[Kind[Any]]


@dataclass(frozen=True)
class Step:
    """What one judge, or a panel of them, came to by one kind."""

    kind: str
    who: str
    """A judge's id, or ``panel``."""
    outcome: Outcome


def judge_all(
    workspace: Workspace,
    run_id: str,
    judges: Sequence[System],
    kinds: Kinds = (RUBRIC,),
    *,
    force_own_vendor: bool = False,
    options: Options | None = None,
    on_progress: Callable[[Progress], None] = silent,
) -> Iterator[Step]:
    """Put the answers of a finished run to each judge, kind by kind; with several, to their panel.

    Of several judges one of a tested system's family is left out there; of one alone it is
    refused (``judging.own_vendor``). The budget is that of all of them together, from their first
    call. It ends at the first that was stopped: the same command goes on. Raises as ``judge``
    does, before anybody is asked where a judge must be refused.
    """
    chosen = options or Options()
    _check(workspace, run_id, judges, chosen, force_own_vendor)
    several = len(judges) > 1
    for kind in kinds:
        for system in judges:
            others = [(s, k) for k in kinds for s in judges if (s, k) != (system, kind)]
            outcome = judging.judge(
                workspace,
                run_id,
                system,
                kind=kind,
                force_own_vendor=force_own_vendor,
                leave_out_own=several,
                options=_left(workspace, run_id, others, chosen),
                on_progress=on_progress,
            )
            yield Step(kind.name, system.id, outcome)
            if not outcome.done:
                return
        if several:
            yield Step(kind.name, NAME, seat(workspace, run_id, [s.id for s in judges], kind))


def seat(
    workspace: Workspace, run_id: str, judges: Sequence[str], kind: Kind[Any] = RUBRIC
) -> Outcome:
    """Make the rows of a panel from its judges' votes. The panel that stands there is a no-op.

    Raises ``BadInput`` when one of them has not judged the run.
    """
    with finished(workspace, run_id) as run:
        answers = list(replay.read(workspace.run(run_id)))
        recorded = recorded_scores(workspace, run_id)
        ids = tuple(sorted(judges))
        votes: dict[str, dict[str, dict[str, Score]]] = {}
        for judge in ids:
            found = [r for r in recorded if r.scorer == kind.scorer(judge)]
            if not found:
                raise BadInput(f"judge {judge} has not judged run {run_id} by {kind.name}")
            newest = max(row.version for row in found)
            for row in found:
                if row.version == newest:
                    votes.setdefault(row.response_id, {}).setdefault(judge, {})[row.dimension] = row
        folder = workspace.run(run_id) / FOLDER
        number, last = _last(folder, kind.name)
        now: dict[str, Any] = {"kind": kind.name, "kind_version": kind.version, "judges": list(ids)}
        if last == now:
            return Outcome(done=True, answers=len(answers))
        panel = Panel(kind.name, kind.total, number + 1, ids)
        rows = [row for a in answers if a.id in votes for row in panel.rows(a.id, votes[a.id])]

        def beside(draft: Path) -> Files:
            name = f"{FOLDER}/{kind.name}.{panel.version}.json"
            (draft / FOLDER).mkdir(exist_ok=True)
            write_json(draft / name, now)
            data = (draft / name).read_bytes()
            return {name: {"rows": 1, "sha256": hashlib.sha256(data).hexdigest()}}

        add(workspace, run, answers, rows, beside)
    return Outcome(True, len(rows), len(answers), labels(rows))


def judging_forecast(
    workspace: Workspace,
    run_id: str,
    judges: Sequence[System],
    kinds: Kinds = (RUBRIC,),
    *,
    force_own_vendor: bool = False,
    options: Options | None = None,
) -> list[tuple[str, Forecast]]:
    """What each judging can cost before anything is asked: (kind, one try of what is missing).

    A reply that is no verdict is asked for again, ``TRIES`` times in all. Raises as ``judge_all``.
    """
    chosen = options or Options()
    run = _check(workspace, run_id, judges, chosen, force_own_vendor)
    suite, answers = load_suite(workspace, run), list(replay.read(workspace.run(run_id)))
    found = []
    for kind in kinds:
        for system in judges:
            own = own_vendor(run, system, forced=force_own_vendor, left_out=len(judges) > 1)
            asked = constrained(system, kind.name, kind.schema())
            folder = judging.folder_of(workspace, run_id, system.id, kind)
            if "replies" in _note(folder):
                continue  # it has judged the run already
            calls = Calls(workspace, run, asked, folder / "shards", Options())
            work = Work(calls, kind, run, suite, answers, {} if force_own_vendor else own)
            jobs = [j.job(asked, run.seed, 0) for j in work.judgments()]
            missing = [j.variant for j in jobs if j is not None and j.id not in calls.replies]
            plan = plan_of(run, asked).model_copy(update={"repeats": 1})
            found += [(kind.name, row) for row in forecast(plan, missing, options=chosen)]
    return found


def _check(
    workspace: Workspace, run_id: str, judges: Sequence[System], options: Options, forced: bool
) -> Any:
    """The run, where every judge may judge it and a budget can be kept."""
    run, ids = load(workspace, run_id), [system.id for system in judges]
    if not ids or len(set(ids)) < len(ids):
        raise BadInput("name at least one judge, each once", field="judge")
    for system in judges:
        own_vendor(run, system, forced=forced, left_out=len(judges) > 1)
        plan_of(run, system, options.budget_usd)
    return run


def _left(
    workspace: Workspace, run_id: str, others: Sequence[tuple[System, Kind[Any]]], options: Options
) -> Options:
    """The options with what the budget leaves to one judging."""
    if options.budget_usd is None:
        return options
    spent = sum(
        _spent(judging.folder_of(workspace, run_id, system.id, kind)) for system, kind in others
    )
    return replace(options, budget_usd=options.budget_usd - spent)


def _spent(folder: Path) -> float:
    """US dollars that a judging has cost so far, as far as anybody knows."""
    note = _note(folder)
    if "replies" in note:
        found = note.get("committed_usd", note["cost_usd"])
    else:
        found = Index.read(folder / "shards").counts.cost_usd
    return 0.0 if found is None else float(found)


def _note(folder: Path) -> dict[str, Any]:
    """What a judging has put down; with its counts once it is done."""
    if not (folder / NOTE).is_file():
        return {}
    found: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
    return found


def _last(folder: Path, kind: str) -> tuple[int, dict[str, Any] | None]:
    """The version of the newest panel of a kind, 0 for none, and who sat in it."""
    versions = [int(path.name.split(".")[-2]) for path in folder.glob(f"{kind}.*.json")]
    if not versions:
        return 0, None
    return max(versions), json.loads((folder / f"{kind}.{max(versions)}.json").read_bytes())
