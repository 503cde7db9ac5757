"""What is on record of the judges of a run: who was asked, and whether they withstood the pack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medaudit.errors import WorkspaceDamaged
from medaudit.run import judge_files
from medaudit.run.judging import FOLDER, NOTE
from medaudit.run.panels import FOLDER as PANELS
from medaudit.workspace import Workspace


@dataclass(frozen=True)
class Record:
    """One judge of one kind on one run."""

    judge: str
    title: str
    vendor: str
    kind: str
    done: bool
    """Whether its scores stand. Otherwise it was stopped and goes on with the same command."""
    canaries: int
    """Answers made to mislead it that were put to it."""
    tripped: tuple[str, ...]
    """Names in the pack of those to which it gave way, one an answer."""
    left_out: Mapping[str, str]
    """Systems of its own family that were left to other judges, and what they share."""
    calls: int | None
    cost_usd: float | None
    """None: nobody knows."""

    @property
    def held(self) -> int:
        """How many of them it withstood."""
        return self.canaries - len(self.tripped)


def judges_of(workspace: Workspace, run_id: str) -> list[Record]:
    """The judges of a run, by name. Raises ``WorkspaceDamaged``."""
    notes = sorted((workspace.run(run_id) / FOLDER).glob(f"*/{NOTE}"))
    return [_record(path.parent) for path in notes]


def panels_of(workspace: Workspace, run_id: str) -> dict[str, tuple[str, ...]]:
    """By kind, the judges whose votes make the newest panel. Raises ``WorkspaceDamaged``."""
    folder = workspace.run(run_id) / PANELS
    try:
        paths = sorted(folder.glob("*.json"), key=lambda path: int(path.name.split(".")[-2]))
        notes = [json.loads(path.read_bytes()) for path in paths]
        return {note["kind"]: tuple(note["judges"]) for note in notes}
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceDamaged(f"{folder} is not what was written; restore it") from error


def _record(folder: Path) -> Record:
    try:
        note = json.loads((folder / NOTE).read_bytes())
        done = "tripped" in note
        pack = judge_files.read(folder, judge_files.CANARIES) if done else []
        return Record(
            judge=note["judge"]["id"],
            title=note["judge"]["title"],
            vendor=note["judge"]["vendor"],
            kind=note["prompt"]["name"],
            done=done,
            canaries=len(pack),
            tripped=tuple(row["name"] for row in pack if not row["held"]),
            left_out=note.get("left_out", {}),
            calls=note.get("calls"),
            cost_usd=note.get("cost_usd"),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceDamaged(f"{folder / NOTE} is not what was written; restore it") from error
