"""A fault of the database as a sentence that says what to do.

What the database itself says is not repeated: a server names hosts and users, and a statement
carries what a reviewer wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from medaudit.errors import Conflict, MedauditError, WorkspaceDamaged

_Advice = tuple[str, type[MedauditError], str]
_FULL = "the disk is full; nothing was saved: free some space and save again"
_LOCKED = (
    "another process has kept the journal locked; nothing was saved: close what is copying or "
    "checking it and save again"
)
_SQLITE: tuple[_Advice, ...] = (
    ("full", MedauditError, _FULL),
    ("locked", Conflict, _LOCKED),
    (
        "not a database",
        WorkspaceDamaged,
        "the journal is not a SQLite file; put back the backup of journal.db (medaudit does not "
        "touch the file)",
    ),
    (
        "malformed",
        WorkspaceDamaged,
        "the journal's file is damaged; put back a backup and check it with `medaudit audit "
        "verify --anchor`",
    ),
    (
        "readonly",
        MedauditError,
        "the journal may not be written; nothing was saved: check the rights of the file and "
        "its folder",
    ),
    (
        "unable to open",
        MedauditError,
        "the journal cannot be opened; check that its folder exists and may be written to",
    ),
    (
        "disk i/o",
        MedauditError,
        "the disk refused; nothing was saved: check its space and health, then save again",
    ),
    (
        "no such table",
        WorkspaceDamaged,
        "the file holds no journal; put back the backup of journal.db",
    ),
    (
        "has moved",
        Conflict,
        "the journal has moved to a database; nothing was saved: set MEDAUDIT_JOURNAL to its URL "
        "and start again",
    ),
)
"""Words of SQLite's message."""
_POSTGRES: tuple[_Advice, ...] = (
    ("53100", MedauditError, _FULL),
    ("55P03", Conflict, _LOCKED),
    (
        "42501",
        MedauditError,
        "the database user may not do this; nothing was saved: grant it what "
        "docs/guides/postgresql.md lists",
    ),
    (
        "42P01",
        WorkspaceDamaged,
        "the database holds no journal; put back a backup with `medaudit journal move`",
    ),
    (
        "25006",
        MedauditError,
        "the server only reads (a standby?); nothing was saved: point MEDAUDIT_JOURNAL at the "
        "server that writes",
    ),
)
"""Codes of PostgreSQL, see its appendix on error codes."""
_UNREACHABLE = (
    "the server could not be reached or refused the connection; nothing that was acknowledged is "
    "lost: check host, database, user and password, then save again"
)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn what the database raises into a ``MedauditError`` where people can do something."""
    try:
        yield
    except DBAPIError as error:
        found = _advice(engine, error)
        if found is None:
            raise
        kind, advice = found
        raise kind(f"{name(engine)}: {advice}") from error


def _advice(engine: Engine, error: DBAPIError) -> tuple[type[MedauditError], str] | None:
    if engine.dialect.name == "sqlite":
        said = str(error.orig).lower()
        found = (row for row in _SQLITE if row[0] in said)
    else:
        code = getattr(error.orig, "sqlstate", None)
        found = (row for row in _POSTGRES if row[0] == code)
        # No code: there was no server to give one. 08: connection, 28: who connects,
        # 3D: no such database, 57: the server is stopping or starting.
        if code is None or code[:2] in ("08", "28", "3D", "57") or error.connection_invalidated:
            return MedauditError, _UNREACHABLE
    for _, kind, advice in found:
        return kind, advice
    return None


def name(engine: Engine) -> str:
    """What people call the journal. Of a URL host and database only: no user, no password."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return str(url.database)
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{url.host or 'localhost'}{port}/{url.database or ''}"
