"""Queues by name: what was asked for, and, for those who draw, what was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medaudit.records import Assignment, QueueSettings
from medaudit.review.items import drawn
from medaudit.review.roles import Actor, require

if TYPE_CHECKING:
    from medaudit.store import Store


def queues(store: Store) -> list[str]:
    """The names of all queues, oldest first."""
    return [row["queue"] for row in store.rows("queues")]


def queue_settings(store: Store, name: str) -> QueueSettings:
    """What a queue was drawn with. Raises ``UnknownName``.

    The lists of gold and hand-picked answers are left out: a reviewer must not know which they are.
    """
    return drawn(store, name).settings.model_copy(update={"gold": (), "by_hand": ()})


def queue_items(store: Store, actor: Actor, name: str) -> list[Assignment]:
    """The items of a queue in the order of their positions. They name answers: for a lead only."""
    require(actor, "draw_queue")
    drawn(store, name)
    return [Assignment(queue=name, **row) for row in store.rows("queue", queue=name)]
