"""The journal as the store knows it: every event, and typed rows of what people did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medaudit.errors import MedauditError
from medaudit.store import people
from medaudit.store.rows import utc
from medaudit.store.runs import signature

if TYPE_CHECKING:
    from medaudit.journal import Journal, Stored

Damage = tuple[str, int | None, str]


@dataclass
class News:
    """What came since the last look. ``again``: everything known before is void."""

    again: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {table: [] for table in people.TABLES}
    )
    """Typed rows by table."""


@dataclass
class Replica:
    """How far the journal has been read. A journal that does not exist has no events."""

    place: Path | str
    """A file, or the URL of a database."""
    seq: int = 0
    hash: str = ""
    faults: list[Damage] = field(default_factory=list)
    run_of: dict[str, str] = field(default_factory=dict)
    """The run that a queue drew an item from. The same answer id may stand in several runs."""
    _journal: Journal | None = None
    _inode: int | None = None

    def news(self) -> News:
        """The events since the last call; all of them when the journal is another than before."""
        self.faults = [fault for fault in self.faults if fault[1] is not None]
        try:
            if isinstance(self.place, str):
                return self._from_server(self.place)
            now = signature(self.place)
            # An empty file is one that another process is making; a reader makes no journal.
            inode = None if now is None or now[1] == 0 else now[2]
            if inode != self._inode:  # put back from a backup, or gone
                self.close()
                self._inode = inode
            if inode is None:
                return self._void()
            if self._journal is None:
                from medaudit.journal import Journal  # half a second that many a workspace saves

                self._journal = Journal.open(self.place)
            return self._read(self._journal)
        except MedauditError as error:
            # The pages still open: what was read stays, and the fault is listed.
            self.faults.append((self._name, None, str(error)))
            return News()

    @property
    def _name(self) -> str:
        """Never the URL: it may hold a password."""
        return self.place.name if isinstance(self.place, Path) else "journal"

    def _from_server(self, url: str) -> News:
        """Of a database: one indexed query, as there is no file to look at."""
        if self._journal is None:
            from medaudit.journal import Journal

            self._journal = Journal.found(url)
        return self._void() if self._journal is None else self._read(self._journal)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _void(self) -> News:
        news = News(again=self.seq > 0)
        self.seq, self.hash, self.faults, self.run_of = 0, "", [], {}
        return news

    def _read(self, journal: Journal) -> News:
        known = self.seq > 0
        stored = list(journal.since(self.seq - 1 if known else 0))
        news = News()
        if known and not (stored and stored[0].hash == self.hash):
            known, news = False, self._void()
            stored = list(journal.since(0))
        for event in stored[1:] if known else stored:
            if not _legible(event):
                reason = f"event {event.seq} is not what was written; run `medaudit audit verify`"
                self.faults.append((self._name, event.seq, reason))
                continue
            news.events.append(_event_row(event))
            try:
                for table, row in list(people.rows_of(event, self.run_of)):
                    news.rows[table].append(row)
            except ValueError as error:
                self.faults.append((self._name, event.seq, f"event {event.seq} {error}"))
        if stored:
            self.seq, self.hash = stored[-1].seq, stored[-1].hash
        return news


def _legible(event: Stored) -> bool:
    """Whether the event holds text and a time; an event that was tampered with may not."""
    texts = (event.client_id, event.actor, event.action, event.subject, event.payload_json)
    try:
        for text in (*texts, event.prev_hash, event.hash):
            text.encode("utf-8")
        return event.time is not None
    except (AttributeError, ValueError, TypeError):
        return False


def _event_row(event: Stored) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "client_id": event.client_id,
        "utc": utc(event.time),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "payload": event.payload_json,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }
