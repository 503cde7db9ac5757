"""What a person sent as a record, or a refusal that names the field."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from medaudit.errors import BadInput
from medaudit.records import Record
from medaudit.records.base import first_fault

R = TypeVar("R", bound=Record)


def validated(record: type[R], fields: dict[str, Any]) -> R:
    """The record of these fields. Raises ``BadInput`` with the first field that is wrong."""
    try:
        return record.model_validate(fields)
    except ValidationError as error:
        field, message = first_fault(error)
        raise BadInput(message, field=field) from error
