"""Whether the journal is what was written, and if not, what was done to it.

Found without help: an event changed, taken out, put in or moved. A cut tail is found only against
an anchor, a head that was kept somewhere else (a printed report, another machine), and so is a
journal whose whole chain somebody computed anew: nothing inside the file can show either.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from medaudit.journal.event import OWN, Head, Stored, chain_hash, genesis_hash

Kind = Literal["modified", "missing", "reordered", "inserted", "truncated"]
_NEAR = 50
_TRIALS = 100_000
"""Bounds on the search for the number that a moved event had; what is not found is modified."""


@dataclass(frozen=True)
class Fault:
    """One thing that was done to the journal, at the event with that number."""

    seq: int
    kind: Kind
    reason: str

    def __str__(self) -> str:
        return f"event {self.seq}: {self.kind}: {self.reason}"


def verify(rows: Iterable[Stored], anchor: Head | None = None) -> list[Fault]:
    """What is wrong with the events, given in the order of their numbers; empty when nothing is.

    An anchor with number 0 is a hash whose place is not known.
    """
    kept: list[Stored] = []
    sound, previous = True, ""
    anchored = anchor is None
    for number, row in enumerate(rows, start=1):
        if number == 1:
            previous = _before(row)
        sound = sound and row.seq == number and row.prev_hash == previous and holds(row, row.seq)
        previous = row.hash
        kept.append(row)
        anchored = anchored or (anchor is not None and _is_anchor(row, anchor))
    faults = [] if sound and kept else _faults(kept)
    if anchor is not None and not anchored:
        faults.append(_anchor_fault(kept, anchor))
    return sorted(faults, key=lambda fault: fault.seq)


def _is_anchor(row: Stored, anchor: Head) -> bool:
    return anchor.seq in (0, row.seq) and row.hash == anchor.hash


def _before(first: Stored) -> str:
    """The hash that must stand before the first event; nothing fits when it names no project."""
    named = first.client_id == f"{OWN}genesis" and isinstance(first.subject, str)
    return genesis_hash(first.subject) if named else ""


def holds(row: Stored, seq: int) -> bool:
    """Whether the event's hash is that of its content, were ``seq`` its number."""
    texts = (row.client_id, row.utc, row.actor, row.action, row.subject, row.payload_json)
    if not all(isinstance(text, str) for text in (*texts, row.prev_hash)):
        return False
    return row.hash == chain_hash(
        row.prev_hash,
        seq=seq,
        client_id=row.client_id,
        utc=row.utc,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        payload_json=row.payload_json,
    )


def _anchor_fault(rows: list[Stored], anchor: Head) -> Fault:
    last = rows[-1].seq if rows else 0
    if anchor.seq > last:
        reason = f"the journal ends at event {last}, the anchor is event {anchor.seq}"
        return Fault(anchor.seq, "truncated", reason)
    if anchor.seq:
        return Fault(anchor.seq, "modified", "does not have the anchor's hash: history rewritten")
    reason = "the anchor's hash is not in the journal: its tail was cut or its history rewritten"
    return Fault(last, "truncated", reason)


def _faults(rows: list[Stored]) -> list[Fault]:
    """Says what was done. Slower, and only called when something was."""
    if not rows:
        return [Fault(1, "missing", "the journal is empty: not even its first event is there")]
    places = _places(rows)
    foreign = _foreign(rows, places)
    own = [row for row in rows if row.seq not in foreign]
    faults = [Fault(seq, "inserted", "the chain does not lead to it") for seq in foreign]
    faults += [
        Fault(row.seq, "modified", "its content is not what its hash was computed from")
        for row in own
        if places[row.seq] is None
    ]
    faults += _moved(own, places)
    faults += _gaps(own, places)
    first = rows[0]
    if places[first.seq] == 1 and first.prev_hash != _before(first):
        faults.append(Fault(first.seq, "modified", "does not name the project of its chain"))
    # Whatever was done: a chain that broke is never reported as whole.
    return faults or [Fault(rows[-1].seq, "modified", "the chain is broken")]


def _places(rows: list[Stored]) -> dict[int, int | None]:
    """The number under which each event was written, by the one it has; None: content changed."""
    by_hash = {row.hash: row for row in rows if isinstance(row.hash, str)}
    places = {row.seq: row.seq if holds(row, row.seq) else None for row in rows}
    trials = iter(range(_TRIALS))
    for row in rows:
        if places[row.seq] is not None:
            continue
        before = by_hash.get(row.prev_hash)
        first = [] if before is None else [_written(before, places) + 1]
        near = (n for step in range(1, _NEAR) for n in (row.seq - step, row.seq + step) if n > 0)
        for number, _ in zip(chain(first, near), trials, strict=False):
            if holds(row, number):
                places[row.seq] = number
                break
    return places


def _written(row: Stored, places: dict[int, int | None]) -> int:
    place = places[row.seq]
    return row.seq if place is None else place


def _foreign(rows: list[Stored], places: dict[int, int | None]) -> set[int]:
    """Rows that do not hold and that the chain goes past or never led to."""
    known = {row.prev_hash for row in rows}
    known -= {row.hash for row in rows if places[row.seq] is not None}
    found = set()
    for index, row in enumerate(rows):
        if places[row.seq] is not None or row.hash in known or index == 0:
            continue
        before = rows[index - 1].hash
        after = rows[index + 1].prev_hash if index + 1 < len(rows) else None
        if after == before or (after is None and row.prev_hash != before):
            found.add(row.seq)
    return found


def _moved(rows: list[Stored], places: dict[int, int | None]) -> Iterator[Fault]:
    """Events that stand out of order: all but the longest run of numbers that rises."""
    known = [(row.seq, place) for row in rows if (place := places[row.seq]) is not None]
    tails: list[int] = []
    ends: list[int] = []
    parent: list[int] = []
    for index, (_, place) in enumerate(known):
        at = bisect_left(tails, place)
        parent.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(place)
            ends.append(index)
        else:
            tails[at], ends[at] = place, index
    stay, index = set(), ends[-1] if ends else -1
    while index >= 0:
        stay.add(index)
        index = parent[index]
    for index, (seq, place) in enumerate(known):
        if index not in stay:
            yield Fault(seq, "reordered", f"was written as event {place}")


def _gaps(rows: list[Stored], places: dict[int, int | None]) -> Iterator[Fault]:
    """Runs of numbers under which events were written that are nowhere."""
    there = {_written(row, places) for row in rows}
    number = 1
    for present in sorted(there):
        if present > number:
            which = f"event {number}" if present == number + 1 else f"events {number}-{present - 1}"
            yield Fault(number, "missing", f"the chain leads to {which}, not in the journal")
        number = present + 1
