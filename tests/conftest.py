"""What all tests share: no journal from outside, and a PostgreSQL for those that ask for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Server, postgres, programs

os.environ.pop("MEDAUDIT_JOURNAL", None)  # no test may write to somebody's journal


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL, started when the first test asks for it."""
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres(folder) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a new journal can begin, on either engine."""
    if request.param == "sqlite":
        return tmp_path / "journal.db"
    server: Server = request.getfixturevalue("postgres_server")
    return server.database()
