"""Queues of blind review."""

from __future__ import annotations

from typing import Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

queue_app = group("Queues of blind review.")


@queue_app.command("draw")
def queue_draw(
    run_id: str,
    name: Annotated[str, typer.Option(help="Name of the queue")],
    n: Annotated[int, typer.Option(min=1, help="Items to draw")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the draw")] = 2026,
    actor: Annotated[str, typer.Option(help="Who draws")] = "lead",
    home: Home = None,
) -> None:
    """Draw answers for blind review with known inclusion probabilities."""
    from medaudit import run
    from medaudit.journal import Journal
    from medaudit.review import Actor, draw_queue
    from medaudit.store import Store

    workspace = workspace_of(home)
    run.load(workspace, run_id)
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        items = draw_queue(
            store,
            journal,
            Actor(actor, "lead"),
            run_id=run_id,
            queue=name,
            n=n,
            seed=seed,
        )
    say(f"queue {name}: {len(items)} items drawn with seed {seed}")
