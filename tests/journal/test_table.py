"""What the journal asks of a database is what SQLite and PostgreSQL both understand."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from medaudit.journal import Event, Journal
from medaudit.journal.table import events


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_the_table_can_be_made_on_both(dialect):
    table = str(CreateTable(events).compile(dialect=dialect))
    assert re.search(r"seq INTEGER NOT NULL", table)
    assert "PRIMARY KEY (seq)" in table
    assert "UNIQUE (client_id)" in table
    assert "SERIAL" not in table
    (index,) = events.indexes
    assert "(action, subject)" in str(CreateIndex(index).compile(dialect=dialect))
    for statement in (select(events).where(events.c.seq > 3).limit(5), insert(events)):
        assert str(statement.compile(dialect=dialect))


def test_every_statement_but_pragmas_and_begin_is_plain(tmp_path):
    """What is sent after the connection is made: standard SQL, one dialect word at BEGIN."""
    sent: list[str] = []
    with Journal.open(tmp_path / "journal.db") as journal:
        event.listen(
            journal.engine,
            "before_cursor_execute",
            lambda connection, cursor, statement, *rest: sent.append(" ".join(statement.split())),
        )
        journal.append(Event(client_id="c", actor="a", action="note", subject="s"))
        journal.find("c")
        journal.about("note", "s")
        journal.head()
        assert journal.verify() == []
    words = {statement.split()[0] for statement in sent}
    assert words == {"BEGIN", "SELECT", "INSERT"}
    assert {s for s in sent if s.startswith("BEGIN")} == {"BEGIN", "BEGIN IMMEDIATE"}
    assert not any(re.search(r"\b(OR IGNORE|OR REPLACE|rowid|PRAGMA)\b", s) for s in sent)
