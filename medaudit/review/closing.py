"""Closing a queue that will not be finished, with a reason: nobody reads in it any more.

Open places end, results of the run and exports wait for it no longer. No judgment changes, and
what counts stays what it was: an item of which a read never came decides nothing. Disputes of items
that are complete can still be decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from medaudit.canonical import content_id
from medaudit.errors import BadInput, Conflict
from medaudit.journal import Event, Journal, Reader
from medaudit.review.items import drawn
from medaudit.review.roles import Actor, require

if TYPE_CHECKING:
    from medaudit.store import Store

ACTION = "queue_closed"
LONGEST = 2_000


@dataclass(frozen=True)
class Closing:
    """Who closed a queue, when (UTC) and why."""

    utc: datetime
    by: str
    reason: str


def close_queue(store: Store, journal: Journal, actor: Actor, queue: str, reason: str) -> None:
    """Close a queue for good. The same again is a no-op; with another reason a ``Conflict``.

    Raises ``UnknownName``, and ``BadInput`` without a reason.
    """
    require(actor, "close_queue")
    said = reason.strip()
    if not said or len(said) > LONGEST:
        raise BadInput(f"say why, in at most {LONGEST} characters", field="reason")
    store.refresh()
    drawn(store, queue)

    def check(reader: Reader) -> None:
        if reader.about(ACTION, queue):
            raise Conflict(f"queue {queue} is closed already")

    journal.append(
        Event(
            client_id=f"{ACTION}:{content_id([queue, actor.id, said])}",
            actor=actor.id,
            action=ACTION,
            subject=queue,
            payload={"reason": said},
        ),
        require=check,
    )
    store.refresh()


def closing(store: Store, queue: str) -> Closing | None:
    """How a queue was closed. None: it is open. Raises ``UnknownName``."""
    drawn(store, queue)
    rows = store.rows("queue_closing", queue=queue)
    return Closing(rows[0]["utc"], rows[0]["actor"], rows[0]["reason"]) if rows else None


def require_open(reader: Reader, queue: str) -> None:
    """Raise ``Conflict`` when a queue is closed: nothing is taken, declined or graded there."""
    for event in reader.about(ACTION, queue):
        reason = event.payload.get("reason")
        raise Conflict(f"queue {queue} was closed by {event.actor}: {reason}")
