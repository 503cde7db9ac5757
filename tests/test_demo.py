"""A slice of the demonstration on the real local model, and how the demonstration begins and ends.

Structure and invariants only: which words a model says is no business of a test.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest

from medaudit import offline_model, run, suite
from medaudit.bank import load
from medaudit.errors import ModelMissing
from medaudit.records import Outcome, ScoreOutcome
from medaudit.resources import data, root
from medaudit.scorers import REGISTRY
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.browser import free_port
from tests.fixtures import make_workspace

CASES = ("d1-aortic-dissection", "d2-metformin-egfr")
SYSTEMS = ("smollm2-q8_0", "smollm2-q4_0")
VARIANTS = len(CASES) * 7
EXPECTED = VARIANTS * len(SYSTEMS)


def medaudit(home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "medaudit", *words, "--home", str(home)],
        cwd=root(),
        env={**os.environ, "PYTHONPATH": str(root())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    path = workspace.run(run_id) / f"{name}.parquet"
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.fixture(scope="module")
def weights() -> dict[str, offline_model.Weights]:
    """The weights of the two precisions by system, fetched and built where they are not here."""
    try:
        return {
            system.id: offline_model.weights(
                system.parameters["precision"], expected=system.weights_sha256
            )
            for system in run.systems(SYSTEMS)
        }
    except ModelMissing as error:
        pytest.skip(f"the weights cannot be had: {error}")


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_slice_of_the_live_audit_is_whole(
    tmp_path: Path, weights: dict[str, offline_model.Weights]
) -> None:
    workspace = Workspace(tmp_path / "home")
    home = workspace.path
    options = [word for name in CASES for word in ("--cases", str(data() / f"cases/{name}.yaml"))]
    built = medaudit(home, "suite", "build", *options)
    assert f"{len(CASES)} cases, {VARIANTS} variants" in built
    (folder,) = workspace.suites.iterdir()
    systems = [word for name in SYSTEMS for word in ("--system", name)]
    told = medaudit(home, "run", "start", folder.name, *systems, "--repeats", "1", "--seed", "5")
    assert f"{EXPECTED} of {EXPECTED} answers" in told

    (folder,) = workspace.runs.iterdir()
    plan = run.load(workspace, folder.name)
    assert plan.n_expected == EXPECTED
    assert {s.id: s.weights_sha256 for s in plan.systems} == {
        name: found.sha256 for name, found in weights.items()
    }
    assert "not a medical model" in plan.notice
    assert run.status(workspace, plan.id).state == "done"

    frozen = suite.load(workspace.suite(plan.suite_id))
    answers = rows(workspace, plan.id, "answers")
    wanted = {(s, v.id, 0) for s in SYSTEMS for v in frozen.variants}
    assert {(r["system_id"], r["variant_id"], r["repeat"]) for r in answers} == wanted
    assert len(answers) == EXPECTED
    for row in answers:
        assert row["outcome"] in get_args(Outcome)
        assert row["outcome"] in {"answered", "truncated", "empty"}  # no more can go wrong here
        assert bool(row["text"].strip()) == (row["outcome"] != "empty")
        assert row["tokens_in"] > 100
        assert 1 <= row["tokens_out"] <= 160
        assert row["latency_s"] > 0
        assert row["cost_usd"] == 0
    # Each variant has its seed, the same for both precisions.
    seeds: dict[str, set[int]] = {}
    for row in answers:
        seeds.setdefault(row["variant_id"], set()).add(row["seed"])
    assert all(len(found) == 1 for found in seeds.values())
    assert len({found.pop() for found in seeds.values()}) == VARIANTS

    _scored(rows(workspace, plan.id, "scores"), {r["response_id"]: r["text"] for r in answers})
    attempts = rows(workspace, plan.id, "attempts")
    assert {r["response_id"] for r in attempts} == {r["response_id"] for r in answers}
    with Store.open(home) as store:
        assert {name: found for name, found in store.audit().items() if found} == {}
        assert store.faults() == []
        cells = store.rows("domain_table", run=plan.id)
        assert sum(cell["n_expected"] for cell in cells) == EXPECTED
    assert not (workspace.run(plan.id) / "shards").exists()


def _scored(scores: list[dict[str, Any]], texts: dict[str, str]) -> None:
    """Every answer has every score once, a finding or the reason why there is none."""
    dimensions = [(s.name, d) for s in REGISTRY.load_all() for d in s.dimensions]
    keys = [(row["response_id"], row["scorer"], row["dimension"]) for row in scores]
    assert sorted(keys) == sorted((r, *pair) for r in texts for pair in dimensions)
    for row in scores:
        assert row["outcome"] in set(get_args(ScoreOutcome)) - {"failed", "no_answer"}
        if row["outcome"] == "scored":
            assert row["value"] is not None or row["label"] is not None
        else:
            assert row["value"] is None
        if row["value"] is not None:
            assert 0 <= row["value"] <= 1
        evidence = row["evidence"]
        spans = json.loads(evidence) if isinstance(evidence, str) else evidence
        text = texts[row["response_id"]]
        assert all(text[span["start"] : span["end"]] == span["text"] for span in spans)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_same_seed_gives_the_same_text(
    tmp_path: Path, weights: dict[str, offline_model.Weights]
) -> None:
    workspace = Workspace(tmp_path / "home").create()
    cases = load(data() / "cases" / f"{CASES[0]}.yaml")
    suite_id = suite.freeze(suite.build(cases, probes=[]), workspace.suites)
    for seed in ("5", "5", "6"):
        medaudit(
            workspace.path, "run", "start", suite_id, "--system", SYSTEMS[1],
            "--repeats", "1", "--seed", seed, "--title", f"Seed {seed}",
        )  # fmt: skip
    texts: dict[int, list[str]] = {}
    for folder in workspace.runs.iterdir():
        (answer,) = rows(workspace, folder.name, "answers")
        texts.setdefault(run.load(workspace, folder.name).seed, []).append(answer["text"])
    first, second = texts[5]
    assert first == second
    assert texts[6] != [first]


# --- how the demonstration begins and ends ------------------------------------------------


def demo(home: Path, port: int, recorded: Path, *words: str) -> subprocess.Popen[str]:
    """``medaudit demo --no-live`` in an installation whose data folder is ``recorded``."""
    code = (
        # A shell that starts the tests in the background would have SIGINT ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from pathlib import Path; import medaudit.recorded as recorded; "
        f"recorded.data = lambda: Path({str(recorded)!r}); "
        "from medaudit.cli import main; main()"
    )
    argv = ["demo", "--no-live", "--port", str(port), "--home", str(home), *words]
    return subprocess.Popen(
        [sys.executable, "-c", code, *argv],
        cwd=root(),
        env={**os.environ, "PYTHONPATH": str(root()), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def closed(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.slow
def test_the_demonstration_opens_and_ends_without_a_recorded_run(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path / "home", port, tmp_path / "nothing", "--no-wait") as process:
        output, _ = process.communicate(timeout=200)
    assert process.returncode == 0, output
    assert output.splitlines() == [
        "no recorded run ships with this installation; the dashboard is empty",
        f"medaudit is on http://127.0.0.1:{port}",
    ]
    assert closed(port)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demonstration_shows_the_recorded_run_until_it_is_stopped(
    tmp_path: Path, number: signal.Signals
) -> None:
    bench = make_workspace(tmp_path / "made", n_cases=2)
    recorded = tmp_path / "data" / "recorded"
    recorded.mkdir(parents=True)
    for name in (f"suites/{bench.suite_id}", f"runs/{bench.finished}"):
        target = recorded / name
        target.parent.mkdir(parents=True)
        (bench.workspace.path / name).rename(target)
    home, port = tmp_path / "home", free_port()
    # What a copy left that was killed half-way is no hindrance.
    (home / "runs" / f".{bench.finished}.copying").mkdir(parents=True)
    with demo(home, port, tmp_path / "data") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(2)]
        address = f"http://127.0.0.1:{port}"
        assert lines == [f"medaudit is on {address}", f"open {address}; Ctrl-C ends the server"]
        with urllib.request.urlopen(f"{address}/healthz", timeout=30) as answer:
            counts = json.load(answer)
        assert (counts["status"], counts["n_runs"], counts["n_received"]) == ("ok", 1, 24)
        process.send_signal(number)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert rest.strip() == f"stopped; everything is kept in {home}"
    deadline = time.monotonic() + 10
    while not closed(port):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [path.name for path in (home / "runs").iterdir()] == [bench.finished]
    with Store.open(home) as store:
        assert store.faults() == []
