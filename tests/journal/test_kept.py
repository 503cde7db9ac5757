"""What may change and go stands beside the events and leaves no trace in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.journal import Event, Journal
from medaudit.journal.table import writing


@pytest.fixture
def journal(place):
    """A new journal, on either engine."""
    with Journal.open(place) as opened:
        yield opened


def change(journal, statement):
    """Behind the journal's back."""
    with writing(journal.engine) as connection:
        connection.exec_driver_sql(statement)


def test_a_later_body_takes_the_place_of_the_earlier(journal):
    assert journal.kept("draft", "dr-a", "item") is None
    journal.keep("draft", "dr-a", "item", {"note": "5.0 mg → 50 mg"})
    journal.keep("draft", "dr-a", "item", {"note": "half-ty", "harm": None})
    journal.keep("draft", "dr-a", "b", {})
    journal.keep("draft", "dr-b", "item", {"note": "another's"})
    assert journal.kept("draft", "dr-a", "item") == {"note": "half-ty", "harm": None}
    assert journal.kept_keys("draft", "dr-a") == ["b", "item"]
    assert journal.kept_keys("password", "dr-a") == []


def test_what_is_forgotten_is_gone_for_its_owner_only(journal):
    for owner in ("dr-a", "dr-b"):
        journal.keep("draft", owner, "item", {"note": owner})
    journal.forget("draft", "dr-a", "item")
    journal.forget("draft", "dr-a", "item")
    assert journal.kept("draft", "dr-a", "item") is None
    assert journal.kept("draft", "dr-b", "item") == {"note": "dr-b"}


def test_the_chain_does_not_know_of_it(journal):
    head = journal.head()
    journal.keep("password", "dr-a", "scrypt", {"hash": "x"})
    journal.forget("password", "dr-a", "scrypt")
    assert journal.head() == head
    assert [event.action for event in journal.since()] == ["genesis"]
    assert journal.verify() == []


def test_a_journal_from_before_it_existed_has_it_empty(place):
    with Journal.open(place) as journal:
        journal.append(Event(client_id="c", actor="a", action="note", subject="s"))
        head = journal.head()
        change(journal, "DROP TABLE kept")
    with Journal.open(place) as journal:
        assert journal.kept("draft", "dr-a", "item") is None
        assert journal.kept_keys("draft", "dr-a") == []
        journal.forget("draft", "dr-a", "item")
        journal.keep("draft", "dr-a", "item", {"note": "kept"})
        assert journal.kept("draft", "dr-a", "item") == {"note": "kept"}
        assert journal.verify(anchor=head) == []


def test_it_survives_the_process(place):
    with Journal.open(place) as journal:
        journal.keep("draft", "dr-a", "item", {"note": "kept"})
    with Journal.open(place) as journal:
        assert journal.kept("draft", "dr-a", "item") == {"note": "kept"}


def test_what_is_forgotten_is_not_left_in_the_file(tmp_path):
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        journal.keep("draft", "dr-a", "item", {"note": "never meant for anyone"})
        journal.forget("draft", "dr-a", "item")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"never meant" not in path.read_bytes()


@pytest.mark.parametrize("name", ["", "a\nb", "a\0b", "x" * 501, "\ud800"])
def test_names_are_plain(journal, name):
    with pytest.raises(BadInput, match="name"):
        journal.keep("draft", "dr-a", name, {})


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": "\ud800"}, {"x": b""}])
def test_what_json_cannot_hold_is_refused(journal, body):
    with pytest.raises(BadInput, match="JSON"):
        journal.keep("draft", "dr-a", "item", body)
    with pytest.raises(BadInput, match="at most"):
        journal.keep("draft", "dr-a", "item", {"x": "y" * 1_000_001})


def test_a_damaged_body_says_so(journal):
    journal.keep("draft", "dr-a", "item", {})
    change(journal, "UPDATE kept SET body = '[1'")
    with pytest.raises(WorkspaceDamaged, match="save it anew"):
        journal.kept("draft", "dr-a", "item")
    journal.forget("draft", "dr-a", "item")
    assert journal.kept("draft", "dr-a", "item") is None
