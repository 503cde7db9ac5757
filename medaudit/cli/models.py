"""The offline model and the systems of this installation."""

from __future__ import annotations

from medaudit.cli.parts import group, say

model_app = group("The offline demonstration model.")


@model_app.command("list")
def model_list() -> None:
    """List the systems that this installation knows."""
    from medaudit import run

    for system in run.systems():
        say(f"{system.id:24} {system.title}")


@model_app.command("fetch")
def model_fetch() -> None:
    """Download and check the offline model and build its quantised twins."""
    from medaudit import offline_model, run
    from medaudit.precision import PRECISIONS
    from medaudit.terminal import stages

    stages(tuple(system.id for system in run.systems() if system.provider == "local"))
    for precision in PRECISIONS:
        found = offline_model.weights(precision)
        say(f"{found.path}  {found.path.stat().st_size / 1e6:.0f} MB  {found.sha256[:12]}")
