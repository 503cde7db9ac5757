"""A workspace in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medaudit.cli.parts import Home, say, workspace_of


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="A new file; default: in the workspace's backups")
    ] = None,
    runs: Annotated[
        bool, typer.Option(help="Hold the files of runs, or only name them with their hashes")
    ] = True,
    home: Home = None,
) -> None:
    """Back up journal, suites and runs to one file, while others go on working."""
    from datetime import UTC, datetime

    from medaudit.backup import backup as write

    workspace = workspace_of(home)
    named = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    target = file if file is not None else workspace.backups / named
    manifest = write(workspace, target, with_runs=runs)
    left = len(manifest.files) - len(manifest.inside)
    say(f"{target}: {manifest.events} events, {len(manifest.inside)} files, head {manifest.head}")
    if left > 0:
        say(f"{left} files of runs are only named; keep them elsewhere")
    say("it holds password hashes and unfinished notes: keep it as safe as the workspace")


def restore(
    file: Path,
    home: Annotated[Path, typer.Option(help="An empty or new folder")],
    anchor: Annotated[
        str | None, typer.Option(help="A head kept elsewhere that the backup must hold")
    ] = None,
) -> None:
    """Check a backup whole, then put it into an empty folder. A damaged one writes nothing."""
    import os

    from medaudit.backup import restore as put

    manifest = put(file, home, anchor=anchor)
    say(f"{home}: {manifest.events} events, chain unbroken, head {manifest.head}")
    if any(not part.inside for part in manifest.files):
        say("some files of runs were only named: `medaudit doctor` lists what to put back")
    if os.environ.get("MEDAUDIT_JOURNAL"):
        say("MEDAUDIT_JOURNAL names a database, which is as it was: this journal is in journal.db;")
        say("to serve it from an empty database: medaudit journal move --to URL")
