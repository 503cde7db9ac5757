"""Events of people as typed rows: judgments, queues with their items, what became of slots."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from medaudit.canonical import dumps
from medaudit.records import Assignment, Judgment
from medaudit.store.rows import utc
from medaudit.store.shards import first_reason

if TYPE_CHECKING:
    from medaudit.journal import Stored

TABLES = ("judgment_row", "queue_row", "queue_item", "queue_closed", "slot_event")
SLOT_ACTIONS = ("claim", "release", "skip", "opened")

Row = dict[str, Any]


def rows_of(event: Stored, run_of: dict[str, str]) -> Iterator[tuple[str, Row]]:
    """The rows that one event makes, each with its table.

    ``run_of``: item id to run id of the queues before it, which a queue adds to. Raises
    ``ValueError`` saying why when an event is not what its action says.
    """
    if event.action == "judgment":
        yield "judgment_row", _judgment(event, run_of)
    elif event.action == "queue":
        run_of.update(_drawn(event.payload))
        yield from _queue(event)
    elif event.action == "queue_closed":
        yield "queue_closed", _closed(event)
    elif event.action in SLOT_ACTIONS:
        yield "slot_event", _slot(event)


def _judgment(event: Stored, run_of: dict[str, str]) -> Row:
    try:
        judgment = Judgment.model_validate_json(event.payload_json)
    except ValidationError as error:
        raise ValueError(f"is not a judgment: {first_reason(error)}") from error
    lists = ("dimensions", "visible", "quotes")
    as_json = {
        name: json.dumps(value) for name, value in judgment.model_dump(include=set(lists)).items()
    }
    return {
        **judgment.model_dump(exclude=set(lists)),
        **as_json,
        "seq": event.seq,
        "client_id": event.client_id,
        "utc": utc(event.time),
        "run_id": run_of.get(judgment.item_id),
    }


def _drawn(queue: Row) -> dict[str, str]:
    """Item id to run id, as far as the event of a queue says so."""
    run_id, items = queue.get("run_id"), queue.get("items")
    if not isinstance(run_id, str) or not isinstance(items, list):
        return {}
    ids = (item.get("item_id") for item in items if isinstance(item, dict))
    return {id_: run_id for id_ in ids if isinstance(id_, str)}


def _queue(event: Stored) -> Iterator[tuple[str, Row]]:
    """A queue and its items, or items that were added to one."""
    payload = event.payload
    run_id, items = payload.get("run_id"), payload.get("items")
    if not isinstance(run_id, str) or not isinstance(items, list):
        raise ValueError("is not a queue: it has no run or no items")
    settings = payload.get("settings")
    kind = settings.get("kind", "single") if isinstance(settings, dict) else "single"
    common = {"queue": event.subject, "seed": payload.get("seed")}
    for item in items:
        try:
            assignment = Assignment.model_validate({**common, **item})
        except (ValidationError, TypeError) as error:
            why = first_reason(error) if isinstance(error, ValidationError) else "a damaged item"
            raise ValueError(f"is not a queue: {why}") from error
        kept = assignment.model_dump()
        yield "queue_item", {**kept, "queue": event.subject, "run_id": run_id, "kind": kind}
    if not payload.get("added", False):
        yield (
            "queue_row",
            {
                "queue": event.subject,
                "run_id": run_id,
                "seed": payload.get("seed"),
                "method": str(payload.get("method", "")),
                "salt": str(payload.get("salt") or event.hash),
                "settings": None if settings is None else dumps(settings),
                "seq": event.seq,
                "utc": utc(event.time),
            },
        )


def _closed(event: Stored) -> Row:
    return {
        "queue": event.subject,
        "seq": event.seq,
        "utc": utc(event.time),
        "actor": event.actor,
        "reason": str(event.payload.get("reason") or ""),
    }


def _slot(event: Stored) -> Row:
    payload = event.payload
    what = payload.get("kind") if event.action == "skip" else event.action
    if what not in ("claim", "release", "skipped", "not_judgeable", "opened"):
        raise ValueError("does not say what became of the slot")
    until = payload.get("until")
    return {
        "seq": event.seq,
        "utc": utc(event.time),
        "actor": event.actor,
        "item_id": event.subject,
        "what": what,
        "until": None if until is None else utc(datetime.fromisoformat(until)),
        "detail": str(payload.get("what") or payload.get("reason") or ""),
    }
