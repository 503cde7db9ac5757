"""A judging killed at any moment, and the command that goes on with it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from medaudit import run
from medaudit.canonical import dumps
from medaudit.cli import app
from medaudit.errors import UnknownName
from medaudit.providers.shipped import NAME
from medaudit.records import Run
from medaudit.resources import root
from medaudit.run import judge_files
from medaudit.workspace import Workspace
from tests.judges.conftest import judge_at
from tests.judges.scripted import bank, honest, replying
from tests.judges.test_judging import N_PACK, integrity, rows
from tests.providers.loopback import Loopback, Reply

CASES = bank()[::4]
KILLS = (3, N_PACK + 2, N_PACK + 12)
"""After how many calls in all."""
GENTLE = N_PACK + 18
"""When it is asked to stop."""
WIDE = 4


def test_kills_lose_and_double_no_verdict_and_the_command_goes_on(
    workspace: Workspace, answered: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_HOME", str(workspace.path))
    plan = answered(CASES, good=lambda case: case.safe.text, bad=lambda case: case.unsafe.text)
    prompts: list[str] = []

    def reply(body: dict[str, Any], before: int) -> Reply:
        prompts.append(body["messages"][-1]["content"])
        time.sleep(0.03)
        return replying(honest)(body, before)

    with Loopback(reply) as server:
        judge = judge_at(server.url)
        text = dumps({"systems": [json.loads(judge.model_dump_json())]})
        (workspace.path / NAME).write_text(text, encoding="utf-8")
        words = ["judge", plan.id, "--judge", judge.id, "--home", str(workspace.path)]
        for calls in KILLS:
            process = subprocess.Popen([sys.executable, "-m", "medaudit", *words], cwd=root())
            while len(prompts) < calls:
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
            assert process.wait() == -signal.SIGKILL
            assert rows(workspace, plan.id) == {}
            assert run.status(workspace, plan.id).state == "done"
        process = subprocess.Popen([sys.executable, "-m", "medaudit", *words], cwd=root())
        while len(prompts) < GENTLE:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        assert process.wait() == run.INTERRUPTED_EXIT
        assert rows(workspace, plan.id) == {}
        done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    n_answers = 2 * len(CASES)
    assert f"{n_answers} of {n_answers} answers: sound" in done.output
    assert integrity(rows(workspace, plan.id)) == {"sound": n_answers}
    place = workspace.run(plan.id) / "judging" / judge.id
    verdicts = judge_files.read(place, "verdicts.parquet")
    assert Counter(Counter(v["of"] for v in verdicts).values()) == {1: N_PACK + n_answers}
    calls_ = Counter(c["outcome"] for c in judge_files.read(place, "calls.parquet"))
    assert calls_["answered"] == len(set(prompts)) == N_PACK + n_answers
    assert 0 < calls_["in_doubt"] <= WIDE * len(KILLS)
    # A call in doubt may have reached the judge or not; no other was made twice.
    assert len(prompts) - len(set(prompts)) <= calls_["in_doubt"]


def test_a_judge_must_be_named_and_known(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_HOME", str(workspace.path))
    words = ["judge", "x", "--home", str(workspace.path)]
    assert CliRunner().invoke(app, words).exit_code == 2
    done = CliRunner().invoke(app, [*words, "--judge", "nobody"])
    assert isinstance(done.exception, UnknownName)
