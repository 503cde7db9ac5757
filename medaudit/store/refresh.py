"""Bringing the database up to date with the workspace: new suites, runs, shard lines, events.

Looking costs a few ``stat`` calls and one query; only what is new is read. All that one refresh
changes happens in one transaction, so a query sees the workspace before it or after it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from medaudit.records import Run
from medaudit.store import derived, live, rows, suites
from medaudit.store.finished import SHAPES, fault_of, view
from medaudit.store.replica import News, Replica
from medaudit.store.runs import RunFiles, signature
from medaudit.store.statements import VIEWS, text
from medaudit.store.tables import create_all, delete, insert
from medaudit.workspace import Workspace


@dataclass
class State:
    """What has been taken in so far. Thrown away whole when a refresh fails half-way."""

    workspace: Workspace
    replica: Replica
    suites: dict[str, tuple[Any, list[suites.Fault]]] = field(default_factory=dict)
    """What the files look like, and their faults."""
    runs: dict[str, RunFiles] = field(default_factory=dict)
    views: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The files that each view over Parquet reads."""
    draws: int = 0
    """How often queues of review have changed."""

    def damages(self) -> Iterator[tuple[str, int | None, str]]:
        """(file below the workspace, line, reason)."""
        for name, (_, faults) in sorted(self.suites.items()):
            for file, line, reason in faults:
                yield f"suites/{name}/{file}", line, reason
        for name, run in sorted(self.runs.items()):
            for file, line, reason in run.damages():
                yield f"runs/{name}/{file}", line, reason
        yield from self.replica.faults


def begin(cursor: duckdb.DuckDBPyConnection, workspace: Workspace) -> State:
    """Make all tables and views, empty."""
    state = State(workspace, Replica(workspace.journal))
    create_all(cursor)
    for name in live.RULES:
        cursor.execute(f"create or replace view {name} as {text('views', name)}")
    _finished_views(cursor, state)
    for name in VIEWS:
        cursor.execute(f'create or replace view "{name}" as {text("views", name)}')
    return state


def refresh(cursor: duckdb.DuckDBPyConnection, state: State) -> bool:
    """Take in what is new. Returns whether anything was."""
    changed = _suites(cursor, state)
    if changed:
        for run in state.runs.values():
            if run.state is not None and run.done is None:
                live.derive(cursor, run)
    if _runs(cursor, state):
        _finished_views(cursor, state)
        changed = True
    news = state.replica.news()
    _journal(cursor, news)
    state.draws += news.again or bool(news.rows["queue_row"] or news.rows["queue_item"])
    if changed or news.again or news.rows["queue_row"]:
        # Also when only answers came: a judgment may have been there before its answer.
        derived.everything(cursor)
    elif news.events:
        derived.what_changed(cursor, news)
    return changed or news.again or bool(news.events)


def _suites(cursor: duckdb.DuckDBPyConnection, state: State) -> bool:
    changed = False
    folders = _folders(state.workspace.suites)
    for name in state.suites.keys() - folders.keys():
        delete(cursor, ("suite_case", "suite_variant"), "suite_id", name)
        del state.suites[name]
        changed = True
    for name, folder in folders.items():
        if name in state.suites and not state.suites[name][1]:
            continue  # frozen: what was good stays as it is
        look = [signature(folder / file) for file in (*suites.FILES, "manifest.json")]
        if name in state.suites and state.suites[name][0] == look:
            continue
        delete(cursor, ("suite_case", "suite_variant"), "suite_id", name)
        state.suites[name] = look, suites.load(cursor, folder)
        changed = True
    return changed


def _runs(cursor: duckdb.DuckDBPyConnection, state: State) -> bool:
    changed = False
    folders = _folders(state.workspace.runs)
    for name in state.runs.keys() - folders.keys():
        _drop(cursor, state.runs.pop(name))
        changed = True
    for name, folder in folders.items():
        run = state.runs.setdefault(name, RunFiles(folder))
        done = run.finished()
        if run.done is not None and run.done == done:
            continue
        if run.done is not None:  # finished again, or taken up again: start over
            _drop(cursor, run)
            run = state.runs[name] = RunFiles(folder)
        plan = run.read_plan()
        if plan is None:
            continue
        if done is not None:
            run.finish(done, partial(fault_of, cursor))
            delete(cursor, live.TABLES, "run_id", name)
        changed = _listed(cursor, run, plan) or changed
        if done is None:
            changed = live.take_in(cursor, run) or changed
    return changed


def _listed(cursor: duckdb.DuckDBPyConnection, run: RunFiles, plan: Run) -> bool:
    """The run's row and its systems, with its state as it is now."""
    now = "done" if run.done is not None else run.current_state()
    if run.state == now:
        return False
    if run.state is None:
        insert(cursor, "run_row", [rows.run(plan, now)])
        insert(cursor, "run_system", rows.systems(plan))
        if run.done is None:
            live.derive(cursor, run)
    else:
        change = "update run_row set state = $state where run_id = $run"
        cursor.execute(change, {"state": now, "run": run.run_id})
    run.state = now
    return True


def _finished_views(cursor: duckdb.DuckDBPyConnection, state: State) -> None:
    """Views over the Parquet of finished runs, made anew when there are others."""
    for kind in SHAPES:
        file = f"{kind}.parquet"
        files = tuple(
            str(run.folder / file)
            for _, run in sorted(state.runs.items())
            if run.done is not None and run.sound(file)
        )
        if state.views.get(kind) != files:
            view(cursor, kind, files)
            state.views[kind] = files


def _journal(cursor: duckdb.DuckDBPyConnection, news: News) -> None:
    if news.again:
        for table in ("event", *news.rows):
            cursor.execute(f"delete from {table}")  # noqa: S608
    if news.events:
        insert(cursor, "event", news.events)
    for table, found in news.rows.items():
        if found:
            insert(cursor, table, found)


def _drop(cursor: duckdb.DuckDBPyConnection, run: RunFiles) -> None:
    delete(cursor, ("run_row", "run_system", *live.TABLES), "run_id", run.run_id)


def _folders(parent: Path) -> dict[str, Path]:
    """The folders in a folder by name; those that are still being made start with a dot."""
    try:
        with os.scandir(parent) as entries:
            found = {e.name: Path(e.path) for e in entries if e.is_dir() and e.name[0] != "."}
    except FileNotFoundError:
        return {}
    return dict(sorted(found.items()))
