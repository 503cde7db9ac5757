"""The journal's place."""

from __future__ import annotations

from typing import Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

journal_app = group("Where the journal is kept.")


@journal_app.command("move")
def journal_move(
    to: Annotated[
        str | None,
        typer.Option(
            help="URL of an empty PostgreSQL database; default MEDAUDIT_JOURNAL", show_default=False
        ),
    ] = None,
    home: Home = None,
) -> None:
    """Move the journal's file to PostgreSQL: the same events, the same hashes, the same head."""
    import os

    from medaudit.errors import BadInput
    from medaudit.journal import move

    url = to or os.environ.get("MEDAUDIT_JOURNAL")
    if not url:
        raise BadInput("say where to: --to URL, or set MEDAUDIT_JOURNAL", field="to")
    workspace = workspace_of(home)
    head = move(workspace.journal_file, url)
    say(f"{head.seq} events moved, chain unbroken, head {head}")
    say(f"{workspace.journal_file} takes nothing more; keep it as a backup")
    say("set MEDAUDIT_JOURNAL to that URL for every medaudit process")
