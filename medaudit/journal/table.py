"""The journal's tables and the connection to them: SQLite here, PostgreSQL by URL.

What is particular to a database stands in this file and happens when a connection is made or a
transaction begins; every other statement is SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from medaudit.errors import BadInput, MedauditError
from medaudit.journal.faults import translated

BUSY_S = 30.0
"""How long a writer waits for other processes before it gives up."""
HUNG_S = 10.0
"""How long a writer on another machine may say nothing before a server lets the next one in."""
CONNECT_S = 5
"""How long a database server may take to answer at all."""
_ADVISORY_LOCK = 7_241_530_118
_POSTGRES_BEGIN = """select
    set_config('lock_timeout', '{wait:.0f}', true),
    set_config('idle_in_transaction_session_timeout', '{hung:.0f}', true),
    set_config('synchronous_commit', case current_setting('synchronous_commit')
        when 'off' then 'on' else current_setting('synchronous_commit') end, true)"""
"""Milliseconds. And a writer is told that it has saved only when the server has it on disk."""

metadata = MetaData()
events = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("client_id", Text, nullable=False, unique=True),
    Column("utc", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("event_about", "action", "subject"),
)
kept = Table(
    "kept",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("utc", Text, nullable=False),
)
"""What may change and go: drafts, password hashes. Never a record of what people decided."""


def engine_for(place: str | Path) -> Engine:
    """The connection pool for a file or a database URL. Raises ``BadInput`` on a bad URL."""
    if isinstance(place, str) and "://" in place:
        return _engine(_url(place))
    path = Path(place).resolve()  # one name for one file: its writers queue up by it
    if not path.parent.is_dir():
        try:
            path.parent.mkdir(parents=True)
        except OSError as error:
            raise MedauditError(f"cannot make {path.parent}: {error.strerror}") from error
    return _engine(URL.create("sqlite", database=str(path)))


def _url(text: str) -> URL:
    """The URL. What is wrong with one is said without quoting it: it may hold a password."""
    try:
        url = make_url(text)
        dialect = url.get_dialect()
        if dialect.name not in ("sqlite", "postgresql") or "@" in (url.host or ""):
            raise BadInput(f"not a database that a journal can be in{_FORM}")
        dialect.import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        odd = error if isinstance(error, NoSuchModuleError) else "it cannot be taken apart"
        raise BadInput(f"not a database that this installation can open: {odd}{_FORM}") from None
    except ImportError as error:
        raise BadInput(
            f"not a database that this installation can open: {error.name} is not installed; "
            "for PostgreSQL: pip install 'medaudit[postgres]'"
        ) from None
    return url


_FORM = (
    "; the form is postgresql+psycopg://USER:PASSWORD@HOST:5432/DATABASE, with @ : / and % in "
    "the password written as %40 %3A %2F %25"
)


def _engine(url: URL) -> Engine:
    # hide_parameters: an error's text must not carry what a reviewer wrote.
    if url.get_backend_name() != "sqlite":
        engine = create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            max_overflow=20,
            connect_args={
                "connect_timeout": CONNECT_S,
                "application_name": "medaudit",
                "client_encoding": "utf8",
            },
        )
        event.listen(engine, "connect", _postgres_connect)
    else:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            max_overflow=-1,
            hide_parameters=True,
            connect_args={"timeout": BUSY_S, "isolation_level": None, "check_same_thread": False},
        )
        event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _begin)
    return engine


def _postgres_connect(connection: Any, _: Any) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise BadInput(
            f"the database has the encoding {encoding}, a journal needs UTF8: create another with "
            "createdb --encoding=UTF8 --template=template0"
        )


def _sqlite_connect(connection: Any, _: Any) -> None:
    # Text that is not UTF-8 was not written by us: read it, so that the verification can say so.
    connection.text_factory = _text
    cursor = connection.cursor()
    # FULL: a commit is on disk before it is acknowledged, in the write-ahead log as well.
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA trusted_schema = OFF")
    # What is forgotten (a draft, a password's hash) is overwritten in the file as well.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    """Writers take the database's write lock first, so that what they read stays true."""
    writing = connection.get_execution_options().get("medaudit_writes", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
    elif connection.dialect.name == "postgresql" and writing:
        connection.exec_driver_sql(_POSTGRES_BEGIN.format(wait=BUSY_S * 1e3, hung=HUNG_S * 1e3))
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading one consistent state."""
    with translated(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that excludes other writers; committed at the end."""
    with translated(engine), engine.connect() as connection:
        connection = connection.execution_options(medaudit_writes=True)
        with connection.begin():
            yield connection
