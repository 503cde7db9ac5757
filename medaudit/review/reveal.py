"""What stands behind an answer, once its reviewer has committed and the queue lets them see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from medaudit.errors import BadInput, NotPermitted
from medaudit.judges import REGISTRY as KINDS
from medaudit.judges.kind import INTEGRITY
from medaudit.records import Span
from medaudit.review import slots
from medaudit.review.blind import own_judgments
from medaudit.review.items import Item, item_at, item_by_id
from medaudit.review.roles import Actor, require
from medaudit.review.slots import open_items
from medaudit.scorers.decision import ABSTAINS

if TYPE_CHECKING:
    from medaudit.store import Store


@dataclass(frozen=True)
class Revealed:
    """What a commit opens: which system it was and what the automatic scores said."""

    item_id: str
    system_title: str
    case_title: str
    decision: str | None
    acceptable: tuple[str, ...]
    case_score: float | None
    harm: int | None
    reasons: tuple[tuple[str, str], ...]
    evidence: tuple[Span, ...]
    own: dict[str, Any]


def reveal(store: Store, actor: Actor, queue: str, position: int, *, answer: int = 0) -> Revealed:
    """What stands behind an item. ``answer``: of a pair, by its place on the card.

    Raises ``NotPermitted`` until the actor has committed every answer of it and the queue's
    setting allows it: at once, when the block of their own commits is full or nothing is left for
    them, or never.
    """
    require(actor, "see_revealed")
    item = item_at(store, queue, position)
    shown = item.shown_to(actor.id)
    if not 0 <= answer < len(shown):
        raise BadInput(f"this item has {len(shown)} to grade", field="answer")
    own = require_revealed(store, actor, item)[shown[answer]]
    which = {"run": item.run_id, "response": shown[answer]}
    row = store.rows("revealed_item", **which)[0]
    scores = store.rows("scores_of_response", **which)
    return Revealed(
        item_id=item.item_id,
        system_title=row["system_title"],
        case_title=row["case_title"],
        decision=row["decision"],
        acceptable=_acceptable(json.loads(row["variant_record"]), json.loads(row["reference"])),
        case_score=row["case_score"],
        harm=row["harm"],
        reasons=tuple((name, s["reason"]) for s in scores if s["reason"] and (name := _told(s))),
        evidence=tuple(
            Span.model_validate({**span, "label": f"{s['dimension']}: {span['label']}"})
            for s in scores
            for span in json.loads(s["evidence"])
        ),
        own=own,
    )


def _told(score: dict[str, Any]) -> str:
    """What a reason is about; of judges only the sum and its trust, with the judge. Else empty."""
    _, _, judge = score["scorer"].partition(".")
    name: str = score["dimension"]
    if not judge:
        return name
    return f"{name} by {score['scorer']}" if name.partition(".")[0] in _sums() else ""


@cache
def _sums() -> frozenset[str]:
    return frozenset({INTEGRITY, *(KINDS.load(kind).total for kind in KINDS.names())})


def _acceptable(variant: dict[str, Any], reference: list[str]) -> tuple[str, ...]:
    """The decisions that are right; ``abstains`` too where the variant withholds what decides."""
    if variant["expectation"] == "must_abstain":
        return (*variant["expected"], ABSTAINS)
    return tuple(variant["expected"] or reference)


def require_revealed(store: Store, actor: Actor, item: Item) -> dict[str, dict[str, Any]]:
    """The actor's judgments by answer. Raises ``NotPermitted`` while the item stays hidden."""
    own = own_judgments(store, actor, item)
    if not own.keys() >= set(item.response_ids):
        raise NotPermitted("commit your judgment first: nothing is revealed before it")
    setting = item.drawn.settings.reveal
    if setting == "never":
        raise NotPermitted("this queue reveals nothing")
    if setting == "end_of_block" and not _block_full(store, actor, item):
        raise NotPermitted("this queue reveals at the end of your block")
    return own


def was_revealed(store: Store, actor: Actor, item: Item) -> bool:
    """Whether the item that this one repeats was revealed to the actor already."""
    if item.repeat_of is None:
        return False
    try:
        require_revealed(store, actor, item_by_id(store, item.repeat_of))
    except NotPermitted:
        return False
    return True


def _block_full(store: Store, actor: Actor, item: Item) -> bool:
    rows = store.rows("own_places", queue=item.queue, reviewer=actor.id)
    place = {row["item_id"]: row["place"] for row in rows}
    block = item.drawn.settings.block
    end = ((place[item.item_id] - 1) // block + 1) * block
    return len(rows) >= end or not open_items(store, actor, item.queue, slots.clock(), 1)
