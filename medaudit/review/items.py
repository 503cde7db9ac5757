"""One item of a queue as the server knows it, and what is computed from the queue's secret salt.

Nothing in here may reach a browser: an item names the answer behind it, and whoever has the salt
can compute item ids, orders and aliases.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from medaudit.errors import UnknownName
from medaudit.records import QueueSettings

if TYPE_CHECKING:
    from medaudit.store import Store

_KNOWN: WeakKeyDictionary[Store, tuple[int, dict[Any, Any]]] = WeakKeyDictionary()
"""What was looked up of a store's queues: draws are events, so it holds until there are others."""

OLD = {"double_share": 0.0, "repeat_share": 0.0}
"""Of a queue that was drawn before there were settings; every other setting has its default."""


@dataclass(frozen=True)
class Drawn:
    """A queue as it was drawn."""

    settings: QueueSettings
    salt: str
    n_items: int
    method: str


@dataclass(frozen=True)
class Item:
    """Why an answer is in a queue."""

    drawn: Drawn
    item_id: str
    run_id: str
    position: int
    reads: int
    purpose: str
    repeat_of: str | None
    response_ids: tuple[str, ...]
    """The answer; of a pair the stressed one and the one to the original."""

    @property
    def queue(self) -> str:
        return self.drawn.settings.queue

    def shown_to(self, reviewer: str) -> tuple[str, ...]:
        """The answers in the order in which this reviewer sees them: random, and always the same.

        An alphabetical or drawn order would tell the stressed answer from the other.
        """
        words = ("answers", reviewer, self.item_id)
        return tuple(sorted(self.response_ids, key=lambda id_: mixed(self.drawn.salt, *words, id_)))


def drawn(store: Store, name: str) -> Drawn:
    """A queue by name. Raises ``UnknownName``."""
    known = _known(store)
    if name not in known:
        found = store.rows("queue_info", queue=name)
        if not found:
            raise UnknownName("queue", name, [row["queue"] for row in store.rows("queues")])
        known[name] = _drawn(found[0])
    return cast(Drawn, known[name])


def item_at(store: Store, name: str, position: int) -> Item:
    """The item at a position of a queue, counted from 0. Raises ``UnknownName``."""
    known = _known(store)
    if (name, position) not in known:
        rows = store.rows("queue_item_at", queue=name, position=position)
        if not rows:
            n = drawn(store, name).n_items
            raise UnknownName("item", f"{name}/{position + 1}", [f"1 to {n}"])
        known[name, position] = _item(drawn(store, name), rows[0])
    return cast(Item, known[name, position])


def item_by_id(store: Store, item_id: str) -> Item:
    """An item by its id. Raises ``UnknownName``, without the ids that there are."""
    rows = store.rows("queue_item_by_id", item=item_id)
    if not rows:
        raise UnknownName("item", item_id)
    return _item(drawn(store, rows[0]["queue"]), rows[0])


def mixed(salt: str, *words: str) -> str:
    """A hash of the words that nobody can compute without the salt."""
    return hashlib.sha256(json.dumps([salt, *words]).encode("utf-8")).hexdigest()


def _known(store: Store) -> dict[Any, Any]:
    draws, known = _KNOWN.get(store, (-1, {}))
    if draws != store.draws:
        draws, known = store.draws, {}
        _KNOWN[store] = (draws, known)
    return known


def _drawn(row: dict[str, Any]) -> Drawn:
    if row["settings"] is None:
        old = {**OLD, "seed": 0 if row["seed"] is None else row["seed"], "n": row["n_items"]}
        settings = QueueSettings(queue=row["queue"], run_id=row["run_id"], **old)
    else:
        settings = QueueSettings.model_validate_json(row["settings"])
    return Drawn(settings, row["salt"], row["n_items"], row["method"])


def _item(queue: Drawn, row: dict[str, Any]) -> Item:
    both = (row["response_id"], row["base_response_id"])
    return Item(
        drawn=queue,
        item_id=row["item_id"],
        run_id=row["run_id"],
        position=row["position"],
        reads=row["reads"],
        purpose=row["purpose"],
        repeat_of=row["repeat_of"],
        response_ids=tuple(id_ for id_ in both if id_ is not None),
    )
