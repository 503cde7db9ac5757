"""The record page: whether the record is whole, who signed it, and signing by those who may."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.review import Actor, commit, revise
from medaudit.review.passwords import set_password
from medaudit.review.people import add_user, new_user
from medaudit.store import Store
from medaudit.ui import identity, record
from medaudit.ui.identity import Visitor
from tests.browser import chromium, free_port, serving, settled, start
from tests.fixtures import make_workspace
from tests.ui.accessible import violations
from tests.ui.provider import Provider, identity_provider
from tests.ui.reviewing import drawn
from tests.ui.test_pages import html, opened

LENA, ANNA = Actor("lena", "lead"), Actor("anna", "reviewer")
PASSWORD = "correct horse battery"
PEOPLE = (
    ("lena", "Lena Lind", "lead", "local", ""),
    ("anna", "Anna Ash, MD", "reviewer", "local", ""),
    ("olga", "Olga Ohm", "adjudicator", "oidc", "olga@example.org"),
)


def read(home: Path, harm: int, client_id: str, *, again: bool = False) -> None:
    kind = {} if harm == 0 else {"direction": "omission", "error_type": "triage"}
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        given = (store, journal, ANNA, "q", 0, {"harm": harm, "seconds": 30.0, **kind}, client_id)
        (revise if again else commit)(*given)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A queue of one answer that Anna has read, and three people with accounts."""
    made = drawn(make_workspace(tmp_path), tmp_path, n=1)
    with Journal.open(made / "journal.db") as journal:
        for id_, name, role, sign_in, known_as in PEOPLE:
            who = new_user(id=id_, name=name, role=role, sign_in=sign_in, known_as=known_as)
            add_user(journal, LENA, who)
            if sign_in == "local":
                set_password(journal, LENA, id_, PASSWORD)
    read(made, 0, "first-read")
    return made


def test_before_the_first_queue_it_says_how_a_record_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("record", make_workspace(tmp_path).workspace.path, monkeypatch)
    assert not app.exception
    assert "the record begins with the first queue" in html(app)


def test_a_changed_entry_shows_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = drawn(make_workspace(tmp_path), tmp_path, n=1)
    read(home, 0, "first-read")
    visitor = Visitor("open", LENA, "Lena")
    monkeypatch.setitem(identity._ASK, "open", lambda _: visitor)
    assert "The record is whole" in html(opened("record", home, monkeypatch))
    with sqlite3.connect(home / "journal.db") as raw:
        names = raw.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in names:
            raw.execute(f"drop trigger {name}")
        changed = "update event set payload = replace(payload, '\"harm\":0', '\"harm\":1')"
        assert raw.execute(f"{changed} where action = 'judgment'").rowcount == 1
    raw.close()
    record._faults.clear()
    assert "The record is damaged" in html(opened("record", home, monkeypatch))


def signed_in(page: Any, address: str, who: str) -> None:
    page.goto(f"{address}/record")
    page.get_by_label("User id").fill(who)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Sign a record").wait_for()
    settled(page)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_reader_signs_with_the_password_and_a_change_voids_it(home: Path) -> None:
    with serving(home) as address, chromium() as browser:
        page = browser.new_page()
        signed_in(page, address, "anna")
        page.get_by_text("The record is whole").wait_for()
        says = page.get_by_label("What your signature says")
        assert says.locator("option").all_inner_texts() == ["authored", "reviewed"]
        assert violations(page) == []

        def sign(secret: str) -> None:
            page.get_by_label("Your password again").fill(secret)
            with page.expect_navigation():
                page.get_by_role("button", name="Sign", exact=True).click()
            settled(page)

        sign("not the password")
        page.get_by_text("Nothing was signed: that is not your password").wait_for()
        sign(PASSWORD)
        page.get_by_text("Signed. It stands in the table above").wait_for()
        row = page.locator("table tr", has_text="Anna Ash, MD (anna, reviewer)")
        assert "valid" in row.inner_text()
        # What was signed changes: here by the reader's own second thought.
        read(home, 1, "second-thought", again=True)
        page.reload()
        page.get_by_text("void: what was signed has changed since").wait_for()
        assert PASSWORD not in page.content()
    with Journal.open(home / "journal.db") as journal:
        (event,) = journal.of("signature")
        assert (event.actor, event.payload["proof"]) == ("anna", "password")


@pytest.fixture
def provider() -> Iterator[Provider]:
    pytest.importorskip("authlib", reason="the oidc extra is not installed")
    with identity_provider() as found:
        yield found


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_whom_an_identity_provider_asked_just_now_may_sign(
    home: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "oidc")
    monkeypatch.setenv("MEDAUDIT_HOME", str(home))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (home / "oidc.toml").write_text(provider.secrets_toml(address), encoding="utf-8")
    (home / "oidc.toml").chmod(0o600)
    server = start(home, port, home / "server.log")
    provider.claims, provider.age_s = {"sub": "1", "email": "olga@example.org"}, 1200
    try:
        with chromium() as browser:
            page = browser.new_page()
            page.goto(f"{address}/record")
            page.get_by_role("button", name="Sign in with your organisation").click()
            page.wait_for_url(f"{address}/")
            settled(page)
            page.get_by_role("link", name="Record", exact=True).click()
            page.get_by_text("To sign, prove again who you are").wait_for()
            assert page.get_by_role("button", name="Sign", exact=True).count() == 0
            # Straight to the door, with the old sign-in: refused.
            (subject, shown) = ("queue:q", "0" * 64)
            form = {"subject": subject, "meaning": "reviewed", "shown": shown, "back": "/record"}
            answer = page.request.post(
                f"{address}/sign", form=form, headers={"origin": address}, max_redirects=0
            )
            assert answer.headers["location"].endswith("signature=stale")
            provider.age_s = 0
            page.get_by_role("button", name="Sign in again").click()
            page.wait_for_url(f"{address}/")
            settled(page)
            page.get_by_role("link", name="Record", exact=True).click()
            with page.expect_navigation():
                page.get_by_role("button", name="Sign", exact=True).click()
            page.get_by_text("Signed. It stands in the table above").wait_for()
            page.locator("table tr", has_text="Olga Ohm (olga, adjudicator)").wait_for()
    finally:
        server.kill()
        server.wait()
    with Journal.open(home / "journal.db") as journal:
        (event,) = journal.of("signature")
        assert event.payload["proof"].startswith("sign-in at the identity provider")
