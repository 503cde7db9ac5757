"""Runs from the command line: what they could cost, batches from start to end, what is said."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from medaudit import run, suite
from medaudit.bank import load
from medaudit.resources import data, root
from medaudit.terminal import describe
from medaudit.workspace import Workspace
from tests.providers.batch_server import Batches
from tests.providers.loopback import Loopback, failed, message

KEY = "sk-CANARY-9a9a9a"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A workspace with a suite of one case in its original wording."""
    workspace = Workspace(tmp_path / "home").create()
    case = load(data() / "cases" / "d1-aortic-dissection.yaml")[0]
    suite.freeze(suite.build([case], probes=[]), workspace.suites)
    return workspace.path


def medaudit(home: Path, *words: str, code: int = 0) -> str:
    environment = {**os.environ, "PYTHONPATH": str(root()), "AUDIT_TEST_KEY": KEY}
    done = subprocess.run(
        [sys.executable, "-m", "medaudit", *words, "--home", str(home)],
        env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.stdout


def know(home: Path, *systems: dict[str, Any]) -> str:
    (home / "systems.yaml").write_text(yaml.safe_dump({"systems": list(systems)}))
    (found,) = (path.name for path in (home / "suites").glob("[!.]*"))
    return found


def vendor(name: str, model: str, **connection: Any) -> dict[str, Any]:
    setting = {"api_key_env": "AUDIT_TEST_KEY", **connection}
    return {
        "id": name, "title": name, "provider": "anthropic", "vendor": "A", "model": model,
        "parameters": {"max_tokens": 1_000, "connection": setting},
    }  # fmt: skip


def test_a_dry_run_says_what_it_could_cost_and_writes_nothing(home: Path) -> None:
    name = know(home, vendor("known", "claude-opus-5"), vendor("other", "claude-opus-99"))
    both = ("run", "start", name, "--system", "known", "--system", "other", "--repeats", "3")
    said = medaudit(home, *both, "--dry-run", "--requests-per-minute", "1")
    # Three answers of up to 1,000 tokens at 25 dollars a million are 7.5 cents, and the prompts.
    assert "known: 3 calls" in said
    assert "at most 3000 out" in said
    assert "at most $0.1" in said or "at most $0.09" in said
    assert "price read 2026-11-21 from https://platform.claude.com/" in said
    assert "nobody has put down what claude-opus-99 costs" in said
    assert "and 1 system(s) of unknown cost" in said
    assert "3 minutes or more" in said
    medaudit(home, *both, "--dry-run", "--budget-usd", "1", code=2)
    said = medaudit(
        home, "run", "start", name, "--system", "known", "--dry-run", "--budget-usd", "0.01"
    )
    assert "the budget of $0.01 may stop the run before its end" in said
    assert list((home / "runs").iterdir()) == []


def test_a_batch_from_the_command_line(home: Path) -> None:
    def answered(one: dict[str, Any]) -> dict[str, Any]:
        result = {"type": "succeeded", "message": message("Decision: emergency now").body}
        return {"custom_id": one["custom_id"], "result": result}

    service = Batches(answered)
    with Loopback(lambda b, k: failed(500), service) as server:
        service.server = server
        name = know(home, vendor("known", "claude-opus-5", base_url=server.root))
        said = medaudit(home, "run", "start", name, "--system", "known", "--batch")
        assert "0 of 2 answers" in said
        assert "2 handed over" in said
        (run_id,) = (path.name for path in (home / "runs").iterdir())
        assert f"medaudit run collect {run_id}" in said
        assert "2 handed over" in medaudit(home, "run", "collect", run_id, code=75)
        service.ended = True
        said = medaudit(home, "run", "collect", run_id)
        assert f"{run_id}: 2 of 2 answers, 2 answered" in said
        assert "2 of 2 answers  done" in medaudit(home, "run", "list")
        assert f"{run_id}: 0 score(s) added" in medaudit(home, "run", "rescore", run_id)


def test_what_is_said_of_a_run() -> None:
    state = run.Progress(
        "r", "running", 10, {"answered": 3, "rate_limited": 1}, in_doubt=2, handed_over=4,
        cost_usd=1.5, budget_usd=20.0, committed_usd=1.75, tokens_per_s=12.4, seconds_left=95.0,
    )  # fmt: skip
    assert describe(state) == (
        "3 answered, 1 rate limited, 2 call(s) in doubt, 4 handed over, 12 tokens/s, 2 min left, "
        "$1.50, $1.75 of $20.00 budget"
    )


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({}, "0 of 10 answers are safe; go on with: medaudit run resume r"),
        ({"handed_over": 3}, "fetch their answers with: medaudit run collect r"),
        ({"held_back": True, "budget_usd": 2.0}, "the budget of $2.00 holds no further call"),
    ],
)
def test_what_to_do_next(changes: dict[str, Any], advice: str) -> None:
    make: Callable[..., run.Progress] = run.Progress
    assert advice in make("r", "interrupted", 10, **changes).advice
    assert make("r", "running", 10, **changes).advice == ""
