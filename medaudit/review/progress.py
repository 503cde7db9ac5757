"""How far a queue is, and how steady the reviewer is: their own figures and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medaudit.review import slots
from medaudit.review.items import drawn
from medaudit.review.roles import Actor, require
from medaudit.review.slots import open_items

if TYPE_CHECKING:
    from medaudit.store import Store


@dataclass(frozen=True)
class Agreed:
    """How often two harm levels were the same. ``same`` of ``n``; n = 0: nothing to compare yet."""

    n: int
    same: int


@dataclass(frozen=True)
class QueueProgress:
    """A queue and one reviewer's share of it."""

    queue: str
    slots: int
    """Reads that the queue asks for, gold not counted."""
    filled: int
    """Of these, judged or declared not judgeable, by anybody."""
    done: int
    """Items that the actor judged, hidden repeats and gold included."""
    left: int
    """Items that the actor could still take now."""
    skipped: int
    not_judgeable: int
    block: int
    """Number of the actor's block, from 1."""
    block_size: int
    block_done: int
    """Items judged in it. 0 with ``done`` above 0: a block was just finished, time for a pause."""
    median_seconds: float | None
    """Of the actor's own items. None: no times were recorded."""
    retest: Agreed
    """On hidden repeats, with their own first level."""
    gold: Agreed
    """On gold items, with the adjudicated level."""


def progress(store: Store, actor: Actor, queue: str) -> QueueProgress:
    """The queue's progress and the actor's own. Raises ``UnknownName``."""
    require(actor, "see_blind")
    settings = drawn(store, queue).settings
    row = store.rows("queue_progress", queue=queue, reviewer=actor.id)[0]
    done = row["n_done"]
    return QueueProgress(
        queue=queue,
        slots=row["n_places"],
        filled=row["n_filled"],
        done=done,
        left=len(open_items(store, actor, queue, slots.clock())),
        skipped=row["n_skipped"],
        not_judgeable=row["n_not_judgeable"],
        block=done // settings.block + 1,
        block_size=settings.block,
        block_done=done % settings.block,
        median_seconds=row["median_seconds"],
        retest=Agreed(row["n_retest"], row["n_retest_same"]),
        gold=Agreed(row["n_gold"], row["n_gold_same"]),
    )
