"""A workspace with two reviewers and a lead, made once and copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from medaudit.journal import Journal
from medaudit.records import Assignment
from medaudit.review import Actor, draw_queue, settings_of
from medaudit.store import Store
from tests.fixtures import Bench, make_workspace

LEAD = Actor("lead", "lead")
ANNA = Actor("anna", "reviewer")
BEN = Actor("ben", "reviewer")
SEED = 20260601
FULL = os.environ.get("MEDAUDIT_PROOF") == "full"
ENGINES = ("sqlite", "postgresql") if FULL else ("sqlite",)


@dataclass(frozen=True)
class Desk:
    """One workspace, open: its store, its journal and its first queue."""

    bench: Bench
    store: Store
    journal: Journal

    def draw(
        self, name: str, n: int, seed: int = SEED, actor: Actor = LEAD, **other: Any
    ) -> list[Assignment]:
        """Draw a queue: every answer read once and none again, unless ``other`` says so."""
        plain = {"run_id": "demo", "double_share": 0.0, "repeat_share": 0.0, "pass_share": 0.0}
        asked = settings_of(queue=name, n=n, seed=seed, **{**plain, **other})
        return draw_queue(self.store, self.journal, actor, asked)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Three cases, three variants of each, two systems, two repeats: 36 answers."""
    return make_workspace(tmp_path_factory.mktemp("desk"), n_cases=3)


@contextmanager
def opened(made: Bench, folder: Path) -> Iterator[Desk]:
    home = Path(shutil.copytree(made.workspace.path, folder / "home"))
    with Store.open(home) as store, Journal.open(store.workspace.journal) as journal:
        yield Desk(made, store, journal)


@pytest.fixture(params=ENGINES)
def desk(
    request: pytest.FixtureRequest,
    made: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """A desk of one's own; in a proof with the journal on either engine."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        monkeypatch.setenv("MEDAUDIT_JOURNAL", server.database())
    with opened(made, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def calm(made: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the queue ``q`` of five items, for tests that must leave it as it is."""
    with opened(made, tmp_path_factory.mktemp("calm")) as found:
        found.draw("q", 5)
        head = found.journal.head()
        yield found
        assert found.journal.head() == head
        assert found.journal.verify() == []


def rows_of(journal: Journal, sql: str) -> list[tuple[Any, ...]]:
    """What a statement finds in the journal's database, round the journal's own code."""
    with journal.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def stored(journal: Journal) -> str:
    """All that the database holds, as text."""
    tables = ("event", "kept")
    return "\n".join(
        str(row) for table in tables for row in rows_of(journal, f"select * from {table}")
    )
