"""The runs that ship: which cases, probes and systems each asks, made and installed by the tool."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import typer
import yaml

from medaudit import run, suite
from medaudit.bank import load
from medaudit.errors import UnknownName, WorkspaceDamaged
from medaudit.probes import REGISTRY
from medaudit.records import Record, Slug, Text
from medaudit.resources import data
from medaudit.terminal import carry_out, stages
from medaudit.workspace import Workspace

FOLDER = "recorded"
SELECTION = "selection.yaml"
SEED = 20260601


class Selection(Record):
    """What one recorded run asks, so that a new case or probe of the bank does not change it."""

    name: Slug
    title: Text
    systems: tuple[Slug, ...]
    repeats: int
    probes: tuple[Slug, ...]
    levels: tuple[int, ...]
    cases: tuple[Slug, ...]

    def suite(self) -> suite.Suite:
        """The suite of these cases and probes, from the bank."""
        known = {case.id: case for case in load(data() / "cases")}
        probes = [REGISTRY.load(name) for name in self.probes]
        return suite.build([known[name] for name in self.cases], probes, levels=self.levels)


class Selections(Record):
    """What ``data/recorded/selection.yaml`` says."""

    runs: tuple[Selection, ...]
    live: tuple[Slug, ...]
    """The cases of the demonstration's live audit."""


@cache
def selections() -> Selections:
    """The selections of this installation, read once."""
    text = (data() / FOLDER / SELECTION).read_text(encoding="utf-8")
    return Selections.model_validate(yaml.safe_load(text))


def selection(name: str) -> Selection:
    """One selection by its name. Raises ``UnknownName``."""
    known = {found.name: found for found in selections().runs}
    if name not in known:
        raise UnknownName("recorded run", name, known)
    return known[name]


def install(workspace: Workspace) -> str | None:
    """Copy the recorded runs and their suites into the workspace.

    The id of the one with most answers, which is the one to begin with; None: none ships.
    """
    source = data() / FOLDER
    for kind in ("suites", "runs"):
        for folder in sorted((source / kind).glob("*")):
            target = workspace.path / kind / folder.name
            if folder.is_dir() and not target.exists():
                partial = target.with_name(f".{target.name}.copying")
                shutil.rmtree(partial, ignore_errors=True)
                shutil.copytree(folder, partial)
                partial.rename(target)
    plans = sorted(source.glob("runs/*/plan.json"))
    return max(plans, key=_expected).parent.name if plans else None


def record(
    workspace: Workspace, name: str, out: Path | None, *, concurrency: int | None = None
) -> None:
    """Make a recorded run. Resumes where it stopped.

    Writes suite and run to ``out``, which must not hold a run of that title.
    """
    chosen = selection(name)
    stages(chosen.systems)
    built = chosen.suite()
    suite.freeze(built, workspace.suites)
    begun = [
        plan.parent.name
        for plan in sorted(workspace.runs.glob("[!.]*/plan.json"))
        if _asks(workspace, plan.parent.name) == (built.suite_id, chosen.title)
    ]
    run_id = begun[-1] if begun else _plan(workspace, built, chosen)
    code = carry_out(workspace, run_id, concurrency=concurrency)
    if code != 0:
        raise typer.Exit(code)
    target = out or data() / FOLDER
    if any(_title(plan) == chosen.title for plan in target.glob("runs/*/plan.json")):
        raise WorkspaceDamaged(f"{target} holds {chosen.title!r} already; remove it first")
    for kind, id_ in (("suites", built.suite_id), ("runs", run_id)):
        shutil.copytree(workspace.path / kind / id_, target / kind / id_)
    size = sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    typer.echo(f"recorded run {run_id} in {target}: {size / 1e6:.1f} MB in all")


def _plan(workspace: Workspace, built: suite.Suite, chosen: Selection) -> str:
    systems = run.systems(chosen.systems)
    planned = run.plan(
        workspace, built, systems, repeats=chosen.repeats, seed=SEED, title=chosen.title
    )
    return planned.id


def _asks(workspace: Workspace, run_id: str) -> tuple[str, str]:
    plan = run.load(workspace, run_id)
    return plan.suite_id, plan.title


def _expected(plan: Path) -> int:
    return int(json.loads(plan.read_text(encoding="utf-8"))["n_expected"])


def _title(plan: Path) -> str:
    return str(json.loads(plan.read_text(encoding="utf-8"))["title"])
