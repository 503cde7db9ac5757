"""The guard: who reaches the application at all, in each mode, by every kind of request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from medaudit.journal import Journal
from medaudit.review.people import add_user, change_user, new_user
from medaudit.ui.cookies import SESSION, cookie_name
from tests.ui.doors import (
    FAR,
    LENA,
    NEAR,
    PASSWORDS,
    SECRET,
    in_workspace,
    people,
    posted,
    visitor,
)

PAGES = ("/", "/review")
FILES = ("/media/0123.txt", "/_stcore/upload_file/s/f")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    with in_workspace(tmp_path, monkeypatch) as journal:
        yield journal


def socket(browser: Any, headers: Any = None) -> str:
    """What the application's socket says, or that it was refused."""
    address = str(browser.base_url).rstrip("/").replace("http", "ws", 1) + "/_stcore/stream"
    try:
        with browser.websocket_connect(
            address, headers=type(browser.headers)(headers)
        ) as connection:
            return str(connection.receive_text())
    except WebSocketDisconnect as closed:
        return "refused" if closed.code == 1008 else f"closed with {closed.code}"


def statuses(browser: Any, paths: tuple[str, ...], headers: Any = None) -> list[int]:
    return [browser.get(path, headers=headers or {}).status_code for path in paths]


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8501", "http://localhost", "http://[::1]:1"])
def test_without_users_this_machine_gets_in(journal: Journal, origin: str) -> None:
    browser = visitor(origin=origin)
    assert statuses(browser, PAGES + FILES) == [200] * 4
    assert socket(browser) == "inside"
    assert socket(visitor(("::ffff:127.0.0.1", 1), origin)) == "inside"


@pytest.mark.parametrize(
    ("client", "origin", "headers"),
    [
        (FAR, "http://127.0.0.1:8501", {}),
        (FAR, "http://localhost", {}),
        # Another site's name that was pointed at this machine (DNS rebinding).
        (NEAR, "http://elsewhere.invalid:8501", {}),
        (NEAR, "http://127.0.0.1.elsewhere.invalid", {}),
        (NEAR, "http://localhost.elsewhere.invalid", {}),
        # A proxy on this machine that serves other machines.
        (NEAR, "http://127.0.0.1:8501", {"x-forwarded-for": "192.0.2.7"}),
        (NEAR, "http://127.0.0.1:8501", {"forwarded": "for=192.0.2.7"}),
        (NEAR, "http://127.0.0.1:8501", {"x-forwarded-host": "audit.example.org"}),
    ],
)
def test_without_users_nobody_else_does(
    journal: Journal, client: tuple[str, int], origin: str, headers: dict[str, str]
) -> None:
    browser = visitor(client, origin)
    assert statuses(browser, PAGES + FILES, headers) == [403] * 4
    assert socket(browser, headers) == "refused"
    assert posted(browser, "/say-who", headers, who="M", acting="lead").status_code == 403
    assert browser.get("/healthz", headers=headers).status_code == 200
    people(journal)  # from now on people sign in, from anywhere
    assert statuses(browser, PAGES, headers) == [200] * 2
    assert statuses(browser, FILES, headers) == [403] * 2


def test_files_need_a_session_where_people_sign_in(journal: Journal) -> None:
    people(journal)
    browser = visitor()
    assert statuses(browser, PAGES + FILES) == [200, 200, 403, 403]
    for forged in ("", "anna.", "anna.x", "anna." + "A" * 43, '"', "a=b; c"):
        headers = {"cookie": f"{cookie_name(SESSION)}={forged}"}
        assert statuses(visitor(), FILES, headers) == [403] * 2
    posted(browser, "/sign-in", user="anna", secret=PASSWORDS["anna"], back="/")
    assert statuses(browser, FILES) == [200] * 2
    kept = dict(browser.cookies)
    change_user(journal, LENA, "anna", active=False)
    assert statuses(browser, FILES) == [403] * 2
    assert kept  # the browser still has it


def proven(**more: str) -> dict[str, str]:
    return {"x-medaudit-proxy-secret": SECRET, "x-forwarded-user": "pia", **more}


@pytest.fixture
def proxied(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Journal:
    people(journal)
    add_user(journal, LENA, new_user(id="pia", name="Pia", role="viewer", sign_in="proxy"))
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "proxy")
    monkeypatch.setenv("MEDAUDIT_PROXY_SECRET", SECRET)
    return journal


def test_the_proxy_is_let_through_with_whom_it_names(proxied: Journal) -> None:
    browser = visitor(FAR, "https://audit.example.org")
    assert statuses(browser, PAGES + FILES, proven()) == [200] * 4
    assert socket(browser, proven()) == "inside"
    # A stranger to us reaches the page that tells whom to ask, and no file.
    stranger = proven(**{"x-forwarded-user": "otto"})
    assert statuses(browser, PAGES + FILES, stranger) == [200, 200, 403, 403]
    change_user(proxied, LENA, "pia", active=False)
    assert statuses(browser, FILES, proven()) == [403] * 2


SMUGGLED: list[Any] = [
    {},
    {"x-forwarded-user": "pia"},
    {"x-medaudit-proxy-secret": SECRET},
    {"x-medaudit-proxy-secret": SECRET, "x-forwarded-user": ""},
    {"x-medaudit-proxy-secret": SECRET, "x-forwarded-user": "  "},
    {"x-medaudit-proxy-secret": SECRET, "x_forwarded_user": "pia"},
    {"x-medaudit-proxy-secret": SECRET[:-1], "x-forwarded-user": "pia"},
    {"x-medaudit-proxy-secret": SECRET + "0", "x-forwarded-user": "pia"},
    {"x-medaudit-proxy-secret": SECRET.upper(), "x-forwarded-user": "pia"},
    {"x-medaudit-proxy-secret": "", "x-forwarded-user": "pia"},
    {"x_medaudit_proxy_secret": SECRET, "x-forwarded-user": "pia"},
    # The visitor's header beside the proxy's, as two lines or as one.
    [("x-medaudit-proxy-secret", SECRET), ("x-forwarded-user", "lena"),
     ("x-forwarded-user", "pia")],
    {"x-medaudit-proxy-secret": SECRET, "x-forwarded-user": "lena, pia"},
    [("x-medaudit-proxy-secret", SECRET), ("x-medaudit-proxy-secret", SECRET),
     ("x-forwarded-user", "pia")],
]  # fmt: skip


@pytest.mark.parametrize("headers", SMUGGLED)
@pytest.mark.parametrize("client", [NEAR, FAR])
def test_whoever_reaches_the_port_directly_gets_nothing(
    proxied: Journal, client: tuple[str, int], headers: Any
) -> None:
    browser = visitor(client)
    assert statuses(browser, PAGES + FILES, headers) == [403] * 4
    assert socket(browser, headers) == "refused"
    assert "inside" not in browser.get("/", headers=headers).text
    assert posted(browser, "/sign-in", dict(headers), user="lena", secret=PASSWORDS["lena"])
    assert cookie_name(SESSION) not in browser.cookies
    assert browser.get("/healthz", headers=headers).status_code == 200


def test_proxy_mode_without_a_long_secret_lets_nobody_in(
    proxied: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in ("", "short", SECRET[:31]):
        monkeypatch.setenv("MEDAUDIT_PROXY_SECRET", secret)
        headers = proven(**{"x-medaudit-proxy-secret": secret})
        assert statuses(visitor(), PAGES, headers) == [403] * 2


def test_passwords_open_nothing_in_proxy_mode_and_a_local_users_name_is_no_proof(
    proxied: Journal,
) -> None:
    browser = visitor()
    answer = posted(browser, "/sign-in", proven(), user="lena", secret=PASSWORDS["lena"])
    assert answer.status_code == 403
    # Lena signs in by password: the proxy's word for her is not hers.
    headers = proven(**{"x-forwarded-user": "lena"})
    assert statuses(browser, FILES, headers) == [403] * 2


def test_settings_that_are_none_close_the_doors(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "off")
    answer = visitor().get("/")
    assert answer.status_code == 503
    assert "MEDAUDIT_SIGN_IN is local, oidc or proxy" in answer.text
    assert socket(visitor()) == "refused"
