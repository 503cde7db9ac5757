"""Judges put to a finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medaudit.cli.parts import Home, say, workspace_of
from medaudit.cli.runs import Concurrency, Dollars, GiveUp, Requests, Tokens

if TYPE_CHECKING:
    from medaudit.run.panels import Step


def judge(
    run_id: str,
    judge: Annotated[
        list[str], typer.Option(help="System id, see `medaudit model list`; several make a panel")
    ],
    kind: Annotated[
        list[str] | None, typer.Option(help="Kind of judge, repeatable; default rubric_judge")
    ] = None,
    force_own_vendor: Annotated[
        bool,
        typer.Option("--force-own-vendor", help="Let judges judge their own kind; badged"),
    ] = False,
    budget_usd: Dollars = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it could cost; ask and write nothing")
    ] = False,
    concurrency: Concurrency = None,
    requests_per_minute: Requests = None,
    tokens_per_minute: Tokens = None,
    give_up_after: GiveUp = 10,
    home: Home = None,
) -> None:
    """Put the answers of a finished run to judges that withstand the pack of attacks.

    Stopped at any moment, the same command goes on. The budget is that of all the judges named,
    from their first call.
    """
    from medaudit import run
    from medaudit.judges import REGISTRY
    from medaudit.terminal import judging_bar, tell_judging_cost

    workspace = workspace_of(home)
    judges = run.systems(judge)
    kinds = [REGISTRY.load(name) for name in (kind or ["rubric_judge"])]
    options = run.Options(
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        budget_usd=budget_usd,
        give_up_after=give_up_after or None,
    )
    if dry_run:
        free = run.Options(requests_per_minute=requests_per_minute)
        asked = (workspace, run_id, judges, kinds)
        rows = run.judging_forecast(*asked, force_own_vendor=force_own_vendor, options=free)
        raise typer.Exit(tell_judging_cost(rows, budget_usd))
    bar, draw = judging_bar()
    held_back, stopped = False, False
    with bar:
        for step in run.judge_all(
            workspace,
            run_id,
            judges,
            kinds,
            force_own_vendor=force_own_vendor,
            options=options,
            on_progress=draw,
        ):
            _say(step)
            stopped, held_back = not step.outcome.done, step.outcome.held_back
    if stopped:
        say(
            f"the budget of ${budget_usd:.2f} holds no further call; give the same command a "
            "larger one"
            if held_back
            else "stopped; the same command goes on, and what has a reply is not asked again"
        )
        raise typer.Exit(run.INTERRUPTED_EXIT)


def _say(step: Step) -> None:
    """What one judge or a panel came to."""
    from medaudit.judges.words import said

    found = step.outcome
    if not found.done:
        return
    say(f"{step.who}, {step.kind}: {found.added} score(s) added")
    for label, n in sorted(found.labels.items()):
        say(f"  {n} of {found.answers} answers: {said(label)}")
    if found.canaries > 0:
        held = found.canaries - len(found.tripped)
        say(f"  withstood {held} of {found.canaries} answers made to mislead it")
    for line in found.tripped:
        say(f"  judge_integrity suspect: {line}")
