"""Drawing a queue: a probability sample of answers, its chances and its seed kept for ever.

On top of the sample come items that enter no estimate and say so: repeats (the same answer again,
for test-retest), gold (a verdict is known) and case finding (picked by hand).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from medaudit.canonical import content_id
from medaudit.errors import BadInput
from medaudit.journal import Event, Journal
from medaudit.records import Assignment, QueueSettings
from medaudit.review import design
from medaudit.review.closing import require_open
from medaudit.review.items import drawn
from medaudit.review.roles import Actor, require
from medaudit.review.validated import validated

if TYPE_CHECKING:
    from medaudit.store import Store

Row = dict[str, Any]


def settings_of(**fields: Any) -> QueueSettings:
    """Settings from what a person typed. Raises ``BadInput`` with the field that is wrong."""
    return validated(QueueSettings, fields)


def draw_queue(
    store: Store, journal: Journal, actor: Actor, settings: QueueSettings
) -> list[Assignment]:
    """Draw answers of a run for blind review, record the draw, and return the items by position.

    The event holds settings, weights, floor, size of the pool, how many of each kind there were
    and how many were certain. The same draw again is a no-op. Raises ``BadInput`` when the run has
    no answers or an answer that was named is not in it, ``Conflict`` when the name is taken.
    """
    require(actor, "draw_queue")
    pool = _pool(store, settings)
    known = {row["response_id"]: row for row in pool}
    _check(settings, known)
    salt = _salt(journal, settings.queue)
    items, facts = _drawn(pool, settings, salt)
    taken = {item.response_id for item in items}
    extra = [(r, "gold") for r in settings.gold] + [(r, "case_finding") for r in settings.by_hand]
    for response_id, purpose in dict(extra).items():
        if response_id not in taken:
            items.append(_item(settings, salt, known[response_id], {"purpose": purpose}))
    rng = np.random.default_rng([settings.seed % 2**63, 2])
    order = rng.permutation(len(items))
    items = [items[int(k)].model_copy(update={"position": place}) for place, k in enumerate(order)]
    payload = {
        "run_id": settings.run_id,
        "seed": settings.seed,
        **facts,
        "salt": salt,
        "settings": settings.model_dump(mode="json"),
        "items": [_lean(item) for item in items],
    }
    event = Event(
        client_id=f"queue:{settings.queue}",
        actor=actor.id,
        action="queue",
        subject=settings.queue,
        payload=payload,
    )
    journal.append(event)
    store.refresh()
    return items


def add_items(
    store: Store, journal: Journal, actor: Actor, queue: str, response_ids: Sequence[str]
) -> list[Assignment]:
    """Put answers that somebody picked into a queue: case finding, kept out of every estimate.

    Answers that are in the queue already are left out. They stand behind the drawn ones; in the
    order in which a reviewer meets them they stand anywhere. Raises ``BadInput`` when one is not of
    the queue's run.
    """
    require(actor, "draw_queue")
    store.refresh()
    known_queue = drawn(store, queue)
    settings = known_queue.settings
    known = {row["response_id"]: row for row in _pool(store, settings)}
    _check(settings.model_copy(update={"by_hand": tuple(response_ids), "gold": ()}), known)
    there = {row["response_id"] for row in store.rows("queue", queue=queue)}
    fresh = [id_ for id_ in dict.fromkeys(response_ids) if id_ not in there]
    items = [
        _item(settings, known_queue.salt, known[id_], {"purpose": "case_finding"}).model_copy(
            update={"position": known_queue.n_items + k}
        )
        for k, id_ in enumerate(fresh)
    ]
    if not items:
        return []
    payload = {
        "run_id": settings.run_id,
        "seed": settings.seed,
        "added": True,
        "settings": {"kind": settings.kind},
        "items": [_lean(item) for item in items],
    }
    event = Event(
        client_id=f"queue:{queue}:{known_queue.n_items}",
        actor=actor.id,
        action="queue",
        subject=queue,
        payload=payload,
    )
    journal.append(event, require=lambda reader: require_open(reader, queue))
    store.refresh()
    return items


def _pool(store: Store, settings: QueueSettings) -> list[Row]:
    pool = store.rows("review_pool", run=settings.run_id)
    if not pool:
        raise BadInput(f"run {settings.run_id!r} has no answers to review yet")
    if settings.kind == "pair":
        pool = [row for row in pool if row["base_response_id"] is not None]
        if not pool:
            raise BadInput(f"run {settings.run_id!r} has no stressed answer beside its original")
    return pool


def _check(settings: QueueSettings, known: dict[str, Row]) -> None:
    if settings.n == 0 and not (settings.by_hand or settings.gold):
        raise BadInput("at least 1, or answers picked by hand", field="n")
    for field in ("by_hand", "gold"):
        for id_ in getattr(settings, field):
            if id_ not in known:
                reason = f"run {settings.run_id!r} has no answer {id_!r} for such a queue"
                raise BadInput(reason, field=field)
    for id_ in settings.gold:
        if not known[id_]["adjudicated"]:
            raise BadInput(f"answer {id_!r} has no adjudicated verdict yet", field="gold")


def _salt(journal: Journal, queue: str) -> str:
    """The queue's secret: that of the draw that stands, or a new one.

    Not from the seed, which people publish: whoever has it can compute item ids and orders.
    """
    stored = journal.find(f"queue:{queue}")
    kept = None if stored is None else stored.payload.get("salt")
    return kept if isinstance(kept, str) else secrets.token_hex(16)


def _drawn(pool: list[Row], settings: QueueSettings, salt: str) -> tuple[list[Assignment], Row]:
    """The sample with its double reads and repeats, and what the event says of it."""
    if settings.n == 0:
        return [], {"method": "none: picked by hand", "pool": len(pool)}
    plan = design.sample(pool, settings)
    chosen = np.flatnonzero(plan.draw.selected)
    rng = np.random.default_rng([settings.seed % 2**63, 1])
    doubled = _share(rng, chosen, settings.double_share)
    again = _share(rng, chosen, settings.repeat_share)
    items, repeats = [], []
    for row in chosen:
        fields: Row = {
            "purpose": plan.purposes[row],
            "inclusion_probability": float(plan.draw.probability[row]),
            "reads": 2 if row in doubled else 1,
        }
        item = _item(settings, salt, pool[row], fields)
        items.append(item)
        if row in again:
            fields = {"purpose": "repeat", "repeat_of": item.item_id, "reads": item.reads}
            repeats.append(_item(settings, salt, pool[row], fields))
    facts = {
        "method": f"systematic, {settings.design}",
        "risk": design.RISK,
        "offset": design.OFFSET,
        "floor": plan.floor,
        "strata": plan.strata,
        "pool": len(pool),
        "kinds": dict(sorted(Counter(plan.purposes).items())),
        "certain": int((plan.draw.probability >= 1).sum()),
        "doubted": sum(row["doubted"] for row in pool),
    }
    return items + repeats, facts


def _share(rng: np.random.Generator, rows: Any, share: float) -> set[int]:
    """That share of the rows at random, rounded up: a small queue has one repeat, not none."""
    return {int(k) for k in rng.permutation(rows)[: int(np.ceil(share * len(rows) - 1e-9))]}


def _item(settings: QueueSettings, salt: str, row: Row, fields: Row) -> Assignment:
    again = 1 if fields["purpose"] == "repeat" else 0
    return Assignment(
        item_id=content_id([salt, settings.queue, row["response_id"], again]),
        queue=settings.queue,
        response_id=row["response_id"],
        base_response_id=row["base_response_id"] if settings.kind == "pair" else None,
        seed=settings.seed,
        position=0,
        **fields,
    )


def _lean(item: Assignment) -> Row:
    """An item as the event keeps it: without what the event says once for all."""
    return item.model_dump(mode="json", exclude={"queue", "seed"}, exclude_defaults=True) | {
        "position": item.position
    }
