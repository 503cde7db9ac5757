"""A dashboard, a run, a reviewer and the command line at once on one workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from medaudit import run
from medaudit.journal import Journal
from medaudit.resources import root
from medaudit.review import Actor, QueueSettings, commit, draw_queue
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.browser import chromium, free_port, serving, settled, start
from tests.fixtures import Bench, make_workspace
from tests.providers.loopback import Loopback, Reply, said

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
EXPECTED = 24
"""2 cases x 3 variants x 4 repeats."""
SOON = 10.0
"""Seconds within which one process shows what another did."""


class Vendor:
    """A system that answers only when it is let."""

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)

    def answer(self, body: dict[str, Any], before: int) -> Reply:
        self.let.acquire(timeout=200)
        return said(f"Decision: emergency now\nThis was asked with seed {body['seed']}.")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = make_workspace(tmp_path, n_cases=2)
    done = bench.workspace.run(bench.finished) / "done.json"
    counts = {
        "outcomes": {"answered": 24}, "attempts": 24, "in_doubt": 0, "tokens_out": 2160,
        "cost_usd": 0.048, "n_cost_unknown": 0,
    }  # fmt: skip
    done.write_text(json.dumps({**json.loads(done.read_bytes()), **counts}), encoding="utf-8")
    with Journal.open(bench.workspace.journal) as journal, Store.open(bench.workspace.path) as s:
        drawn = QueueSettings(
            queue="q", run_id=bench.finished, n=8, seed=1, double_share=0, repeat_share=0
        )
        draw_queue(s, journal, Actor("lead", "lead"), drawn)
    return bench


def medaudit(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "medaudit", *words, "--home", str(home)],
        cwd=root(),
        env={**os.environ, "PYTHONPATH": str(root())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(home: Path, *words: str) -> tuple[int, str]:
    """Exit code and output of a command that ends by itself."""
    with medaudit(home, *words) as process:
        output, _ = process.communicate(timeout=120)
    return process.returncode, output


def until(condition: Callable[[], bool], seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def health(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@contextmanager
def running(bench: Bench, vendor: Vendor) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A ``medaudit run`` that has begun, and its id."""
    with Loopback(vendor.answer) as server:
        system = {
            "id": "waiting", "title": "Waits", "provider": "openai_compatible", "vendor": "Test",
            "model": "m", "notice": "Answers came from a test.",
            "parameters": {
                "connection": {"base_url": server.url, "concurrency": 1, "timeout_s": 250}
            },
        }  # fmt: skip
        home = bench.workspace.path
        # JSON is YAML.
        (home / "systems.yaml").write_text(json.dumps({"systems": [system]}), encoding="utf-8")
        words = ("run", "start", bench.suite_id, "--system", "waiting", "--repeats", "4")
        with medaudit(home, *words) as process:
            try:
                until(lambda: len(server.calls) == 1, 60)
                (run_id,) = {p.parent.name for p in home.glob("runs/*/live.json")} - {"live"}
                yield process, run_id
            finally:
                for _ in range(EXPECTED):
                    vendor.let.release()
                process.kill()


def judge(home: Path, position: int) -> None:
    """A judgment from this process, as a reviewer's page would make it."""
    grade = {
        "harm": 4, "direction": "omission", "error_type": "missed_red_flag",
        "note": "Judged beside a run.",
    }  # fmt: skip
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        actor = Actor("anna", "reviewer")
        commit(store, journal, actor, "q", position, grade, f"together-{position}")


def finished(process: subprocess.Popen[str], vendor: Vendor, left: int) -> str:
    for _ in range(left):
        vendor.let.release()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def checked(workspace: Workspace, run_id: str, judgments: int) -> None:
    """The run is whole, the journal unbroken, and no audit finds anything."""
    state = run.status(workspace, run_id)
    assert (state.state, state.outcomes) == ("done", {"answered": EXPECTED})
    with Journal.open(workspace.journal) as journal:
        assert journal.verify() == []
        kept = [event for event in journal.since() if event.action == "judgment"]
    assert len(kept) == judgments
    with Store.open(workspace.path) as store:
        assert store.faults() == []
        assert {name: rows for name, rows in store.audit().items() if rows} == {}


def test_what_one_process_does_shows_in_the_others(bench: Bench) -> None:
    home, vendor = bench.workspace.path, Vendor()
    with (
        serving(home) as address,
        running(bench, vendor) as (process, run_id),
        chromium() as browser,
    ):
        page = browser.new_page()
        page.goto(f"{address}/runs?run={run_id}")
        settled(page, 60)
        shown = 0
        for more in (2, 3):  # the page is not touched: it follows the run by itself
            for _ in range(more):
                vendor.let.release()
            shown += more
            page.get_by_text(f"{shown} of {EXPECTED} answers").first.wait_for(timeout=30_000)
        page.get_by_text("This was asked with seed").first.wait_for()
        assert process.poll() is None

        assert health(address)["n_judgments"] == 0
        judge(home, 0)
        until(lambda: health(address)["n_judgments"] == 1)

        code, listed = told(home, "run", "list")
        assert code == 0
        assert f"{run_id}  {shown} of {EXPECTED} answers  running" in listed
        assert told(home, "doctor") == (0, "no faults found\n")
        code, verified = told(home, "audit", "verify")
        assert code == 0
        assert "chain unbroken" in verified
        # A second runner is turned away and the first goes on.
        code, refused = told(home, "run", "resume", run_id)
        assert code == 3
        assert f"is being carried out by process {process.pid} " in refused
        code, drawn = told(home, "queue", "draw", run_id, "--name", "fresh", "--n", "3")
        assert code == 0
        assert drawn.startswith("queue fresh: 3 items drawn with seed 2026, ")

        output = finished(process, vendor, EXPECTED - shown)
        assert f"{run_id}: {EXPECTED} of {EXPECTED} answers" in output
        page.get_by_text(f"{EXPECTED} of {EXPECTED} answers").first.wait_for(timeout=30_000)
        # The judgment of this process stands on a page of the other.
        page.goto(f"{address}/worst_cases?run={bench.finished}")
        page.get_by_text("Judged beside a run.").first.wait_for(timeout=30_000)
    checked(bench.workspace, run_id, judgments=1)


def test_a_killed_server_harms_neither_run_nor_journal(bench: Bench) -> None:
    home, vendor = bench.workspace.path, Vendor()
    port = free_port()
    server = start(home, port, home / "server.log")
    address = f"http://127.0.0.1:{port}"
    try:
        with running(bench, vendor) as (process, run_id):
            received = health(address)["n_received"]
            vendor.let.release()
            judge(home, 0)
            until(lambda: health(address)["n_received"] == received + 1)
            server.kill()
            server.wait()
            judge(home, 1)
            assert process.poll() is None
            finished(process, vendor, EXPECTED - 1)
        server = start(home, port, home / "server.log")
        found = health(address)
        assert (found["n_received"], found["n_judgments"]) == (received + EXPECTED, 2)
    finally:
        server.kill()
        server.wait()
    checked(bench.workspace, run_id, judgments=2)
