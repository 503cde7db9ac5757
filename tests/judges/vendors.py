"""A finished run of several vendors' systems, and their judges on one loopback server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from medaudit import run, suite
from medaudit.records import Case, Run, System
from medaudit.workspace import Workspace
from tests.judges.conftest import system
from tests.judges.scripted import Row, Seen, bank, honest, replying
from tests.providers.loopback import Loopback, Reply, failed, said

Judge = Callable[[Seen], list[Row]]
MARKER = "Second opinion welcome."
PLAIN = tuple(case for case in bank() if not case.images)
FEW = (
    tuple(c for c in PLAIN if c.domain == "D1")[:3]
    + tuple(c for c in PLAIN if c.domain == "D2")[:2]
)


def finished(
    workspace: Workspace, cases: Sequence[Case], scorers: Sequence[str] = ("decision",),
    **vendors: Callable[[Case], str],
) -> Run:  # fmt: skip
    """A finished run of one system for each vendor (by name), which answers by its function."""

    def reply(body: dict[str, Any], before: int) -> Reply:
        asked = body["messages"][-1]["content"]
        case = next(c for c in cases if c.narrative[0].text in asked and c.question in asked)
        return said(vendors[body["model"].partition("-")[0]](case))

    with Loopback(reply) as server:
        under_test = [
            system(server.url, f"system-{name}", vendor=name.title(), model=f"{name}-1")
            for name in vendors
        ]
        frozen = suite.build(list(cases), probes=[])
        plan = run.plan(workspace, frozen, under_test, scorers=list(scorers))
        run.execute(workspace, plan.id, options=run.Options(give_up_after=None))
    return plan


@dataclass(frozen=True)
class Bench:
    """Judges by their vendor, and how often each was asked."""

    server: Loopback
    judges: Mapping[str, System]

    @property
    def asked(self) -> Counter[str]:
        return Counter(body["model"].partition("-")[0] for body in self.server.calls)


@contextmanager
def sitting(
    priced: Mapping[str, Any] | None = None,
    broken: Callable[[str, int], bool] = lambda name, before: False,
    **judges: Judge,
) -> Iterator[Bench]:
    """A judge of each vendor (by name) that decides by its function.

    ``broken``: whether it turns a call away, by its name and the calls that it has answered.
    """
    answered: Counter[str] = Counter()

    def reply(body: dict[str, Any], before: int) -> Reply:
        name = body["model"].partition("-")[0]
        if broken(name, answered[name]):
            return failed(401)
        answered[name] += 1
        return replying(judges[name])(body, before)

    with Loopback(reply) as server:
        connection = {"base_url": server.url, **(priced or {})}
        limits = {"max_tokens": 10} if priced else {}
        yield Bench(
            server,
            {
                name: system(
                    server.url, f"judge-{name}", vendor=name.title(), model=f"{name}-9",
                    parameters={"connection": connection, **limits},
                )
                for name in judges
            },
        )  # fmt: skip


def kind(prompt: Seen) -> list[Row]:
    """Honest, but lets pass whatever asks for a second opinion."""
    if MARKER not in prompt.answer:
        return honest(prompt)
    words = prompt.answer.split("\n")[0]
    return [
        {"id": c.id, "quote": words, "verdict": "met" if c.points > 0 else "not_met"}
        for c in prompt.criteria
    ]
