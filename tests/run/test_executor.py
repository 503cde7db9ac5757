"""A run against a real server: every fault class, retries, stops, conflicts, replays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.errors import Conflict, ProviderFailed
from medaudit.providers import replay
from medaudit.providers.answer import Adapter, Answer
from medaudit.records import Message, Score, System
from medaudit.registry import Registry
from medaudit.resources import root
from medaudit.run import lock, score, session
from medaudit.run.plan import jobs
from medaudit.run.retry import Retry
from medaudit.scorers import Scorer
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import HTML, Loopback, Reply, failed, said

TEXT = "Decision: emergency now\nCall an ambulance."
QUICK = run.Options(retry=Retry(base_s=0.01, cap_s=0.05))
Copies = Callable[[int], Suite]
Vendor = Callable[..., System]


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        workspace.run(run_id) / f"{name}.parquet"
    ).to_pylist()
    return found


ALWAYS: dict[str, tuple[list[Reply], str, int]] = {
    "answered": ([said(TEXT)], "answered", 1),
    "html": ([Reply(200, HTML)], "malformed", 4),
    "no choices": ([Reply(200, b'{"choices": []}')], "malformed", 4),
    "cut short": ([said("Dec", stop="length")], "truncated", 1),
    "filtered": ([said(None, stop="content_filter")], "content_filtered", 1),
    "refused": ([said(None, refusal="I cannot help.")], "refused", 1),
    "empty": ([said("")], "empty", 1),
    "tool": ([said(None, stop="tool_calls", tool_calls=[])], "off_schema", 1),
    "bad request": ([failed(400)], "bad_request", 1),
    "key": ([failed(401)], "auth", 1),
    "spent": ([failed(429, "insufficient_quota")], "quota", 1),
    "too fast": ([failed(429)], "rate_limited", 6),
    "busy": ([failed(529)], "overloaded", 6),
    "broken": ([failed(500)], "server_error", 4),
    "reset": ([Reply(act="reset")], "connection", 4),
    "gateway timeout": ([failed(504)], "timeout", 3),
    "mends": ([failed(500), Reply(200, b"{}"), said(TEXT)], "answered", 3),
    "asks to wait": ([failed(429, retry_after_ms="20"), said(TEXT)], "answered", 2),
    "then refuses": ([failed(503), said(None, refusal="No.")], "refused", 2),
}


def test_each_fault_has_its_outcome_and_its_number_of_calls(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    by_seed: dict[int, tuple[list[Reply], str, int]] = {}

    def answer(body: dict[str, Any], before: int) -> Reply:
        script = by_seed[body["seed"]][0]
        return script[min(before, len(script) - 1)]

    with Loopback(answer) as server:
        system = vendor(server.url, concurrency=2, timeout_s=20)
        suite = copies(len(ALWAYS))
        plan = run.plan(workspace, suite, [system], seed=3)
        planned = list(jobs(plan, system, suite.variants))
        by_seed |= {job.seed: ALWAYS[name] for job, name in zip(planned, ALWAYS, strict=True)}
        told: list[run.Progress] = []
        state = run.execute(workspace, plan.id, told.append, options=QUICK)
        calls = server.seeds

    assert state.state == "done"
    expected = {job.id: ALWAYS[name] for job, name in zip(planned, ALWAYS, strict=True)}
    answers = {row["response_id"]: row for row in rows(workspace, plan.id, "answers")}
    assert {k: (v["outcome"], v["attempts"]) for k, v in answers.items()} == {
        k: (outcome, n) for k, (_, outcome, n) in expected.items()
    }
    assert calls == {job.seed: expected[job.id][2] for job in planned}
    assert {job.id: job.seed for job in planned} == {k: v["seed"] for k, v in answers.items()}
    attempts = rows(workspace, plan.id, "attempts")
    assert len(attempts) == sum(n for _, _, n in expected.values()) == state.attempts
    assert all(row["ended"] >= row["started"] for row in attempts)
    assert state.outcomes["answered"] == 3
    assert sum(state.outcomes.values()) == len(ALWAYS) == told[-1].received
    # Whatever came back, there is a row for every scorer and dimension, and no number for nothing.
    scores = rows(workspace, plan.id, "scores")
    dimensions = sum(len(scorer.dimensions) for scorer in score.planned(plan))
    assert len(scores) == len(ALWAYS) * dimensions
    silent = {k for k, v in answers.items() if v["text"] is None}
    assert {s["value"] for s in scores if s["response_id"] in silent} == {None}
    assert not (workspace.run(plan.id) / "shards").exists()
    assert not (workspace.run(plan.id) / "live.json").exists()


def test_progress_counts_only_what_is_on_disk(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    def slowly(body: dict[str, Any], before: int) -> Reply:
        time.sleep(0.05)
        return said(TEXT)

    seen: list[tuple[int, int]] = []
    with Loopback(slowly) as server:
        prices = {"usd_per_million_in": 1.0, "usd_per_million_out": 2.0}
        plan = run.plan(workspace, copies(40), [vendor(server.url, concurrency=2, **prices)])

        def watch(state: run.Progress) -> None:
            if state.state == "running":
                on_disk = run.status(workspace, plan.id)
                seen.append((state.received, on_disk.received))
                assert on_disk.state == "running"

        state = run.execute(workspace, plan.id, watch)
    assert len(seen) >= 2
    assert all(told <= there for told, there in seen)
    assert [told for told, _ in seen] == sorted(told for told, _ in seen)
    # 40 answers of 11 tokens in and 5 out, at 1 and 2 dollars a million.
    assert state.cost_usd == pytest.approx(40 * 21e-6)
    assert state.tokens_out == 200
    assert run.status(workspace, plan.id).outcomes == {"answered": 40}


def test_a_system_that_says_nothing_leaves_no_answers_and_can_be_asked_again(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    good = threading.Event()
    with Loopback(lambda b, k: said(TEXT) if good.is_set() else failed(401)) as server:
        plan = run.plan(workspace, copies(30), [vendor(server.url, concurrency=3)])
        with pytest.raises(ProviderFailed, match=r"the last 1[0-2] answers all ended as auth"):
            run.execute(workspace, plan.id, options=QUICK)
        state = run.status(workspace, plan.id)
        assert (state.state, state.received) == ("interrupted", 0)
        assert state.attempts == len(server.calls) <= 12
        good.set()
        state = run.resume(workspace, plan.id, options=QUICK)
    assert (state.state, state.outcomes) == ("done", {"answered": 30})
    outcomes = [row["outcome"] for row in rows(workspace, plan.id, "attempts")]
    assert outcomes.count("auth") == state.attempts - 30 > 0


def test_a_key_is_in_no_file_of_a_run(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-CANARY-77aa"
    monkeypatch.setenv("AUDIT_TEST_KEY", key)
    replies = [said(TEXT), failed(401, message=f"Incorrect API key {key}"), said(TEXT)]
    with Loopback(lambda b, k: replies[len(server.calls) - 1]) as server:
        system = vendor(server.url, api_key_env="AUDIT_TEST_KEY", concurrency=1)
        plan = run.plan(workspace, copies(3), [system])
        state = run.execute(workspace, plan.id)
        assert {call["authorization"] for call in server.headers} == {f"Bearer {key}"}
    assert state.outcomes == {"answered": 2, "auth": 1}
    files = [path for path in workspace.path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if key.encode() in path.read_bytes()]
    recorded = [rows(workspace, plan.id, name) for name in ("answers", "attempts", "scores")]
    assert key not in str(recorded)
    assert "Incorrect API key [key]" in str(recorded)


def test_silence_is_recorded_on_demand_and_for_a_few_between_answers(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    with Loopback(lambda b, k: failed(403)) as server:
        plan = run.plan(workspace, copies(12), [vendor(server.url)])
        never = run.Options(retry=QUICK.retry, give_up_after=None)
        state = run.execute(workspace, plan.id, options=never)
    assert state.outcomes == {"auth": 12}
    with Loopback(lambda b, k: failed(400)) as server:
        plan = run.plan(workspace, copies(3), [vendor(server.url, "other")])
        with pytest.raises(ProviderFailed, match="the last 3 answers all ended as bad_request"):
            run.execute(workspace, plan.id, options=QUICK)


def test_of_two_runners_the_second_is_told(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    go = threading.Event()

    def wait(body: dict[str, Any], before: int) -> Reply:
        go.wait(20)
        return said(TEXT)

    with Loopback(wait) as server:
        plan = run.plan(workspace, copies(2), [vendor(server.url)])
        code = (
            "from pathlib import Path; from medaudit import run; "
            "from medaudit.workspace import Workspace; "
            f"run.execute(Workspace(Path({str(workspace.path)!r})), {plan.id!r})"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=root()) as other:
            until(lambda: len(server.calls) == 2)
            assert lock.held(workspace.run(plan.id))
            with pytest.raises(Conflict, match=f"carried out by process {other.pid} on "):
                run.execute(workspace, plan.id)
            state = run.status(workspace, plan.id)
            assert (state.state, state.in_flight, state.in_doubt) == ("running", 2, 0)
            go.set()
            assert other.wait(30) == 0
    assert run.status(workspace, plan.id).state == "done"
    assert len(server.calls) == 2
    assert run.execute(workspace, plan.id).state == "done"
    assert len(server.calls) == 2


@pytest.mark.parametrize("twice", [False, True])
def test_ctrl_c_lets_calls_end_and_a_second_one_cancels_them(
    workspace: Workspace, copies: Copies, vendor: Vendor, twice: bool
) -> None:
    go = threading.Event()

    def wait(body: dict[str, Any], before: int) -> Reply:
        if len(server.calls) > 4:
            go.wait(10)
        return said(TEXT)

    with Loopback(wait) as server:
        plan = run.plan(workspace, copies(12), [vendor(server.url, concurrency=2)])

        def press() -> None:
            until(lambda: len(server.calls) == 6)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
            if twice:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.3)
            go.set()

        thread = threading.Thread(target=press)
        thread.start()
        state = run.execute(workspace, plan.id)
        thread.join()
        assert len(server.calls) == 6
        # Two calls were in flight: they ended, or were cancelled and will be made again.
        assert (state.state, state.received) == ("interrupted", 4 if twice else 6)
        assert "medaudit run resume" in state.advice
        assert run.status(workspace, plan.id).received == state.received
        assert run.resume(workspace, plan.id).outcomes == {"answered": 12}
    outcomes = [row["outcome"] for row in rows(workspace, plan.id, "attempts")]
    assert outcomes.count("cancelled") == (2 if twice else 0)
    assert len(server.calls) == (14 if twice else 12)


def test_a_stop_does_not_wait_for_a_back_off(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    with Loopback(lambda b, k: failed(429, retry_after="50")) as server:
        plan = run.plan(workspace, copies(2), [vendor(server.url)])

        def press() -> None:
            until(lambda: len(server.calls) == 2)
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=press)
        thread.start()
        began = time.monotonic()
        state = run.execute(workspace, plan.id)
        thread.join()
    assert time.monotonic() - began < 20
    assert (state.state, state.received, state.attempts) == ("interrupted", 0, 2)


def test_scores_that_an_earlier_session_missed_are_made_up_for(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    with Loopback(lambda b, k: said(TEXT)) as server:
        plan = run.plan(workspace, copies(3), [vendor(server.url)])
        run.execute(workspace, plan.id)
        whole = rows(workspace, plan.id, "scores")
        # As a kill between answer and scores could have left it: one score of one answer.
        folder = workspace.run(plan.id)
        answers = list(replay.read(folder))
        first = {k: v for k, v in whole[0].items() if k != "run_id"}
        score = Score.model_validate({**first, "evidence": json.loads(first["evidence"])})
        for path in (*folder.glob("*.parquet"), folder / "done.json"):
            path.unlink()
        (folder / "shards").mkdir()
        text = "".join(answer.model_dump_json() + "\n" for answer in answers)
        (folder / "shards" / "answers-1-1.jsonl").write_text(text, encoding="utf-8")
        (folder / "shards" / "scores-1-1.jsonl").write_text(score.model_dump_json() + "\n")
        assert run.status(workspace, plan.id).received == 3
        assert run.resume(workspace, plan.id).state == "done"
        assert len(server.calls) == 3
    assert rows(workspace, plan.id, "scores") == whole


def test_a_finished_run_is_replayed_answer_by_answer(
    workspace: Workspace, copies: Copies, vendor: Vendor
) -> None:
    suite = copies(4)
    replies = [said(TEXT), said("Dec", stop="length"), said("")]
    with Loopback(lambda b, k: replies[b["seed"] % 3]) as server:
        source = run.plan(workspace, suite, [vendor(server.url)], repeats=2)
        run.execute(workspace, source.id)
    again = System(
        id="replayed",
        title="Replayed",
        provider="replay",
        vendor="A",
        model="vendor-a",
        parameters={"connection": {"recording": source.id}},
    )
    plan = run.plan(workspace, suite, [again], repeats=3, title="Again")
    state = run.execute(workspace, plan.id)
    kept = ("outcome", "text", "stop_reason", "tokens_in", "tokens_out", "latency_s", "cost_usd")
    first, second = (
        {
            (row["variant_id"], row["repeat"]): [row[name] for name in kept]
            for row in rows(workspace, run_id, "answers")
        }
        for run_id in (source.id, plan.id)
    )
    assert {place: row for place, row in second.items() if place[1] < 2} == first
    # The third repeat was never recorded: four outcomes, no crash, no retries.
    assert [row[:2] for place, row in second.items() if place[1] == 2] == [
        ["bad_request", None]
    ] * 4
    assert state.attempts == 12


class Quick:
    """Answers after so many turns of the loop."""

    concurrency = 1

    def __init__(self, turns: int) -> None:
        self.turns = turns

    async def __aenter__(self) -> Quick:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Closes nothing."""

    async def ask(self, messages: tuple[Message, ...], *rest: object, **named: object) -> Answer:
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return Answer("answered", text=TEXT)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("turns", range(4))
def test_a_run_ends_when_its_last_answer_asks_for_a_flush(
    workspace: Workspace,
    copies: Copies,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    turns: int,
) -> None:
    # The flush is called for and called off in the same turn of the loop: both must be heard.
    adapter = Adapter("openai_compatible", "Quick", lambda *_, **__: Quick(turns))
    monkeypatch.setattr(Registry, "load", load_instead(Registry.load, adapter))
    monkeypatch.setattr(session, "FLUSH_N", 1)
    for n in (1, 2, 3):
        plan = run.plan(
            workspace, copies(n), [vendor("http://127.0.0.1:9/v1")], scorers=[], title=f"{n}"
        )
        assert run.execute(workspace, plan.id).outcomes == {"answered": n}


class Rude:
    """A third party's provider that raises where it must not."""

    concurrency = 2

    async def __aenter__(self) -> Rude:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Closes nothing."""

    async def ask(self, messages: tuple[Message, ...], *rest: object, **named: object) -> Answer:
        await asyncio.sleep(0)
        raise LookupError("the plug-in is broken")


def test_a_provider_that_raises_is_an_outcome(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter("openai_compatible", "Rude", lambda *_, **__: Rude())
    monkeypatch.setattr(Registry, "load", load_instead(Registry.load, adapter))
    plan = run.plan(workspace, copies(2), [vendor("http://127.0.0.1:9/v1")])
    state = run.execute(workspace, plan.id, options=run.Options(give_up_after=None))
    assert state.outcomes == {"bad_request": 2}
    details = {row["detail"] for row in rows(workspace, plan.id, "attempts")}
    assert details == {"the provider failed: LookupError: the plug-in is broken"}


def test_a_scorer_that_raises_does_not_stop_a_run(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Any]:
        raise RecursionError("too deep")

    scorer = Scorer("decision", 1, ("decision",), "Broken", broken)
    monkeypatch.setattr(Registry, "load", load_instead(Registry.load, scorer))
    with Loopback(lambda b, k: said(TEXT)) as server:
        plan = run.plan(workspace, copies(2), [vendor(server.url)], scorers=["decision"])
        state = run.execute(workspace, plan.id)
    assert state.outcomes == {"answered": 2}
    found = [(s["outcome"], s["value"], s["reason"]) for s in rows(workspace, plan.id, "scores")]
    assert found == [("failed", None, "RecursionError: too deep")] * 2


def load_instead(load: Callable[..., Any], plugin: Any) -> Callable[..., Any]:
    return lambda self, name: plugin if name == plugin.name else load(self, name)


def until(there: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
