"""What all sessions of this process share: the workspace, its store and its journal."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

from medaudit.journal import Journal
from medaudit.store import Store
from medaudit.workspace import Workspace

_opening = threading.Lock()


@lru_cache(maxsize=8)
def _store(path: Path) -> Store:
    return Store.open(path)


@lru_cache(maxsize=8)
def _journal(place: Path | str) -> Journal:
    return Journal.open(place)


def workspace() -> Workspace:
    """The workspace of this process: ``MEDAUDIT_HOME`` or ``.medaudit`` in the current folder."""
    return Workspace.current()


def store() -> Store:
    """The store of the workspace, brought up to date with files and journal."""
    with _opening:
        opened = _store(workspace().path)
    opened.refresh()
    return opened


def journal() -> Journal:
    """The journal of the workspace."""
    with _opening:
        return _journal(workspace().journal)
