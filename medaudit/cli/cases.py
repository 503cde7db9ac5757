"""The case bank and frozen suites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

case_app = group("The case bank.")
suite_app = group("Frozen cases and their stressed variants.")


@case_app.command("check")
def case_check(paths: Annotated[list[Path] | None, typer.Argument()] = None) -> None:
    """Check case files; without a path, the bank of this installation."""
    from medaudit.bank import load
    from medaudit.resources import data

    cases = load(*(paths or [data() / "cases"]))
    say(f"{len(cases)} cases are good")


@suite_app.command("build")
def suite_build(
    cases: Annotated[list[Path] | None, typer.Option(help="Case files or folders")] = None,
    level: Annotated[list[int] | None, typer.Option(help="Dose levels; default 2")] = None,
    family: Annotated[
        list[str] | None, typer.Option(help="Families of probes, or all; default: narrative")
    ] = None,
    probe: Annotated[list[str] | None, typer.Option(help="Single probes, by name")] = None,
    double: Annotated[bool, typer.Option(help="Every two narrative probes composed")] = False,
    arms: Annotated[
        int, typer.Option(min=0, help="Kinds a case of probes that have kinds; 0: all")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the probes")] = 20260601,
    home: Home = None,
) -> None:
    """Freeze cases and variants. The same input gives the same bytes."""
    from medaudit import suite
    from medaudit.bank import image_folders, load
    from medaudit.probes import chosen
    from medaudit.resources import data

    workspace = workspace_of(home, create=True)
    paths = cases or [data() / "cases"]
    built = suite.build(
        load(*paths),
        chosen(family or (), probe or ()),
        levels=tuple(level or (2,)),
        seed=seed,
        double=double,
        arms=None if arms == 0 else arms,
        folders=image_folders(*paths),
    )
    suite.freeze(built, workspace.suites)
    valid = sum(variant.valid for variant in built.variants)
    say(f"suite {built.suite_id}: {len(built.cases)} cases, {len(built.variants)} variants")
    say(f"{valid} of {len(built.variants)} variants pass every check")
    for fault in built.failures():
        say(f"  {fault.case_id} {fault.probe} {fault.level}: {fault.check}: {fault.reason}")


@suite_app.command("write")
def suite_write(
    by: Annotated[str, typer.Option(help="System that writes; see `medaudit model list`")],
    probe: Annotated[list[str] | None, typer.Option(help="Probes whose stress to write")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Families; default narrative")] = None,
    cases: Annotated[list[Path] | None, typer.Option(help="Case files or folders")] = None,
    level: Annotated[list[int] | None, typer.Option(help="Dose levels; default 2")] = None,
    arms: Annotated[int, typer.Option(min=0, help="Kinds a case, where there are; 0: all")] = 1,
    tries: Annotated[int, typer.Option(min=1, max=5, help="Replies a text may take")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of probes and sampling")] = 20260601,
    budget_usd: Annotated[
        float | None, typer.Option("--budget-usd", help="No call begins beyond it", min=0.01)
    ] = None,
    home: Home = None,
) -> None:
    """Have a model write the stress, check every text, freeze what passes.

    The same command goes on where one was stopped, and asks nothing twice.
    """
    from medaudit import run
    from medaudit.bank import load
    from medaudit.probes import chosen
    from medaudit.resources import data
    from medaudit.run.writing import NOTE, write
    from medaudit.terminal import counted, stages

    workspace = workspace_of(home, create=True)
    (system,) = run.systems([by])
    stages((by,))
    with counted("texts") as draw:
        found = write(
            workspace,
            load(*(cases or [data() / "cases"])),
            system,
            chosen(family or (), probe or ()),
            levels=tuple(level or (2,)),
            seed=seed,
            arms=None if arms == 0 else arms,
            tries=tries,
            budget_usd=budget_usd,
            on_progress=lambda s: draw(
                s.accepted + s.rejected, s.asked, f"{s.tries} replies, {s.accepted} accepted"
            ),
        )
    standing, made = found.standing, found.writing
    if made is None:
        say(f"stopped after {standing.tries} replies; the same command goes on")
        raise typer.Exit(run.INTERRUPTED_EXIT)
    say(
        f"{made.n_accepted} of {made.n_asked} rewritings accepted, {made.n_rejected} rejected, "
        f"{made.n_skipped} not asked for; {made.n_tries} tries, {made.n_calls} calls, "
        f"{made.n_in_doubt} in doubt"
    )
    for check, n in made.rejected_by.items():
        say(f"  {n} rejected by {check}")
    say(f"every try: {workspace.written / made.writing_id / NOTE}")
    say(f"suite {made.suite_id}" if made.suite_id else "nothing was accepted: no suite is frozen")


@suite_app.command("list")
def suite_list(home: Home = None) -> None:
    """List the frozen suites of the workspace."""
    from medaudit import suite
    from medaudit.errors import WorkspaceDamaged

    folders = sorted(p for p in workspace_of(home).suites.glob("[!.]*") if p.is_dir())
    damaged = 0
    for folder in folders:
        try:
            loaded = suite.load(folder)
        except WorkspaceDamaged as error:
            damaged = error.exit_code
            say(f"{folder.name}  damaged: {error}")
            continue
        say(f"{loaded.suite_id}  {len(loaded.cases)} cases  {len(loaded.variants)} variants")
    if not folders:
        say("no suites yet: medaudit suite build")
    raise typer.Exit(damaged)
