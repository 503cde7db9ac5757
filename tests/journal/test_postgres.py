"""What only a server can do to a journal: hold it up, cut it off, refuse it."""

from __future__ import annotations

import logging
import threading

import psycopg
import pytest

from medaudit.errors import BadInput, Conflict, MedauditError
from medaudit.journal import Event, Journal
from medaudit.journal import table as journal_table
from medaudit.journal.turn import Turn
from medaudit.workspace import Workspace
from tests.postgres import PASSWORD, Server


def event(number: int, subject: str = "s") -> Event:
    return Event(client_id=f"c-{number}", actor="dr-a", action="note", subject=subject)


@pytest.fixture
def url(postgres_server):
    return postgres_server.database()


def raw(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))


def test_what_is_wrong_with_a_url_is_said_without_its_password(postgres_server, caplog, capfd):
    good = postgres_server.database()
    bad = {
        "host": good.replace("127.0.0.1", "nowhere.invalid"),
        "port": good.replace(f":{postgres_server.port}/", ":1/"),
        "database": postgres_server.url("none"),
        "user": postgres_server.url("journal_1", user="nobody"),
        "password": good.replace("c4nary", "c4nary2"),
        "not encoded": good.replace("%40", "@"),
        "no number": good.replace(f":{postgres_server.port}/", ":port/"),
        "driver": good.replace("psycopg", "psycopg9"),
        "engine": good.replace("postgresql+psycopg", "mysql"),
        "shape": good.replace("://", ":/"),
    }
    caplog.set_level(logging.DEBUG)
    said = []
    for place in bad.values():
        with pytest.raises(MedauditError) as caught:
            Journal.open(place if "://" in place else place.replace(":/", "://x://"))
        said.append(str(caught.value))
    with Journal.open(good) as journal:
        said.append(journal.name)
    for text in (*said, caplog.text, *capfd.readouterr()):
        for secret in ("c4nary", PASSWORD, "p@ss", "p%40ss"):
            assert secret not in text
    database = good.rpartition("/")[2]
    assert said[-1] == f"postgresql://127.0.0.1:{postgres_server.port}/{database}"


def test_a_journal_shows_no_password(url, monkeypatch):
    monkeypatch.setenv("MEDAUDIT_JOURNAL", url)
    workspace = Workspace.current()
    assert workspace.journal == url
    with Journal.open(url) as journal:
        for text in (repr(workspace), str(workspace), journal.name, repr(journal)):
            assert "c4nary" not in text


def test_a_database_that_is_not_utf8_is_refused(postgres_server):
    with pytest.raises(BadInput, match="needs UTF8"):
        Journal.open(postgres_server.database("encoding 'LATIN1' locale 'C'"))


def test_a_writer_that_hangs_holds_nobody_up_for_ever(url, monkeypatch):
    """Another machine began to write and says nothing more: the server lets the next one in."""
    monkeypatch.setattr(journal_table, "HUNG_S", 0.5)
    with Journal.open(url) as journal, Journal.open(url) as other:
        other._turn = Turn()  # as in another process
        held, done = threading.Event(), threading.Event()

        def stuck(_: object) -> None:
            held.set()
            done.wait(30)

        def hang() -> None:
            with pytest.raises(MedauditError, match="save again"):
                other.append(event(1), stuck)

        thread = threading.Thread(target=hang)
        thread.start()
        assert held.wait(10)
        assert journal.head().seq == 1  # reading goes on
        assert journal.append(event(2)).seq == 2
        done.set()
        thread.join()
        assert [e.client_id for e in journal.since(1)] == ["c-2"]
        assert journal.verify() == []


def test_a_writer_that_keeps_the_lock_makes_the_next_one_give_up(url, monkeypatch):
    monkeypatch.setattr(journal_table, "BUSY_S", 0.3)
    with Journal.open(url) as journal, raw(url) as other:
        other.execute("select pg_advisory_lock(%s)", [journal_table._ADVISORY_LOCK])
        with pytest.raises(Conflict, match="nothing was saved"):
            journal.append(event(1))
        assert journal.head().seq == 1
        other.execute("select pg_advisory_unlock(%s)", [journal_table._ADVISORY_LOCK])
        assert journal.append(event(1)).seq == 2


def test_a_connection_that_is_cut_is_made_again(url, postgres_server):
    with Journal.open(url) as journal:
        journal.append(event(1))

        def cut(_: object) -> None:
            postgres_server.run(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'medaudit'"
            )

        with pytest.raises(MedauditError, match="save again"):
            journal.append(event(2), cut)
        assert journal.find("c-2") is None
        assert journal.append(event(2)).seq == 3
        assert [e.client_id for e in journal.since(1)] == ["c-1", "c-2"]
        assert journal.verify() == []


def test_a_commit_waits_for_the_servers_disk(url):
    """Also where the administrator turned that off for the database."""
    with raw(url) as admin:
        admin.execute(f"alter database {admin.info.dbname} set synchronous_commit = off")
    seen = []
    with Journal.open(url) as journal:

        def look(reader: object) -> None:
            connection = reader._connection  # type: ignore[attr-defined]
            seen.append(connection.exec_driver_sql("show synchronous_commit").scalar())

        journal.append(event(1), look)
    assert seen == ["on"]


def test_a_user_who_may_only_add_keeps_the_journal(url, postgres_server: Server):
    """The rights that the guide names are enough, and they do not include changing an event."""
    with Journal.open(url) as owner:
        owner.append(event(1))
    name = url.rpartition("/")[2]
    for statement in (
        f"create role ward_{name} login password '{PASSWORD}'",
        f"grant connect on database {name} to ward_{name}",
        f"grant select, insert on event to ward_{name}",
        f"grant select, insert, update, delete on kept to ward_{name}",
    ):
        postgres_server.run(statement, name)
    mine = postgres_server.url(name, user=f"ward_{name}")
    with Journal.open(mine) as journal:
        assert journal.append(event(2)).seq == 3
        journal.keep("draft", "dr-a", "item", {"note": "x"})
        journal.forget("draft", "dr-a", "item")
        assert journal.verify() == []
    for statement in ("update event set actor = 'x'", "delete from event", "truncate event"):
        with raw(mine) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    postgres_server.run(f"revoke insert on event from ward_{name}", name)
    with (
        Journal.open(mine) as journal,
        pytest.raises(MedauditError, match=r"may not .* docs/guides/postgresql.md"),
    ):
        journal.append(event(3))
