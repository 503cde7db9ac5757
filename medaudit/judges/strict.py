"""A judge's reply as the one object that it was asked for, and as nothing else."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from medaudit.records.base import first_fault

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A part of a reply: exactly these names, exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Unreadable(ValueError):
    """A reply that is no verdict; says why. Nothing is ever read out of it in another way."""


def whole(reply: str | None, form: type[M]) -> M:
    """The reply as this form: one JSON object with nothing before or after. Raises ``Unreadable``.

    A name that stands twice and a number that JSON does not have are refused as well.
    """
    if reply is None or not reply.strip():
        raise Unreadable("the judge said nothing")
    try:
        return form.model_validate(
            json.loads(reply, object_pairs_hook=_once, parse_constant=_no_number)
        )
    except ValidationError as error:
        field, message = first_fault(error)
        raise Unreadable(f"the reply is off its schema: {field} {message}") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the reply is no JSON object: {error}"[:300]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
