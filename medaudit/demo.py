"""The demonstration: a recorded run to look at, and a live audit beside it on the same model."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from medaudit import run, serve, suite
from medaudit.bank import load
from medaudit.errors import MedauditError
from medaudit.journal import Journal
from medaudit.recorded import SEED, install, selections
from medaudit.resources import data
from medaudit.review import Actor, QueueSettings, draw_queue, queues
from medaudit.store import Store
from medaudit.terminal import carry_out, stages
from medaudit.workspace import Workspace

LIVE = ("smollm2-q8_0", "smollm2-q4_0")
QUEUE, QUEUE_SIZE = "first-review", 50
LIVE_TITLE = "Live audit on this machine"
END_S = 10.0
"""How long the dashboard may take to end before it is killed."""


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
    chosen = selections().live
    built = suite.build(case for case in load(data() / "cases") if case.id in chosen)
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
