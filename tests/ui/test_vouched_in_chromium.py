"""People for whom the organisation vouches: its identity provider, its proxy. For real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.review.people import add_user, change_user, new_user
from medaudit.review.roles import Actor
from medaudit.workspace import Workspace
from tests.browser import chromium, free_port, settled, start
from tests.ui.provider import Provider, identity_provider
from tests.ui.proxying import proxy_to

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
LENA = Actor("lena", "lead")
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = Workspace(tmp_path / "home").create().path
    monkeypatch.setenv("MEDAUDIT_HOME", str(home))
    with Journal.open(home / "journal.db") as journal:
        for id_, name, role, sign_in, known_as in (
            ("lena", "Lena Lind", "lead", "local", ""),
            ("olga", "Olga Ohm", "adjudicator", "oidc", "olga@example.org"),
            ("pia", "Pia Poe", "reviewer", "proxy", "pia@example.org"),
        ):
            who = new_user(id=id_, name=name, role=role, sign_in=sign_in, known_as=known_as)
            add_user(journal, LENA, who)
    return home


def change(home: Path, id_: str, **more: Any) -> None:
    with Journal.open(home / "journal.db") as journal:
        change_user(journal, LENA, id_, **more)


def here(page: Any) -> str:
    page.locator(".ma-who span").wait_for()
    settled(page)
    return str(page.locator(".ma-who span").inner_text())


def test_the_proxy_says_who_and_the_user_table_says_what(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "proxy")
    monkeypatch.setenv("MEDAUDIT_PROXY_SECRET", SECRET)
    port = free_port()
    server = start(home, port, home / "server.log")
    said = {"X-Forwarded-User": "pia@example.org", "X-Medaudit-Proxy-Secret": SECRET}
    try:
        with chromium() as browser, proxy_to(port, said) as proxy:
            page = browser.new_page()
            page.set_extra_http_headers({"x-forwarded-user": "lena", "x-role": "lead"})
            page.goto(f"http://127.0.0.1:{proxy.port}/runs?role=lead&user=lena")
            assert here(page) == "Pia Poe, reviewer"
            assert page.get_by_role("button", name="Sign out").count() == 0
            change(home, "pia", role="viewer")
            page.get_by_role("link", name="Domains", exact=True).click()
            page.get_by_text("Pia Poe, viewer").wait_for()
            assert SECRET not in page.content()
            change(home, "pia", active=False)
            page.get_by_role("link", name="Runs", exact=True).click()
            page.get_by_text("pia@example.org, who is no active user").wait_for()
            page.get_by_text("Ask a lead to add you: Lena Lind.").wait_for()
            for name in ("<b>otto</b>", "lena", "olga@example.org"):
                proxy.headers["X-Forwarded-User"] = name
                page.reload()
                page.get_by_text(f"{name}, who is no active user").wait_for()
                assert page.locator(".ma-who").count() == 0
            # Straight to the port, round the proxy, with the header that the proxy would send.
            direct = browser.new_page()
            direct.set_extra_http_headers({"x-forwarded-user": "lena"})
            answer = direct.goto(f"http://127.0.0.1:{port}/")
            assert answer.status == 403
            assert "answers its organisation's proxy only" in direct.content()
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def provider() -> Iterator[Provider]:
    pytest.importorskip("authlib", reason="the oidc extra is not installed")
    with identity_provider() as found:
        yield found


def test_the_identity_provider_says_who_and_the_user_table_says_what(
    home: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "oidc")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    (home / "oidc.toml").write_text(provider.secrets_toml(address), encoding="utf-8")
    (home / "oidc.toml").chmod(0o600)
    server = start(home, port, home / "server.log")
    sign_in = "Sign in with your organisation"
    try:
        with chromium() as browser:
            page = browser.new_page()
            page.goto(f"{address}/runs?role=lead")
            settled(page)
            page.get_by_role("button", name=sign_in).wait_for()
            assert page.locator(".ma-who").count() == 0
            provider.claims = {"sub": "1", "email": "olga@example.org", "role": "lead"}
            page.get_by_role("button", name=sign_in).click()
            assert here(page) == "Olga Ohm, adjudicator"
            page.reload()
            assert here(page) == "Olga Ohm, adjudicator"
            file = f"{address}/media/no-such-file.txt"
            assert page.request.get(file).status == 404
            stranger = browser.new_context()
            assert stranger.request.get(file).status == 403
            forged = next(c for c in page.context.cookies() if c["name"] == "_streamlit_user")
            stranger.add_cookies([{**forged, "value": forged["value"][:-4] + "AAAA"}])
            assert stranger.request.get(file).status == 403
            change(home, "olga", role="viewer")
            page.get_by_role("link", name="Domains", exact=True).click()
            page.get_by_text("Olga Ohm, viewer").wait_for()
            change(home, "olga", active=False)
            page.get_by_role("link", name="Runs", exact=True).click()
            page.get_by_text("olga@example.org, who is no active user").wait_for()
            assert page.request.get(file).status == 403
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("button", name=sign_in).wait_for()
            change(home, "olga", active=True)
            for claims, told in (
                ({"sub": "2", "email": "otto@example.org"}, "otto@example.org, who is no active"),
                (
                    {"sub": "1", "email": "olga@example.org", "email_verified": False},
                    "(address not verified)",
                ),
                ({"sub": "olga"}, "somebody without 'email'"),
            ):
                provider.claims = claims
                page.get_by_role("button", name=sign_in).click()
                page.get_by_text(told).wait_for()
                assert page.locator(".ma-who").count() == 0
                page.get_by_role("button", name="Sign out").click()
                page.get_by_role("button", name=sign_in).wait_for()
            # A day-old sign-in at the provider is no sign-in here.
            provider.claims, provider.age_s = {"sub": "1", "email": "olga@example.org"}, 13 * 3600
            page.get_by_role("button", name=sign_in).click()
            page.get_by_role("button", name=sign_in).wait_for()
            settled(page)
            assert page.locator(".ma-who").count() == 0
    finally:
        server.kill()
        server.wait()
