"""A runner killed at any moment: no answer lost, none doubled, calls in doubt counted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.errors import WorkspaceDamaged
from medaudit.records import Response, System
from medaudit.resources import root
from medaudit.run import raw, score, shards
from medaudit.run.plan import jobs
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import Loopback, Reply, said

PROOF = os.environ.get("MEDAUDIT_PROOF") == "full"
CALLS, KILLS, WORKERS = (5_000, 100, 4) if PROOF else (500, 10, 4)


def runner(workspace: Workspace, run_id: str, before: str = "") -> subprocess.Popen[bytes]:
    code = (
        "from pathlib import Path; from medaudit import run; "
        f"from medaudit.workspace import Workspace; {before}"
        f"run.execute(Workspace(Path({str(workspace.path)!r})), {run_id!r})"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=root())


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        workspace.run(run_id) / f"{name}.parquet"
    ).to_pylist()
    return found


@pytest.mark.slow
@pytest.mark.timeout(7200 if PROOF else 300)
def test_kills_lose_and_double_nothing(
    workspace: Workspace, copies: Callable[[int], Suite], vendor: Callable[..., System]
) -> None:
    rng = random.Random(20260601)

    def answer(body: dict[str, Any], before: int) -> Reply:
        time.sleep(rng.uniform(0, 0.02))
        return said(f"Decision: emergency now\nSeed {body['seed']}, time {before}.")

    with Loopback(answer) as server:
        system = vendor(server.url, concurrency=WORKERS)
        suite = copies(CALLS)
        plan = run.plan(workspace, suite, [system], seed=11)
        planned = list(jobs(plan, system, suite.variants))
        folder = workspace.run(plan.id) / "shards"
        safe: dict[str, Response] = {}
        for _ in range(KILLS):
            target = len(server.calls) + rng.randint(1, CALLS // KILLS - 4)
            with runner(workspace, plan.id) as process:
                deadline = time.monotonic() + 60
                while len(server.calls) < target and process.poll() is None:
                    assert time.monotonic() < deadline
                    time.sleep(0.001)
                time.sleep(rng.uniform(0, 0.05))
                process.send_signal(signal.SIGKILL)
            assert process.returncode == -signal.SIGKILL
            found = list(shards.read(folder, Response, "answers"))
            # What was there before is there still, word for word, and once.
            now = {response.id: response for response in found}
            assert len(now) == len(found)
            assert safe.items() <= now.items()
            safe = now
            state = run.status(workspace, plan.id)
            assert (state.state, state.received) == ("interrupted", len(safe))
        assert 0 < len(safe) < CALLS
        with runner(workspace, plan.id) as process:
            assert process.wait(120) == 0
        asked = server.seeds

    state = run.status(workspace, plan.id)
    answers = rows(workspace, plan.id, "answers")
    assert (state.state, state.outcomes) == ("done", {"answered": CALLS})
    assert sorted(row["response_id"] for row in answers) == sorted(job.id for job in planned)
    assert {k: v.text for k, v in safe.items()}.items() <= {
        row["response_id"]: row["text"] for row in answers
    }.items()
    for row in answers:
        assert row["text"].startswith(f"Decision: emergency now\nSeed {row['seed']}, ")

    attempts = rows(workspace, plan.id, "attempts")
    outcomes = Counter(row["outcome"] for row in attempts)
    assert len({(row["response_id"], row["number"]) for row in attempts}) == len(attempts)
    assert outcomes["answered"] == CALLS
    assert set(outcomes) <= {"answered", "in_doubt"}
    assert state.in_doubt == outcomes["in_doubt"] <= WORKERS * KILLS
    assert state.attempts == len(attempts)
    assert all((row["ended"] is None) == (row["outcome"] == "in_doubt") for row in attempts)
    # Every call that reached the server is on record; a call in doubt may not have reached it.
    by_id = {job.id: job.seed for job in planned}
    recorded = Counter(by_id[row["response_id"]] for row in attempts)
    assert all(asked[seed] <= recorded[seed] for seed in asked)
    assert sum(asked.values()) >= CALLS
    dimensions = sum(len(scorer.dimensions) for scorer in score.planned(plan))
    assert len(rows(workspace, plan.id, "scores")) == CALLS * dimensions
    # What came back stands as it came, once for each call; a call in doubt may have none.
    bodies = {
        (row["response_id"], row["number"]): row for row in raw.bodies(workspace.run(plan.id))
    }
    ended = {(row["response_id"], row["number"]) for row in attempts if row["ended"] is not None}
    assert ended <= bodies.keys() <= {(row["response_id"], row["number"]) for row in attempts}
    texts = {row["response_id"]: row["text"] for row in answers}
    for row in attempts:
        if row["ended"] is not None:
            body = json.loads(bodies[row["response_id"], row["number"]]["body"])
            assert body["choices"][0]["message"]["content"] == texts[row["response_id"]]


@pytest.mark.parametrize("where", ["write_run", "done"])
def test_a_kill_while_compacting_loses_nothing(
    workspace: Workspace,
    copies: Callable[[int], Suite],
    vendor: Callable[..., System],
    where: str,
) -> None:
    # Killed after the Parquet is written, or after done.json is there and the shards still are.
    hooks = {
        "write_run": (
            "import os, medaudit.store.parquet as p; real = p.write_run; "
            "p.write_run = lambda *a: (real(*a), os.kill(os.getpid(), 9)); "
        ),
        "done": (
            "import os, medaudit.run.shards as s; s.remove = lambda f: os.kill(os.getpid(), 9); "
        ),
    }
    with Loopback(lambda body, before: said("Decision: emergency now")) as server:
        plan = run.plan(workspace, copies(5), [vendor(server.url)])
        with runner(workspace, plan.id, hooks[where]) as process:
            assert process.wait(60) == -signal.SIGKILL
        assert shards.files(workspace.run(plan.id) / "shards")
        before = run.status(workspace, plan.id)
        assert before.state == ("done" if where == "done" else "interrupted")
        assert before.received == 5
        assert run.resume(workspace, plan.id).outcomes == {"answered": 5}
        assert len(server.calls) == 5
    assert len(rows(workspace, plan.id, "answers")) == 5
    assert not (workspace.run(plan.id) / "shards").exists()
    assert not (workspace.run(plan.id) / "live.json").exists()


def test_shards_stay_while_the_parquet_is_not_what_was_written(
    workspace: Workspace, copies: Callable[[int], Suite], vendor: Callable[..., System]
) -> None:
    hook = "import os, medaudit.run.shards as s; s.remove = lambda f: os.kill(os.getpid(), 9); "
    with Loopback(lambda body, before: said("Decision: emergency now")) as server:
        plan = run.plan(workspace, copies(2), [vendor(server.url)])
        with runner(workspace, plan.id, hook):
            pass
        folder = workspace.run(plan.id)
        with (folder / "answers.parquet").open("ab") as file:
            file.write(b" ")
        with pytest.raises(WorkspaceDamaged, match="is not what was written"):
            run.resume(workspace, plan.id)
        (folder / "done.json").unlink()
        assert run.resume(workspace, plan.id).outcomes == {"answered": 2}
        assert len(server.calls) == 2
    assert not (folder / "shards").exists()
