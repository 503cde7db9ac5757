"""Whatever is done to the file behind the journal's back is found, and mostly named rightly."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from contextlib import closing

import pytest
from sqlalchemy import delete, insert

from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.journal import Event, Head, Journal
from medaudit.journal.chain import verify
from medaudit.journal.event import Stored, chain_hash, genesis_hash
from medaudit.journal.table import engine_for, events, writing

N = 40
MUTATIONS = 150 if os.environ.get("MEDAUDIT_PROOF") == "full" else 40
"""Of each of the seven kinds on each engine: 1,050 in a proof."""
COLUMNS = ("client_id", "utc", "actor", "action", "subject", "payload", "prev_hash", "hash")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A journal of 41 events, closed, and its head."""
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    with Journal.open(path) as journal:
        for number in range(N):
            journal.append(
                Event(
                    client_id=f"c-{number}",
                    actor=f"dr-{number % 3}",
                    action="judgment",
                    subject=f"item-{number % 7}",
                    payload={"harm": number % 5, "note": "seen"},
                )
            )
        return path, journal.head()


def change(row: list, rng: random.Random) -> None:
    """Change one column so that it differs."""
    column = rng.randrange(1, len(COLUMNS) + 1)
    old = row[column]
    ways = [
        old + " ",
        old[:-1],
        old.swapcase() if old.swapcase() != old else old + "x",
        old.encode(),
        "",
    ]
    if COLUMNS[column - 1] == "payload":
        ways += [
            old.replace(":", ": ", 1),
            old.replace("seen", "Seen"),
            "{}",
            "not json",
            "[" * 999,
        ]
    row[column] = rng.choice([way for way in ways if way != old])


def mutate(rows: list[list], kind: str, rng: random.Random) -> list[list]:
    last = len(rows) - 1
    at = rng.randrange(len(rows))
    if kind == "modified":
        before = list(rows[at])
        while rows[at] == before or [row[1] for row in rows].count(rows[at][1]) > 1:
            rows[at] = list(before)  # the database itself refuses a client id that is there
            change(rows[at], rng)
    elif kind == "missing":
        n = rng.choice([1, 1, 2, 5])
        at = rng.randrange(last - n)
        del rows[at : at + n]
        if rng.random() < 0.3:  # and close the gap
            for number, row in enumerate(rows, start=1):
                row[0] = number
    elif kind == "reordered":
        other = rng.choice([i for i in range(len(rows)) if i != at])
        rows[at][0], rows[other][0] = rows[other][0], rows[at][0]
    elif kind == "inserted":
        new = list(rng.choice(rows))
        new[1] = f"forged-{rng.random()}"
        if rng.random() < 0.5:  # in the middle, the later ones moved down
            at = rng.randrange(1, last)
            new[7] = rng.choice([rows[at - 1][8], new[7]])
        else:
            at = len(rows)
        if rng.random() < 0.5 or at < len(rows):
            new[8] = f"{rng.getrandbits(256):064x}"
        new[7] = new[7] if at < len(rows) else f"{rng.getrandbits(256):064x}"
        rows.insert(at, new)
        for number, row in enumerate(rows, start=1):
            row[0] = number
    elif kind == "truncated":
        del rows[rng.randrange(1, last + 1) :]
    elif kind == "rewritten":  # one event changed and every hash from there on computed anew
        rows[at][6] = '{"harm":0}'
        rehash(rows, at)
    elif kind == "replaced tail":
        at = rng.randrange(1, last + 1)
        del rows[at:]
        while len(rows) < N + 3:
            row = list(rows[-1])
            row[0], row[1] = row[0] + 1, f"new-{len(rows)}"
            rows.append(row)
        rehash(rows, at)
    return rows


def rehash(rows: list[list], start: int) -> None:
    for at in range(start, len(rows)):
        row = rows[at]
        row[7] = rows[at - 1][8] if at else genesis_hash(row[5])
        row[8] = chain_hash(
            row[7],
            seq=row[0],
            client_id=row[1],
            utc=row[2],
            actor=row[3],
            action=row[4],
            subject=row[5],
            payload_json=row[6],
        )


def rewrite(place, rows: list[list]) -> None:
    """Put these rows in place of all the journal's, past everything that guards it."""
    engine, names = engine_for(place), events.c.keys()
    try:
        with writing(engine) as connection:
            connection.execute(delete(events))
            if rows:
                found = [dict(zip(names, row, strict=True)) for row in rows]
                connection.execute(insert(events), found)
    finally:
        engine.dispose()


KINDS = ("modified", "missing", "reordered", "inserted", "truncated", "rewritten", "replaced tail")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_random_mutations_of_each_kind_are_all_found(original, place, kind):
    source, head = original
    rng = random.Random(KINDS.index(kind))
    with closing(sqlite3.connect(source)) as raw:
        rows = [list(row) for row in raw.execute("SELECT * FROM event ORDER BY seq")]
    named = 0
    with Journal.open(place) as journal:
        for _ in range(MUTATIONS):
            changed = mutate([list(row) for row in rows], kind, rng)
            if isinstance(place, str):  # a server's text column takes text only
                changed = [[x.decode() if isinstance(x, bytes) else x for x in r] for r in changed]
                if changed == rows:
                    changed[1][3] += "x"
            rewrite(place, changed)
            faults = journal.verify(anchor=head)
            assert faults, (kind, [r for r, o in zip(changed, rows, strict=False) if r != o])
            if kind not in ("truncated", "rewritten", "replaced tail"):
                assert journal.verify(), "found without the anchor too"
            expected = {"rewritten": "modified", "replaced tail": "modified"}.get(kind, kind)
            named += expected in {fault.kind for fault in faults}
        rewrite(place, rows)
        assert journal.verify(anchor=head) == []
    assert named >= 0.95 * MUTATIONS, f"{named} of {MUTATIONS} were called {kind}"


def test_a_cut_tail_is_seen_only_against_an_anchor(original, tmp_path):
    source, head = original
    path = tmp_path / "journal.db"
    shutil.copy(source, path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM event WHERE seq > 30")
    with Journal.open(path) as journal:
        assert journal.verify() == []
        for anchor in (head, str(head), head.hash):
            assert [f.kind for f in journal.verify(anchor=anchor)] == ["truncated"]
        older = next(e for e in journal.since(0) if e.seq == 12)
        assert journal.verify(anchor=Head(12, older.hash)) == []
        assert journal.verify(anchor=older.hash) == []
        assert [f.kind for f in journal.verify(anchor=Head(13, older.hash))] == ["modified"]


@pytest.mark.parametrize("text", ["", "abc", "12", "12:xyz", "0x" + "0" * 62])
def test_what_is_no_anchor_is_refused(original, text):
    with Journal.open(original[0]) as journal, pytest.raises(BadInput, match="anchor"):
        journal.verify(anchor=text)


def rows_of(path) -> list[Stored]:
    with Journal.open(path) as journal:
        return list(journal.since(0))


def test_each_fault_says_which_event(original):
    rows = rows_of(original[0])
    gone = [row for row in rows if row.seq not in (5, 6, 9)]
    assert [(f.seq, f.kind) for f in verify(gone)] == [(5, "missing"), (9, "missing")]
    assert "events 5-6" in verify(gone)[0].reason
    assert str(verify(rows[1:])[0]).startswith("event 1: missing")
    assert [f.kind for f in verify([])] == ["missing"]


def test_a_journal_that_lost_all_its_events_says_so(original, tmp_path):
    path = tmp_path / "journal.db"
    shutil.copy(original[0], path)
    with Journal.open(path) as journal:
        rewrite(path, [])
        with pytest.raises(WorkspaceDamaged, match="put back a backup"):
            journal.append(Event(client_id="c", actor="a", action="note", subject="s"))
        with pytest.raises(WorkspaceDamaged, match="put back a backup"):
            journal.head()


def test_text_that_is_not_utf8_is_damage(original, tmp_path):
    path = tmp_path / "journal.db"
    shutil.copy(original[0], path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE event SET actor = CAST(x'ff' AS TEXT) WHERE seq = 7")
    with Journal.open(path) as journal:
        assert [(f.seq, f.kind) for f in journal.verify()] == [(7, "modified")]


def test_a_hundred_thousand_events_verify_in_three_seconds():
    """The chain alone; the benchmark adds reading them from the file."""
    rows, before = [], genesis_hash("p")
    payload = '{"note":"' + "x" * 500 + '"}'
    for seq in range(1, 100_001):
        name = "medaudit:genesis" if seq == 1 else f"c-{seq}"
        fields = (name, "2026-06-01T08:00:00.000000Z", "dr-a", "judgment", "p", payload)
        hashed = chain_hash(
            before,
            seq=seq,
            **dict(
                zip(
                    ("client_id", "utc", "actor", "action", "subject", "payload_json"),
                    fields,
                    strict=True,
                )
            ),
        )
        rows.append(Stored(seq, *fields, before, hashed))
        before = hashed
    begin = time.process_time()  # not the wall clock: other work on the machine is no fault
    assert verify(rows) == []
    assert time.process_time() - begin < 3
