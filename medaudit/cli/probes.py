"""Probes: the list of them, and what one makes of a case."""

from __future__ import annotations

from typing import Annotated

import typer

from medaudit.cli.parts import group, say

probe_app = group("What is done to a case, and how well it fits the bank.")


@probe_app.command("list")
def probe_list(
    family: Annotated[list[str] | None, typer.Option(help="Families; default: all")] = None,
) -> None:
    """Each probe with its doses, the cases that it fits, and the share of valid variants."""
    from medaudit.errors import UnknownName
    from medaudit.gallery import families, fits

    for name in family or families():
        if name not in families():
            raise UnknownName("family", name, families())
        say(name)
        for row in fits(name):
            probe = row.probe
            levels = ",".join(str(level) for level in probe.levels)
            kinds = f", {len(probe.arms)} kinds" if probe.arms else ""
            say(
                f"  {probe.name} v{probe.version}, levels {levels}{kinds}: fits {row.n_applies} of "
                f"{row.n_cases} cases, {row.n_valid} of {row.n_variants} variants valid"
            )
            say(f"    {probe.purpose}")
            say(f"    source: {probe.source}")
            if row.n_applies < row.n_cases:
                say(f"    skipped {row.skipped}")


@probe_app.command("show")
def probe_show(
    name: Annotated[str, typer.Argument(help="From `medaudit probe list`")],
    case: Annotated[str | None, typer.Option(help="Case id; default: one that it fits")] = None,
    level: Annotated[int | None, typer.Option(help="Dose; default: that of a suite")] = None,
    arm: Annotated[str | None, typer.Option(help="One kind; default: all that fit")] = None,
) -> None:
    """Print a case as the probe puts it, with the checks that it passes or fails."""
    from medaudit.errors import UnknownName
    from medaudit.gallery import bank, example_case, examples
    from medaudit.probes import REGISTRY

    probe = REGISTRY.load(name)
    cases = {known.id: known for known in bank()}
    if case is not None and case not in cases:
        raise UnknownName("case", case, cases)
    shown = example_case(probe) if case is None else cases[case]
    for made in examples(probe, shown, level):
        if arm is not None and made.arm != arm:
            continue
        failed = [check for check in made.checks if not check.passed]
        kind = f", {made.arm}" if made.arm else ""
        say(f"{shown.id}, {probe.name} {made.level}{kind}: expected {made.expectation}")
        say("valid" if not failed else "; ".join(f"{c.name}: {c.reason}" for c in failed))
        for message in made.messages:
            say(f"\n[{message.role}]\n{message.text}")
        say()
