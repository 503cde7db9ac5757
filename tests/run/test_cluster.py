"""A run on a Ray cluster of two workers: the same rows, limits and secrets as without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.errors import BadInput, ProviderFailed
from medaudit.providers.answer import Adapter, Answer
from medaudit.records import System
from medaudit.registry import Registry
from medaudit.resources import root
from medaudit.run import cluster, raw
from medaudit.run.plan import jobs
from medaudit.run.prices import worst as worst_price
from medaudit.run.retry import Retry
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import Loopback, Reply, failed, said

TEXT = "Decision: emergency now\nCall an ambulance."
Copies = Callable[[int], Suite]
Vendor = Callable[..., System]


def on_two_workers(test: Any) -> Any:
    """Marks a test that starts a cluster."""
    for mark in (
        pytest.mark.skipif(find_spec("ray") is None, reason="the extra cluster is not installed"),
        pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc"),
        pytest.mark.slow,
        pytest.mark.xdist_group("ray"),
    ):
        test = mark(test)
    return test


def on_ray(**more: Any) -> run.Options:
    return run.Options(executor="ray", workers=2, retry=Retry(base_s=0.01, cap_s=0.05), **more)


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        workspace.run(run_id) / f"{name}.parquet"
    ).to_pylist()
    return found


def descendants(pid: int) -> dict[int, str]:
    """What this process and those below it are called."""
    parents, names = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            )
            names[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has ended meanwhile
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return {n: names.get(n, "") for n in found}
        found |= more


def workers() -> list[int]:
    return [n for n, name in descendants(os.getpid()).items() if name.startswith("ray::Worker")]


def listening(pids: set[int]) -> dict[str, str]:
    """Addresses, in the kernel's hexadecimal, on which these processes listen, and who."""
    sockets = {}
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = os.readlink(link)
            except OSError:
                continue
            if target.startswith("socket:["):
                sockets[target[8:-1]] = pid
    found = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in sockets:
                found[words[1]] = str(sockets[words[9]])
    return found


def object_store(pids: set[int]) -> bytes:
    """What the shared memory of a cluster holds."""
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                if "plasma" in os.readlink(link) and os.stat(link).st_size > 1_000_000:
                    return link.read_bytes()
            except OSError:
                continue
    raise AssertionError("no object store")


@on_two_workers
def test_nothing_is_lost_leaked_or_asked_too_fast_where_a_worker_is_killed(
    workspace: Workspace,
    copies: Copies,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = "sk-CANARY-77aa"
    monkeypatch.setenv("AUDIT_TEST_KEY", key)
    long = "The dose is 5 mg. " * 10_000  # too long for a message: goes through shared memory
    replies = {3: failed(401, message=f"Incorrect API key {key}"), 4: said(long), 5: failed(500)}
    killed: list[int] = []

    def answer(body: dict[str, Any], before: int) -> Reply:
        number = len(server.calls)
        if number == 30:
            killed.append(workers()[0])
            os.kill(killed[0], signal.SIGKILL)
        time.sleep(0.1)
        return replies.get(number, said(f"{TEXT} Seed {body['seed']}."))

    with tempfile.TemporaryDirectory(prefix="ray-") as folder, Loopback(answer) as server:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        system = vendor(
            server.url, api_key_env="AUDIT_TEST_KEY", concurrency=4, requests_per_minute=1800
        )
        suite = copies(60)
        plan = run.plan(workspace, suite, [system], scorers=[])
        seen: dict[str, Any] = {}

        def watch(state: run.Progress) -> None:
            if state.state == "running" and state.received > 50 and not seen:
                below = set(descendants(os.getpid())) - {os.getpid()}
                logs = [p for p in Path(folder).rglob("*") if p.is_file()]
                seen["logs"] = {str(p): p.read_bytes() for p in logs}
                seen["listening"] = listening(below)
                seen["store"] = object_store(below)
                seen["mode"] = [p.stat().st_mode & 0o777 for p in Path(folder).iterdir()]

        state = run.execute(workspace, plan.id, watch, options=on_ray())
        assert not list(Path(folder).iterdir())
        assert not workers()

    # None lost, none doubled; what was in flight on the killed worker is in doubt, and was asked
    # again; the limit of 30 calls a second held for both workers together.
    assert killed
    assert state.outcomes == {"answered": 59, "auth": 1}
    answers = rows(workspace, plan.id, "answers")
    planned = list(jobs(plan, system, suite.variants))
    assert sorted(row["response_id"] for row in answers) == sorted(job.id for job in planned)
    attempts = rows(workspace, plan.id, "attempts")
    outcomes = Counter(row["outcome"] for row in attempts)
    assert set(outcomes) == {"answered", "auth", "server_error", "in_doubt"}
    assert 1 <= outcomes["in_doubt"] == state.in_doubt <= 8
    assert all((row["ended"] is None) == (row["outcome"] == "in_doubt") for row in attempts)
    assert len({(row["response_id"], row["number"]) for row in attempts}) == len(attempts)
    seeds = {job.id: job.seed for job in planned}
    recorded = Counter(seeds[row["response_id"]] for row in attempts)
    assert all(n <= recorded[seed] for seed, n in server.seeds.items())
    bodies = {(r["response_id"], r["number"]) for r in raw.bodies(workspace.run(plan.id))}
    assert bodies == {(r["response_id"], r["number"]) for r in attempts if r["ended"] is not None}
    begun = sorted(server.times)
    assert max(b - a for a, b in zip(begun, begun[30:], strict=False)) > 0
    assert min(b - a for a, b in zip(begun, begun[30:], strict=False)) > 0.85

    # The key reached the server and nothing else; what else passes through the cluster is seen.
    assert {call["authorization"] for call in server.headers} == {f"Bearer {key}"}
    assert len(seen["logs"]) > 5
    assert seen["mode"] == [0o700]
    assert long[:1000].encode() in seen["store"]
    assert key.encode() not in seen["store"]
    assert not [name for name, data in seen["logs"].items() if key.encode() in data]
    files = [path for path in workspace.path.rglob("*") if path.is_file()]
    assert not [path for path in files if key.encode() in path.read_bytes()]
    assert "Incorrect API key [key]" in str(attempts)
    # IPv4 loopback, also as IPv6 writes it.
    assert len(seen["listening"]) > 3
    ours = {"0100007F", "0000000000000000FFFF00000100007F"}
    assert {address.split(":")[0] for address in seen["listening"]} <= ours


@on_two_workers
def test_a_run_goes_on_with_another_executor_and_on_a_cluster_that_is_there(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        time.sleep(0.05)
        return said(f"{TEXT} Seed {body['seed']}.")

    key = {"AUDIT_TEST_KEY": "sk-CANARY-77aa"}
    shared = {**os.environ, **cluster.HERE, "RAY_AUTH_TOKEN": "0" * 64}
    there = (
        "import sys; from medaudit.run import cluster\n"
        "with cluster.joined(None, 2) as ray:\n"
        "    print(ray.get_runtime_context().gcs_address, flush=True); sys.stdin.read()"
    )
    with (
        Loopback(answer) as server,
        started(there, {**shared, **key}, stdin=subprocess.PIPE) as other,
    ):
        assert other.stdout is not None
        address = other.stdout.readline().decode().strip()
        suite = copies(60)
        system = vendor(server.url, api_key_env="AUDIT_TEST_KEY", concurrency=2)
        plan = run.plan(workspace, suite, [system], scorers=[])

        def stop(state: run.Progress) -> None:
            if state.state == "running" and state.received >= 5:
                run.cancel(workspace, plan.id)

        monkeypatch.setenv("AUDIT_TEST_KEY", key["AUDIT_TEST_KEY"])
        first = run.execute(workspace, plan.id, stop)
        assert first.state == "interrupted"
        assert 5 <= first.received == len(server.calls) < 40
        # The workers have the key; whoever starts the run need not.
        here = (
            "from pathlib import Path; from medaudit import run; "
            "from medaudit.workspace import Workspace; "
            f"run.execute(Workspace(Path({str(workspace.path)!r})), {plan.id!r}, options="
            f"run.Options(executor='ray', workers=2, ray_address={address!r}))"
        )
        with started(here, shared) as runner:
            deadline = time.monotonic() + 60
            while len(server.calls) < first.received + 10:
                assert time.monotonic() < deadline
                assert runner.poll() is None
                time.sleep(0.01)
            runner.send_signal(signal.SIGTERM)
            assert runner.wait(30) == 0
        second = run.status(workspace, plan.id)
        # SIGTERM lets the calls in flight end.
        assert (second.state, second.in_doubt) == ("interrupted", 0)
        assert first.received + 10 <= second.received == len(server.calls) < 60
        third = run.resume(workspace, plan.id)
        assert (third.state, third.outcomes, third.in_doubt) == ("done", {"answered": 60}, 0)
        assert set(server.seeds.values()) == {1}
        assert len(server.calls) == 60
        assert other.stdin is not None
        other.stdin.close()
        assert other.wait(30) == 0


def started(code: str, environment: dict[str, str], **more: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root(),
        env=environment,
        stdout=subprocess.PIPE,
        **more,
    )


class Losing:
    """A provider that loses its worker in the first calls for each answer."""

    concurrency = 1

    def __init__(self, losses: int) -> None:
        self.losses, self.seen = losses, Counter[int]()

    async def __aenter__(self) -> Losing:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Closes nothing."""

    async def ask(self, messages: object, parameters: object, seed: int, **named: object) -> Answer:
        self.seen[seed] += 1
        if self.seen[seed] <= self.losses:
            return Answer("in_doubt", detail="the worker was lost")
        return Answer("answered", text=TEXT, tokens_in=10, tokens_out=20)


@pytest.mark.parametrize(("losses", "outcome", "calls"), [(2, "answered", 3), (9, "in_doubt", 4)])
def test_a_lost_call_is_in_doubt_counts_at_its_worst_and_is_made_again(
    workspace: Workspace,
    copies: Copies,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
    losses: int,
    outcome: str,
    calls: int,
) -> None:
    adapter = Adapter("openai_compatible", "Losing", lambda *_, **__: Losing(losses))
    real = Registry.load
    monkeypatch.setattr(
        Registry, "load", lambda self, n: adapter if n == adapter.name else real(self, n)
    )
    prices = {"usd_per_million_in": 1.0, "usd_per_million_out": 2.0}
    system = vendor("http://127.0.0.1:9/v1", **prices)
    system = system.model_copy(update={"parameters": {**system.parameters, "max_tokens": 100}})
    suite = copies(1)
    plan = run.plan(workspace, suite, [system], scorers=[], budget_usd=1.0)
    worst = worst_price(system, plan.prices[system.id], suite.variants[0].messages)
    told: list[run.Progress] = []
    options = run.Options(retry=Retry(base_s=0.01, cap_s=0.05), give_up_after=None)
    state = run.execute(workspace, plan.id, told.append, options=options)
    assert state.outcomes == {outcome: 1}
    assert state.in_doubt == min(losses, calls)
    attempts = rows(workspace, plan.id, "attempts")
    assert [row["number"] for row in attempts] == list(range(1, calls + 1))
    assert [row["ended"] is None for row in attempts] == [n < losses for n in range(calls)]
    # 10 tokens at $1 and 20 at $2 a million, beside the calls of which nobody knows the price.
    cost = 50e-6 if outcome == "answered" else 0.0
    assert told[-2].committed_usd == pytest.approx(state.in_doubt * worst + cost)


def test_without_ray_an_error_says_what_to_install(
    workspace: Workspace, copies: Copies, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    plan = run.plan(workspace, copies(1), [vendor("http://127.0.0.1:9/v1")])
    with pytest.raises(ProviderFailed, match=r"pip install 'medaudit\[cluster\]'"):
        run.execute(workspace, plan.id, options=run.Options(executor="ray"))
    assert run.status(workspace, plan.id).state == "planned"


def test_only_ray_has_an_address_and_workers() -> None:
    with pytest.raises(BadInput, match="only the executor ray"):
        run.Options(workers=2)
    with pytest.raises(BadInput, match="only the executor ray"):
        run.Options(ray_address="auto")


def test_a_run_here_imports_no_ray() -> None:
    code = "import sys, medaudit.run.cluster; print('ray' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
