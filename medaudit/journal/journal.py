"""The journal of what people decided: appended to, read and verified, never changed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from medaudit.errors import BadInput, Conflict, WorkspaceDamaged
from medaudit.journal import chain
from medaudit.journal.anchors import anchor as read_anchor
from medaudit.journal.event import (
    OWN,
    Event,
    Head,
    Stored,
    chain_hash,
    genesis_hash,
    utc_text,
)
from medaudit.journal.faults import name
from medaudit.journal.kept import Kept, body_text, checked
from medaudit.journal.table import engine_for, events, metadata, reading, writing
from medaudit.journal.turn import Turn

BATCH = 5_000
STEP_BACK_S = 1.0
"""A clock that goes back by more is noted in the journal."""
_EMPTY = "the journal has lost its events; put back a backup"
_turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()
_turns_guard = threading.Lock()


class Reader:
    """The journal as it stands inside one transaction: what a precondition is checked against."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, client_id: str) -> Stored | None:
        """The event with that client id."""
        rows = self._rows(select(events).where(events.c.client_id == client_id))
        return rows[0] if rows else None

    def about(self, action: str, subject: str) -> list[Stored]:
        """Every event of that action on that subject, oldest first."""
        same = (events.c.action == action, events.c.subject == subject)
        return self._rows(select(events).where(*same).order_by(events.c.seq))

    def of(self, action: str) -> list[Stored]:
        """Every event of that action on whatever subject, oldest first."""
        same = select(events).where(events.c.action == action)
        return self._rows(same.order_by(events.c.seq))

    def newest(self) -> Stored | None:
        rows = self._rows(select(events).order_by(events.c.seq.desc()).limit(1))
        return rows[0] if rows else None

    def since(self, seq: int, limit: int) -> list[Stored]:
        """The first events after that number, oldest first."""
        after = select(events).where(events.c.seq > seq)
        return self._rows(after.order_by(events.c.seq).limit(limit))

    def _rows(self, query: Any) -> list[Stored]:
        return [Stored(*row) for row in self._connection.execute(query)]


Precondition = Callable[[Reader], None]
"""Raises a ``MedauditError`` when the event must not be appended."""


def sole(action: str, subject: str, actor: str, refusal: str) -> Precondition:
    """A precondition: the actor has no event of that action on that subject yet."""

    def check(reader: Reader) -> None:
        if any(event.actor == actor for event in reader.about(action, subject)):
            raise Conflict(refusal)

    return check


@dataclass(frozen=True)
class _Before:
    """What the next event follows, and the time it gets."""

    seq: int
    hash: str
    now: datetime


class Journal:
    """One journal, open. Safe to share among threads; close it, or use it in a ``with``."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine, self._clock = engine, clock
        self._has_kept = False
        with _turns_guard:
            self._turn = _turns.setdefault(str(engine.url), Turn())

    @classmethod
    def open(
        cls, place: str | Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Journal:
        """Open the journal of a file or a database URL; a new one starts with its first event.

        Raises ``MedauditError`` saying what to do when the place cannot hold a journal.
        """
        journal = cls(engine_for(place), clock)
        with ExitStack() as failed:
            failed.callback(journal.close)
            if not journal._begun():  # one that exists is opened without waiting for writers
                with journal._turn, writing(journal.engine) as connection:
                    metadata.create_all(connection)
                    if Reader(connection).newest() is None:
                        journal._begin(connection)
            failed.pop_all()
        return journal

    @classmethod
    def found(cls, place: str | Path) -> Journal | None:
        """The journal that is there, or None: who only reads makes none."""
        if isinstance(place, Path) and not (place.exists() and place.stat().st_size > 0):
            return None  # an empty file is one that another process is making
        journal = cls(engine_for(place), lambda: datetime.now(UTC))
        with ExitStack() as failed:
            failed.callback(journal.close)
            if journal._begun():
                failed.pop_all()
                return journal
        return None

    def close(self) -> None:
        self.engine.dispose()

    @property
    def name(self) -> str:
        """What to call it on a page or in a log: the file, or host and database of a URL."""
        return name(self.engine)

    @property
    def project(self) -> str:
        """The id of the chain, in its first event. Raises ``WorkspaceDamaged`` without one."""
        first = next(self.since(0), None)
        if first is None or first.action != "genesis":
            raise WorkspaceDamaged("the journal has lost its first event; put back a backup")
        return first.subject

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, event: Event, require: Precondition | None = None) -> Stored:
        """Append an event and return it as stored, on disk when this returns.

        ``require`` is called with a ``Reader`` inside the same transaction, so that nothing can
        come between its check and the event. An event whose ``client_id`` is already there with
        the same content is returned as it was stored, without asking ``require``; with other
        content it is a ``Conflict``.
        """
        if event.client_id.startswith(OWN):
            raise BadInput(f"client ids beginning with {OWN!r} are the journal's own")
        payload = event.json_payload()
        try:
            with self._turn, writing(self.engine) as connection:
                reader = Reader(connection)
                stored = reader.find(event.client_id)
                if stored is not None:
                    return _same(stored, event)
                newest = reader.newest()
                if newest is None:
                    raise WorkspaceDamaged(_EMPTY)
                if require is not None:
                    require(reader)
                before = self._note_clock(connection, newest)
                return self._write(
                    connection,
                    before,
                    (event.client_id, event.actor, event.action, event.subject, payload),
                )
        except IntegrityError as error:
            raise Conflict(
                "another process wrote to the journal at the same moment; nothing was saved: "
                "save again"
            ) from error

    def keep(self, kind: str, owner: str, key: str, body: dict[str, Any]) -> None:
        """Keep what may change and go (a draft, a password's hash), in place of what was there.

        It is no event: not chained, never in the store, never exported; a backup holds it.
        """
        checked((kind, owner, key))
        text = body_text(body)
        with self._turn, writing(self.engine) as connection:
            Kept(connection).put(kind, owner, key, text, utc_text(self._clock()))

    def kept(self, kind: str, owner: str, key: str) -> dict[str, Any] | None:
        """What is kept there now, or None."""
        with self._beside() as side:
            return None if side is None else side.get(kind, owner, key)

    def kept_keys(self, kind: str, owner: str) -> list[str]:
        """The keys under which something is kept, by alphabet."""
        with self._beside() as side:
            return [] if side is None else side.keys(kind, owner)

    def forget(self, kind: str, owner: str, key: str) -> None:
        """Remove what is kept there; nothing kept is no error."""
        if key in self.kept_keys(kind, owner):  # reading waits for nobody
            with self._turn, writing(self.engine) as connection:
                Kept(connection).drop(kind, owner, key)

    @contextmanager
    def _beside(self) -> Iterator[Kept | None]:
        """The side table for reading; None in a journal that has none yet."""
        with reading(self.engine) as connection:
            side = Kept(connection)
            self._has_kept = self._has_kept or side.there()
            yield side if self._has_kept else None

    def find(self, client_id: str) -> Stored | None:
        """The event with that client id, or None."""
        with reading(self.engine) as connection:
            return Reader(connection).find(client_id)

    def about(self, action: str, subject: str) -> list[Stored]:
        """Every event of that action on that subject, oldest first."""
        with reading(self.engine) as connection:
            return Reader(connection).about(action, subject)

    def of(self, action: str) -> list[Stored]:
        """Every event of that action on whatever subject, oldest first."""
        with reading(self.engine) as connection:
            return Reader(connection).of(action)

    def since(self, seq: int = 0) -> Iterator[Stored]:
        """The events after that number, oldest first."""
        while batch := self._batch(seq):
            yield from batch
            if len(batch) < BATCH:
                break
            seq = batch[-1].seq

    def head(self) -> Head:
        """The newest event's number and hash. Raises ``WorkspaceDamaged`` when there is none."""
        with reading(self.engine) as connection:
            newest = Reader(connection).newest()
        if newest is None:
            raise WorkspaceDamaged(_EMPTY)
        return Head(newest.seq, newest.hash)

    def verify(self, anchor: Head | str | None = None) -> list[chain.Fault]:
        """What is wrong with the chain; empty when nothing is.

        ``anchor``: a head printed or kept earlier: ``<number>:<hash>``, the hash alone, or a file.
        Without one a cut tail cannot be seen. A clock that was set back is no fault.
        """
        wanted = read_anchor(anchor) if isinstance(anchor, str) else anchor
        return chain.verify(self.since(0), wanted)

    def _batch(self, seq: int) -> list[Stored]:
        with reading(self.engine) as connection:
            return Reader(connection).since(seq, BATCH)

    def _begun(self) -> bool:
        with reading(self.engine) as connection:
            if not inspect(connection).has_table(events.name):
                return False
            if Reader(connection).newest() is None:  # table and first event come together
                raise WorkspaceDamaged(_EMPTY)
            return True

    def _begin(self, connection: Connection) -> None:
        project = str(uuid.uuid4())
        before = _Before(0, genesis_hash(project), self._clock())
        fields = (f"{OWN}genesis", "medaudit", "genesis", project, f'{{"project":"{project}"}}')
        self._write(connection, before, fields)

    def _note_clock(self, connection: Connection, newest: Stored) -> _Before:
        """Where the next event goes; a clock that went back is itself an event before it."""
        now = self._clock()
        back = (newest.time - now).total_seconds()
        if back <= STEP_BACK_S:
            return _Before(newest.seq, newest.hash, now)
        payload = f'{{"now":"{utc_text(now)}","previous":"{newest.utc}"}}'
        seq = newest.seq + 1
        fields = (f"{OWN}clock:{seq}", "medaudit", "clock_set_back", "clock", payload)
        noted = self._write(connection, _Before(newest.seq, newest.hash, now), fields)
        return _Before(noted.seq, noted.hash, now)

    def _write(self, connection: Connection, before: _Before, fields: Sequence[str]) -> Stored:
        client_id, actor, action, subject, payload = fields
        seq, utc = before.seq + 1, utc_text(before.now)
        hashed = chain_hash(
            before.hash,
            seq=seq,
            client_id=client_id,
            utc=utc,
            actor=actor,
            action=action,
            subject=subject,
            payload_json=payload,
        )
        row = (seq, client_id, utc, actor, action, subject, payload, before.hash, hashed)
        connection.execute(insert(events), dict(zip(events.c.keys(), row, strict=True)))
        return Stored(*row)


def _same(stored: Stored, event: Event) -> Stored:
    if not stored.says(event):
        raise Conflict(
            f"client id {event.client_id!r} already stands for another event (number "
            f"{stored.seq}); reload the page and save again"
        )
    return stored
