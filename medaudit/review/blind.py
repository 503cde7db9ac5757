"""What a reviewer may see before their commit: the blind card and what can be unfolded on it.

Blinding is here, in what these functions return, and not in what a page draws. A blind card holds
no system, no score, nobody's grade and no id from which they could be computed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from medaudit.errors import BadInput
from medaudit.journal import Event, Journal
from medaudit.records import Case
from medaudit.review import slots
from medaudit.review.items import Item, item_at, mixed
from medaudit.review.roles import Actor, require
from medaudit.store.pictures import Picture, named, pictures

if TYPE_CHECKING:
    from medaudit.store import Store

What = Literal["base_answer", "criteria", "red_flags"]
RED_FLAG = 3
"""Weight of a fact that is one."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class BlindAnswer:
    """One answer to grade. Of a pair the label is its place: A the first shown, B the second."""

    label: str
    text: str | None
    outcome: str
    committed: bool


@dataclass(frozen=True)
class BlindCard:
    """One item to grade, with the case as it was asked and as it was before the stress."""

    item_id: str
    queue: str
    position: int
    total: int
    kind: str
    domain: str
    perspective: str
    task: str
    probe: str
    level: int
    content: str
    """What the stress does to the medicine: ``original`` (there is none), ``unchanged`` (every
    check passed), ``declared`` (the right decision may differ), ``doubtful`` (a check failed)."""
    original: str
    variant: str
    original_images: tuple[Picture, ...]
    variant_images: tuple[Picture, ...]
    """What was shown with either, from the run's copies; without names or readings."""
    answers: tuple[BlindAnswer, ...]
    """One, or of a pair two in an order that is random by reviewer and always the same."""
    dimensions: tuple[str, ...]
    """To grade from 1 to 5 beside harm."""
    alias: str | None
    """The system under a letter of this reviewer's own. Only in a queue that never reveals: where
    it does, one reveal would name the system on every later card."""
    asides: tuple[str, ...]
    """What can be unfolded here; doing so is logged."""
    opened: tuple[str, ...]
    """What this reviewer unfolded already."""
    reserved_until: datetime | None
    """Until when the actor's reservation holds; None: they have none, or it has expired."""
    committed: bool
    """Whether the actor has graded every answer of it."""

    @property
    def answer(self) -> str | None:
        """The text of the (first) answer."""
        return self.answers[0].text

    @property
    def outcome(self) -> str:
        """How the (first) answer's call ended."""
        return self.answers[0].outcome


@dataclass(frozen=True)
class Line:
    """A rubric criterion with its points, or a red flag of the case."""

    text: str
    points: int | None = None
    critical: bool = False


@dataclass(frozen=True)
class Aside:
    """What stood folded on a card."""

    what: str
    text: str | None = None
    """Of ``base_answer``: what the same system answered to the original; None: nothing came."""
    outcome: str | None = None
    lines: tuple[Line, ...] = ()


def blind_card(store: Store, actor: Actor, queue: str, position: int) -> BlindCard:
    """The card of one item. Raises ``UnknownName`` when there is no such item."""
    require(actor, "see_blind")
    return card_of(store, actor, item_at(store, queue, position))


def card_of(store: Store, actor: Actor, item: Item, only: str | None = None) -> BlindCard:
    """The card of an item; with ``only``, of that one of its answers."""
    shown = item.shown_to(actor.id) if only is None else (only,)
    rows = {id_: store.rows("review_item", run=item.run_id, response=id_)[0] for id_ in shown}
    row = rows[item.response_ids[0] if only is None else only]
    settings = item.drawn.settings
    folder = store.workspace.run(item.run_id)
    seen = {
        side: pictures(folder, named(row[f"{side}_images"])) for side in ("original", "variant")
    }
    committed, opened, until = _own(store, actor, item)
    return BlindCard(
        item_id=item.item_id,
        queue=item.queue,
        position=item.position,
        total=item.drawn.n_items,
        kind="single" if len(shown) == 1 else "pair",
        domain=row["domain"],
        perspective=row["perspective"],
        task=row["task"],
        probe=row["probe"],
        level=row["level"],
        content=row["content"],
        original=row["variant"] if row["original"] is None else row["original"],
        variant=row["variant"],
        original_images=seen["variant" if row["original"] is None else "original"],
        variant_images=seen["variant"],
        answers=tuple(
            BlindAnswer(LETTERS[k], rows[id_]["answer"], rows[id_]["outcome"], id_ in committed)
            for k, id_ in enumerate(shown)
        ),
        dimensions=settings.dimensions,
        alias=_alias(store, actor, item),
        asides=_asides(len(shown), row["family"]),
        opened=opened,
        reserved_until=until,
        committed=committed.issuperset(shown),
    )


def own_judgments(store: Store, actor: Actor, item: Item) -> dict[str, dict[str, Any]]:
    """The actor's current judgments of an item by answer; empty: not judged yet."""
    found = {}
    for row in store.rows("own_judgments", item=item.item_id, reviewer=actor.id):
        lists = {name: json.loads(row[name]) for name in ("dimensions", "quotes", "visible")}
        found[row.pop("response_id")] = {**row, **lists}
    return found


def open_aside(
    store: Store, journal: Journal, actor: Actor, queue: str, position: int, what: str
) -> Aside:
    """Unfold something and log that this person did, which a commit writes into the judgment.

    Raises ``BadInput`` when the card has no such thing folded.
    """
    require(actor, "judge")
    item = item_at(store, queue, position)
    row = store.rows("review_item", run=item.run_id, response=item.response_ids[0])[0]
    if what not in get_args(What) or what not in _asides(len(item.response_ids), row["family"]):
        raise BadInput(f"nothing of that name is folded here: {what!r}", field="what")
    journal.append(
        Event(
            client_id=f"opened:{item.item_id}:{actor.id}:{what}",
            actor=actor.id,
            action="opened",
            subject=item.item_id,
            payload={"what": what},
        )
    )
    store.refresh()
    return _aside(store, item, what)


def _aside(store: Store, item: Item, what: str) -> Aside:
    which = {"run": item.run_id, "response": item.response_ids[0]}
    if what == "base_answer":
        rows = store.rows("base_answer", **which)
        if not rows:
            return Aside(what, None, None)
        return Aside(what, rows[0]["answer"], rows[0]["outcome"])
    case = Case.model_validate_json(store.rows("case_of_answer", **which)[0]["record"])
    if what == "criteria":
        lines = (Line(line.text, line.points, line.critical) for line in case.rubric)
    else:
        lines = (Line(fact.text) for fact in case.facts if fact.weight == RED_FLAG)
    return Aside(what, lines=tuple(lines))


def _asides(n_answers: int, family: str) -> tuple[str, ...]:
    single = n_answers == 1 and family != "base"
    return ("base_answer", "criteria", "red_flags") if single else ("criteria", "red_flags")


def _alias(store: Store, actor: Actor, item: Item) -> str | None:
    settings = item.drawn.settings
    if settings.reveal != "never":
        return None
    own = store.rows("case_of_answer", run=item.run_id, response=item.response_ids[0])[0]
    systems = [row["system_id"] for row in store.rows("systems_of_run", run=item.run_id)]
    systems.sort(key=lambda id_: mixed(item.drawn.salt, "alias", actor.id, id_))
    place = systems.index(own["system_id"])
    return LETTERS[place] if place < len(LETTERS) else f"{place + 1}"


def _own(
    store: Store, actor: Actor, item: Item
) -> tuple[set[str], tuple[str, ...], datetime | None]:
    """What the actor has judged and opened of an item, and until when they hold a reservation."""
    rows = store.rows("own_at_item", item=item.item_id, reviewer=actor.id)
    judged = {row["detail"] for row in rows if row["what"] == "judgment"}
    opened = tuple(row["detail"] for row in rows if row["what"] == "opened")
    last = [row for row in rows if row["what"] not in ("judgment", "opened")][-1:]
    if not last or last[0]["what"] != "claim":
        return judged, opened, None
    until = last[0]["until"].replace(tzinfo=UTC)
    return judged, opened, until if until > slots.clock() else None
