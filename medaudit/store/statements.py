"""The SQL of the store: one statement a file, by name, with named parameters.

A parameter that the text tests with ``$name is null or`` may be left out and is then NULL. Any
other must be given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from medaudit.errors import BadInput, UnknownName

_SQL = Path(__file__).parent / "sql"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COMMENT = re.compile(r"--[^\n]*")
_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")
_OPTIONAL = re.compile(r"\$([a-z][a-z0-9_]*)\s+is\s+null\s+or\b", re.IGNORECASE)

VIEWS: tuple[str, ...] = (
    "answer",
    "attempt",
    "score_row",
    "result",
    "suspicion",
    "summary",
    "run",
    "system",
    "case",
    "variant",
    "response",
    "score",
    "judgment",
    "judgment_current",
    "slot_by_rule",
    "item_done",
    "read",
    "judgment_deciding",
    "dispute",
    "revision",
    "verdict_by_rule",
    "variant_doubt",
    "estimates_variant",
    "final_score",
    "pair",
    "coverage",
)
"""The views in the order in which they are made: each reads only those before it. The rules for
unfinished runs and the views over the Parquet of finished ones come before them."""


def names(kind: str) -> tuple[str, ...]:
    """The statements of ``queries`` or ``audits``, by alphabet."""
    return tuple(sorted(path.stem for path in (_SQL / kind).glob("*.sql")))


@cache
def text(kind: str, name: str) -> str:
    """The SQL of one statement of a folder. Raises ``UnknownName`` with the names there."""
    path = _SQL / kind / f"{name}.sql"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnknownName("query", name, names(kind))
    return path.read_text(encoding="utf-8")


@cache
def parameters(sql: str) -> tuple[frozenset[str], frozenset[str]]:
    """The parameters of a statement: all of them, and those that may be left out."""
    code = _COMMENT.sub("", sql)
    return frozenset(_PARAMETER.findall(code)), frozenset(_OPTIONAL.findall(code))


def bound(name: str, sql: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as the statement wants them. Raises ``BadInput`` on one too many or few."""
    known, optional = parameters(sql)
    for key in given:
        if key not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise BadInput(f"query {name!r} has no such parameter; it has: {listed}", field=key)
    for key in sorted(known - optional):
        if key not in given:
            raise BadInput(f"query {name!r} needs this parameter", field=key)
    return {key: given.get(key) for key in known}
