"""The third person: which answers they decide, what they see when, and the verdict.

They judge by themselves first (an impression, which decides nothing), then see the reads without
names, then give the verdict. It is final: the answer is never disputed again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from medaudit.errors import Conflict, NotPermitted, UnknownName
from medaudit.journal import Journal, Precondition, Reader, Stored
from medaudit.records import Judgment
from medaudit.review import slots
from medaudit.review.blind import BlindCard, card_of
from medaudit.review.commit import event_of, judged, opened_by
from medaudit.review.items import Item, item_by_id, mixed
from medaudit.review.roles import Actor, require
from medaudit.review.slots import checked_id

if TYPE_CHECKING:
    from medaudit.store import Store

RESERVE_MINUTES = 30
"""How long an impression keeps a dispute from other adjudicators."""

Side = Literal["stressed", "original"]
"""Which answer of a pair; a single item has only ``stressed``."""


@dataclass(frozen=True)
class Dispute:
    """An answer that waits for a verdict. It says that readers differ or found harm, not how."""

    item_id: str
    side: Side
    queue: str
    position: int
    domain: str
    probe: str
    level: int
    since: datetime
    """When the last read came in, UTC."""
    impression: bool
    """Whether the actor has given theirs and may see the reads."""


@dataclass(frozen=True)
class Read:
    """One reader's finding, without a name."""

    reader: str
    """``Reader 1``, ``Reader 2``: in an order that is random by item and always the same."""
    harm: int | None
    direction: str | None
    error_type: str | None
    variant_invalid: bool
    cannot_judge: bool
    confidence: int | None
    dimensions: dict[str, int]
    note: str
    quotes: tuple[str, ...]
    opened: tuple[str, ...]
    """What this reader had unfolded before the commit."""
    seconds: float | None


def disputes(store: Store, actor: Actor) -> list[Dispute]:
    """What waits for the actor: not what they read themselves, nor what another has begun.

    First what they have begun, then the oldest.
    """
    require(actor, "see_disputes")
    return [
        Dispute(
            item_id=row["item_id"],
            side=row["side"],
            queue=row["queue"],
            position=row["position"],
            domain=row["domain"],
            probe=row["probe"],
            level=row["level"],
            since=row["since"],
            impression=row["impression"],
        )
        for row in _waiting(store, actor)
    ]


def dispute_card(store: Store, actor: Actor, item_id: str, side: Side = "stressed") -> BlindCard:
    """The card of a disputed answer, as blind as a reviewer's."""
    require(actor, "see_disputes")
    item, response_id = _disputed(store, actor, item_id, side)
    return card_of(store, actor, item, only=response_id)


def impression(
    store: Store,
    journal: Journal,
    actor: Actor,
    item_id: str,
    grade: dict[str, Any],
    client_id: str,
    side: Side = "stressed",
) -> Judgment:
    """Append what the adjudicator finds by themselves; with it the dispute is theirs for a while.

    Raises ``Conflict`` when another adjudicator has begun, or the answer is decided.
    """
    require(actor, "adjudicate")
    before = journal.find(checked_id(client_id))
    item, response_id = _disputed(store, actor, item_id, side, before)
    visible = opened_by(journal, actor, item, before)
    judgment = judged(actor, item, response_id, "impression", grade, visible)
    check = _mine(item, response_id, actor, begun=False)
    journal.append(event_of(actor, judgment, client_id), require=check)
    store.refresh()
    return judgment


def reads(store: Store, actor: Actor, item_id: str, side: Side = "stressed") -> tuple[Read, ...]:
    """What the readers found, without names. Raises ``NotPermitted`` before the impression."""
    require(actor, "see_disputes")
    item, response_id = _disputed(store, actor, item_id, side)
    if not any(
        row["impression"]
        for row in _waiting(store, actor)
        if (row["item_id"], row["response_id"]) == (item_id, response_id)
    ):
        raise NotPermitted("give your own impression first: the reads are shown after it")
    rows = store.rows("disputed_reads", item=item_id, response=response_id)
    rows.sort(key=lambda row: mixed(item.drawn.salt, "readers", item_id, row["reviewer"]))
    return tuple(_read(k, row) for k, row in enumerate(rows, start=1))


def adjudicate(
    store: Store,
    journal: Journal,
    actor: Actor,
    item_id: str,
    grade: dict[str, Any],
    client_id: str,
    side: Side = "stressed",
) -> Judgment:
    """Append the verdict. It decides the answer's value and ends the dispute for good.

    Raises ``NotPermitted`` before the own impression, ``Conflict`` when it is decided already.
    """
    require(actor, "adjudicate")
    before = journal.find(checked_id(client_id))
    item, response_id = _disputed(store, actor, item_id, side, before)
    visible = (*opened_by(journal, actor, item, before), "reads")
    judgment = judged(actor, item, response_id, "adjudication", grade, visible)
    check = _mine(item, response_id, actor, begun=True)
    journal.append(event_of(actor, judgment, client_id), require=check)
    store.refresh()
    return judgment


def _waiting(store: Store, actor: Actor) -> list[dict[str, Any]]:
    since = (slots.clock() - timedelta(minutes=RESERVE_MINUTES)).replace(tzinfo=None)
    return store.rows("disputes", reviewer=actor.id, since=since)


def _disputed(
    store: Store, actor: Actor, item_id: str, side: Side, sent: Stored | None = None
) -> tuple[Item, str]:
    """The item and the answer, when it waits for this actor or ``sent`` is what they said of it."""
    if sent is not None and (sent.actor, sent.action, sent.subject) == (
        actor.id,
        "judgment",
        item_id,
    ):
        return item_by_id(store, item_id), str(sent.payload["response_id"])
    for row in _waiting(store, actor):
        if (row["item_id"], row["side"]) == (item_id, side):
            return item_by_id(store, item_id), row["response_id"]
    raise UnknownName("dispute", item_id)


def _mine(item: Item, response_id: str, actor: Actor, *, begun: bool) -> Precondition:
    """The answer is undecided, nobody else has begun it, and the actor has, or has not."""

    def check(reader: Reader) -> None:
        limit = slots.clock() - timedelta(minutes=RESERVE_MINUTES)
        own = False
        for event in reader.about("judgment", item.item_id):
            if event.payload.get("response_id") != response_id:
                continue
            phase = event.payload.get("phase")
            if phase == "adjudication":
                raise Conflict("this answer has its verdict already")
            if phase != "impression":
                continue
            if event.actor == actor.id:
                own = True
            elif event.time > limit:
                raise Conflict("another adjudicator has begun with this answer: take the next")
        if begun and not own:
            raise NotPermitted("give your own impression first: the verdict comes after it")
        if own and not begun:
            raise Conflict("you have given your impression already")

    return check


def _read(number: int, row: dict[str, Any]) -> Read:
    return Read(
        reader=f"Reader {number}",
        harm=row["harm"],
        direction=row["direction"],
        error_type=row["error_type"],
        variant_invalid=row["variant_invalid"],
        cannot_judge=row["cannot_judge"],
        confidence=row["confidence"],
        dimensions=json.loads(row["dimensions"]),
        note=row["note"],
        quotes=tuple(json.loads(row["quotes"])),
        opened=tuple(json.loads(row["visible"])),
        seconds=row["seconds"],
    )
