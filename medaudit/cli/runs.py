"""Runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

run_app = group("Put a suite to systems under test.")
Concurrency = Annotated[int | None, typer.Option(help="Calls at a time", min=1)]
Requests = Annotated[
    float | None, typer.Option("--requests-per-minute", help="Of each account", min=0.01)
]
Tokens = Annotated[
    float | None, typer.Option("--tokens-per-minute", help="Prompts and answers together", min=1)
]
Dollars = Annotated[
    float | None, typer.Option("--budget-usd", help="No call begins that could exceed it", min=0.01)
]
GiveUp = Annotated[
    int,
    typer.Option(
        "--give-up-after",
        help="Silent answers in a row after which a system is out of reach; 0: never",
        min=0,
    ),
]
Executor = Annotated[
    Literal["local", "ray"], typer.Option(help="Who makes the calls; ray: docs/guides/ray.md")
]
RayAddress = Annotated[
    str | None, typer.Option("--ray-address", help="Of a cluster; default: one is started here")
]
Workers = Annotated[int | None, typer.Option(help="Of the executor ray", min=1, max=256)]


@run_app.command("start")
def run_start(
    suite_id: Annotated[str, typer.Argument(help="From `medaudit suite list`")],
    system: Annotated[list[str], typer.Option(help="System id; see `medaudit model list`")],
    repeats: Annotated[int, typer.Option(min=1, help="Answers to each variant")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the run")] = 2026,
    title: Annotated[str, typer.Option(help="What people read")] = "",
    concurrency: Concurrency = None,
    requests_per_minute: Requests = None,
    tokens_per_minute: Tokens = None,
    budget_usd: Dollars = None,
    give_up_after: GiveUp = 10,
    executor: Executor = "local",
    ray_address: RayAddress = None,
    workers: Workers = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Hand everything over and exit; see `run collect`")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it could cost; ask and write nothing")
    ] = False,
    home: Home = None,
) -> None:
    """Plan a run and carry it out. Interrupted runs go on with `medaudit run resume`."""
    from medaudit import run, suite
    from medaudit.errors import UnknownName
    from medaudit.terminal import carry_out, hand_over, stages, tell_cost

    workspace = workspace_of(home)
    folder = workspace.suite(suite_id)
    if not folder.is_dir():
        raise UnknownName("suite", suite_id, [p.name for p in workspace.suites.glob("[!.]*")])
    loaded = suite.load(folder)
    systems = run.systems(system)
    options = run.Options(
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        give_up_after=give_up_after or None,
        executor=executor,
        ray_address=ray_address,
        workers=workers,
    )
    if dry_run:
        plan = run.draft(loaded, systems, repeats, seed, budget_usd=budget_usd)
        raise typer.Exit(tell_cost(plan, loaded, options, batch=batch))
    stages(tuple(system))  # a model that cannot be had leaves no run behind
    systems, notes = run.snapshot(systems)
    for note in [*notes, *run.retiring(systems)]:
        say(note)
    plan = run.plan(
        workspace,
        loaded,
        systems,
        repeats=repeats,
        seed=seed,
        title=title or f"{len(loaded.cases)} cases on {', '.join(system)}",
        budget_usd=budget_usd,
        batch=batch,
    )
    go_on = hand_over if batch else carry_out
    raise typer.Exit(go_on(workspace, plan.id, options=options))


@run_app.command("resume")
def run_resume(
    run_id: str,
    concurrency: Concurrency = None,
    requests_per_minute: Requests = None,
    tokens_per_minute: Tokens = None,
    budget_usd: Dollars = None,
    give_up_after: GiveUp = 10,
    executor: Executor = "local",
    ray_address: RayAddress = None,
    workers: Workers = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Hand over what is missing and exit")
    ] = False,
    home: Home = None,
) -> None:
    """Go on where a run stopped. What has an answer is not asked again."""
    from medaudit import run
    from medaudit.terminal import carry_out, hand_over

    options = run.Options(
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        budget_usd=budget_usd,
        give_up_after=give_up_after or None,
        executor=executor,
        ray_address=ray_address,
        workers=workers,
    )
    go_on = hand_over if batch else carry_out
    raise typer.Exit(go_on(workspace_of(home), run_id, options=options))


@run_app.command("collect")
def run_collect(run_id: str, home: Home = None) -> None:
    """Fetch the answers of batches that have ended. Exit 75: some are still out, try later."""
    from medaudit.terminal import collect

    raise typer.Exit(collect(workspace_of(home), run_id))


@run_app.command("cancel")
def run_cancel(
    run_id: str,
    now: Annotated[bool, typer.Option("--now", help="Cut off the calls in flight")] = False,
    home: Home = None,
) -> None:
    """Stop a run that another process carries out. It can be resumed."""
    from medaudit import run

    run.cancel(workspace_of(home), run_id, now=now)
    say(f"{run_id} was asked to stop; see `medaudit run list`")


@run_app.command("rescore")
def run_rescore(
    run_id: str,
    scorer: Annotated[list[str] | None, typer.Option(help="Scorer; default all")] = None,
    similarity: Annotated[
        Path | None,
        typer.Option(help="GGUF of an embedding model: nearness to the safe examples, alone"),
    ] = None,
    nli: Annotated[
        Path | None,
        typer.Option(help="Folder of an NLI model (ONNX): which facts follow, alone"),
    ] = None,
    home: Home = None,
) -> None:
    """Score a finished run with this installation's scorers. Nothing is asked; rows are added."""
    from medaudit import run
    from medaudit.errors import BadInput

    if sum(bool(given) for given in (scorer, similarity, nli)) > 1:
        raise BadInput("one of --scorer, --similarity and --nli", field="scorer")
    if nli is not None:
        added = run.rescore_nli(workspace_of(home), run_id, nli)
    elif similarity is not None:
        added = run.rescore_similarity(workspace_of(home), run_id, similarity)
    else:
        added = run.rescore(workspace_of(home), run_id, scorer)
    say(f"{run_id}: {added} score(s) added")


@run_app.command("list")
def run_list(home: Home = None) -> None:
    """List the runs of the workspace with what they expected and received."""
    from medaudit import run
    from medaudit.errors import WorkspaceDamaged
    from medaudit.terminal import describe

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
        counts = f"{path.parent.name}  {state.received} of {state.expected} answers  {state.state}"
        say("  ".join(filter(None, (counts, describe(state)))))
    if not plans:
        say("no runs yet: medaudit run start")
    raise typer.Exit(damaged)
