"""A panel of every kind of judge: of one voice it says what each of them says."""

from __future__ import annotations

from typing import Any

import pytest

from medaudit import run
from medaudit.judges import REGISTRY
from medaudit.judges.kind import INTEGRITY, Kind
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.judges import scripted_kinds as scripted
from tests.judges.conftest import QUICK, system
from tests.judges.test_judging_kinds import answers, fitting, rows
from tests.judges.vendors import finished
from tests.providers.loopback import Loopback

KINDS: list[Kind[Any]] = [REGISTRY.load(name) for name in scripted.NAMES]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_judges_of_one_voice_are_a_sound_panel_and_one_left_out_is_said(
    kind: Kind[Any], workspace: Workspace
) -> None:
    cases = [case for case in fitting(kind, 6) if not case.images][:3]
    plan = finished(
        workspace,
        cases,
        gamma=lambda case: case.safe.text,
        omega=lambda case: case.unsafe.text,
    )
    with Loopback(scripted.replying(kind)) as server:
        judges = [
            system(server.url, f"judge-{name}", vendor=name.title(), model=f"{name}-9")
            for name in ("alpha", "delta", "gamma")
        ]
        steps = list(run.judge_all(workspace, plan.id, judges, [kind], options=QUICK))
    assert [step.who for step in steps] == ["judge-alpha", "judge-delta", "judge-gamma", "panel"]
    assert all(step.outcome.done and step.outcome.tripped == () for step in steps)
    panel = rows(workspace, plan.id, f"panel.{kind.name}")
    one = rows(workspace, plan.id, kind.scorer("judge-alpha"))
    assert panel
    for (id_, name), row in one.items():
        if name.partition(".")[0] != INTEGRITY:
            found = panel[id_, name]
            assert (found["outcome"], found["value"]) == (row["outcome"], row["value"])
    given = answers(workspace, plan.id)
    trust = {id_: row for (id_, name), row in panel.items() if name == INTEGRITY}
    assert trust.keys() == given.keys()
    assert {row["label"] for row in trust.values()} == {"sound"}
    for id_, row in trust.items():
        own = given[id_]["system_id"] == "system-gamma" or kind.compares
        assert ("left out: judge-gamma" in row["reason"]) == own
    with Store.open(workspace.path) as store:
        assert {name: bad for name, bad in store.audit().items() if bad} == {}
        assert not any(row["doubted"] for row in store.rows("review_pool", run=plan.id))
