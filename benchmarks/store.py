"""How quick the store and the journal are, beside pandas on the same files in the same run.

Prints ratios, which hold on any machine, and absolute figures, which hold on this one. Usage::

    python benchmarks/store.py [--cases N] [--keep FOLDER]

The workspace is made from a seed in a temporary folder: by default 690 cases x 7 variants x 11
systems = 53,130 answers of 1.5 to 2 kB with nine scores each.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from medaudit.bank import load
from medaudit.canonical import content_id, dumps
from medaudit.journal import Event, Journal
from medaudit.journal.event import chain_hash
from medaudit.journal.table import events, writing
from medaudit.prompt import messages
from medaudit.records import Attempt, Case, Response, Run, Score, System, Variant, Versioned
from medaudit.resources import data
from medaudit.store import Store
from medaudit.store.parquet import write_run
from medaudit.suite import Suite, freeze
from medaudit.workspace import Workspace

SEED = 20260601
PROBES = ("base", "p1", "p2", "p3", "p4", "p5", "p6")
SYSTEMS = tuple(f"system-{number:02}" for number in range(11))
DIMENSIONS = (
    *("decision", "metabolic_index", "recall", "purity", "forbidden", "refusal"),
    *("degenerate", "rubric", "case_score"),
)
START = datetime(2026, 6, 1, tzinfo=UTC)


def make(folder: Path, n_cases: int) -> Workspace:
    """A workspace with one finished run, ``big``."""
    workspace = Workspace(folder).create()
    known = load(data() / "cases")
    cases = tuple(
        known[n % len(known)].model_copy(
            update={
                "id": f"{known[n % len(known)].domain.lower()}-{n}",
                "source_id": f"family-{n}",  # copies, but cases of their own to the estimates
            }
        )
        for n in range(n_cases)
    )
    variants = tuple(_variant(case, probe) for case in cases for probe in PROBES)
    suite_id = freeze(Suite(cases, variants, (), (), SEED, "benchmark"), workspace.suites)
    plan = Run(
        id="big",
        suite_id=suite_id,
        title="Benchmark",
        created=START,
        systems=tuple(
            System(id=name, title=name, provider="none", vendor="none", model=name)
            for name in SYSTEMS
        ),
        repeats=1,
        scorers=tuple(Versioned(name=name, version=1) for name in DIMENSIONS),
        n_expected=len(variants) * len(SYSTEMS),
        seed=SEED,
        software="benchmark",
    )
    target = workspace.run("big")
    target.mkdir()
    (target / "plan.json").write_text(dumps(plan.model_dump(mode="json")), encoding="utf-8")
    answers, scores = _rows(plan, cases, variants)
    attempts = [
        Attempt(response_id=a.id, number=1, started=a.finished, ended=a.finished, outcome=a.outcome)
        for a in answers
    ]
    seconds, files = timed(lambda: write_run(target, answers, attempts, scores))
    (target / "done.json").write_text(dumps({"files": files}), encoding="utf-8")
    size = sum((target / name).stat().st_size for name in files) / 1e6
    show(
        "write_run",
        f"{seconds:.1f} s",
        f"{len(answers):,} answers, {len(scores):,} scores, {size:.0f} MB",
    )
    shards(workspace, plan, answers, scores)
    return workspace


def _variant(case: Case, probe: str) -> Variant:
    base = probe == "base"
    return Variant(
        id=content_id([case.id, probe]),
        case_id=case.id,
        family="base" if base else "narrative",
        probe=probe,
        probe_version=1,
        level=0 if base else 2,
        seed=SEED,
        messages=messages(case, [s.text for s in case.narrative]),
    )


def _rows(
    plan: Run, cases: tuple[Case, ...], variants: tuple[Variant, ...]
) -> tuple[list[Response], list[Score]]:
    rng = random.Random(SEED)
    words = sorted({w for case in cases[:40] for w in (case.safe.text + case.unsafe.text).split()})
    answers, scores = [], []
    for system in plan.systems:
        skill = rng.uniform(0.7, 0.98)
        for number, variant in enumerate(variants):
            text = " ".join(rng.choices(words, k=rng.randrange(240, 320)))
            response = Response(
                id=content_id([system.id, variant.id, 0]),
                run_id=plan.id,
                system_id=system.id,
                case_id=variant.case_id,
                variant_id=variant.id,
                repeat=0,
                outcome="answered" if rng.random() < 0.98 else "timeout",
                text=text,
                tokens_in=300,
                tokens_out=400,
                latency_s=rng.random() * 10,
                cost_usd=0.001,
                finished=START + timedelta(seconds=number),
            )
            answers.append(response)
            right = rng.random() < skill
            for dimension in DIMENSIONS:
                scores.append(
                    Score(
                        response_id=response.id,
                        scorer=dimension,
                        version=1,
                        dimension=dimension,
                        outcome="scored",
                        value=float(right) if dimension == "decision" else rng.random(),
                        label="today" if right else "routine",
                        harm=0 if right else rng.randrange(1, 5),
                        reason="as the rule says",
                    )
                )
    return answers, scores


def shards(workspace: Workspace, plan: Run, answers: list[Response], scores: list[Score]) -> None:
    """The same run again as it lies while it goes on: ``live``, a fifth of it."""
    folder = workspace.run("live")
    (folder / "shards").mkdir(parents=True)
    again = plan.model_copy(update={"id": "live"})
    (folder / "plan.json").write_text(dumps(again.model_dump(mode="json")), encoding="utf-8")
    n = len(answers) // 5
    for kind, rows in (
        ("answers", [a.model_copy(update={"run_id": "live"}) for a in answers[:n]]),
        ("scores", scores[: n * len(DIMENSIONS)]),
    ):
        with (folder / "shards" / f"{kind}-1-1.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(row.model_dump_json() + "\n" for row in rows)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    value = work()
    return time.perf_counter() - begin, value


def often(work: Callable[[], Any], n: int = 15) -> float:
    """Median milliseconds."""
    return 1000 * statistics.median(timed(work)[0] for _ in range(n))


def show(what: str, figure: str, note: str = "") -> None:
    print(f"{what:46} {figure:>12}  {note}")


PEAK = """
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1000 for line in file if line.startswith("VmHWM"))
"""
STORE = """
import json, sys, time
start = time.perf_counter()
from pathlib import Path
from medaudit.store import Store
begin = time.perf_counter()
store = Store.open(Path(sys.argv[1]))
rows = store.rows("domain_table", run="big")
end = time.perf_counter()
again = lambda: store.rows("domain_table", run="big")
"""
PANDAS = """
import json, sys, time
start = time.perf_counter()
from pathlib import Path
import pandas as pd
def compute(run):
    names = ["response_id", "system_id", "case_id"]
    answers = pd.read_parquet(run / "answers.parquet", columns=names)
    scores = pd.read_parquet(run / "scores.parquet", columns=["response_id", "dimension", "value"])
    case = scores[scores.dimension == "case_score"].merge(answers, on="response_id")
    mean = case.groupby(["system_id", "case_id"]).value.mean().reset_index()
    mean["domain"] = mean.case_id.str.partition("-")[0]
    return mean.groupby(["system_id", "domain"]).value.agg(["mean", "std", "min"])
begin = time.perf_counter()
run = Path(sys.argv[1]) / "runs" / "big"
rows = compute(run)
end = time.perf_counter()
again = lambda: compute(run)
"""
SAY = """
times = []
for _ in range(7):
    t = time.perf_counter()
    again()
    times.append(time.perf_counter() - t)
print(json.dumps({"imports": begin - start, "seconds": end - begin, "rows": len(rows),
                  "again_ms": 1000 * sorted(times)[3], "peak_mb": peak()}))
"""


def fresh(folder: Path, code: str) -> dict[str, float]:
    """One measurement in a process of its own: the quickest of three, after one to warm up."""
    with tempfile.TemporaryDirectory() as cache:
        # Compiled modules, as an installation has them, whatever this environment says.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", PEAK + code + SAY, str(folder)]
        runs: list[dict[str, float]] = []
        for _ in range(4):
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=environment
            )
            runs.append(json.loads(done.stdout))
    return min(runs[1:], key=lambda run: run["imports"] + run["seconds"])


def compare(workspace: Workspace) -> None:
    """Reading: in a fresh process, then the questions one by one."""
    (workspace.run("live") / "plan.json").rename(workspace.path / "live-plan.json")
    (workspace.run("live") / "shards").rename(workspace.path / "live-shards")
    ours, theirs = fresh(workspace.path, STORE), fresh(workspace.path, PANDAS)
    show("open + system x domain, fresh process", f"{ours['seconds']:.2f} s", "aim: below 1 s")
    show("  imports before it", f"{ours['imports']:.2f} s")
    show("  peak memory", f"{ours['peak_mb']:.0f} MB", "aim: below 300 MB")
    show("  the same table again", f"{ours['again_ms']:.1f} ms")
    note = f"{theirs['imports']:.2f} s of imports, {theirs['peak_mb']:.0f} MB"
    show("  pandas: means from the narrow columns", f"{theirs['seconds']:.2f} s", note)
    first = sum(theirs[k] for k in ("imports", "seconds")) / sum(
        ours[k] for k in ("imports", "seconds")
    )
    show("  pandas / store, first time", f"{first:.1f} x", "imports, suite and SHA-256 included")
    show("  pandas / store, again", f"{theirs['again_ms'] / ours['again_ms']:.1f} x")
    show("  pandas / store, peak memory", f"{theirs['peak_mb'] / ours['peak_mb']:.1f} x")
    store = Store.open(workspace.path)
    case = store.rows("case_list", run="big")[345 % len(store.rows("case_list"))]["case_id"]
    questions: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("domain_table", {"run": "big"}, ""),
        ("domain_table", {"run": "big", "family": "base"}, "originals only"),
        ("case_responses", {"case": case}, "one case, all systems; aim: below 50 ms"),
        ("case_responses", {"case": case, "system": SYSTEMS[3]}, "one case, one system"),
        ("worst_failures", {"run": "big", "most": 50}, "with prompts and answers"),
        ("case_list", {"run": "big"}, ""),
        ("run_progress", {"run": "big"}, ""),
        ("home_counts", {}, ""),
    )
    for name, parameters, note in questions:
        show(f"  {name}", f"{often(lambda n=name, p=parameters: store.rows(n, **p)):.1f} ms", note)  # type: ignore[misc]
    show("  every audit", f"{timed(store.audit)[0]:.2f} s")
    show("  refresh, nothing new", f"{often(store.refresh, 200):.2f} ms", "aim: below 2 ms")
    store.close()
    (workspace.path / "live-plan.json").rename(workspace.run("live") / "plan.json")
    (workspace.path / "live-shards").rename(workspace.run("live") / "shards")


def running(workspace: Workspace) -> None:
    """A run that goes on: taking in what is there, then one answer at a time."""
    store = Store(workspace)
    seconds, _ = timed(store.refresh)
    shard = workspace.run("live") / "shards"
    n = sum(1 for _ in (shard / "answers-1-1.jsonl").open())
    show("open with an unfinished run", f"{seconds:.2f} s", f"{n:,} answers in shards")
    line = Response.model_validate_json((shard / "answers-1-1.jsonl").open().readline())
    times = []
    for number in range(30):
        one = line.model_copy(update={"id": content_id([number])})
        with (shard / "answers-2-1.jsonl").open("a", encoding="utf-8") as file:
            file.write(one.model_dump_json() + "\n")
        times.append(timed(store.refresh)[0])
    show("  refresh, one new answer", f"{1000 * statistics.median(times):.1f} ms")
    show("  run_progress of it", f"{often(lambda: store.rows('run_progress', run='live')):.1f} ms")
    store.close()


def journal(folder: Path) -> None:
    """Appending and verifying 100,000 events of 600 bytes."""
    with Journal.open(folder / "bench.db") as opened:
        times = []
        for number in range(300):
            event = Event(
                client_id=f"e-{number}", actor="a", action="note", subject="s",
                payload={"note": "x" * 500},
            )  # fmt: skip
            times.append(timed(lambda e=event: opened.append(e))[0])  # type: ignore[misc]
        show(
            "journal: append",
            f"{1000 * statistics.median(times):.2f} ms",
            "median, flushed to disk",
        )
        head, rows = opened.head(), []
        payload = dumps({"note": "x" * 500})
        before = head.hash
        for seq in range(head.seq + 1, 100_001):
            fields = {
                "client_id": f"b-{seq}",
                "utc": "2026-06-01T08:00:00.000000Z",
                "actor": "a",
                "action": "note",
                "subject": "s",
            }
            hashed = chain_hash(before, seq=seq, payload_json=payload, **fields)
            rows.append(
                {"seq": seq, **fields, "payload": payload, "prev_hash": before, "hash": hashed}
            )
            before = hashed
        with writing(opened.engine) as connection:
            connection.execute(events.insert(), rows)
        seconds, faults = timed(opened.verify)
        show(
            "journal: verify 100,000 events",
            f"{seconds:.2f} s",
            f"{len(faults)} faults; aim: below 3 s",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=690)
    parser.add_argument(
        "--keep", type=Path, help="make, or use again, the workspace in this folder"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary) / "workspace"
        workspace = Workspace(folder)
        if not (folder / "runs" / "big" / "done.json").exists():
            workspace = make(folder, chosen.cases)
        compare(workspace)
        running(workspace)
        journal(Path(temporary))


if __name__ == "__main__":
    main()
