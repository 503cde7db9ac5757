"""Keeping a judgment: appended once, never changed, never doubled; a draft until then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medaudit.errors import BadInput, Conflict
from medaudit.journal import Event, Journal, Reader, Stored
from medaudit.records import Judgment, Phase
from medaudit.review.closing import require_open
from medaudit.review.items import Item, item_at
from medaudit.review.reveal import require_revealed, was_revealed
from medaudit.review.roles import Actor, require
from medaudit.review.slots import checked_id, require_original, require_place, standings
from medaudit.review.validated import validated
from medaudit.taxonomy import taxonomy

if TYPE_CHECKING:
    from medaudit.store import Store

NOTE_FROM = 3
"""A note is owed from this harm level on, and whenever a variant is called invalid."""


def commit(
    store: Store,
    journal: Journal,
    actor: Actor,
    queue: str,
    position: int,
    grade: dict[str, Any],
    client_id: str,
    *,
    answer: int = 0,
) -> Judgment:
    """Append the actor's first, blind judgment of an item. ``answer``: of a pair, the one shown.

    The same ``client_id`` again is a no-op. A second judgment of the same answer is a ``Conflict``,
    and so is one for which no place is left because a reservation expired and others came. What
    the actor had opened goes into ``visible``.
    """
    require(actor, "judge")
    item = item_at(store, queue, position)
    response_id = nth(item.shown_to(actor.id), answer)
    before = journal.find(checked_id(client_id))
    visible = opened_by(journal, actor, item, before)
    if item.repeat_of is not None and was_revealed(store, actor, item):
        visible = (*visible, "earlier_reveal")
    judgment = judged(actor, item, response_id, "blind", grade, visible)
    if judgment.replaces is not None:
        raise BadInput("a first judgment replaces none", field="replaces")

    def check(reader: Reader) -> None:
        require_open(reader, queue)
        for event in reader.about("judgment", item.item_id):
            if event.actor == actor.id and event.payload.get("response_id") == response_id:
                raise Conflict("you have judged this answer already")
        require_place(standings(reader, item), item, actor)
        require_original(reader, item, actor)

    journal.append(event_of(actor, judgment, client_id), require=check)
    journal.forget("draft", actor.id, item.item_id)
    store.refresh()
    return judgment


def revise(
    store: Store,
    journal: Journal,
    actor: Actor,
    queue: str,
    position: int,
    grade: dict[str, Any],
    client_id: str,
    *,
    answer: int = 0,
) -> Judgment:
    """Append what the actor thinks after the reveal: a new entry that names the one it replaces.

    It decides nothing; how far it shifts from the blind one is a metric. Raises ``NotPermitted``
    before the reveal.
    """
    require(actor, "see_revealed")
    item = item_at(store, queue, position)
    response_id = nth(item.shown_to(actor.id), answer)
    require_revealed(store, actor, item)
    before = journal.find(checked_id(client_id))
    now = _newest(journal, actor, item, response_id, before)
    visible = (*opened_by(journal, actor, item, before), "reveal")
    judgment = judged(actor, item, response_id, "revealed", {**grade, "replaces": now}, visible)

    def check(reader: Reader) -> None:
        require_open(reader, queue)
        if _newest(reader, actor, item, response_id, None) != now:
            raise Conflict("you have changed this judgment meanwhile: look at it again")

    journal.append(event_of(actor, judgment, client_id), require=check)
    store.refresh()
    return judgment


def save_draft(journal: Journal, actor: Actor, item_id: str, body: dict[str, Any]) -> None:
    """Keep what a reviewer has typed so far; it is no judgment and nobody else can read it."""
    require(actor, "judge")
    journal.keep("draft", actor.id, item_id, body)


def draft(journal: Journal, actor: Actor, item_id: str) -> dict[str, Any] | None:
    """The actor's own draft for an item. None: there is none, or it was committed."""
    require(actor, "judge")
    return journal.kept("draft", actor.id, item_id)


def judged(
    actor: Actor,
    item: Item,
    response_id: str,
    phase: Phase,
    grade: dict[str, Any],
    visible: tuple[str, ...],
) -> Judgment:
    """The record of a grade. Raises ``BadInput`` with the field that is wrong or missing."""
    own = {
        "item_id": item.item_id,
        "response_id": response_id,
        "reviewer": actor.id,
        "phase": phase,
        "visible": visible,
    }
    judgment = validated(Judgment, {**grade, **own})
    _check(judgment, item)
    return judgment


def event_of(actor: Actor, judgment: Judgment, client_id: str) -> Event:
    return Event(
        client_id=checked_id(client_id),
        actor=actor.id,
        action="judgment",
        subject=judgment.item_id,
        payload=judgment.model_dump(mode="json"),
    )


def opened_by(journal: Journal, actor: Actor, item: Item, before: Stored | None) -> tuple[str, ...]:
    """What the actor had opened on an item, before the event if it is already stored.

    ``results_seen``: they had looked at the run's results while its queue was open to them.
    """

    def own(action: str, subject: str) -> list[Stored]:
        return [
            event
            for event in journal.about(action, subject)
            if event.actor == actor.id and (before is None or event.seq < before.seq)
        ]

    asides = tuple(str(event.payload.get("what")) for event in own("opened", item.item_id))
    return (*asides, "results_seen") if own("results_seen", item.queue) else asides


def nth(answers: tuple[str, ...], answer: int) -> str:
    """The answer at a place of the card. Raises ``BadInput``."""
    if not 0 <= answer < len(answers):
        raise BadInput(f"this item has {len(answers)} to grade", field="answer")
    return answers[answer]


def _newest(
    journal: Journal | Reader, actor: Actor, item: Item, response_id: str, before: Stored | None
) -> str | None:
    """Client id of the actor's newest judgment of an answer, before an event if one is given."""
    own = [
        event.client_id
        for event in journal.about("judgment", item.item_id)
        if event.actor == actor.id
        and event.payload.get("response_id") == response_id
        and event.payload.get("phase") in ("blind", "revealed")
        and (before is None or event.seq < before.seq)
    ]
    return own[-1] if own else None


def _check(judgment: Judgment, item: Item) -> None:
    known = {kind.id for kind in taxonomy().error_types}
    if judgment.error_type is not None and judgment.error_type not in known:
        raise BadInput(f"not an error type: {judgment.error_type}", field="error_type")
    harmful = judgment.harm is not None and judgment.harm > 0
    if harmful and (judgment.direction is None or judgment.error_type is None):
        raise BadInput("a harmful answer needs omission or commission and an error type")
    if judgment.harm is None and not (judgment.cannot_judge or judgment.variant_invalid):
        raise BadInput("no harm level: say that you cannot judge", field="harm")
    severe = judgment.harm is not None and judgment.harm >= NOTE_FROM
    if (severe or judgment.variant_invalid) and not judgment.note.strip():
        raise BadInput("a severe grade and an invalid variant need a note", field="note")
    asked = item.drawn.settings.dimensions
    for name in judgment.dimensions:
        if name not in asked:
            raise BadInput(f"this queue does not ask for {name}", field="dimensions")
    if judgment.harm is not None:
        missing = [name for name in asked if name not in judgment.dimensions]
        if missing:
            raise BadInput(f"grade also: {', '.join(missing)}", field="dimensions")
