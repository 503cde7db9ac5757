"""The recorded run is whole, unharmed, and what the tool makes of the case bank."""

from __future__ import annotations

import shutil
from pathlib import Path

from medaudit import run, suite
from medaudit.probes import NARRATIVE
from medaudit.recorded import selection
from medaudit.resources import data
from medaudit.run.plan import jobs
from medaudit.store import Store
from medaudit.workspace import Workspace

RECORDED = data() / "recorded"
NARRATIVE_RUN = selection("narrative")


def test_it_is_whole_and_says_what_it_is(tmp_path: Path) -> None:
    home = Path(shutil.copytree(RECORDED, tmp_path / "home"))
    with Store.open(home) as store:
        assert store.faults() == []
        assert {name: rows for name, rows in store.audit().items() if rows} == {}
        (row,) = store.rows("runs")
        assert (row["state"], row["n_expected"], row["n_received"]) == ("done", 2016, 2016)
        assert "135M-parameter demonstration model, not a medical model" in row["notice"]
        assert len(store.rows("domain_table", run=row["run_id"])) == len(NARRATIVE_RUN.systems) * 9
    size = sum(path.stat().st_size for path in RECORDED.rglob("*") if path.is_file())
    assert size < 10_000_000


def test_its_suite_is_what_the_bank_makes_and_its_ids_are_those_of_its_plan() -> None:
    workspace = Workspace(RECORDED)
    (folder,) = workspace.runs.glob("*")
    plan = run.load(workspace, folder.name)
    frozen = suite.load(workspace.suite(plan.suite_id))
    assert NARRATIVE_RUN.suite().suite_id == plan.suite_id
    assert [case.id for case in frozen.cases] == [case.id for case in NARRATIVE_RUN.suite().cases]
    assert [probe.name for probe in frozen.probes] == list(NARRATIVE)
    assert [system.id for system in plan.systems] == list(NARRATIVE_RUN.systems)
    assert plan.repeats == 2
    planned = {job.id for system in plan.systems for job in jobs(plan, system, frozen.variants)}
    with Store.open(RECORDED) as store:
        received = {row["response_id"] for row in store.rows("review_pool", run=plan.id)}
    assert received == planned


def test_the_same_call_in_another_run_is_another_answer() -> None:
    workspace = Workspace(RECORDED)
    (folder,) = workspace.runs.glob("*")
    plan = run.load(workspace, folder.name)
    frozen = suite.load(workspace.suite(plan.suite_id))
    other = plan.model_copy(update={"id": "another"})
    mine = {job.id for job in jobs(plan, plan.systems[0], frozen.variants)}
    theirs = {job.id for job in jobs(other, plan.systems[0], frozen.variants)}
    assert len(mine) == len(theirs) == 504
    assert mine.isdisjoint(theirs)
