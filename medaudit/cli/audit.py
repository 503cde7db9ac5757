"""The journal of what people decided."""

from __future__ import annotations

from typing import Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

audit_app = group("The journal of what people decided.")


@audit_app.command("verify")
def audit_verify(
    anchor: Annotated[str | None, typer.Option(help="A head hash printed earlier")] = None,
    home: Home = None,
) -> None:
    """Verify the hash chain over every event. Exit 1 at the first fault."""
    from medaudit.journal import Journal

    workspace = workspace_of(home)
    if not workspace.journal.exists():
        say("no journal yet: it begins with the first queue, medaudit queue draw RUN --name NAME")
        raise typer.Exit(0 if anchor is None else 1)
    with Journal.open(workspace.journal) as journal:
        faults = journal.verify(anchor=anchor)
        head = journal.head()
    for fault in faults:
        say(str(fault))
    if not faults:
        say(f"{head.seq} events, chain unbroken, head {head.hash}")
        if anchor is None:
            say("a cut tail shows only against a head kept elsewhere: pass --anchor")
    raise typer.Exit(1 if faults else 0)
