"""The journal, copied whole to another place: byte for byte the same events, the same hashes."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, inspect, select

from medaudit.errors import BadInput, Conflict, WorkspaceDamaged
from medaudit.journal.event import Head
from medaudit.journal.journal import BATCH, Journal, Reader
from medaudit.journal.table import engine_for, events, kept, metadata, reading, writing

_MOVED = (
    """create trigger if not exists moved_event before insert on event
    begin select raise(abort, 'the journal has moved'); end""",
    """create trigger if not exists moved_kept before insert on kept
    begin select raise(abort, 'the journal has moved'); end""",
)
"""What holds for every process that still has the old file open, whatever its version."""


def copy_to_file(journal: Journal, target: Path) -> None:
    """Copy events and side table to a new SQLite file as they stand at one moment.

    Others may go on writing. Raises ``BadInput`` when the file is there already.
    """
    if target.exists():
        raise BadInput(f"{target} is there already; a copy goes to a new file")
    engine = journal.engine
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            source: Any = connection.connection.driver_connection
            copy = sqlite3.connect(target)
            try:
                source.backup(copy)
            finally:
                copy.close()
    else:
        with ExitStack() as stack:
            whole = stack.enter_context(reading(engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True)))  # fmt: skip
            made = engine_for(target)
            stack.callback(made.dispose)
            into = stack.enter_context(writing(made))
            metadata.create_all(into)
            _copy(whole, into)
    _fold(target)


def _fold(path: Path) -> None:
    """Make the file whole by itself, without a write-ahead log beside it."""
    raw = sqlite3.connect(path)
    try:
        raw.execute("pragma journal_mode = delete")
    finally:
        raw.close()


def _copy(source: Connection, target: Connection) -> None:
    """Every row of both tables, in batches. A source from before the side table has it empty."""
    seq = 0
    while rows := _batch(source, seq):
        target.execute(insert(events), rows)
        seq = rows[-1]["seq"]
    if inspect(source).has_table(kept.name):
        for row in source.execute(select(kept)).mappings():
            target.execute(insert(kept), dict(row))


def _batch(source: Connection, seq: int) -> list[dict[str, Any]]:
    after = select(events).where(events.c.seq > seq).order_by(events.c.seq).limit(BATCH)
    return [dict(row) for row in source.execute(after).mappings()]


def counts(journal: Journal) -> tuple[int, int]:
    """How many events there are, and how many rows beside them."""
    with reading(journal.engine) as connection:
        n = connection.execute(select(func.count()).select_from(events)).scalar_one()
        if not inspect(connection).has_table(kept.name):
            return n, 0
        return n, connection.execute(select(func.count()).select_from(kept)).scalar_one()


def moved(journal: Journal) -> bool:
    """Whether this is the file that a journal was moved away from."""
    if journal.engine.dialect.name != "sqlite":
        return False
    query = "select count(*) from sqlite_schema where type = 'trigger' and name = 'moved_event'"
    with reading(journal.engine) as connection:
        return bool(connection.exec_driver_sql(query).scalar())


def foreign(journal: Journal) -> list[str]:
    """What a journal's file holds besides its tables: nothing that we wrote."""
    query = "select type || ' ' || name from sqlite_schema where name not like 'sqlite_autoindex_%'"
    own = {"table event", "table kept", "index event_about"}
    with reading(journal.engine) as connection:
        return sorted(set(connection.exec_driver_sql(query).scalars()) - own)


def move(source: Path, url: str) -> Head:
    """Move the journal of a file to an empty database; nobody writes to the file any more.

    The events keep their numbers, times, bytes and hashes, so every head printed so far is one of
    the new place. Writers wait while it lasts. Called again after it was interrupted it ends what
    it began. Raises ``Conflict`` when the target holds another journal, ``WorkspaceDamaged`` when
    the chain of the source does not verify.
    """
    opened = Journal.found(source)
    if opened is None:
        raise BadInput(f"{source}: no journal to move")
    with opened, ExitStack() as stack:
        target = engine_for(url)
        stack.callback(target.dispose)
        if target.dialect.name == "sqlite":
            raise BadInput("a journal moves to PostgreSQL; for another file take a backup")
        with writing(opened.engine) as old:
            faults = opened.verify()
            if faults:
                raise WorkspaceDamaged(f"not moved: {faults[0]}; see `medaudit doctor`")
            head = _head(Reader(old))
            with writing(target) as new:
                _fill(old, new, head)
            # The copy is safe on the server: from here on the file takes nothing more.
            kept.create(old, checkfirst=True)
            for statement in _MOVED:
                old.exec_driver_sql(statement)
    with Journal.open(url) as arrived:
        faults = arrived.verify(anchor=head)
    if faults:
        raise WorkspaceDamaged(f"the copy does not verify: {faults[0]}")
    return head


def _fill(old: Connection, new: Connection, head: Head) -> None:
    metadata.create_all(new)
    there = Reader(new).newest()
    if there is None:
        _copy(old, new)
    elif Head(there.seq, there.hash) != head:
        raise Conflict(
            "the database already holds another journal; nothing was moved: name an empty one"
        )


def _head(reader: Reader) -> Head:
    newest = reader.newest()
    if newest is None:
        raise WorkspaceDamaged("the journal has no events; put back a backup")
    return Head(newest.seq, newest.hash)
