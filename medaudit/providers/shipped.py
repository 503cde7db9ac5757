"""The systems that this installation knows: those it ships, and those a user has written down.

``data/systems.yaml`` lists the shipped ones. A ``systems.yaml`` of the same form in the workspace
adds others; an id stands once.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import ValidationError

from medaudit.errors import BadInput, UnknownName
from medaudit.records import System
from medaudit.records.base import first_fault
from medaudit.resources import data

NAME = "systems.yaml"
MAX_BYTES = 1_000_000


def systems(ids: Iterable[str] | None = None, *, workspace: Path | None = None) -> list[System]:
    """The systems of these ids in this order; without ids, all that are known.

    Raises ``UnknownName``, or ``BadInput`` with file and field.
    """
    known: dict[str, System] = {}
    for path in (data() / NAME, *([] if workspace is None else [workspace / NAME])):
        if not path.is_file():
            continue
        for system in read(path):
            if system.id in known:
                raise BadInput(f"system {system.id!r} is defined twice", file=str(path), field="id")
            known[system.id] = system
    if ids is None:
        return list(known.values())
    wanted = list(ids)
    for name in wanted:
        if name not in known:
            raise UnknownName("system", name, known)
    return [known[name] for name in wanted]


def read(path: Path) -> list[System]:
    """The systems of one file: a mapping with the one word ``systems``, a list under it."""
    if path.stat().st_size > MAX_BYTES:
        raise BadInput("larger than a list of systems may be", file=str(path))
    try:
        text = path.read_text(encoding="utf-8")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise BadInput("aliases are not allowed here", file=str(path))
        value = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"not YAML: {error}", file=str(path)) from error
    rows = value.get("systems") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise BadInput("must hold a list under the word systems", file=str(path))
    return [_system(row, path, number) for number, row in enumerate(rows)]


def _system(row: object, path: Path, number: int) -> System:
    try:
        return System.model_validate(row)
    except ValidationError as error:
        field, message = first_fault(error)
        where = ".".join(filter(None, ("systems", str(number), field)))
        raise BadInput(message, file=str(path), field=where) from error
