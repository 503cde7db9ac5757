"""What the pages, the command line and the report ask: questions by name over the workspace."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from medaudit.store.engine import connect, query
from medaudit.store.refresh import State, begin, refresh
from medaudit.store.statements import bound, names, text
from medaudit.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_000
"""An audit shows no more rows than that."""


@dataclass(frozen=True)
class Damage:
    """A file of the workspace that is not what was written; everything else still counts."""

    file: str
    """Below the workspace."""
    line: int | None
    """Of the file; of the journal, the event. None: the file as a whole."""
    reason: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.reason}"


class Store:
    """One workspace, open for reading. Safe to share among threads.

    It holds nothing that is not in the workspace: closing it loses nothing, and any number of
    processes may have one open while others write.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = Workspace(workspace.path.resolve())
        self._lock = threading.Lock()
        self._connection = connect(self.workspace.path)
        self._state: State | None = None
        self.version = 0
        """Goes up whenever a refresh found something new."""
        self._begun = self._taken_in = 0
        """Number of the newest refresh, and of the newest that did not fail."""
        self.draws = 0
        """Goes up whenever queues of review may be others than before: what was looked up of one
        holds until then."""

    @classmethod
    def open(cls, workspace: Path | Workspace) -> Store:
        """The store of a workspace, brought up to date. The folder need not exist yet."""
        store = cls(workspace if isinstance(workspace, Workspace) else Workspace(workspace))
        with ExitStack() as failed:
            failed.callback(store.close)
            store.refresh()
            failed.pop_all()
        return store

    def close(self) -> None:
        with self._lock:
            if self._state is not None:
                self._state.replica.close()
            self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def refresh(self) -> bool:
        """Take in new suites, runs, answers and events; whether there were any.

        Of many who ask at once, those for whom another refresh began meanwhile need none.
        """
        asked, before = self._begun, self.version
        with self._lock:
            if self._taken_in > asked:
                return self.version != before
            self._begun += 1
            return self._refresh()

    def _refresh(self) -> bool:
        with self._connection.cursor() as cursor, ExitStack() as failed:
            cursor.begin()
            failed.callback(self._start_over)
            failed.callback(cursor.rollback)
            first = self._state is None
            if self._state is None:
                self._state = begin(cursor, self.workspace)
            draws = self._state.draws
            changed = refresh(cursor, self._state)
            cursor.commit()
            failed.pop_all()
            self.draws += first or self._state.draws != draws
            self.version += changed or first
            self._taken_in = self._begun
            return changed

    def rows(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a named query. NULL is None, JSON columns are text."""
        sql = text("queries", name)
        return self._rows(sql, bound(name, sql, parameters))

    def journal_head(self) -> str | None:
        """Of which journal the figures are: number and hash of its newest event, or None."""
        return next((f"{row['seq']}:{row['hash']}" for row in self.rows("journal_head")), None)

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The rows of a named query as a frame: NULL is NA in whole numbers and booleans, NaN in
        other numbers, missing in text."""
        sql = text("queries", name)
        with query(self._connection, sql, bound(name, sql, parameters)) as cursor:
            return cursor.df()

    def audit(self) -> dict[str, list[dict[str, Any]]]:
        """Every audit by name with the rows it found, at most 1,000 each. Good: no rows at all."""
        return {name: self._rows(text("audits", name), {}, MOST_ROWS) for name in names("audits")}

    def faults(self) -> list[Damage]:
        """Files of the workspace that are damaged, as of the last refresh."""
        with self._lock:
            return [Damage(*found) for found in self._state.damages()] if self._state else []

    def _rows(
        self, sql: str, parameters: dict[str, Any], most: int | None = None
    ) -> list[dict[str, Any]]:
        with query(self._connection, sql, parameters) as cursor:
            columns = [column[0] for column in cursor.description or ()]
            found = cursor.fetchall() if most is None else cursor.fetchmany(most)
        return [dict(zip(columns, row, strict=True)) for row in found]

    def _start_over(self) -> None:
        """What was taken in half is void: the next refresh reads everything again."""
        if self._state is not None:
            self._state.replica.close()
        self._state = None
