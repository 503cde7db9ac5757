"""What all commands share: the workspace, a line of output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from medaudit.store import Store
    from medaudit.workspace import Workspace

Home = Annotated[
    Path | None,
    typer.Option(help="Workspace folder; default MEDAUDIT_HOME or .medaudit", show_default=False),
]
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1", min=1, max=65535)]


def group(text: str) -> typer.Typer:
    """The commands about one noun. Called without one it shows them."""
    return typer.Typer(help=text, no_args_is_help=True)


def workspace_of(home: Path | None, *, create: bool = False) -> Workspace:
    from medaudit.workspace import Workspace

    workspace = Workspace(home) if home is not None else Workspace.current()
    os.environ["MEDAUDIT_HOME"] = str(workspace.path.resolve())
    return workspace.create() if create else workspace


def say(text: str = "") -> None:
    """A line for people, on standard output."""
    typer.echo(text)


def head_of(store: Store) -> str:
    """Of which journal printed figures are: the number and hash of its newest event."""
    head = store.journal_head()
    return "no journal yet" if head is None else f"journal head {head}"
