"""Paces, cancelling from elsewhere, images, scoring again: a run kept on its lead."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run, suite
from medaudit.errors import BadInput, Conflict, UnknownName, WorkspaceDamaged
from medaudit.records import System
from medaudit.registry import Registry
from medaudit.resources import root
from medaudit.run.pace import Pace
from medaudit.run.plan import jobs
from medaudit.run.retry import Retry
from medaudit.run.shards import Shards
from medaudit.scorers import REGISTRY, Scorer
from medaudit.store import Store
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import Loopback, Reply, said
from tests.providers.test_vendors import PNG
from tests.run.conftest import CASE

Copies = Callable[[int], Suite]
Vendor = Callable[..., System]
TEXT = "Decision: emergency now\nCall an ambulance."


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        workspace.run(run_id) / f"{name}.parquet"
    ).to_pylist()
    return found


def test_tokens_take_their_time_and_what_is_not_used_is_given_back() -> None:
    now = 100.0
    pace = Pace(tokens_per_minute=600, clock=lambda: now)  # 10 tokens a second
    assert pace.book(50) == 0.0
    assert pace.book(50) == 5.0
    pace.settle(50, 10)
    assert pace.book(0) == pytest.approx(6.0)  # 10 seconds, less the 4 not used
    now = 200.0
    assert pace.book(10) == 0.0


def test_a_free_pace_never_waits() -> None:
    pace = Pace()
    assert {pace.book(10_000) for _ in range(100)} == {0.0}


def test_both_limits_hold_and_the_tighter_one_decides() -> None:
    pace = Pace(requests_per_minute=60, tokens_per_minute=60, clock=lambda: 0.0)
    assert [pace.book(tokens) for tokens in (0, 5, 0, 0)] == [0.0, 1.0, 6.0, 7.0]


def test_a_run_asks_no_faster_than_it_may(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    with Loopback(lambda b, k: said(TEXT)) as server:
        system = vendor(server.url, requests_per_minute=600, concurrency=8)
        plan = run.plan(workspace, copies(12), [system], scorers=[])
        run.execute(workspace, plan.id)
        gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
        # 600 a minute: one every 0.1 s, over all workers; the option stands before the system.
        assert server.times[-1] - server.times[0] >= 11 * 0.1 - 0.05
        assert sum(gaps) / len(gaps) >= 0.095
        server.times.clear()
        plan = run.plan(workspace, copies(12), [system], scorers=[], title="Fast")
        run.execute(workspace, plan.id, options=run.Options(requests_per_minute=60_000))
        assert server.times[-1] - server.times[0] < 1.0


def test_tokens_a_minute_hold_by_what_the_service_counts(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    def reply(body: dict[str, Any], before: int) -> Reply:
        found = said(TEXT)
        assert isinstance(found.body, dict)
        found.body["usage"] = {"prompt_tokens": 900, "completion_tokens": 100}
        return found

    with Loopback(reply) as server:
        system = vendor(server.url, tokens_per_minute=300_000, concurrency=1)
        system = system.model_copy(
            update={"parameters": {**system.parameters, "max_tokens": 1_000}}
        )
        plan = run.plan(workspace, copies(6), [system], scorers=[])
        run.execute(workspace, plan.id)
        # 1,000 tokens a call at 5,000 a second: one every 0.2 s once the counts are in.
        assert 0.8 <= server.times[-1] - server.times[0] < 4


@pytest.mark.parametrize("at_once", [False, True])
def test_another_process_cancels_a_run(
    workspace: Workspace, copies: Copies, vendor: Vendor, at_once: bool
) -> None:
    go = threading.Event()

    def wait(body: dict[str, Any], before: int) -> Reply:
        if len(server.calls) > 2:
            go.wait(20)
        return said(TEXT)

    with Loopback(wait) as server:
        plan = run.plan(workspace, copies(12), [vendor(server.url, concurrency=2)], scorers=[])
        with pytest.raises(Conflict, match="nothing to cancel"):
            run.cancel(workspace, plan.id)
        with pytest.raises(UnknownName):
            run.cancel(workspace, "no-such-run")

        def press() -> None:
            until(lambda: len(server.calls) == 4)
            flag = ["--now"] if at_once else []
            command = [sys.executable, "-c", "from medaudit.cli import main; main()", "run"]
            command += ["cancel", plan.id, "--home", str(workspace.path), *flag]
            done = subprocess.run(command, cwd=root(), capture_output=True, text=True, check=True)
            assert "was asked to stop" in done.stdout
            time.sleep(1.0)
            go.set()

        thread = threading.Thread(target=press)
        thread.start()
        state = run.execute(workspace, plan.id)
        thread.join()
        assert (state.state, state.received) == ("interrupted", 2 if at_once else 4)
        assert not (workspace.run(plan.id) / "cancel.json").exists()
        # A request that was meant for a runner that is gone stops nobody.
        stale = {"pid": 1, "started": "2026-01-01T00:00:00+00:00", "now": True}
        (workspace.run(plan.id) / "cancel.json").write_text(json.dumps(stale))
        assert run.resume(workspace, plan.id).state == "done"
    outcomes = [row["outcome"] for row in rows(workspace, plan.id, "attempts")]
    assert outcomes.count("cancelled") == (2 if at_once else 0)


def test_a_run_keeps_the_images_that_it_sends(
    workspace: Workspace, vendor: Vendor, tmp_path: Path
) -> None:
    case, folder = CASE.model_copy(update={"images": ("ecg",)}), tmp_path / "images"
    folder.mkdir()
    with Loopback(lambda b, k: said(TEXT)) as server:
        with pytest.raises(BadInput, match="no image ecg"):
            run.plan(workspace, suite.build([case], probes=[]), [vendor(server.url)])
        (folder / "ecg.jpg").write_bytes(PNG)  # its name lies about its kind
        shown = suite.build([case], probes=[], folders=[folder])
        plan = run.plan(workspace, shown, [vendor(server.url)], scorers=[])
        (folder / "ecg.jpg").unlink()
        assert run.execute(workspace, plan.id).outcomes == {"answered": 1}
        part = server.calls[0]["messages"][0]["content"][0]
        data = base64.b64encode(PNG).decode()
        assert part["image_url"]["url"] == f"data:image/png;base64,{data}"
        assert [path.name for path in (workspace.run(plan.id) / "images").iterdir()] == ["ecg.png"]
        # The frozen suite holds the image: another run needs no other folder.
        frozen = suite.load(workspace.suite(shown.suite_id))
        again = run.plan(workspace, frozen, [vendor(server.url)], scorers=[], title="Again")
        (workspace.run(again.id) / "images" / "ecg.png").write_bytes(PNG + b"?")
        state = run.execute(workspace, again.id, options=run.Options(give_up_after=None))
        assert (state.outcomes, len(server.calls)) == ({"bad_request": 1}, 1)
    (row,) = rows(workspace, again.id, "attempts")
    assert "is not the one that was planned" in row["detail"]


def test_a_finished_run_is_scored_again_without_a_call(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(lambda b, k: said(TEXT)) as server:
        plan = run.plan(workspace, copies(3), [vendor(server.url)], scorers=["decision"])
        with pytest.raises(Conflict, match="is not finished"):
            run.rescore(workspace, plan.id)
        run.execute(workspace, plan.id)
    folder = workspace.run(plan.id)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    old = rows(workspace, plan.id, "scores")
    assert run.rescore(workspace, plan.id, ["decision"]) == 0
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == before
    real = REGISTRY.load("decision")

    def strict(case: Any, variant: Any, response: Any) -> Any:
        found = real.score(case, variant, response)
        return [row.model_copy(update={"version": 9, "value": 0.0}) for row in found]

    newer = Scorer("decision", 9, real.dimensions, "Stricter", strict)
    load = Registry.load
    monkeypatch.setattr(
        Registry, "load", lambda self, n: newer if n == "decision" else load(self, n)
    )
    assert run.rescore(workspace, plan.id, ["decision"]) == 3
    new = rows(workspace, plan.id, "scores")
    assert [row for row in new if row["version"] != 9] == old
    assert sorted(row["value"] for row in new) == [0.0] * 3 + [1.0] * 3
    for name in ("plan.json", "answers.parquet", "attempts.parquet", "raw.parquet"):
        assert (folder / name).read_bytes() == before[name]
    with Store.open(workspace.path) as store:
        assert store.faults() == []
        assert {name: found for name, found in store.audit().items() if found} == {}
    assert [path.name for path in workspace.runs.iterdir()] == [plan.id]
    assert run.status(workspace, plan.id).outcomes == {"answered": 3}
    assert run.rescore(workspace, plan.id, ["decision"]) == 0
    # The newest version counts from now on.
    assert {row["correct"] for row in rows(workspace, plan.id, "results")} == {False}


def test_a_kill_while_scoring_again_leaves_the_run_whole(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    with Loopback(lambda b, k: said(TEXT)) as server:
        plan = run.plan(workspace, copies(2), [vendor(server.url)], scorers=["decision"])
        run.execute(workspace, plan.id)
    # Between the two renames: the old folder is put aside, the new one is not in its place.
    folder = workspace.run(plan.id)
    folder.rename(folder.with_name(f".{plan.id}.before"))
    assert run.rescore(workspace, plan.id, ["refusal"]) == 2
    assert {row["scorer"] for row in rows(workspace, plan.id, "scores")} == {"decision", "refusal"}
    assert run.status(workspace, plan.id).state == "done"


def test_ids_are_those_that_the_whole_content_gives(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    from medaudit.canonical import content_id

    suite_ = copies(3)
    plan = run.plan(workspace, suite_, [vendor("http://127.0.0.1:9/v1")], repeats=2)
    (system,) = plan.systems
    described = system.model_dump(mode="json", exclude={"capabilities"})
    expected = [
        content_id([plan.id, described, variant.id, repeat])
        for repeat in range(2)
        for variant in suite_.variants
    ]
    assert [job.id for job in jobs(plan, system, suite_.variants)] == expected


def until(there: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_retries_are_jittered_by_a_seed() -> None:
    import random

    from medaudit.providers import Answer

    retry = Retry(base_s=1.0)
    waits = [retry.delay(Answer("timeout"), 1, random.Random(seed)) for seed in range(50)]
    assert len(set(waits)) == 50
    assert 1.0 <= min(waits) < max(waits) <= 1.25
    assert waits == [retry.delay(Answer("timeout"), 1, random.Random(s)) for s in range(50)]


def test_a_full_disk_stops_the_run_and_is_no_fault_of_the_system(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = Shards.append, [True]

    def append(self: Shards, kind: Any, *records: Any) -> None:
        if kind == "raw" and full[0]:
            raise WorkspaceDamaged("cannot write: No space left on device; make room, then resume")
        real(self, kind, *records)

    monkeypatch.setattr(Shards, "append", append)
    with Loopback(lambda b, k: said(TEXT)) as server:
        plan = run.plan(workspace, copies(3), [vendor(server.url, concurrency=1)], scorers=[])
        with pytest.raises(WorkspaceDamaged, match="make room"):
            run.execute(workspace, plan.id)
        assert (run.status(workspace, plan.id).received, len(server.calls)) == (0, 1)
        full[0] = False
        state = run.resume(workspace, plan.id)
    assert (state.state, state.outcomes, state.in_doubt) == ("done", {"answered": 3}, 1)
