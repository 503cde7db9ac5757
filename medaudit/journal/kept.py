"""What is kept beside the events and may change or go: drafts, password hashes.

It is no record of what people decided. So it is outside the hash chain, no part of the store's
replica and of no export; a backup of the journal holds it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, inspect, select

from medaudit.canonical import dumps
from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.journal.table import kept

MAX_BYTES = 1_000_000
MAX_NAME = 500


class Kept:
    """The side table inside one transaction. A journal from before it existed has it empty."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def there(self) -> bool:
        """Whether the database has the table."""
        return inspect(self._connection).has_table(kept.name)

    def put(self, kind: str, owner: str, key: str, text: str, utc: str) -> None:
        """Keep a body in place of the one that was there."""
        kept.create(self._connection, checkfirst=True)
        self.drop(kind, owner, key)
        row = {"kind": kind, "owner": owner, "key": key, "body": text, "utc": utc}
        self._connection.execute(insert(kept), row)

    def get(self, kind: str, owner: str, key: str) -> dict[str, Any] | None:
        """The body, or None. Raises ``WorkspaceDamaged`` when it is not what was kept."""
        text = self._connection.scalar(select(kept.c.body).where(_is(kind, owner, key)))
        if text is None:
            return None
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise WorkspaceDamaged(f"the {kind} kept for {owner} is damaged; save it anew")
        return body

    def keys(self, kind: str, owner: str) -> list[str]:
        """The keys under which something is kept, by alphabet."""
        mine = and_(kept.c.kind == kind, kept.c.owner == owner)
        return sorted(self._connection.scalars(select(kept.c.key).where(mine)))

    def drop(self, kind: str, owner: str, key: str) -> None:
        self._connection.execute(delete(kept).where(_is(kind, owner, key)))


def _is(kind: str, owner: str, key: str) -> ColumnElement[bool]:
    return and_(kept.c.kind == kind, kept.c.owner == owner, kept.c.key == key)


def checked(names: Sequence[str]) -> None:
    """Raise ``BadInput`` on a name that no database keeps as it is."""
    for name in names:
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise BadInput(f"{name!r}: a name is 1 to {MAX_NAME} printable characters")


def body_text(body: dict[str, Any]) -> str:
    """The body as JSON. Raises ``BadInput`` on what JSON or UTF-8 cannot hold."""
    try:
        text = dumps(body)
        size = len(text.encode("utf-8"))
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        reason = f"cannot be kept as JSON in UTF-8: {type(error).__name__}"
        raise BadInput(reason, field="body") from error
    if size > MAX_BYTES:
        raise BadInput(f"has {size} bytes, at most {MAX_BYTES} are kept", field="body")
    return text
