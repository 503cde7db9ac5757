"""The offline model and the systems of this installation."""

from __future__ import annotations

from medaudit.cli.parts import group, say

model_app = group("The offline demonstration model.")


@model_app.command("list")
def model_list() -> None:
    """List the systems that this installation knows, and what a million tokens of each cost."""
    from medaudit import run
    from medaudit.run.prices import free, price_of

    for system in run.systems():
        price = price_of(system)
        if free(system):
            cost = "runs here"
        elif price is None:
            cost = "price unknown"
        else:
            cost = f"${price.usd_in:g} in, ${price.usd_out:g} out, read {price.checked}"
        say(f"{system.id:24} {system.title}  ({cost})")


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
