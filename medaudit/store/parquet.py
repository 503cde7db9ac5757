"""A finished run as Parquet: sorted, compressed, on disk and read back before anyone relies on it.

``write_run`` makes five files of a run's folder. ``answers``, ``attempts`` and ``scores`` hold
what the run recorded. ``results`` (an answer a row) and ``summary`` (a case, probe and level a
row) hold what pages ask for, without any text, so that a table over all systems never reads an
answer; the rules that answer for an unfinished run compute them, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from medaudit.durable import replacing, sha256
from medaudit.errors import BadInput, Conflict, WorkspaceDamaged
from medaudit.records import Attempt, Response, Run, Score
from medaudit.store import live, rows, suites
from medaudit.store.engine import connect
from medaudit.store.finished import SHAPES
from medaudit.store.runs import read_plan
from medaudit.store.statements import text
from medaudit.store.tables import create_all, insert, load

ROW_GROUP = 2_000
"""Small enough that one case is found without decoding the rest of the run."""
MEMORY = "80%"


def write_run(
    folder: Path,
    answers: Sequence[Response],
    attempts: Sequence[Attempt],
    scores: Sequence[Score],
) -> dict[str, dict[str, Any]]:
    """Write the five Parquet files of ``runs/<run_id>``; returns rows and SHA-256 of each.

    Needs the folder's ``plan.json`` and the suite that it names; the returned facts belong into
    ``done.json`` under ``files``, against which the store checks them. Each file is sorted by
    system, case, variant and repeat, flushed to disk, read back and compared before it takes its
    name; after that the shards may go. Raises ``Conflict`` when an answer stands twice,
    ``BadInput`` when a score or an answer belongs to something that the run does not have.
    """
    plan = read_plan(folder)
    _check(plan, answers, scores)
    with connect(None, memory=MEMORY) as connection:
        create_all(connection)
        for name in live.RULES:
            connection.execute(f"create view {name} as {text('views', name)}")
        _load_suite(connection, folder.parent.parent / "suites" / plan.suite_id)
        insert(connection, "run_row", [rows.run(plan, "running")])
        insert(connection, "run_system", rows.systems(plan))
        for table, records in (
            ("live_answer", answers),
            ("live_attempt", attempts),
            ("live_score", scores),
        ):
            lines = [record.model_dump_json().encode("utf-8") for record in records]
            load(connection, table, plan.id, lines)
        connection.execute("insert into live_cell by name from planned_cell")
        connection.execute("insert into live_result by name from live_finding")
        written = {}
        for kind in SHAPES:
            table = connection.sql(text("finish", kind)).to_arrow_table()
            written[f"{kind}.parquet"] = write_table(folder / f"{kind}.parquet", table)
        return written


def _check(plan: Run, answers: Sequence[Response], scores: Sequence[Score]) -> None:
    known: set[str] = set()
    for answer in answers:
        if answer.id in known:
            raise Conflict(f"answer {answer.id} of run {plan.id} stands twice; keep one of them")
        if answer.run_id != plan.id:
            reason = f"answer {answer.id} belongs to run {answer.run_id}, not {plan.id}"
            raise BadInput(reason, field="run_id")
        known.add(answer.id)
    for score in scores:
        if score.response_id not in known:
            raise BadInput(f"score of an answer {score.response_id} that the run does not have")


def _load_suite(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    faults = suites.load(connection, folder)
    if faults:
        name, line, reason = faults[0]
        place = folder / name if line is None else f"{folder / name}:{line}"
        raise WorkspaceDamaged(f"{place}: {reason}; restore the suite from a backup")


def write_table(path: Path, table: pa.Table) -> dict[str, Any]:
    """Write one Parquet file and read it back before it takes its name; its rows and SHA-256."""
    with replacing(path) as draft:
        pq.write_table(table, draft, row_group_size=ROW_GROUP, compression="zstd")
        if not pq.read_table(draft).equals(table):
            reason = "reads back other than written; check the disk, run again"
            raise WorkspaceDamaged(f"{path} {reason}")
    return {"rows": table.num_rows, "sha256": sha256(path)}
