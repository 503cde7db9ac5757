"""A finished run whose answers are chosen by the test, and a judge on loopback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from medaudit import run, suite
from medaudit.records import Case, Run, System
from medaudit.run.retry import Retry
from medaudit.workspace import Workspace
from tests.providers.loopback import Loopback, said

QUICK = run.Options(retry=Retry(base_s=0.005, cap_s=0.02), give_up_after=3, concurrency=4)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home").create()


def system(url: str, name: str, **changes: Any) -> System:
    fields = {
        "id": name, "title": name, "provider": "openai_compatible", "vendor": "A",
        "model": "a-1", "parameters": {"connection": {"base_url": url}}, **changes,
    }  # fmt: skip
    return System.model_validate(fields)


def judge_at(url: str, name: str = "judge-j", **changes: Any) -> System:
    return system(url, name, **{"vendor": "J", "model": "j-1", **changes})


@pytest.fixture
def answered(workspace: Workspace) -> Callable[..., Run]:
    """A finished run: each system (by name) answers each case by its function."""

    def build(cases: Sequence[Case], **systems: Callable[[Case], str]) -> Run:
        def reply(body: dict[str, Any], before: int) -> Any:
            asked = body["messages"][-1]["content"]
            case = next(c for c in cases if c.narrative[0].text in asked and c.question in asked)
            return said(systems[body["model"]](case))

        with Loopback(reply) as server:
            under_test = [system(server.url, name, model=name) for name in systems]
            plan = run.plan(
                workspace, suite.build(list(cases), probes=[]), under_test, scorers=["decision"]
            )
            run.execute(workspace, plan.id, options=run.Options(give_up_after=None))
        return plan

    return build
