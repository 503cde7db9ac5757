"""A copy is the same journal; a move leaves nothing behind that still takes entries."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing

import pytest

from medaudit.errors import BadInput, Conflict, WorkspaceDamaged
from medaudit.journal import Event, Journal, copy_to_file, move
from medaudit.journal.copying import counts, foreign, moved


def event(number: int) -> Event:
    return Event(
        client_id=f"c-{number}",
        actor="dr-a",
        action="judgment",
        subject=f"item-{number % 7}",
        payload={"harm": number % 5, "note": random.Random(number).choice(["5 µg\0", "‮", "''--"])},
    )


@pytest.fixture
def written(place):
    """A journal of 31 events and two rows beside them, on either engine."""
    with Journal.open(place) as journal:
        for number in range(30):
            journal.append(event(number))
        journal.keep("draft", "dr-a", "item", {"note": "half"})
        journal.keep("password", "dr-a", "scrypt", {"hash": "x"})
        yield journal


@pytest.fixture
def file(tmp_path):
    """The same, in a file and closed."""
    path = tmp_path / "old.db"
    with Journal.open(path) as journal:
        for number in range(30):
            journal.append(event(number))
        journal.keep("draft", "dr-a", "item", {"note": "half"})
    return path


def test_a_copy_has_the_same_events_and_the_same_rows_beside_them(written, tmp_path):
    copy_to_file(written, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]
    with Journal.open(tmp_path / "copy.db") as copy:
        assert list(copy.since()) == list(written.since())
        assert copy.verify(anchor=written.head()) == []
        assert counts(copy) == counts(written) == (31, 2)
        assert copy.kept("draft", "dr-a", "item") == {"note": "half"}
        assert foreign(copy) == []
    with pytest.raises(BadInput, match="there already"):
        copy_to_file(written, tmp_path / "copy.db")


def test_a_copy_made_while_others_write_is_a_whole_journal(written, tmp_path):
    stop = threading.Event()

    def write():
        number = 1000
        while not stop.is_set():
            written.append(event(number))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            path = tmp_path / f"copy-{number}.db"
            copy_to_file(written, path)
            with Journal.open(path) as copy:
                assert copy.verify() == []
                head = copy.head()
            assert written.verify(anchor=head) == []
    finally:
        stop.set()
        writer.join()


def test_a_moved_journal_is_the_same_journal(file, postgres_server):
    with Journal.open(file) as old:
        before, head = list(old.since()), old.head()
    url = postgres_server.database()
    assert move(file, url) == head
    with Journal.open(url) as new:
        assert list(new.since()) == before
        assert new.verify(anchor=head) == []
        assert new.kept("draft", "dr-a", "item") == {"note": "half"}
        assert new.append(event(5)).seq == 7  # a repeat is still a no-op
        assert new.append(event(99)).prev_hash == head.hash


def test_the_file_that_was_left_takes_nothing_more(file, postgres_server):
    with Journal.open(file) as still_open:  # as a server has it
        head = move(file, postgres_server.database())
        with pytest.raises(Conflict, match="set MEDAUDIT_JOURNAL"):
            still_open.append(event(99))
        with pytest.raises(Conflict, match="set MEDAUDIT_JOURNAL"):
            still_open.keep("draft", "dr-a", "other", {})
        assert still_open.head() == head
        assert moved(still_open)


def test_a_move_that_was_interrupted_can_be_ended(file, postgres_server):
    url = postgres_server.database()
    head = move(file, url)
    with closing(sqlite3.connect(file)) as raw, raw:  # the server had it, the file did not know
        raw.execute("DROP TRIGGER moved_event")
        raw.execute("DROP TRIGGER moved_kept")
    assert move(file, url) == head
    with Journal.open(file) as old:
        assert moved(old)


def test_a_database_with_another_journal_is_refused(file, postgres_server):
    url = postgres_server.database()
    with Journal.open(url) as other:
        head = other.head()
        with pytest.raises(Conflict, match="already holds another journal"):
            move(file, url)
        assert other.head() == head
    with Journal.open(file) as old:
        assert not moved(old)
        assert old.append(event(99)).seq == 32


def test_a_damaged_journal_is_not_moved(file, postgres_server):
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE event SET actor = 'dr-b' WHERE seq = 7")
    url = postgres_server.database()
    with pytest.raises(WorkspaceDamaged, match="event 7: modified"):
        move(file, url)
    assert Journal.found(url) is None


def test_a_move_goes_from_a_file_to_a_server(file, tmp_path, postgres_server):
    with pytest.raises(BadInput, match="no journal to move"):
        move(tmp_path / "none.db", postgres_server.database())
    with pytest.raises(BadInput, match="take a backup"):
        move(file, f"sqlite:///{tmp_path}/new.db")
