"""The demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medaudit.cli.parts import Home, Port, workspace_of

demo_app = typer.Typer(help="The demonstration.", invoke_without_command=True)


@demo_app.callback()
def demo(
    context: typer.Context,
    port: Port = 8501,
    home: Home = None,
    live: Annotated[bool, typer.Option(help="Also run a live audit on the local model")] = True,
    wait: Annotated[bool, typer.Option(help="Keep serving after the live audit")] = True,
) -> None:
    """Open the dashboard with the recorded run and audit the local model live."""
    if context.invoked_subcommand is None:
        from medaudit.demo import show

        show(workspace_of(home), port=port, live=live, wait=wait)


@demo_app.command("record")
def demo_record(
    name: Annotated[str, typer.Argument(help="From data/recorded/selection.yaml")] = "narrative",
    home: Home = None,
    out: Annotated[Path | None, typer.Option(help="Default: data/recorded")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Calls at a time", min=1)] = None,
) -> None:
    """Make a recorded run again, on the local model."""
    from medaudit.recorded import record

    record(workspace_of(home, create=True), name, out, concurrency=concurrency)
