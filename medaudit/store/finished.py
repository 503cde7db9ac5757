"""The Parquet of finished runs: what of it can be used, and the views that read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from medaudit.durable import sha256
from medaudit.store.engine import literal, unreadable
from medaudit.store.tables import columns

SHAPES = {
    "answers": "live_answer",
    "attempts": "live_attempt",
    "scores": "live_score",
    "results": "live_result",
    "summary": "live_summary",
}
"""Each file and what has the same columns for unfinished runs."""


def fault_of(connection: duckdb.DuckDBPyConnection, kind: str, path: Path) -> str | None:
    """Why a Parquet file of a finished run cannot be used, or None.

    The file is read whole once and its SHA-256 compared with the one in ``done.json``: a flipped
    bit in a page of numbers reads as another number, without any error (measured).
    """
    try:
        stated = _stated(path)
        if stated is not None and stated != sha256(path):
            return "is not what was written: its SHA-256 differs; put back a backup of the run"
        with connection.cursor() as cursor:  # an error would end the caller's transaction
            found = columns(cursor, _parquet([str(path)]))
        if found != columns(connection, SHAPES[kind]):
            return "does not have the columns of this version of medaudit"
    except FileNotFoundError:
        return "missing although the run is marked as done"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except duckdb.Error as error:
        if not unreadable(error):
            raise
        return f"cannot be read as Parquet: {str(error).splitlines()[0]}"
    return None


def view(connection: duckdb.DuckDBPyConnection, kind: str, files: Sequence[str]) -> None:
    """Make the view ``finished_<...>`` of one kind over these files; over none it is empty."""
    shape = SHAPES[kind]
    name = shape.replace("live", "finished")
    names = ", ".join(f'"{column}"' for column, _ in columns(connection, shape))
    source = _parquet(files) if files else f"{shape} where false"
    connection.execute(f"create or replace view {name} as select {names} from {source}")  # noqa: S608


def _parquet(files: Sequence[str]) -> str:
    listed = ", ".join(literal(file) for file in files)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _stated(path: Path) -> str | None:
    """What ``done.json`` says of a file; None where it says nothing."""
    try:
        done = json.loads((path.parent / "done.json").read_bytes())
        return str(done["files"][path.name]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
