"""The recorded runs are whole, unharmed, and what the tool makes of the case bank."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medaudit import run, suite
from medaudit.errors import UnknownName
from medaudit.probes import FAMILIES, NARRATIVE
from medaudit.recorded import Selection, install, selection, selections
from medaudit.records import Run
from medaudit.resources import data
from medaudit.run.plan import jobs
from medaudit.store import Store
from medaudit.workspace import Workspace

RECORDED = data() / "recorded"
WORKSPACE = Workspace(RECORDED)
RUNS = {found.name: found for found in selections().runs}


def plan_of(chosen: Selection) -> Run:
    plans = [run.load(WORKSPACE, folder.name) for folder in WORKSPACE.runs.glob("*")]
    (found,) = (plan for plan in plans if plan.title == chosen.title)
    return found


@pytest.fixture(params=sorted(RUNS))
def chosen(request: pytest.FixtureRequest) -> Selection:
    return RUNS[request.param]


def test_they_are_whole_and_say_what_they_are(tmp_path: Path) -> None:
    home = Path(shutil.copytree(RECORDED, tmp_path / "home"))
    with Store.open(home) as store:
        assert store.faults() == []
        assert {name: rows for name, rows in store.audit().items() if rows} == {}
        rows = store.rows("runs")
        assert {row["title"] for row in rows} == {found.title for found in RUNS.values()}
        for row in rows:
            assert (row["state"], row["n_received"]) == ("done", row["n_expected"])
            assert "135M-parameter demonstration model, not a medical model" in row["notice"]
        first = rows[0]
        assert (first["title"], first["n_expected"]) == (RUNS["narrative"].title, 2016)
        assert len(store.rows("domain_table", run=first["run_id"])) == 4 * 9
    size = sum(path.stat().st_size for path in RECORDED.rglob("*") if path.is_file())
    assert size < 10_000_000


def test_a_suite_is_what_the_bank_makes_and_its_ids_are_those_of_its_plan(
    chosen: Selection,
) -> None:
    plan, built = plan_of(chosen), chosen.suite()
    frozen = suite.load(WORKSPACE.suite(plan.suite_id))
    assert built.suite_id == plan.suite_id
    assert [case.id for case in frozen.cases] == [case.id for case in built.cases]
    assert [probe.name for probe in frozen.probes] == list(chosen.probes)
    assert [system.id for system in plan.systems] == list(chosen.systems)
    assert plan.repeats == chosen.repeats
    planned = {job.id for system in plan.systems for job in jobs(plan, system, frozen.variants)}
    with Store.open(RECORDED) as store:
        received = {row["response_id"] for row in store.rows("review_pool", run=plan.id)}
    assert received == planned


def test_between_them_they_ask_every_probe_of_every_family() -> None:
    assert RUNS["narrative"].probes == NARRATIVE
    asked = {name for found in RUNS.values() for name in found.probes}
    assert asked == {name for names in FAMILIES.values() for name in names}
    plan = plan_of(RUNS["families"])
    frozen = suite.load(WORKSPACE.suite(plan.suite_id))
    assert {variant.probe for variant in frozen.variants} == {"base", *asked}


def test_a_run_begins_with_the_one_that_has_most_answers(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home").create()
    assert install(workspace) == plan_of(RUNS["narrative"]).id
    assert len(list(workspace.runs.glob("*/done.json"))) == len(RUNS)
    with pytest.raises(UnknownName, match="families"):
        selection("nosuch")


def test_the_same_call_in_another_run_is_another_answer() -> None:
    plan = plan_of(RUNS["narrative"])
    frozen = suite.load(WORKSPACE.suite(plan.suite_id))
    other = plan.model_copy(update={"id": "another"})
    mine = {job.id for job in jobs(plan, plan.systems[0], frozen.variants)}
    theirs = {job.id for job in jobs(other, plan.systems[0], frozen.variants)}
    assert len(mine) == len(theirs) == 504
    assert mine.isdisjoint(theirs)
