"""A store whose journal is on a server: it looks, makes nothing, and goes on when that is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Event, Journal
from medaudit.store import Store
from medaudit.workspace import Workspace


def note(number: int) -> Event:
    return Event(client_id=f"c-{number}", actor="dr-a", action="note", subject="s")


@pytest.fixture
def url(postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    found: str = postgres_server.database()
    monkeypatch.setenv("MEDAUDIT_JOURNAL", found)
    return found


def hashes(store: Store) -> list[str]:
    store.refresh()
    return [row["hash"] for row in store._rows("select hash from event order by seq", {})]


def test_who_only_looks_begins_no_journal(url: str, tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert hashes(store) == []
        assert Journal.found(url) is None
        with Journal.open(url) as journal:
            journal.append(note(1))
            assert hashes(store) == [event.hash for event in journal.since()]
            journal.append(note(2))
            assert hashes(store) == [event.hash for event in journal.since()]
        assert not Workspace(tmp_path).journal_file.exists()


def test_another_journal_in_the_same_place_replaces_what_was_read(
    url: str, tmp_path: Path, postgres_server: Any
) -> None:
    """As after the server was put back from a backup."""
    database = url.rpartition("/")[2]
    with Store.open(tmp_path) as store:
        for number in (1, 2):
            with Journal.open(url) as journal:
                journal.append(note(number))
                assert hashes(store) == [event.hash for event in journal.since()]
            postgres_server.run("truncate event, kept", database)
            postgres_server.run("drop table event, kept", database)


def test_a_server_that_is_away_is_a_listed_fault_without_its_password(
    url: str, tmp_path: Path, postgres_server: Any
) -> None:
    database = url.rpartition("/")[2]
    with Journal.open(url) as journal:
        journal.append(note(1))
    with Store.open(tmp_path) as store:
        before = hashes(store)
        assert (len(before), store.faults()) == (2, [])
        for state in ("false", "true"):
            postgres_server.run(f"alter database {database} with allow_connections {state}")
            postgres_server.run(
                f"select pg_terminate_backend(pid) from pg_stat_activity where datname='{database}'"
            )
            assert hashes(store) == before  # what was read stays
            (fault,) = store.faults() if state == "false" else [None]
            if fault is not None:
                assert (fault.file, fault.line) == ("journal", None)
                assert "could not be reached" in fault.reason
                assert "c4nary" not in str(fault)
        assert store.faults() == []
