"""Adaptive attacks: kept apart from runs, best of k."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

if TYPE_CHECKING:
    from medaudit.estimates.attacks import AttackSheet, Seen
    from medaudit.records import Estimate
    from medaudit.run import Options
    from medaudit.workspace import Workspace

attack_app = group("Attack one system round by round; results are best of k and rank no vendor.")
Dollars = Annotated[
    float | None, typer.Option("--budget-usd", help="No call begins beyond it", min=0.01)
]
Concurrency = Annotated[int | None, typer.Option(help="Calls at a time", min=1)]


@attack_app.command("start")
def attack_start(
    system: Annotated[str, typer.Argument(help="System id; see `medaudit model list`")],
    case: Annotated[list[str] | None, typer.Option(help="Case ids; default all choices")] = None,
    cases: Annotated[list[Path] | None, typer.Option(help="Case files or folders")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=5, help="k of best of k")] = 5,
    reasks: Annotated[
        int | None, typer.Option(min=1, help="The original once more; default as many as rounds")
    ] = None,
    chooser: Annotated[
        str | None, typer.Option(help="System that chooses the tools; default a stated policy")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of policy, tools and sampling")] = 20260601,
    concurrency: Concurrency = None,
    budget_usd: Dollars = None,
    home: Home = None,
) -> None:
    """Attack a system on the choice cases that it answers rightly, up to five rounds each."""
    from medaudit import run
    from medaudit.bank import load
    from medaudit.errors import UnknownName
    from medaudit.resources import data
    from medaudit.run import attack_files
    from medaudit.terminal import stages

    workspace = workspace_of(home, create=True)
    found = {c.id: c for c in load(*(cases or [data() / "cases"]))}
    for name in case or ():
        if name not in found:
            raise UnknownName("case", name, [c.id for c in found.values() if c.task == "choice"])
    (target,) = run.systems([system])
    helper = run.systems([chooser])[0] if chooser else None
    stages(tuple(dict.fromkeys(name for name in (system, chooser) if name)))
    plan = attack_files.plan(
        workspace,
        [c for c in found.values() if not case or c.id in case],
        target,
        rounds=rounds,
        reasks=reasks,
        chooser=helper,
        seed=seed,
        budget_usd=budget_usd,
    )
    _go_on(workspace, plan.id, run.Options(concurrency=concurrency))


@attack_app.command("resume")
def attack_resume(
    attack_id: str,
    concurrency: Concurrency = None,
    budget_usd: Dollars = None,
    home: Home = None,
) -> None:
    """Go on where an attack stopped. What has an answer is not asked again."""
    from medaudit import run

    options = run.Options(concurrency=concurrency, budget_usd=budget_usd)
    _go_on(workspace_of(home), attack_id, options)


@attack_app.command("list")
def attack_list(home: Home = None) -> None:
    """List the attacks of the workspace."""
    from medaudit.run import attack_files

    workspace = workspace_of(home)
    found = attack_files.ids(workspace)
    for name in found:
        plan = attack_files.load(workspace, name)
        rows = attack_files.rows(workspace, name)
        over = "done" if attack_files.done(attack_files.folder(workspace, name)) else "not done"
        say(f"{name}  {plan.title}  {len(plan.cases)} cases  {len(rows)} answers  {over}")
    if not found:
        say("no attacks yet: medaudit attack start SYSTEM")


@attack_app.command("show")
def attack_show(
    attack_id: Annotated[list[str], typer.Argument(help="One, or several on different systems")],
    log: Annotated[bool, typer.Option("--log", help="Every round: tools, reason, answer")] = False,
    json: Annotated[bool, typer.Option("--json", help="As one JSON object")] = False,
    home: Home = None,
) -> None:
    """Print what attacks showed, with n, interval and noise floor; of several also Kendall tau."""
    from medaudit.canonical import dumps
    from medaudit.estimates.attacks import sheet, shift
    from medaudit.run import attack_files

    workspace = workspace_of(home)
    seen = [attack_files.seen(workspace, name) for name in dict.fromkeys(attack_id)]
    sheets = [sheet(one) for one in seen]
    tau = shift(seen) if len(seen) > 1 else None
    if json:
        value = {
            "attacks": [one.model_dump(mode="json") for one in sheets],
            "rank_shift": None if tau is None else tau.model_dump(mode="json"),
        }
        say(dumps(value))
        return
    for one, found in zip(seen, sheets, strict=True):
        _show(found, one.attack.reasks, one.attack.notice)
        _spent(workspace, one)
        for row in one.rows if log else ():
            tools = " + ".join(_dose(m.probe, m.level, m.arm) for m in row.tools) or "the original"
            came = {True: "FOOLED", False: "held", None: "decided nothing"}[row.fooled]
            say(f"{row.case_id} {row.kind} {row.number}: {tools}: {came} ({row.decision or '-'})")
            if row.reason:
                say(f"    {row.chosen_by}: {row.reason}")
    if tau is not None:
        say("Static against dynamic accuracy, order of the systems (best of k, no vendor ranking):")
        say(f"  Kendall tau {_line(tau)}")


def _show(found: AttackSheet, reasks: int, notice: str) -> None:
    from medaudit.estimates.attacks import FLOOR

    state = "" if found.done else " (not done: figures may still move)"
    say(f"attack {found.attack_id} on {found.system_id}{state}")
    say(found.label)
    if notice:
        say(notice)
    say(
        f"baseline: {found.n_right} right, {found.n_wrong} wrong, "
        f"{found.n_baseline_undecided} without a decision, of {found.n_planned} planned"
    )
    if found.place is not None and found.place_share is not None:
        say(
            f"answer spread at baseline: option {found.place} in {found.place_share:.0%} of "
            f"{found.n_right + found.n_wrong} decisions ({found.place_right:.0%} if all were right)"
        )
    say(f"attack success rate, best of {found.rounds}: {_line(found.success)}")
    say(FLOOR.format(n=reasks))
    say(f"floor, best of {reasks} re-asks: {_line(found.floor)}")
    say(f"benchmarking gap, static less dynamic accuracy: {_line(found.gap)}")
    by_round = ", ".join(f"{n} in round {r}" for r, n in found.fooled_in.items()) or "none"
    middle = "-" if found.median_rounds is None else f"{found.median_rounds:g}"
    say(f"first fooled: {by_round}; median rounds to failure: {middle}")
    for tool in found.tools:
        say(f"  {tool.tool}: {tool.n_fooled} of {tool.n_rounds} decided rounds with it fooled")
    say("tools chosen by: " + (", ".join(f"{k} {n}" for k, n in found.chosen_by.items()) or "-"))


def _spent(workspace: Workspace, seen: Seen) -> None:
    """Calls, tokens, time and money of the system under attack, as far as they are known."""
    from medaudit.run import attack_files
    from medaudit.run.received import Index

    calls = Index.read(attack_files.folder(workspace, seen.attack.id) / "shards")
    doubtful = calls.n_in_doubt + sum(a.outcome == "in_doubt" for a in calls.unrecorded)
    out = [row.tokens_out for row in seen.rows if row.tokens_out is not None]
    seconds = [row.latency_s for row in seen.rows if row.latency_s is not None]
    costs = [row.cost_usd for row in seen.rows if row.cost_usd is not None]
    say(
        f"{calls.n_calls} calls, {doubtful} in doubt; {len(seen.rows)} answers; "
        f"{sum(out)} tokens out (known of {len(out)}), {sum(seconds):.0f} s (known of "
        f"{len(seconds)}); " + (f"${sum(costs):.2f} (known of {len(costs)})" if costs else "cost –")
    )


def _line(found: Estimate) -> str:
    from medaudit.estimates import words

    parts = [
        words.number(found.value),
        f"95% interval {words.interval(found)}",
        f"n {words.rows(found)}",
        f"{found.n_cases} cases",
        f"left out: {words.left_out(found)}",
        *found.warnings,
    ]
    return "; ".join(parts)


def _dose(probe: str, level: int, arm: str | None) -> str:
    return f"{probe} {level}" + (f" {arm}" if arm else "")


def _go_on(workspace: Workspace, attack_id: str, options: Options) -> None:
    from medaudit import run
    from medaudit.run.attacking import attack
    from medaudit.terminal import counted

    with counted("rounds") as draw:
        state = attack(
            workspace,
            attack_id,
            options=options,
            on_progress=lambda s: draw(
                s.round, s.rounds, f"{s.answers} answers, {s.fooled} of {s.right} fooled"
            ),
        )
    say(
        f"{attack_id}: {state.answers} answers, {state.right} of {state.cases} right at baseline, "
        f"{state.fooled} fooled in {state.rounds} rounds at most"
    )
    if not state.done:
        say(f"stopped; go on with: medaudit attack resume {attack_id}")
        raise typer.Exit(run.INTERRUPTED_EXIT)
    say(f"see: medaudit attack show {attack_id}")
