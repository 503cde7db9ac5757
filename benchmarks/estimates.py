"""How fast the estimates of a run are, beside the plain way with pandas.

``python -m benchmarks.estimates [--keep FOLDER]`` prints milliseconds, targets and ratios; it is no
test. The workspace is that of ``benchmarks.store``: 690 cases x 7 variants x 11 systems = 53,130
answers. The second run has the same plan with ten repeats, 531,300 answers with nine scores each:
its summaries and results are made by SQL, since only they are read. The peer is ``evalstats`` from
PyPI where it is installed: it takes rows as independent.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.store import make
from medaudit.estimates import domain_panels, sheet
from medaudit.store import Store
from medaudit.workspace import Workspace

REPEATS = 10
RESULTS = """
copy (
    select
        '{run}' as run_id,
        md5(r.response_id || '-' || k.range) as response_id,
        r.* exclude (run_id, response_id, repeat, decision, correct, case_score, harm),
        k.range::integer as repeat,
        if(hash(r.response_id || k.range) % 10 < 8, r.decision, 'days') as decision,
        r.correct and hash(r.response_id || k.range) % 10 < 8 as correct,
        r.case_score,
        r.harm
    from read_parquet('{source}/results.parquet') as r, range({repeats}) as k
    order by r.system_id, r.case_id, r.variant_id, repeat
) to '{target}/results.parquet' (format parquet, row_group_size 20000)
"""
SUMMARY = """
copy (
    select
        '{run}' as run_id,
        s.* exclude (
            run_id, n_expected, n, n_answered, n_scored, score_sum, n_decided, n_no_decision,
            n_correct, n_harm, n_harm3
        ),
        (n_expected * {repeats})::bigint as n_expected, n * {repeats} as n,
        n_answered * {repeats} as n_answered, n_scored * {repeats} as n_scored,
        score_sum * {repeats} as score_sum, n_decided * {repeats} as n_decided,
        n_no_decision * {repeats} as n_no_decision, n_correct * {repeats} as n_correct,
        n_harm * {repeats} as n_harm, n_harm3 * {repeats} as n_harm3
    from read_parquet('{source}/summary.parquet') as s
) to '{target}/summary.parquet' (format parquet)
"""


def repeated(workspace: Workspace) -> None:
    """A second finished run, ``repeated``: the first with ten repeats of every answer."""
    source, target = workspace.run("big"), workspace.run("repeated")
    target.mkdir()
    plan = json.loads((source / "plan.json").read_text())
    plan |= {"id": target.name, "repeats": REPEATS, "n_expected": plan["n_expected"] * REPEATS}
    (target / "plan.json").write_text(json.dumps(plan))
    named = {"run": target.name, "source": source, "target": target, "repeats": REPEATS}
    with duckdb.connect() as connection:
        for name, sql in (("results", RESULTS), ("summary", SUMMARY)):
            connection.execute(_in_order(connection, source / f"{name}.parquet", sql, named))
    for name in ("answers", "attempts", "scores"):
        shutil.copy(source / f"{name}.parquet", target)
    (target / "done.json").write_text("{}")


def _in_order(connection: Any, like: Path, sql: str, named: dict[str, Any]) -> str:
    """The statement with the columns of the file that it imitates, in their order."""
    rows = connection.execute(f"describe from '{like}'").fetchall()
    columns = ", ".join(f'"{row[0]}"::{row[1]} as "{row[0]}"' for row in rows)
    inner, _, rest = sql.format(**named).partition("\n) to ")
    return f"{inner.replace('copy (', f'copy (select {columns} from (', 1)})\n) to {rest}"


def plain(run: Path) -> int:
    """The plain way: every figure of the table by groupby over answers, rows as independent."""
    rows = pd.read_parquet(run / "results.parquet")
    rows["severe"] = rows["harm"] >= 3
    rows["silent"] = rows["decision_outcome"] == "no_decision"
    cells = rows.groupby(["system_id", "domain"])
    found = cells[["correct", "case_score", "severe", "silent"]].agg(["mean", "sem"])
    keys = ["system_id", "case_id", "repeat"]
    base = rows.loc[rows["family"] == "base", [*keys, "decision", "correct"]]
    pairs = rows[rows["family"] != "base"].merge(base, on=keys, suffixes=("", "_base"))
    pairs["flip"] = pairs["decision"] != pairs["decision_base"]
    pairs["harmful"] = pairs["flip"] & pairs["correct_base"] & ~pairs["correct"].astype(bool)
    flips = pairs.groupby(["system_id", "domain"])[["flip", "harmful"]].agg(["mean", "sem"])
    return len(found) + len(flips)


def milliseconds(work: Callable[[], Any], n: int = 7) -> tuple[float, float]:
    """Median and best of a few runs, after one to warm up."""
    work()
    times = []
    for _ in range(n):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times), min(times)


def show(what: str, took: tuple[float, float], note: str = "") -> None:
    print(f"{what:58} {took[0]:8.0f} ms  best {took[1]:.0f}  {note}")


def peer(run: Path) -> tuple[float, float] | None:
    """99 means and intervals of correctness alone, rows as independent."""
    try:
        import evalstats
    except ImportError:
        return None
    rows = pd.read_parquet(run / "results.parquet", columns=["system_id", "domain", "correct"])
    cells = [
        group.to_numpy(dtype=np.float64)
        for _, group in rows.groupby(["system_id", "domain"])["correct"]
    ]
    return milliseconds(lambda: [evalstats.mean_ci(cell, rng=0) for cell in cells], 3)


def compare(workspace: Workspace) -> None:
    with Store.open(workspace.path) as store:
        for run, size, aim in (
            ("big", "53,130 answers", "aim: below 200 ms"),
            ("repeated", "531,300 answers, 4.8 million scores", "aim: below 1,000 ms"),
        ):
            panels = domain_panels(store, run)
            count = sum(1 for panel in panels for _ in panel.estimates())
            print(f"{run}: {size}; {len(panels)} cells, {count:,} estimates")
            ours = milliseconds(lambda run=run: domain_panels(store, run))
            show("  system x domain, every estimate", ours, aim)
            show("  the whole sheet", milliseconds(lambda run=run: sheet(store, run), 3))
            theirs = milliseconds(lambda run=run: plain(workspace.run(run)), 3)
            show("  pandas: 6 means a cell, rows as independent", theirs)
            print(f"  pandas / ours: {theirs[1] / ours[1]:.1f}")
            other = peer(workspace.run(run))
            if other is None:
                print("  evalstats is not installed: no comparison")
            else:
                show("  evalstats: 1 mean a cell, rows as independent", other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="make, or use again, the workspace here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary) / "workspace"
        workspace = Workspace(folder)
        if not (folder / "runs" / "big" / "done.json").exists():
            workspace = make(folder, 690)
        if not (folder / "runs" / "repeated" / "done.json").exists():
            repeated(workspace)
        shutil.rmtree(folder / "runs" / "live", ignore_errors=True)
        compare(workspace)


if __name__ == "__main__":
    main()
