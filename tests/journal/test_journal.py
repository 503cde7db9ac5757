"""Appending: once, in order, chained, refused where it must be, and never lost."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from medaudit.canonical import dumps
from medaudit.errors import BadInput, Conflict, MedauditError, WorkspaceDamaged
from medaudit.journal import Event, Head, Journal, sole
from medaudit.journal import table as journal_table


def event(number: int, **other: object) -> Event:
    fields = {
        "client_id": f"c-{number}",
        "actor": "dr-a",
        "action": "judgment",
        "subject": f"item-{number}",
        "payload": {"harm": number % 5, "note": "5.0 mg → 50 mg"},
    }
    return Event.model_validate(fields | other)


@pytest.fixture
def journal(place):
    """A new journal, on either engine."""
    with Journal.open(place) as opened:
        yield opened


def test_a_new_journal_begins_with_its_project(journal, place):
    first = next(journal.since(0))
    assert (first.seq, first.action) == (1, "genesis")
    assert first.payload == {"project": first.subject}
    assert first.prev_hash == hashlib.sha256(first.subject.encode()).hexdigest()
    assert journal.project == first.subject
    with Journal.open(place) as again:
        assert list(again.since(0)) == [first]


def test_who_only_reads_makes_no_journal(place):
    assert Journal.found(place) is None
    assert Journal.found(place) is None
    with Journal.open(place) as journal:
        head = journal.head()
    found = Journal.found(place)
    assert found is not None
    with found:
        assert found.head() == head


def test_the_hash_is_of_the_previous_hash_and_the_canonical_json(journal):
    stored = journal.append(event(1))
    body = {
        "seq": 2,
        "client_id": "c-1",
        "utc": stored.utc,
        "actor": "dr-a",
        "action": "judgment",
        "subject": "item-1",
        "payload": {"harm": 1, "note": "5.0 mg → 50 mg"},
    }
    genesis = next(journal.since(0))
    assert stored.prev_hash == genesis.hash
    assert stored.hash == hashlib.sha256((genesis.hash + dumps(body)).encode()).hexdigest()
    assert journal.head() == Head(2, stored.hash)
    assert str(journal.head()) == f"2:{stored.hash}"


def test_events_come_back_as_they_went_in(journal):
    texts = ["$5 and ~5~", "a\nb\t\0c", "‮", "𝛼", '"},"seq":9', "\\"]
    for number, text in enumerate(texts):
        journal.append(event(number, payload={"note": text, text: [1.5, None, True]}))
    back = list(journal.since(1))
    assert [e.payload["note"] for e in back] == texts
    assert [e.payload[t] for e, t in zip(back, texts, strict=True)] == [[1.5, None, True]] * 6
    assert [e.seq for e in journal.since(4)] == [5, 6, 7]
    assert journal.verify() == []


def test_since_reads_in_batches_without_a_gap(journal, monkeypatch):
    monkeypatch.setattr("medaudit.journal.journal.BATCH", 3)
    for number in range(10):
        journal.append(event(number))
    assert [e.seq for e in journal.since(0)] == list(range(1, 12))


def test_the_same_event_again_is_a_no_op(journal):
    first = journal.append(event(1))
    head = journal.head()
    assert journal.append(event(1)) == first
    assert journal.append(event(1, payload={"note": "5.0 mg → 50 mg", "harm": 1})) == first
    assert journal.head() == head
    assert journal.find("c-1") == first
    assert journal.find("c-2") is None


@pytest.mark.parametrize(
    "other", [{"payload": {"harm": 4}}, {"actor": "dr-b"}, {"subject": "x"}, {"action": "claim"}]
)
def test_the_same_client_id_for_something_else_is_a_conflict(journal, other):
    journal.append(event(1))
    with pytest.raises(Conflict, match="c-1"):
        journal.append(event(1, **other))
    assert journal.head().seq == 2


@pytest.mark.parametrize(
    "payload",
    [{"x": float("nan")}, {"x": float("inf")}, {"x": "\ud800"}, {"x": {1, 2}}, {"x": b""}],
)
def test_what_json_cannot_hold_is_refused(journal, payload):
    with pytest.raises(BadInput):
        journal.append(event(1, payload=payload))
    assert journal.head().seq == 1


def test_a_nested_or_huge_payload_is_refused(journal):
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"d": deep}
    with pytest.raises(BadInput):
        journal.append(Event.model_construct(**{**event(1).model_dump(), "payload": deep}))
    with pytest.raises(BadInput, match="keep a hash"):
        journal.append(event(1, payload={"x": "a" * 5_000_000}))


@pytest.mark.parametrize("field", ["client_id", "actor", "subject"])
@pytest.mark.parametrize("text", ["", "a\0b", "a\nb", "x" * 501, "\ud800"])
def test_names_are_plain_text(field, text):
    with pytest.raises(ValueError, match=field):
        event(1, **{field: text})


def test_the_journals_own_ids_cannot_be_taken(journal):
    with pytest.raises(BadInput, match="own"):
        journal.append(event(1, client_id="medaudit:genesis"))


def test_a_precondition_sees_the_journal_and_can_refuse(journal):
    first = journal.append(event(1, subject="slot"))
    seen = []

    def require(reader):
        seen.append([e.seq for e in reader.about("judgment", "slot")])
        if reader.about("judgment", "slot"):
            raise Conflict("the slot is taken")

    with pytest.raises(Conflict, match="taken"):
        journal.append(event(2, subject="slot"), require)
    assert seen == [[first.seq]]
    assert journal.head().seq == 2
    assert journal.append(event(2), lambda reader: None).seq == 3
    # A repeat of what is stored is not asked again: its own event would refuse it.
    assert journal.append(event(1, subject="slot"), require) == first


def test_one_slot_goes_to_one_of_many(journal):
    """Fifty reviewers ask for the same slot at once: one gets it, 49 are refused."""
    refused, got = [], []
    start = threading.Barrier(50)

    def claim(number):
        def free(reader):
            if reader.about("claim", "slot"):
                raise Conflict("taken")

        start.wait()
        try:
            got.append(
                journal.append(event(number, action="claim", subject="slot"), free).client_id
            )
        except Conflict:
            refused.append(number)

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 49)
    assert [e.client_id for e in journal.about("claim", "slot")] == got


def test_sole_lets_each_person_in_once(journal):
    def judge(number, actor):
        check = sole("judgment", "item", actor, "you have judged this item")
        return journal.append(event(number, subject="item", actor=actor), check)

    judge(1, "dr-a")
    judge(2, "dr-b")
    with pytest.raises(Conflict, match="you have judged"):
        judge(3, "dr-a")
    assert judge(1, "dr-a").seq == 2


def test_threads_get_their_turn_in_order_and_lose_nothing(journal):
    """25 reviewers x 8 judgments: every one stored, the chain whole, nobody left waiting."""
    numbers: dict[int, list[int]] = {person: [] for person in range(25)}

    def work(person):
        for number in range(8):
            stored = journal.append(event(person * 100 + number, actor=f"dr-{person}"))
            numbers[person].append(stored.seq)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.head().seq == 201
    assert journal.verify() == []
    # In a queue each waits for the 24 others that stand before them: counted in entries and not
    # in seconds. An unfair lock leaves somebody behind for most of the 200.
    between = [b - a for own in numbers.values() for a, b in pairwise(own)]
    assert max(between) <= 75


def test_one_file_has_one_queue_however_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    names = (tmp_path / "journal.db", Path("journal.db"), "link/journal.db")
    opened = [Journal.open(name) for name in names]
    assert len({id(journal._turn) for journal in opened}) == 1
    with Journal.open(tmp_path / "other.db") as other:
        assert other._turn is not opened[0]._turn
    for journal in opened:
        journal.close()


def test_a_clock_that_goes_back_is_noted_and_no_fault(place):
    now = [datetime(2026, 6, 2, 12, tzinfo=UTC)]
    with Journal.open(place, clock=lambda: now[0]) as journal:
        journal.append(event(1))
        now[0] -= timedelta(days=1)
        stored = journal.append(event(2))
        now[0] -= timedelta(seconds=0.5)  # within what clocks of one machine do
        journal.append(event(3))
        now[0] += timedelta(days=2)
        journal.append(event(4))
        found = [(e.seq, e.action) for e in journal.since(1)]
        assert found == [
            (2, "judgment"),
            (3, "clock_set_back"),
            (4, "judgment"),
            (5, "judgment"),
            (6, "judgment"),
        ]
        noted = journal.about("clock_set_back", "clock")[0]
        assert noted.payload == {
            "previous": "2026-06-02T12:00:00.000000Z",
            "now": "2026-06-01T12:00:00.000000Z",
        }
        assert stored.time == datetime(2026, 6, 1, 12, tzinfo=UTC)
        assert journal.verify() == []


def test_a_commit_is_flushed_to_disk(tmp_path):
    with (
        Journal.open(tmp_path / "journal.db") as journal,
        journal_table.reading(journal.engine) as connection,
    ):
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        flush = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (mode, flush) == ("wal", 2)


def test_many_processes_may_open_a_new_journal_at_once(place):
    code = (
        "import sys; from medaudit.journal import Journal; j = Journal.open(sys.argv[1]); "
        "print(j.head())"
    )
    where = place if isinstance(place, str) else str(place.parent / "new" / "journal.db")
    running = [
        subprocess.Popen([sys.executable, "-c", code, where], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    heads = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 6
    assert len(heads) == 1


def test_a_file_that_is_no_database_says_what_to_do(tmp_path):
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    with pytest.raises(WorkspaceDamaged, match="put back the backup"):
        Journal.open(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_damaged_file_says_what_to_do(tmp_path):
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        for number in range(200):
            journal.append(event(number))
    content = bytearray(path.read_bytes())
    for offset in range(4096, len(content), 4096):
        content[offset : offset + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(WorkspaceDamaged, match="damaged"), Journal.open(path) as journal:
        journal.verify()


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MedauditError, match="cannot make"):
        Journal.open(tmp_path / "file" / "journal.db")
    with pytest.raises(MedauditError, match="cannot be opened"):
        Journal.open(tmp_path)


@pytest.mark.parametrize("url", ["nosuch://host/db", "postgresql+nosuch://host/db"])
def test_a_bad_url_says_so(url):
    with pytest.raises(BadInput, match="not a database"):
        Journal.open(url)


def test_a_locked_journal_gives_up_and_saves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_table, "BUSY_S", 0.2)
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Conflict, match="nothing was saved"):
            journal.append(event(1))
        assert journal.head().seq == 1  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        assert journal.append(event(1)).seq == 2


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path, monkeypatch):
    """SQLite's own limit on pages stands for the full disk: it fails in the same way."""
    connect = journal_table._sqlite_connect

    def small(connection, record):
        connect(connection, record)
        connection.execute("PRAGMA max_page_count = 24")

    monkeypatch.setattr(journal_table, "_sqlite_connect", small)
    stored = []
    with Journal.open(tmp_path / "journal.db") as journal:

        def fill():
            for number in range(1000):
                stored.append(journal.append(event(number, payload={"note": "x" * 500})))

        with pytest.raises(MedauditError, match="disk is full; nothing was saved"):
            fill()
        assert len(stored) > 10
        assert list(journal.since(1)) == stored
        assert journal.verify() == []


def test_a_disk_that_refuses_loses_nothing(tmp_path):
    """The process may write no more than 200 kB to a file: the disk refuses half-way."""
    code = (
        "import resource, sys; from medaudit.journal import Journal, Event\n"
        "from medaudit.errors import MedauditError\n"
        "journal = Journal.open(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "n = 0\n"
        "try:\n"
        "    while n < 2000:\n"
        "        journal.append(Event(client_id=f'c{n}', actor='a', action='note', subject='s',\n"
        "                             payload={'x': 'y' * 2000}))\n"
        "        n += 1\n"
        "except MedauditError as error:\n"
        "    print(n, error)\n"
    )
    path = tmp_path / "journal.db"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60
    )
    n, _, message = done.stdout.partition(" ")
    assert "nothing was saved" in message, done.stderr
    with Journal.open(path) as journal:
        assert journal.head().seq == int(n) + 1
        assert journal.verify() == []


def test_a_kept_copy_is_a_journal_of_its_own(tmp_path):
    """Backup and restore: a copied file verifies and goes on from where it was."""
    with Journal.open(tmp_path / "journal.db") as journal:
        for number in range(5):
            journal.append(event(number))
        head = journal.head()
    shutil.copy(tmp_path / "journal.db", tmp_path / "copy.db")
    with Journal.open(tmp_path / "copy.db") as copy:
        assert copy.head() == head
        assert copy.verify(anchor=head) == []
        assert copy.append(event(9)).prev_hash == head.hash


def test_the_table_is_what_the_design_says(tmp_path):
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.append(event(1))
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        names = [row[1] for row in raw.execute("PRAGMA table_info(event)")]
        (payload,) = raw.execute("SELECT payload FROM event WHERE seq = 2").fetchone()
    raw.close()
    assert names == [
        "seq", "client_id", "utc", "actor", "action", "subject", "payload", "prev_hash", "hash",
    ]  # fmt: skip
    assert payload == dumps(json.loads(payload))
