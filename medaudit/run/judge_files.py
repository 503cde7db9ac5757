"""The record of a finished judging as Parquet: replies, calls, bodies, and the pack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medaudit.durable import sha256
from medaudit.errors import WorkspaceDamaged
from medaudit.run import raw, shards
from medaudit.run.received import Received

if TYPE_CHECKING:
    import pyarrow as pa

VERDICTS, CALLS, CANARIES = "verdicts.parquet", "calls.parquet", "canaries.parquet"


def write(folder: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Turn the shards of a judging into Parquet and remove them; rows and SHA-256 by name."""
    import pyarrow as pa

    text, time = pa.string(), pa.timestamp("us", tz="UTC")
    found = Received.read(folder / "shards", scores=False)
    found.put_down(found.unrecorded())
    replies = [
        {
            "id": r.id, "of": r.variant_id, "case_id": r.case_id, "attempt": r.repeat,
            "outcome": r.outcome, "text": r.text, "reasoning": r.reasoning,
            "tokens_in": r.tokens_in, "tokens_out": r.tokens_out, "latency_s": r.latency_s,
            "cost_usd": r.cost_usd, "calls": r.attempts, "seed": r.seed, "finished": r.finished,
        }
        for r in sorted(found.answers.values(), key=lambda r: (r.variant_id, r.repeat))
    ]  # fmt: skip
    calls = [a.model_dump() for _, a in sorted(found.attempts.items())]
    written = raw.write(folder)
    written[VERDICTS] = _write(
        folder / VERDICTS,
        replies,
        pa.schema(
            [
                ("id", text), ("of", text), ("case_id", text), ("attempt", pa.int32()),
                ("outcome", text), ("text", text), ("reasoning", text),
                ("tokens_in", pa.int64()), ("tokens_out", pa.int64()),
                ("latency_s", pa.float64()), ("cost_usd", pa.float64()), ("calls", pa.int32()),
                ("seed", pa.int64()), ("finished", time),
            ]
        ),
    )  # fmt: skip
    written[CALLS] = _write(
        folder / CALLS,
        calls,
        pa.schema(
            [
                ("response_id", text), ("number", pa.int32()), ("started", time),
                ("ended", time), ("outcome", text), ("detail", text), ("raw", text),
            ]
        ),
    )  # fmt: skip
    written[CANARIES] = _write(
        folder / CANARIES,
        rows,
        pa.schema(
            [
                ("id", text), ("name", text), ("case_id", text), ("text", text),
                ("held", pa.bool_()), ("reason", text),
            ]
        ),
    )  # fmt: skip
    shards.remove(folder / "shards")
    return written


def counts(folder: Path) -> dict[str, Any]:
    """Of a judging's Parquet: replies, calls, those in doubt, and what they cost."""
    import pyarrow.parquet as pq

    replies = pq.read_table(folder / VERDICTS).to_pylist()
    calls = pq.read_table(folder / CALLS).to_pylist()
    costs = [row["cost_usd"] for row in replies]
    known = [cost for cost in costs if cost is not None]
    return {
        "replies": len(replies),
        "calls": len(calls),
        "in_doubt": sum(row["outcome"] == "in_doubt" for row in calls),
        "cost_usd": sum(known) if known else None,
        "n_cost_unknown": len(costs) - len(known),
    }


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one file. Raises ``WorkspaceDamaged`` when it is not what was written."""
    import pyarrow.parquet as pq

    run = folder.parent.parent
    stated = json.loads((run / "done.json").read_bytes())["files"]
    path = folder / name
    facts = stated.get(path.relative_to(run).as_posix(), {})
    if facts.get("sha256") != sha256(path):
        raise WorkspaceDamaged(f"{path} is not what was written; put back a backup of the run")
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def _write(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> dict[str, Any]:
    import pyarrow as pa

    from medaudit.store.parquet import write_table  # DuckDB with it, which planning does without

    return write_table(path, pa.Table.from_pylist(rows, schema))
