"""Rows into and out of the tables in memory (see ``sql/tables.sql``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from medaudit.store.statements import text

BATCH = 1_000
FEW = 8
_SHAPES: dict[str, str] = {}
"""Columns of each table as JSON; the same in every database, and asking takes a millisecond."""


def create_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table, empty."""
    connection.execute(text("", "tables"))


def columns(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[str, str]]:
    """Name and type of each column of a table, view or ``read_parquet(…)``."""
    return [
        (name, kind) for name, kind, *_ in connection.execute(f"describe from {source}").fetchall()
    ]


def load(
    connection: duckdb.DuckDBPyConnection, table: str, run_id: str, lines: Sequence[bytes]
) -> None:
    """Append records of a run, each as its JSON: answers, calls or scores."""
    for start in range(0, len(lines), BATCH):
        batch = b"[" + b",".join(lines[start : start + BATCH]) + b"]"
        connection.execute(text("load", table), {"run": run_id, "lines": batch.decode("utf-8")})


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Append rows whose keys are the table's columns.

    Many travel as JSON: as quick as Arrow, and without importing pandas. A few go one by one,
    which saves a commit several milliseconds. Raises ``duckdb.Error`` when a value does not have
    its column's type.
    """
    if len(rows) <= FEW:
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            values = ", ".join(f"${name}" for name in row)
            connection.execute(f"insert into {table} ({names}) values ({values})", dict(row))  # noqa: S608
        return
    if table not in _SHAPES:
        _SHAPES[table] = json.dumps([dict(columns(connection, table))])
    shape = _SHAPES[table]
    sql = (
        f"insert into {table} by name "
        f"select unnest(from_json_strict($rows, '{shape}'), max_depth := 2)"
    )
    for start in range(0, len(rows), BATCH):
        batch = json.dumps(rows[start : start + BATCH], ensure_ascii=False, allow_nan=False)
        connection.execute(sql, {"rows": batch})


def delete(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], column: str, value: str
) -> None:
    """Remove the rows in which the column has the value, from several tables."""
    for name in tables:
        connection.execute(f"delete from {name} where {column} = $value", {"value": value})  # noqa: S608
