"""Runs."""

from __future__ import annotations

from typing import Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

run_app = group("Put a suite to systems under test.")


@run_app.command("start")
def run_start(
    suite_id: Annotated[str, typer.Argument(help="From `medaudit suite list`")],
    system: Annotated[list[str], typer.Option(help="System id; see `medaudit model list`")],
    repeats: Annotated[int, typer.Option(min=1, help="Answers to each variant")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the run")] = 2026,
    title: Annotated[str, typer.Option(help="What people read")] = "",
    concurrency: Annotated[int | None, typer.Option(help="Calls at a time", min=1)] = None,
    home: Home = None,
) -> None:
    """Plan a run and carry it out. Interrupted runs go on with `medaudit run resume`."""
    from medaudit import run, suite
    from medaudit.errors import UnknownName
    from medaudit.terminal import carry_out, stages

    workspace = workspace_of(home)
    folder = workspace.suite(suite_id)
    if not folder.is_dir():
        raise UnknownName("suite", suite_id, [p.name for p in workspace.suites.glob("[!.]*")])
    loaded = suite.load(folder)
    stages(tuple(system))  # a model that cannot be had leaves no run behind
    plan = run.plan(
        workspace,
        loaded,
        run.systems(system),
        repeats=repeats,
        seed=seed,
        title=title or f"{len(loaded.cases)} cases on {', '.join(system)}",
    )
    raise typer.Exit(carry_out(workspace, plan.id, concurrency=concurrency))


@run_app.command("resume")
def run_resume(
    run_id: str,
    concurrency: Annotated[int | None, typer.Option(help="Calls at a time", min=1)] = None,
    home: Home = None,
) -> None:
    """Go on where a run stopped. What has an answer is not asked again."""
    from medaudit.terminal import carry_out

    raise typer.Exit(carry_out(workspace_of(home), run_id, concurrency=concurrency))


@run_app.command("list")
def run_list(home: Home = None) -> None:
    """List the runs of the workspace with what they expected and received."""
    from medaudit import run
    from medaudit.errors import WorkspaceDamaged

    workspace = workspace_of(home)
    plans = sorted(workspace.runs.glob("[!.]*/plan.json"))
    damaged = 0
    for path in plans:
        try:
            state = run.status(workspace, path.parent.name)
        except WorkspaceDamaged as error:
            damaged = error.exit_code
            say(f"{path.parent.name}  damaged: {error}")
            continue
        say(f"{path.parent.name}  {state.received} of {state.expected} answers  {state.state}")
    if not plans:
        say("no runs yet: medaudit run start")
    raise typer.Exit(damaged)
