"""The bodies of a finished run: one Parquet file, a body a row, found by call or by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from medaudit.durable import replacing, sha256
from medaudit.errors import WorkspaceDamaged
from medaudit.run import shards
from medaudit.run.kept import Raw

NAME = "raw.parquet"
BATCH = 500


def write(folder: Path) -> dict[str, dict[str, Any]]:
    """Write ``raw.parquet`` from a run's shards, some rows at a time; rows and SHA-256 by name.

    Nothing is written where no body was kept.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("response_id", pa.string()),
            ("number", pa.int32()),
            ("received", pa.timestamp("us", tz="UTC")),
            ("status", pa.int32()),
            ("whole", pa.bool_()),
            ("size", pa.int64()),
            ("sha256", pa.string()),
            ("body", pa.binary()),
        ]
    )
    rows = shards.read(folder / "shards", Raw, "raw")
    first = list(islice(rows, BATCH))
    if not first:
        return {}
    n_rows = 0
    with replacing(folder / NAME) as draft:
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            batch = first
            while batch:
                writer.write_table(pa.Table.from_pylist([_row(row) for row in batch], schema))
                n_rows += len(batch)
                batch = list(islice(rows, BATCH))
        back = [hashlib.sha256(row["body"]).hexdigest() == row["sha256"] for row in _read(draft)]
        if len(back) != n_rows or not all(back):
            raise WorkspaceDamaged(f"{draft} reads back other than written; check the disk")
    return {NAME: {"rows": n_rows, "sha256": sha256(folder / NAME)}}


def bodies(folder: Path) -> Iterator[dict[str, Any]]:
    """Every body of a run, finished or not, as rows of ``raw.parquet``."""
    if (folder / "done.json").is_file():
        if (folder / NAME).is_file():
            yield from _read(folder / NAME)
        return
    yield from (_row(row) for row in shards.read(folder / "shards", Raw, "raw"))


def _row(row: Raw) -> dict[str, Any]:
    value = row.model_dump(exclude={"encoding"})
    return {**value, "body": row.data}


def _read(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as source:
        for batch in source.iter_batches(batch_size=BATCH):
            yield from batch.to_pylist()
