"""The demonstration: a recorded run to look at, and a live audit beside it on the same model."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
import yaml

from medaudit import run, serve, suite
from medaudit.bank import load
from medaudit.errors import MedauditError, WorkspaceDamaged
from medaudit.journal import Journal
from medaudit.probes import REGISTRY
from medaudit.resources import data
from medaudit.review import Actor, QueueSettings, draw_queue, queues
from medaudit.store import Store
from medaudit.terminal import carry_out, stages
from medaudit.workspace import Workspace

LADDER = ("smollm2-q8_0", "smollm2-q4_1", "smollm2-q4_0", "smollm2-rtn3")
LIVE = ("smollm2-q8_0", "smollm2-q4_0")
LIVE_CASES = 6
SEED = 20260601
RECORDED = "recorded"
SELECTION = "selection.yaml"
QUEUE, QUEUE_SIZE = "first-review", 50
LIVE_TITLE = "Live audit on this machine"
END_S = 10.0
"""How long the dashboard may take to end before it is killed."""


def install(workspace: Workspace) -> str | None:
    """Copy the recorded run and its suite into the workspace; the run's id, None if none ships."""
    source = data() / RECORDED
    plans = sorted(source.glob("runs/*/plan.json"))
    for kind in ("suites", "runs"):
        for folder in sorted((source / kind).glob("*")):
            target = workspace.path / kind / folder.name
            if folder.is_dir() and not target.exists():
                partial = target.with_name(f".{target.name}.copying")
                shutil.rmtree(partial, ignore_errors=True)
                shutil.copytree(folder, partial)
                partial.rename(target)
    return plans[-1].parent.name if plans else None


def show(workspace: Workspace, *, port: int, live: bool, wait: bool) -> None:
    """Serve the dashboard, audit the local model live, keep serving until interrupted."""
    workspace.require_own_journal("the demo")
    serve.require_free_port(port)
    workspace.create()
    recorded = install(workspace)
    if recorded is not None:
        _first_queue(workspace, recorded)
    else:
        what = "the live audit comes first" if live else "the dashboard is empty"
        typer.echo(f"no recorded run ships with this installation; {what}")
    log = workspace.path / "server.log"
    with _ends_on_signals():
        server = serve.start(port, str(log))
        try:
            serve.wait_healthy(server, port)
            typer.echo(f"medaudit is on http://127.0.0.1:{port}")
            sys.stdout.flush()
            if live:
                _live_or_why_not(workspace)
            if wait:
                _wait(server, port, log)
        except KeyboardInterrupt:
            typer.echo(f"\nstopped; everything is kept in {workspace.path}")
        finally:
            _end(server)


def _first_queue(workspace: Workspace, run_id: str) -> None:
    """A queue to grade from, drawn once, so that a reviewer can begin at once."""
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        if not queues(store):
            lead = Actor("demonstration", "lead")
            drawn = QueueSettings(queue=QUEUE, run_id=run_id, n=QUEUE_SIZE, seed=SEED)
            draw_queue(store, journal, lead, drawn)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    typer.echo(f"open http://127.0.0.1:{port}; Ctrl-C ends the server")
    sys.stdout.flush()
    while server.poll() is None:
        time.sleep(0.5)
    raise MedauditError(f"the dashboard ended; see {log}")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=END_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextmanager
def _ends_on_signals() -> Iterator[None]:
    """SIGTERM ends the demonstration as Ctrl-C does, so that no server is left behind."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _live_or_why_not(workspace: Workspace) -> None:
    """The live audit. What stops it is said, and the dashboard stays."""
    try:
        _live(workspace)
    except MedauditError as error:
        typer.echo(f"no live audit: {error}")
    finally:
        # A run gives SIGTERM back to the system when it ends.
        signal.signal(signal.SIGTERM, _interrupt)


def _live(workspace: Workspace) -> None:
    """Six cases, original and six probes, on two precisions; resumes an earlier one."""
    for path in sorted(workspace.runs.glob("[!.]*/plan.json")):
        name = path.parent.name
        if run.load(workspace, name).title != LIVE_TITLE:
            continue  # somebody's own run may cost money: never gone on with unasked
        state = run.status(workspace, name)
        if state.received < state.expected:
            typer.echo(f"going on with {name}")
            carry_out(workspace, name)
            return
    stages(LIVE)
    cases = load(data() / "cases")
    chosen = cases[:: max(1, len(cases) // LIVE_CASES)][:LIVE_CASES]
    built = suite.build(chosen)
    suite.freeze(built, workspace.suites)
    plan = run.plan(
        workspace,
        built,
        run.systems(LIVE),
        repeats=1,
        seed=SEED,
        title=LIVE_TITLE,
    )
    carry_out(workspace, plan.id)


def selection() -> suite.Suite:
    """The suite of the recorded run: the cases and probes that its list names, from the bank."""
    path = data() / RECORDED / SELECTION
    named = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = {case.id: case for case in load(data() / "cases")}
    probes = [REGISTRY.load(name) for name in named["probes"]]
    return suite.build([cases[name] for name in named["cases"]], probes, levels=named["levels"])


def record(workspace: Workspace, out: Path | None, *, concurrency: int | None = None) -> None:
    """Make the recorded run: its selection of cases and probes, two repeats, four precisions.

    Resumes where it stopped. Writes suite and run to ``out``, which must not hold another run.
    """
    stages(LADDER)
    built = selection()
    suite.freeze(built, workspace.suites)
    title = f"Recorded: {len(built.cases)} cases, four precisions, two repeats"
    unfinished = [
        path.parent.name
        for path in sorted(workspace.runs.glob("[!.]*/plan.json"))
        if run.load(workspace, path.parent.name).suite_id == built.suite_id
        and run.load(workspace, path.parent.name).title == title
    ]
    run_id = (
        unfinished[-1]
        if unfinished
        else run.plan(workspace, built, run.systems(LADDER), repeats=2, seed=SEED, title=title).id
    )
    code = carry_out(workspace, run_id, concurrency=concurrency)
    if code != 0:
        raise typer.Exit(code)
    target = out or data() / RECORDED
    if any(target.glob("runs/*/plan.json")):
        raise WorkspaceDamaged(f"{target} holds a recorded run already; remove it first")
    for kind, name in (("suites", built.suite_id), ("runs", run_id)):
        shutil.copytree(workspace.path / kind / name, target / kind / name)
    size = sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    typer.echo(f"recorded run {run_id} in {target}: {size / 1e6:.1f} MB")
