"""Places at items: reserved, given back, declined. Two people never have the same one.

What counts is checked inside the journal's append, against the few events about that item, so it
holds among threads, processes and machines. The store only proposes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from medaudit.errors import BadInput, Conflict
from medaudit.journal import Event, Journal, Reader, Stored
from medaudit.review.closing import require_open
from medaudit.review.items import Item, drawn, item_at
from medaudit.review.roles import Actor, require

if TYPE_CHECKING:
    from medaudit.store import Store

REPEAT_GAP = 10
"""Own reads between an item and its hidden repeat, as long as there is something else to read."""
PROPOSED = 5
TRIES = 50
REASON_MOST = 2_000

State = Literal["read", "part_read", "not_judgeable", "skipped", "claimed", "released"]


@dataclass(frozen=True)
class Standing:
    """What one person did at an item."""

    state: State
    until: datetime | None = None
    claim: str | None = None
    """Client id of the newest claim."""
    slot: int | None = None
    """Number of the place that was claimed, from 1."""

    def holds(self, now: datetime) -> bool:
        """Whether a place is taken by it."""
        if self.state == "claimed":
            return self.until is not None and self.until > now
        return self.state in ("read", "part_read", "not_judgeable")


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def take(
    store: Store, journal: Journal, actor: Actor, queue: str, *, besides: int | None = None
) -> int | None:
    """Reserve a place for the actor and return the item's position, or that of one they hold.

    ``besides``: not that position, which they are still reading: the next card is made ready
    meanwhile. The order is random by reviewer. None: nothing is left for them now; a place that
    somebody else has reserved comes back when that reservation expires.
    """
    require(actor, "judge")
    minutes = drawn(store, queue).settings.reserve_minutes
    refused: set[int] = set() if besides is None else {besides}
    fresh = False
    for _ in range(TRIES):
        now = clock()
        rows = open_items(store, actor, queue, now, PROPOSED + len(refused))
        rows = [row for row in rows if row["position"] not in refused]
        if rows and rows[0]["held"]:
            return int(rows[0]["position"])
        for row in rows:
            item = item_at(store, queue, row["position"])
            try:
                _claim(journal, actor, item, now + timedelta(minutes=minutes))
            except Conflict:  # somebody was quicker, and the store did not know it yet
                if fresh:
                    refused.add(item.position)
                break
            store.refresh()
            return item.position
        else:
            if fresh:
                return None
        store.refresh()
        fresh = True
    raise Conflict("too many people are taking items at once; try again")


def open_items(
    store: Store, actor: Actor, queue: str, now: datetime, most: int | None = None
) -> list[dict[str, Any]]:
    """What the actor could take, in their order, as far as the store knows."""
    moment = now.astimezone(UTC).replace(tzinfo=None)
    given = {"queue": queue, "reviewer": actor.id, "now": moment, "gap": REPEAT_GAP}
    return store.rows("open_items", **given, most=2**31 if most is None else most)


def release(store: Store, journal: Journal, actor: Actor, queue: str, position: int) -> None:
    """Give a reserved place back. Without a reservation nothing happens."""
    require(actor, "judge")
    item = item_at(store, queue, position)
    own = standings(journal, item).get(actor.id)
    if own is None or own.state != "claimed":
        return
    journal.append(
        Event(
            client_id=f"release:{own.claim}",
            actor=actor.id,
            action="release",
            subject=item.item_id,
            payload={"queue": queue},
        )
    )
    store.refresh()


def skip(
    store: Store,
    journal: Journal,
    actor: Actor,
    queue: str,
    position: int,
    reason: str,
    kind: Literal["skipped", "not_judgeable"],
    client_id: str,
) -> None:
    """Decline an item with a reason. ``skipped``: the place goes to somebody else.

    ``not_judgeable``: nobody could judge it; it fills the place for good, without a harm level.
    Raises ``Conflict`` when the actor has judged it or, for ``not_judgeable``, has no place at it.
    """
    require(actor, "judge")
    if kind not in ("skipped", "not_judgeable"):
        raise BadInput("either skipped or not_judgeable", field="kind")
    if not reason.strip() or len(reason) > REASON_MOST:
        raise BadInput(f"say why, in at most {REASON_MOST} characters", field="reason")
    item = item_at(store, queue, position)

    def check(reader: Reader) -> None:
        require_open(reader, queue)
        found = standings(reader, item)
        own = found.get(actor.id)
        if own is not None and own.state in ("read", "part_read", "not_judgeable", "skipped"):
            raise Conflict(f"you have answered for this item already: {own.state}")
        if kind == "not_judgeable":
            require_place(found, item, actor)

    journal.append(
        Event(
            client_id=checked_id(client_id),
            actor=actor.id,
            action="skip",
            subject=item.item_id,
            payload={"queue": queue, "reason": reason, "kind": kind},
        ),
        require=check,
    )
    journal.forget("draft", actor.id, item.item_id)
    store.refresh()


def standings(journal: Journal | Reader, item: Item) -> dict[str, Standing]:
    """Who did what at an item, by the events about it: a handful, found by an index."""
    found: dict[str, Standing] = {}
    events = [
        event
        for action in ("claim", "release", "skip")
        for event in journal.about(action, item.item_id)
    ]
    for event in sorted(events, key=lambda event: event.seq):
        found[event.actor] = _standing(event)
    read: dict[str, set[str]] = {}
    for event in journal.about("judgment", item.item_id):
        if event.payload.get("phase") == "blind":
            read.setdefault(event.actor, set()).add(str(event.payload.get("response_id")))
    for reviewer, answers in read.items():
        state: State = "read" if len(answers) >= len(item.response_ids) else "part_read"
        before = found.get(reviewer)
        found[reviewer] = Standing(state, slot=None if before is None else before.slot)
    return found


def require_place(found: dict[str, Standing], item: Item, actor: Actor) -> None:
    """Raise ``Conflict`` unless a place at the item is the actor's or free. Gold has room for all.

    A person who declared it not judgeable has used their place, and who skipped it gave it up for
    good: what was closed to them because of it is open now (``results``).
    """
    now = clock()
    own = found.get(actor.id)
    if own is not None and own.state == "not_judgeable":
        raise Conflict("you have declared this answer not judgeable")
    if own is not None and own.state == "skipped":
        raise Conflict("you have skipped this answer: it is somebody else's to grade")
    others = sum(s.holds(now) for reviewer, s in found.items() if reviewer != actor.id)
    if item.purpose != "gold" and others >= item.reads:
        raise Conflict("every place at this answer is taken: go on to the next one")


def require_original(reader: Reader, item: Item, actor: Actor) -> None:
    """Raise ``Conflict`` when the item repeats one that the actor has not read."""
    if item.repeat_of is not None and not any(
        event.actor == actor.id for event in reader.about("judgment", item.repeat_of)
    ):
        raise Conflict("this item is not for you: go on to the next one")


def checked_id(client_id: str) -> str:
    """The client id, if it has a length that cannot collide or overflow."""
    if not 8 <= len(client_id) <= 64:
        raise BadInput("a client id has 8 to 64 characters", field="client_id")
    return client_id


def _claim(journal: Journal, actor: Actor, item: Item, until: datetime) -> None:
    slot = _free_slot(standings(journal, item), actor)

    def check(reader: Reader) -> None:
        require_open(reader, item.queue)
        found = standings(reader, item)
        own = found.get(actor.id)
        if own is not None and own.state not in ("claimed", "released", "part_read"):
            raise Conflict(f"you have answered for this item already: {own.state}")
        if own is not None and own.holds(clock()):
            raise Conflict("you have reserved this item already")
        require_place(found, item, actor)
        require_original(reader, item, actor)
        if _free_slot(found, actor) != slot:
            raise Conflict("somebody else took this place at the same moment")

    text = until.isoformat()
    event = Event(
        client_id=f"claim:{item.item_id}:{actor.id}:{text}",
        actor=actor.id,
        action="claim",
        subject=item.item_id,
        payload={"queue": item.queue, "slot": slot, "until": text},
    )
    journal.append(event, require=check)


def _free_slot(found: dict[str, Standing], actor: Actor) -> int:
    """The lowest number that nobody else has. Whoever never claimed one has none."""
    now = clock()
    others = [s for reviewer, s in found.items() if reviewer != actor.id and s.holds(now)]
    used = {s.slot for s in others}
    return next(k for k in range(1, len(others) + 2) if k not in used)


def _standing(event: Stored) -> Standing:
    if event.action == "release":
        return Standing("released")
    if event.action == "skip":
        kind = event.payload.get("kind")
        return Standing("not_judgeable" if kind == "not_judgeable" else "skipped")
    until = datetime.fromisoformat(event.payload["until"])
    return Standing("claimed", until, event.client_id, event.payload.get("slot"))
