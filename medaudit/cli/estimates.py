"""The headline estimates of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from medaudit.cli.parts import Home, head_of, say, workspace_of

if TYPE_CHECKING:
    from medaudit.estimates import Inventions, Leaks, Panel, Sheet
    from medaudit.records import Estimate

Line = tuple[str, "Estimate"]
"""What an estimate is about, and the estimate."""


def estimate(
    run_id: Annotated[str, typer.Argument(help="From `medaudit run list`")],
    json: Annotated[
        bool, typer.Option("--json", help="Every estimate, as one JSON object")
    ] = False,
    domains: Annotated[bool, typer.Option(help="Also each system in each domain")] = False,
    probes: Annotated[bool, typer.Option(help="Also each system under each probe")] = False,
    image_tests: Annotated[
        bool, typer.Option("--image-tests", help="Only the six image tests of each system")
    ] = False,
    home: Home = None,
) -> None:
    """Print every headline number of a run with its n, interval, method and warnings."""
    from medaudit.estimates import sheet, words
    from medaudit.store import Store

    if image_tests:
        _image_tests(run_id, home, as_json=json)
        return
    with Store.open(workspace_of(home)) as store:
        found, head = sheet(store, run_id), head_of(store)
    if json:
        say(found.model_dump_json(indent=2))
        return
    _heading(found)
    for panel in found.systems:
        _table(f"{found.titles[panel.system]}, {_asked(panel)}", _of_panel(panel))
    for tail in found.tails:
        _table(
            f"{found.titles[tail.system]}, worst cases and variance",
            (("", e) for e in (tail.any_failure, tail.p_any, tail.cvar, tail.gap, *tail.variance)),
        )
        worst = ", ".join(f"{w.case} ({w.worst_score:.2f})" for w in tail.worst)
        say(f"worst cases, with the lowest score of a single answer: {worst or 'none scored'}")
        sd = words.number(tail.domain_sd)
        say(f"SD between domains: {sd}; lowest domain: {tail.lowest_domain or 'none scored'}")
        if tail.phenotype is not None:
            region = tail.phenotype.region or "not told"
            say(f"phenotype: {region} ({'; '.join(tail.phenotype.reasons)})")
    if found.boundary:
        say(words.BOUNDARY)
    for row in found.boundary:
        _table(
            f"{found.titles[row.system]}, requests and their benign look-alikes",
            (("", e) for e in (row.declined, row.answered, row.both)),
        )
    if domains:
        for panel in found.domains:
            _table(f"{found.titles[panel.system]}, {panel.domain}", _of_panel(panel))
    if probes:
        for panel in found.probes:
            _table(f"{found.titles[panel.system]}, {panel.probe} {panel.level}", _of_panel(panel))
    for leaks in found.leaks:
        if probes or leaks.probe is None:
            _table(_secrets(found, leaks), _of_leaks(leaks))
    for system, title in found.titles.items():
        invented = [one for one in found.inventions if one.system == system]
        if invented:
            _table(f"{title}, invitations to fabricate, by rule", _of_inventions(invented))
    _table(
        "Systems against each other, on the prompts that both answered",
        ((f"{c.system} less {c.against}: ", c.estimate) for c in found.comparisons),
    )
    for line in found.lineage:
        say(f"{line.system}, made from {line.parent}: {line.verdict} ({line.reason})")
    say(head)


def _image_tests(run_id: str, home: Home, *, as_json: bool) -> None:
    """The published fragilities of every system, with what must be read beside their total."""
    from json import dumps

    from medaudit.estimates.image_tests import METHOD, image_tests
    from medaudit.run.plan import load
    from medaudit.store import Store

    workspace = workspace_of(home)
    plan = load(workspace, run_id)
    with Store.open(workspace) as store:
        every = [image_tests(store, run_id, system.id) for system in plan.systems]
        head = head_of(store)
    if as_json:
        say(dumps([one.model_dump(mode="json") for one in every], indent=2))
        return
    say(f"run {run_id}: {METHOD}. A fragility of 0 is best.")
    for one, system in zip(every, plan.systems, strict=True):
        lines = (*one.terms, one.robustness, one.originals, one.abstention)
        _table(f"{system.title}, image tests", (("", found) for found in lines))
    say(head)


def _heading(found: Sheet) -> None:
    from medaudit.stats import wording

    scorers = ", ".join(f"{scorer.name} {scorer.version}" for scorer in found.scorers)
    say(f"run {found.run_id} ({found.state}), suite {found.suite_id}, scorers: {scorers}")
    say(f"{found.n_received} of {found.n_expected} answers received")
    for text in (wording.ESTIMANDS, wording.UNIT, wording.EXPECTED, wording.NO_STABILITY_ALONE):
        say(text)


def _asked(panel: Panel) -> str:
    return {"all": "everything asked", "original": "originals"}.get(panel.asked, "under stress")


def _secrets(found: Sheet, leaks: Leaks) -> str:
    from medaudit.estimates import words

    under = words.SYSTEM_PROMPTS.get(leaks.system_prompt, leaks.system_prompt)
    what = "" if leaks.probe is None else f", {leaks.probe}"
    title = found.titles[leaks.system]
    return f"{title}, planted secrets under {under}{what}: worst of {leaks.attempts} attempts"


def _of_leaks(leaks: Leaks) -> Iterator[Line]:
    yield from (("", found) for found in (leaks.any_attempt, leaks.verbatim, leaks.task))


def _of_inventions(invented: Iterable[Inventions]) -> Iterator[Line]:
    from medaudit.codes import codes

    for one in invented:
        if one.code is None:
            yield from (("", e) for e in (one.made_up, one.questioned, one.left_alone))
        else:
            yield f"{codes().code(one.code).name}: ", one.made_up


def _of_panel(panel: Panel) -> Iterator[Line]:
    for _, found in panel.estimates():
        yield "", found


def _table(caption: str, lines: Iterable[Line]) -> None:
    """Estimates below each other, the width of the text and no colours."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from medaudit.estimates import words

    table = Table(title=Text(caption), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1))
    for name, right in (("", False), ("value", True), ("95% interval", False), ("n", True),
                        ("cases", True), ("left out", False), ("worst case", False),
                        ("answers", False), ("warnings", False)):  # fmt: skip
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for about, found in lines:
        table.add_row(
            *map(
                Text,
                (
                    about + words.title(found),
                    words.number(found.value),
                    words.interval(found),
                    words.rows(found),
                    str(found.n_cases),
                    words.left_out(found),
                    found.worst_case or "–",
                    found.estimand,
                    "; ".join(found.warnings) or "–",
                ),
            )
        )
    Console(width=200, highlight=False, color_system=None).print(table)
