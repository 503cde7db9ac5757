"""The command line. Every command imports what it needs when it is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from medaudit.cli.attacks import attack_app
from medaudit.cli.audit import audit_app
from medaudit.cli.backup import backup, restore
from medaudit.cli.cases import case_app, suite_app
from medaudit.cli.demo import demo_app
from medaudit.cli.estimates import estimate
from medaudit.cli.journal import journal_app
from medaudit.cli.judging import judge
from medaudit.cli.models import model_app
from medaudit.cli.parts import Home, Port, say, workspace_of
from medaudit.cli.people import user_app
from medaudit.cli.probes import probe_app
from medaudit.cli.quality import quality
from medaudit.cli.queues import queue_app
from medaudit.cli.runs import run_app
from medaudit.cli.tutorial import tutorial

app = typer.Typer(
    name="medaudit",
    help="Stress-audit clinical language models with clinicians in the loop.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for name, part in (
    ("demo", demo_app),
    ("case", case_app),
    ("probe", probe_app),
    ("suite", suite_app),
    ("run", run_app),
    ("attack", attack_app),
    ("queue", queue_app),
    ("user", user_app),
    ("audit", audit_app),
    ("journal", journal_app),
    ("model", model_app),
):
    app.add_typer(part, name=name)
app.command()(estimate)
app.command()(judge)
app.command()(quality)
app.command()(tutorial)
app.command()(backup)
app.command()(restore)


@app.command()
def version() -> None:
    """Print the version."""
    from medaudit import __version__

    say(__version__)


@app.command()
def serve(
    port: Port = 8501,
    host: Annotated[
        str, typer.Option(help="Address to serve on; another than this machine's needs sign-in")
    ] = "127.0.0.1",
    home: Home = None,
) -> None:
    """Open the dashboard, on 127.0.0.1 unless --host says otherwise."""
    from medaudit.review.sign_in import is_loopback
    from medaudit.serve import command, require_free_port, require_servable

    workspace_of(home)
    mode = require_servable(host)
    require_free_port(port, host)
    say(f"medaudit is on http://{f'[{host}]' if ':' in host else host}:{port}")
    if mode == "local" and not is_loopback(host):
        say("put TLS in front of it: without, passwords cross the network as they are typed")
    sys.stdout.flush()
    argv, environment = command(port, host)
    os.execve(argv[0], argv, environment)  # noqa: S606


@app.command()
def doctor(
    backups: Annotated[Path | None, typer.Option(help="A folder that holds backups")] = None,
    home: Home = None,
) -> None:
    """Check suites, runs and journal, and say which backup fits. Exit 1 when something is wrong."""
    from medaudit.doctor import examine

    findings = examine(workspace_of(home), backups)
    for finding in findings:
        say(finding)
    say(f"{len(findings)} fault(s) found" if findings else "no faults found")
    raise typer.Exit(1 if findings else 0)


def main() -> None:
    """Entry point: prints a ``MedauditError`` without a traceback and returns its exit code."""
    from medaudit.errors import MedauditError

    try:
        app()
    except MedauditError as error:
        typer.echo(f"medaudit: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
