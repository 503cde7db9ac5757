"""Stopping a run from another process: a file in its folder, which the runner looks for.

The file names the runner it is meant for, so that one left behind stops nobody else.
"""

from __future__ import annotations

import json
from pathlib import Path

from medaudit.errors import Conflict
from medaudit.run import lock
from medaudit.run.plan import load, write_json
from medaudit.workspace import Workspace

NAME = "cancel.json"


def cancel(workspace: Workspace, run_id: str, *, now: bool = False) -> None:
    """Ask the runner of a run to stop: the calls in flight end, or with ``now`` are cut off.

    What has come back is kept and the run can be resumed. Raises ``UnknownName``, and ``Conflict``
    when nobody is carrying the run out.
    """
    load(workspace, run_id)
    folder = workspace.run(run_id)
    runner = lock.read(folder) if lock.held(folder) else None
    if runner is None:
        raise Conflict(f"run {run_id} is not being carried out, so there is nothing to cancel")
    write_json(folder / NAME, {"pid": runner["pid"], "started": runner["started"], "now": now})


def asked(folder: Path) -> bool | None:
    """Whether the runner of this folder is to stop: True at once, False gently, None not at all."""
    try:
        value = json.loads((folder / NAME).read_bytes())
        runner = lock.read(folder)
        if runner is None or any(value[name] != runner[name] for name in ("pid", "started")):
            return None
        return bool(value["now"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def done(folder: Path) -> None:
    """Take the file away at the end of a runner."""
    (folder / NAME).unlink(missing_ok=True)
