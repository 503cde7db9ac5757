"""The end of a run: its shards become Parquet, and go only after that has been read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medaudit.durable import sha256
from medaudit.errors import Conflict, WorkspaceDamaged
from medaudit.records import Attempt, Response, Run, Score
from medaudit.run import raw, shards
from medaudit.run.plan import write_json
from medaudit.run.progress import Progress, from_files
from medaudit.run.received import Counts, Received
from medaudit.workspace import Workspace


def finish(workspace: Workspace, run: Run) -> Progress:
    """Compact a run whose answers are all there. Call it under the run's lock.

    Raises ``Conflict`` while answers are missing.
    """
    folder = workspace.run(run.id)
    received = Received.read(folder / "shards")
    if len(received.answers) != run.n_expected:
        raise Conflict(
            f"run {run.id} has {len(received.answers)} of {run.n_expected} answers; "
            f"type: medaudit run resume {run.id}"
        )
    received.put_down(received.unrecorded())
    bodies = raw.write(folder)
    answers = list(received.answers.values())
    attempts, scores = list(received.attempts.values()), list(received.scores.values())
    write_done(folder, run, answers, attempts, scores, bodies)
    tidy(folder)
    return from_files(folder, run)


def write_done(
    folder: Path,
    run: Run,
    answers: Sequence[Response],
    attempts: Sequence[Attempt],
    scores: Sequence[Score],
    more: Mapping[str, dict[str, Any]],
) -> None:
    """Write the Parquet of a run and then ``done.json``, which vouches for it."""
    from medaudit.store.parquet import write_run

    files = write_run(folder, answers, attempts, scores)
    counts = Counts()
    for answer in answers:
        counts.add(answer)
    write_json(
        folder / "done.json",
        {
            "run_id": run.id,
            "finished": max(answer.finished for answer in answers).isoformat(),
            "n_expected": run.n_expected,
            "n_received": len(answers),
            "outcomes": dict(sorted(counts.outcomes.items())),
            "attempts": len(attempts),
            "in_doubt": sum(attempt.outcome == "in_doubt" for attempt in attempts),
            "tokens_out": counts.tokens_out,
            "cost_usd": counts.cost_usd,
            "n_cost_unknown": counts.n_cost_unknown,
            "files": {**files, **more},
        },
    )


def tidy(folder: Path) -> None:
    """Remove the shards of a finished run, where its Parquet is what was written."""
    files = json.loads((folder / "done.json").read_bytes())["files"]
    for name, written in files.items():
        if sha256(folder / name) != written["sha256"]:
            raise WorkspaceDamaged(
                f"{folder / name} is not what was written; delete done.json and type: "
                f"medaudit run resume {folder.name}"
            )
    shards.remove(folder / "shards")
