"""The real local model through three providers at once: one server that speaks every protocol."""

from __future__ import annotations

import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import offline_model, run
from medaudit.providers.connection import Local
from medaudit.providers.local import LocalModel
from medaudit.providers.shipped import systems
from medaudit.records import System
from medaudit.run import raw
from medaudit.suite import Suite
from medaudit.workspace import Workspace

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not offline_model.present(),
        reason="the weights are not here; type: medaudit model fetch",
    ),
]
KEY = secrets.token_hex(16)


def local() -> System:
    shipped = systems(["smollm2-q4_1"])[0]
    return shipped.model_copy(
        update={
            "parameters": {
                "precision": "q4_1", "max_tokens": 6, "connection": {"servers": 1}
            }
        }
    )  # fmt: skip


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of the model that is not the run's own."""
    monkeypatch.setenv("AUDIT_TEST_KEY", KEY)
    model = LocalModel(local(), Local(servers=1))
    model._start(str(offline_model.weights("q4_1").path), KEY)
    where: str = model._servers[0].listening_address
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{where}/health", timeout=5):
                break
        except OSError:
            time.sleep(0.1)
    yield where
    model._servers.clear()


def test_one_model_answers_through_every_protocol(
    address: str, workspace: Workspace, copies: Callable[[int], Suite]
) -> None:
    def system(provider: str, base: str) -> System:
        setting = {"base_url": base, "api_key_env": "AUDIT_TEST_KEY", "concurrency": 1}
        return System(
            id=f"by-{provider}",
            title=provider,
            provider=provider,
            vendor="Hugging Face",
            model="smollm2-135m-instruct",
            parameters={"max_tokens": 6, "connection": setting},
        )

    tested = [
        local(),
        system("openai_compatible", f"{address}/v1"),
        system("anthropic", address),
        system("openai", f"{address}/v1"),
    ]
    plan = run.plan(workspace, copies(1), tested, repeats=2)
    state = run.execute(workspace, plan.id)
    assert (state.state, state.received) == ("done", 8)
    answers: list[dict[str, Any]] = pq.read_table(
        workspace.run(plan.id) / "answers.parquet"
    ).to_pylist()
    counted = set()
    for row in answers:
        assert row["outcome"] in {"answered", "truncated"}
        assert row["text"].strip()
        assert 1 <= row["tokens_out"] <= 6
        counted.add(row["tokens_in"])
    # The same case in the same chat format: as many tokens, whichever protocol carried it.
    assert len(counted) == 1
    assert {row["system_id"] for row in answers} == {one.id for one in tested}
    bodies = {
        row["response_id"]: row["body"].decode() for row in raw.bodies(workspace.run(plan.id))
    }
    assert len(bodies) == 8
    assert all(KEY not in body for body in bodies.values())
    kinds = {row["response_id"]: row["system_id"] for row in answers}
    marks = {"by-anthropic": '"stop_reason"', "by-openai": '"output"'}
    for name, body in bodies.items():
        assert marks.get(kinds[name], '"choices"') in body
