"""Runs: a plan mapped over workers, stopped and resumed at will, compacted when complete."""

from __future__ import annotations

from collections.abc import Iterable

from medaudit.providers import shipped
from medaudit.records import System
from medaudit.run.cancelling import cancel
from medaudit.run.executor import execute
from medaudit.run.finish import finish
from medaudit.run.forecasting import Forecast, forecast
from medaudit.run.handover import collect, hand_over
from medaudit.run.judging import judge
from medaudit.run.options import Options
from medaudit.run.panels import judge_all, judging_forecast, seat
from medaudit.run.plan import draft, load, plan
from medaudit.run.progress import INTERRUPTED_EXIT, Progress, from_files
from medaudit.run.rescoring import rescore, rescore_nli, rescore_similarity
from medaudit.run.retry import Retry
from medaudit.run.snapshots import retiring, snapshot
from medaudit.workspace import Workspace

__all__ = [
    "INTERRUPTED_EXIT",
    "Forecast",
    "Options",
    "Progress",
    "Retry",
    "cancel",
    "collect",
    "draft",
    "execute",
    "finish",
    "forecast",
    "hand_over",
    "judge",
    "judge_all",
    "judging_forecast",
    "load",
    "plan",
    "rescore",
    "rescore_nli",
    "rescore_similarity",
    "resume",
    "retiring",
    "seat",
    "snapshot",
    "status",
    "systems",
]

resume = execute
"""Going on is executing again: what has an answer is not asked."""


def status(workspace: Workspace, run_id: str) -> Progress:
    """How far a run is, read from its files by any process at any time."""
    return from_files(workspace.run(run_id), load(workspace, run_id))


def systems(ids: Iterable[str] | None = None) -> list[System]:
    """The systems that this installation and the current workspace know, or those of these ids."""
    return shipped.systems(ids, workspace=Workspace.current().path)
