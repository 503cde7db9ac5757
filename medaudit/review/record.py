"""The record of what people did: one item's timeline, the export, and log against store.

What may not be read yet is the same for everybody here, leads and the author included: the content
of a judgment while any item that shows the same answer is open (see ``withheld.sql``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from medaudit import __version__
from medaudit.errors import BadInput, UnknownName, WorkspaceDamaged
from medaudit.journal import Head, Journal, Stored
from medaudit.journal.event import utc_text
from medaudit.journal.exporting import Cover, csv_lines, json_lines
from medaudit.review.closing import ACTION as CLOSED
from medaudit.review.roles import Actor, require

if TYPE_CHECKING:
    from medaudit.store import Store

ABOUT_ITEM = ("claim", "release", "skip", "opened", "judgment")
"""Actions whose subject is an item."""
WITHHELD = "withheld until every read of this answer is in and no dispute is open"
_LISTS = ("dimensions", "quotes", "visible")


@dataclass(frozen=True)
class Entry:
    """Who did what to an item, when, and why."""

    seq: int
    utc: str
    who: str
    action: str
    what: str
    why: str
    """The note or the reason given; empty when none was asked."""
    withheld: bool
    hash: str


def timeline(store: Store, journal: Journal, actor: Actor, item_id: str) -> list[Entry]:
    """Everything that happened to an item, oldest first. Raises ``UnknownName``."""
    require(actor, "see_record")
    store.refresh()
    seen = _seen(store)
    found = store.rows("record_items", item=item_id)
    if not found:
        raise UnknownName("item", item_id)
    queue = found[0]["queue"]
    rows = [row for action in ABOUT_ITEM for row in journal.about(action, item_id)]
    rows += [row for row in journal.about("queue", queue) if _draws(row, item_id)]
    rows += journal.about(CLOSED, queue)
    subjects = (f"item:{item_id}", f"queue:{queue}")
    for subject in subjects:
        for action in ("signature", "signature_void"):
            rows += journal.about(action, subject)
    known = sorted((row for row in rows if row.seq in seen), key=lambda row: row.seq)
    return [_entry(row, seen[row.seq]) for row in known]


def export(
    store: Store,
    journal: Journal,
    actor: Actor,
    form: Literal["jsonl", "csv"],
    since: str | None = None,
) -> Iterator[str]:
    """The journal, line by line, from an event's number or an ISO date on; its head is in it.

    Raises ``WorkspaceDamaged`` when the chain does not verify: such a journal is evidence as it
    is, and an export of it would look like one of a sound journal.
    """
    require(actor, "export_audit")
    store.refresh()
    faults = journal.verify()
    if faults:
        raise WorkspaceDamaged(f"not exported: {faults[0]}; see `medaudit doctor`")
    seen = _seen(store)
    first = _first(journal, since)
    # What came after the store's look at what is withheld is left to the next export.
    rows = [row for row in journal.since(first - 1) if row.seq in seen]
    if not rows:
        raise BadInput(f"nothing was written since {since}", field="since")
    withheld = {row.seq for row in rows if seen[row.seq]}
    cover = Cover(
        project=journal.project,
        head=Head(rows[-1].seq, rows[-1].hash),
        first=rows[0].seq,
        written=utc_text(datetime.now(UTC)),
        by=actor.id,
        version=__version__,
    )
    return (json_lines if form == "jsonl" else csv_lines)(cover, rows, withheld)


def mismatches(store: Store, journal: Journal) -> list[str]:
    """Where the store's judgments are not those of the journal; empty when they are the same.

    Every judgment event is read again, field by field as it was hashed, and not by the code that
    filled the store.
    """
    store.refresh()
    held = {row["seq"]: _typed(row) for row in store.rows("judgment_rows")}
    last = max(_seen(store), default=0)
    found = []
    for event in journal.of("judgment"):
        if event.seq > last:
            break
        row = held.pop(event.seq, None)
        if row is None:
            found.append(f"event {event.seq}: the store does not hold this judgment")
            continue
        said = {**event.payload, "client_id": event.client_id}
        wrong = sorted(name for name, value in said.items() if row.get(name) != value)
        if (event.actor, event.subject) != (row["reviewer"], row["item_id"]):
            wrong.append("author or item")
        if wrong:
            found.append(f"event {event.seq}: the store has another {', '.join(wrong)}")
    found += [f"event {seq}: the store holds a judgment that is not in the journal" for seq in held]
    return found


def _seen(store: Store) -> dict[int, bool]:
    """The events that the store knows, and whether each is withheld."""
    return {row["seq"]: row["withheld"] for row in store.rows("withheld")}


def _first(journal: Journal, since: str | None) -> int:
    if since is None:
        return 1
    if since.isdecimal():
        return max(1, int(since))
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise BadInput(
            "an event's number or a date: 120, 2026-06-01, 2026-06-01T08:00", field="since"
        ) from error
    text = utc_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    return next((row.seq for row in journal.since() if row.utc >= text), journal.head().seq + 1)


def _draws(row: Stored, item_id: str) -> bool:
    items: Iterable[Any] = row.payload.get("items") or ()
    return any(isinstance(item, dict) and item.get("item_id") == item_id for item in items)


def _entry(row: Stored, withheld: bool) -> Entry:
    what, why = (WITHHELD, "") if withheld else _told(row)
    return Entry(row.seq, row.utc, row.actor, row.action, what, why, withheld, row.hash)


def _told(row: Stored) -> tuple[str, str]:
    """What was done, and why, in words."""
    said = row.payload
    if row.action == "judgment":
        return _grade(said), str(said.get("note") or "")
    if row.action == "skip":
        kind = "not judgeable" if said.get("kind") == "not_judgeable" else "skipped"
        return kind, str(said.get("reason") or "")
    if row.action == "signature":
        return f"{said.get('meaning')} by {said.get('name')}, of {row.subject}", ""
    if row.action == "signature_void":
        return f"signature of {row.subject} is void", str(said.get("reason") or "")
    words = {
        "queue": f"drawn into queue {row.subject}",
        "claim": f"until {said.get('until')}",
        CLOSED: f"queue {row.subject} closed before its end",
    }
    return words.get(row.action, str(said.get("what") or "")), str(said.get("reason") or "")


def _grade(said: dict[str, Any]) -> str:
    harm = said.get("harm")
    parts = [str(said.get("phase")), "harm unknown" if harm is None else f"harm {harm}"]
    parts += [str(said[name]) for name in ("direction", "error_type") if said.get(name)]
    parts += [f"{name} {value}" for name, value in (said.get("dimensions") or {}).items()]
    flags = ("variant_invalid", "cannot_judge")
    parts += [name.replace("_", " ") for name in flags if said.get(name)]
    if said.get("confidence") is not None:
        parts.append(f"confidence {said['confidence']} of 3")
    if said.get("visible"):
        parts.append(f"had opened {', '.join(said['visible'])}")
    if said.get("replaces"):
        parts.append("takes the place of an earlier one")
    return ", ".join(parts)


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: json.loads(row[name]) for name in _LISTS}}
