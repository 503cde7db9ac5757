"""The tutorial workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medaudit.cli.parts import say

FOLDER = Path(".medaudit-tutorial")


def tutorial(
    home: Annotated[
        Path, typer.Option(help="Folder of its own, never that of real reviews")
    ] = FOLDER,
    with_simulated_readers: Annotated[
        bool,
        typer.Option("--with-simulated-readers", help="Add two made-up readers, labelled as such"),
    ] = False,
) -> None:
    """Make a workspace with ten practice answers and a worked key."""
    from medaudit.tutorial import NOTICE, make
    from medaudit.workspace import Workspace

    make(Workspace(home), simulated_readers=with_simulated_readers)
    say(NOTICE)
    if with_simulated_readers:
        say("Two simulated readers have graded; their figures are of nobody.")
    say(f"practise with: medaudit serve --home {home}")
    say("then open Review and choose the queue tutorial")
