"""Queues of blind review: drawn, listed, looked at, added to, closed."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

queue_app = group("Queues of blind review.")


class Design(StrEnum):
    risk = "risk"
    stratified = "stratified"
    uniform = "uniform"


class Allocation(StrEnum):
    neyman = "neyman"
    proportional = "proportional"


class Kind(StrEnum):
    single = "single"
    pair = "pair"


class Reveal(StrEnum):
    at_once = "at_once"
    end_of_block = "end_of_block"
    never = "never"


Actor_ = Annotated[str, typer.Option("--actor", help="Who does it, as the journal keeps it")]


@queue_app.command("draw")
def queue_draw(
    run_id: str,
    name: Annotated[str, typer.Option(help="Name of the queue")],
    n: Annotated[int, typer.Option(min=0, help="Items to draw at random")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the draw")] = 2026,
    kind: Annotated[Kind, typer.Option(help="One answer an item, or a pair")] = Kind.single,
    design: Annotated[Design, typer.Option(help="What chances follow")] = Design.risk,
    allocation: Annotated[
        Allocation, typer.Option(help="How a stratified draw shares n among cells")
    ] = Allocation.neyman,
    passes: Annotated[
        float, typer.Option(min=0, max=1, help="Least share in which nothing is suspected")
    ] = 0.1,
    double: Annotated[float, typer.Option(min=0, max=1, help="Share that two people read")] = 0.2,
    repeat: Annotated[float, typer.Option(min=0, max=1, help="Share that comes again")] = 0.05,
    gold: Annotated[
        list[str] | None, typer.Option(help="Answer with a verdict, for all to read; repeatable")
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option(help="Answer picked by hand: case finding; repeatable")
    ] = None,
    reveal: Annotated[Reveal, typer.Option(help="When scores are shown")] = Reveal.at_once,
    block: Annotated[int, typer.Option(min=1, help="Items to a block")] = 15,
    reserve: Annotated[int, typer.Option(min=1, help="Minutes that a reservation holds")] = 30,
    dimension: Annotated[
        list[str] | None, typer.Option(help="Also to be graded from 1 to 5; repeatable")
    ] = None,
    actor: Actor_ = "lead",
    home: Home = None,
) -> None:
    """Draw answers for blind review with known inclusion probabilities."""
    from medaudit import run
    from medaudit.journal import Journal
    from medaudit.review import draw_queue, settings_of
    from medaudit.review.people import acting
    from medaudit.store import Store

    workspace = workspace_of(home)
    run.load(workspace, run_id)
    settings = settings_of(
        queue=name,
        run_id=run_id,
        kind=kind.value,
        n=n,
        seed=seed,
        design=design.value,
        allocation=allocation.value,
        pass_share=passes,
        double_share=double,
        repeat_share=repeat,
        gold=tuple(gold or ()),
        by_hand=tuple(add or ()),
        reveal=reveal.value,
        block=block,
        reserve_minutes=reserve,
        dimensions=tuple(dimension or ()),
    )
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        items = draw_queue(store, journal, acting(journal, actor), settings)
    drawn = [i.inclusion_probability for i in items if i.inclusion_probability is not None]
    purposes = Counter(i.purpose for i in items)
    say(f"queue {name}: {len(drawn)} items drawn with seed {seed}, {len(items)} in all")
    say("  " + ", ".join(f"{purpose} {count}" for purpose, count in sorted(purposes.items())))
    say(f"  certain {sum(p >= 1 for p in drawn)}, read twice {sum(i.reads == 2 for i in items)}")
    if any(i.purpose in ("gated", "disagreement") and i.inclusion_probability != 1 for i in items):
        say("  not every gated, contradicted or doubted answer fits in half: raise --n for all")


@queue_app.command("list")
def queue_list(home: Home = None) -> None:
    """List the queues with their run, items and reads."""
    from medaudit.store import Store

    with Store.open(workspace_of(home).path) as store:
        for row in store.rows("queue_list"):
            say(
                f"{row['queue']}: run {row['run_id']}, {row['n']} items, "
                f"{row['n_filled']} of {row['n_places']} reads in"
                + ("" if row["closed"] is None else f", closed: {row['closed_reason']}")
            )


@queue_app.command("show")
def queue_show(name: str, home: Home = None) -> None:
    """Show what a queue was drawn with and how far it is. Nobody's grade is shown."""
    from medaudit.review import closing, queue_settings
    from medaudit.store import Store

    with Store.open(workspace_of(home).path) as store:
        settings = queue_settings(store, name)
        shut = closing(store, name)
        if shut is not None:
            say(f"closed {shut.utc:%Y-%m-%d %H:%M} UTC by {shut.by}: {shut.reason}")
        for field, value in settings.model_dump(exclude={"gold", "by_hand"}).items():
            say(f"{field}: {', '.join(value) if isinstance(value, tuple) else value}")
        for row in store.rows("queue_purposes", queue=name):
            say(
                f"{row['purpose']}: {row['n']} items, "
                f"{row['n_filled']} of {row['n_places']} reads in"
            )


@queue_app.command("add")
def queue_add(
    name: str,
    answers: Annotated[list[str], typer.Argument(help="Ids of answers of the queue's run")],
    actor: Actor_ = "lead",
    home: Home = None,
) -> None:
    """Add answers picked by hand: case finding, kept out of every estimate."""
    from medaudit.journal import Journal
    from medaudit.review import add_items
    from medaudit.review.people import acting
    from medaudit.store import Store

    workspace = workspace_of(home)
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        items = add_items(store, journal, acting(journal, actor), name, answers)
    say(f"queue {name}: {len(items)} items added as case finding")


@queue_app.command("close")
def queue_close(
    name: str,
    reason: Annotated[str, typer.Option(help="Why it will not be finished; kept in the journal")],
    actor: Actor_ = "lead",
    home: Home = None,
) -> None:
    """Close a queue for good: open places end, results and exports wait for it no longer."""
    from medaudit.journal import Journal
    from medaudit.review import close_queue
    from medaudit.review.people import acting
    from medaudit.store import Store

    workspace = workspace_of(home)
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        close_queue(store, journal, acting(journal, actor), name, reason)
    say(f"queue {name}: closed; its judgments stay as they are")
