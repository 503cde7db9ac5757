"""What a browser session keeps when another person turns up in it: nothing."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from medaudit.errors import NotPermitted
from medaudit.journal import Journal
from medaudit.resources import root
from medaudit.review.people import add_user, new_user
from medaudit.review.roles import Actor
from medaudit.review.sign_in import settings
from medaudit.ui import identity, session
from medaudit.ui.identity import Visitor, of_claims

PAGE = """
import streamlit as st
from medaudit.ui.identity import current
who = current()
note = st.text_input("note", key="note")
st.text(f"{who.id} as {who.role} wrote {note!r}" if who else f"nobody wrote {note!r}")
"""


def said(app: AppTest) -> str:
    return str(app.run().text[0].value)


def test_who_comes_next_in_a_session_finds_it_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [Actor("anna", "reviewer")]
    monkeypatch.setattr(identity, "mode_of", lambda *_: "local")
    monkeypatch.setitem(identity._ASK, "local", lambda _: Visitor("local", now[0], "X"))
    app = AppTest.from_string(PAGE)
    app.run()
    app.text_input[0].set_value("a secret thought")
    assert said(app) == "anna as reviewer wrote 'a secret thought'"
    now[0] = Actor("anna", "lead")  # the same person in another role keeps it
    assert said(app) == "anna as lead wrote 'a secret thought'"
    now[0] = Actor("ben", "reviewer")
    assert said(app) == "ben as reviewer wrote ''"
    now[0] = Actor("anna", "lead")
    assert said(app) == "anna as lead wrote ''"


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Of olga, who signs in by the identity provider."""
    monkeypatch.setenv("MEDAUDIT_HOME", str(tmp_path))
    for name in ("SIGN_IN", "OIDC_CLAIM", "JOURNAL"):
        monkeypatch.delenv(f"MEDAUDIT_{name}", raising=False)
    session._journal.cache_clear()
    lena = Actor("lena", "lead")
    with Journal.open(tmp_path / "journal.db") as journal:
        add_user(journal, lena, new_user(id="lena", name="Lena", role="lead"))
        olga = new_user(id="olga", name="Olga", role="viewer", sign_in="oidc", known_as="o@h.org")
        add_user(journal, lena, olga)
    return {"is_logged_in": True, "iat": time.time(), "email": "o@h.org", "sub": "7"}


def test_claims_mean_a_user_only_when_they_are_whole_and_fresh(claims: dict[str, Any]) -> None:
    given = settings()
    assert of_claims(given, claims).actor == Actor("olga", "viewer")
    assert of_claims(given, {**claims, "email_verified": True}).actor == Actor("olga", "viewer")
    for change in (
        {"is_logged_in": False},
        {"is_logged_in": "yes"},
        {"iat": time.time() - 12 * 3600 - 5},
        {"iat": None},
        {"iat": "now"},
        {"email": "lena"},
        {"email": ["o@h.org"]},
        {"email": ""},
        {"email": "O@H.ORG"},
        {"email_verified": False},
    ):
        assert of_claims(given, {**claims, **change}).actor is None, change
    assert of_claims(given, {}).actor is None


def test_another_claim_can_name_people(
    claims: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_OIDC_CLAIM", "upn")
    assert of_claims(settings(), claims).actor is None
    named = {**claims, "upn": "o@h.org", "email_verified": False}
    assert of_claims(settings(), named).actor == Actor("olga", "viewer")


def test_without_the_guard_in_front_the_page_itself_asks_for_the_proxys_proof(
    claims: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "proxy")
    monkeypatch.setenv("MEDAUDIT_PROXY_SECRET", "0123456789abcdef0123456789abcdef")

    class Headers:
        def get_all(self, name: str) -> list[str]:
            return {"X-Forwarded-User": ["o@h.org"]}.get(name, [])

    class Context:
        headers = Headers()

    monkeypatch.setattr(identity.st, "context", Context())
    with pytest.raises(NotPermitted, match="organisation's proxy only"):
        identity.current()


def test_what_streamlit_caches_for_everybody_is_kept_apart_by_actor() -> None:
    package = Path(identity.__file__).parent
    scripts = [*package.glob("*.py"), *(root() / "pages").glob("*.py")]
    cached = [
        (path.name, node)
        for path in scripts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any("cache_" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    for name, function in cached:
        assert function.args.args[0].arg == "actor", f"{name}: {function.name}"
