"""The forms of sign-in: what they set, what they refuse, and where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.review.people import change_user
from medaudit.review.sessions import begin, holder
from medaudit.ui.cookies import (
    NAME,
    SESSION,
    checked,
    cookie_name,
    cookie_value,
    id_of,
    named,
)
from tests.ui.doors import LENA, ORIGIN, PASSWORDS, in_workspace, people, posted, visitor

IDLE = timedelta(minutes=30)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    with in_workspace(tmp_path, monkeypatch) as journal:
        people(journal)
        yield journal


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    with in_workspace(tmp_path, monkeypatch) as journal:
        yield journal


def signed_in(browser: Any, id_: str = "anna") -> str:
    answer = posted(browser, "/sign-in", user=id_, secret=PASSWORDS[id_], back="/review?q=a&i=3")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/review?q=a&i=3"
    return next(c.value for c in browser.cookies.jar if c.domain and c.value.startswith(id_))


def who(journal: Journal, cookie: str) -> str | None:
    found = holder(journal, cookie, idle=IDLE)
    return None if found is None else found.id


def test_a_right_password_opens_a_session_in_a_cookie_that_no_script_reads(
    journal: Journal,
) -> None:
    browser = visitor()
    answer = posted(browser, "/sign-in", user="anna", secret=PASSWORDS["anna"], back="/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie  # http here
    assert "Max-Age" not in cookie  # it goes when the browser is closed
    assert answer.headers["cache-control"] == "no-store"
    assert who(journal, browser.cookies[cookie_name(SESSION)]) == "anna"
    assert PASSWORDS["anna"] not in str(answer.headers) + answer.text
    over_tls = visitor(origin="https://127.0.0.1:8501")
    answer = posted(over_tls, "/sign-in", user="anna", secret=PASSWORDS["anna"], back="/")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].startswith("__Host-")  # no neighbour can plant one


@pytest.mark.parametrize(
    ("user", "secret"),
    [
        ("anna", PASSWORDS["lena"]),
        ("lena", PASSWORDS["anna"]),
        ("anna", ""),
        ("", ""),
        ("otto", PASSWORDS["anna"]),
        ("anna' OR 1=1 --", "x"),
        ("anna\x00", PASSWORDS["anna"]),
        ("é" * 200, "x" * 5000),
    ],
)
def test_a_wrong_one_opens_none_and_does_not_say_what_was_wrong(
    journal: Journal, user: str, secret: str
) -> None:
    answer = posted(visitor(), "/sign-in", user=user, secret=secret, back="/review?q=a")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/review?q=a&sign_in=wrong"
    assert "set-cookie" not in answer.headers


def test_guessing_is_told_how_long_to_wait(journal: Journal) -> None:
    browser = visitor()
    for _ in range(5):
        posted(browser, "/sign-in", user="anna", secret="wrong wrong wrong", back="/")
    answer = posted(browser, "/sign-in", user="anna", secret=PASSWORDS["anna"], back="/")
    place, _, wait = answer.headers["location"].partition("?sign_in=wait-")
    assert place == "/"
    assert 20 <= int(wait) <= 30
    assert "set-cookie" not in answer.headers


def test_a_planted_cookie_is_never_the_session_that_signing_in_opens(journal: Journal) -> None:
    victim, attacker = visitor(), visitor()
    planted = signed_in(attacker, "anna")  # a session that the attacker knows
    victim.cookies.set(cookie_name(SESSION), planted)
    own = signed_in(victim, "lena")
    assert own != planted
    assert who(journal, own) == "lena"
    assert who(journal, planted) is None  # what was there before ends
    victim.cookies.set(cookie_name(SESSION), "lena.chosen-by-the-attacker")
    assert signed_in(victim, "lena") != "lena.chosen-by-the-attacker"
    assert who(journal, "lena.chosen-by-the-attacker") is None


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(journal: Journal) -> None:
    browser = visitor()
    cookie = signed_in(browser)
    answer = posted(browser, "/sign-out")
    assert answer.status_code == 303
    assert f'{cookie_name(SESSION)}=""' in answer.headers["set-cookie"]
    assert who(journal, cookie) is None
    assert posted(visitor(), "/sign-out").status_code == 303  # nobody: no error


def test_an_inactive_user_cannot_sign_in(journal: Journal) -> None:
    change_user(journal, LENA, "anna", active=False)
    answer = posted(visitor(), "/sign-in", user="anna", secret=PASSWORDS["anna"], back="/")
    assert answer.headers["location"] == "/?sign_in=wrong"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.invalid"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": f"{ORIGIN}.elsewhere.invalid"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": ORIGIN, "sec-fetch-site": "none"},
        {"origin": "file://127.0.0.1:8501"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_another_sites_page_cannot_sign_a_visitor_in_or_out(
    journal: Journal, path: str, headers: dict[str, str]
) -> None:
    browser = visitor()
    cookie = signed_in(browser)
    answer = posted(browser, path, headers, user="lena", secret=PASSWORDS["lena"], back="/")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert who(journal, cookie) == "anna"


def test_a_browser_that_says_same_origin_is_believed(journal: Journal) -> None:
    headers = {"origin": "null", "sec-fetch-site": "same-origin"}
    answer = posted(visitor(), "/sign-in", headers, user="anna", secret=PASSWORDS["anna"], back="/")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "back",
    [
        "//elsewhere.invalid/",
        "https://elsewhere.invalid/",
        "/\\elsewhere.invalid",
        "\\\\elsewhere.invalid",
        "javascript:alert(1)",
        "/review\r\nset-cookie: a=b",
        "/%0d%0aset-cookie:a=b",
        "review",
        "",
        "/a?b=//c d",
        "/\t/elsewhere.invalid",
    ],
)
def test_signing_in_leads_to_this_server_only(journal: Journal, back: str) -> None:
    answer = posted(visitor(), "/sign-in", user="anna", secret=PASSWORDS["anna"], back=back)
    assert answer.headers["location"] == "./"
    assert len(answer.headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/say-who"])
def test_forms_are_posted_and_small(journal: Journal, path: str) -> None:
    browser = visitor()
    assert browser.get(path).status_code == 405
    assert posted(browser, path, user="a" * 20_000).status_code == 413
    streamed = browser.post(path, content=iter([b"user=a"]), headers={"origin": ORIGIN})
    assert streamed.status_code == 413
    many = {f"f{n}": "x" for n in range(50)}
    assert posted(browser, "/sign-in", **many).status_code in (303, 400)


def test_a_name_is_kept_only_where_there_are_no_users(nobody: Journal) -> None:
    browser = visitor()
    answer = posted(browser, "/say-who", who=" Zoë \x07 Ström ", acting="lead", back="/review")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    said = named({cookie_name(NAME): browser.cookies[cookie_name(NAME)]})
    assert said is not None
    assert (said.name, said.actor.id, said.actor.role) == ("Zoë Ström", "zoe-strom", "lead")
    assert posted(browser, "/sign-in", user="a", secret="b").status_code == 403
    people(nobody)
    for role in ("lead", "reviewer"):
        answer = posted(browser, "/say-who", who="Mallory", acting=role, back="/review")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("name", "role"), [("", "lead"), ("  \n ", "lead"), ("A", "admin"), ("A", ""), ("A", "Lead")]
)
def test_what_is_no_name_or_no_role_is_not_kept(nobody: Journal, name: str, role: str) -> None:
    answer = posted(visitor(), "/say-who", who=name, acting=role, back="/review")
    assert answer.headers["location"] == "/review?sign_in=unnamed"
    assert "set-cookie" not in answer.headers


def test_every_name_has_an_id_that_the_journal_takes() -> None:
    for name, expected in (
        ("A. Reviewer", "a-reviewer"),
        ("  Dr. Müller-Lüdenscheidt  ", "dr-muller-ludenscheidt"),
        ("x" * 80, "x" * 40),
    ):
        assert id_of(name) == expected
    for name in ("李雷", "medaudit", "!!!", "Лев"):
        assert id_of(name).startswith("reviewer-")
    assert id_of("李雷") != id_of("韩梅梅")
    assert checked("n" * 500, "viewer").name == "n" * 80  # type: ignore[union-attr]


def test_one_workspaces_cookie_is_nothing_to_another(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = begin(journal, holder_of(journal))
    first = cookie_name(SESSION)
    with in_workspace(tmp_path / "other", monkeypatch) as other:
        people(other)
        assert cookie_name(SESSION) != first
        assert holder(other, cookie, idle=IDLE) is None


def holder_of(journal: Journal) -> Any:
    from medaudit.review.people import user

    return user(journal, "anna")


def test_over_tls_a_cookie_that_a_neighbour_planted_loses(journal: Journal) -> None:
    planted = begin(journal, holder_of(journal))
    name = cookie_name(SESSION)
    both = {name: planted, f"__Host-{name}": "lena.own"}
    assert cookie_value(both, SESSION) == cookie_value(dict(reversed(both.items())), SESSION)
    assert cookie_value(both, SESSION) == "lena.own"
    assert cookie_value({name: planted}, SESSION) == planted
    assert cookie_value({}, SESSION) == ""


def test_a_new_password_of_ones_own_keeps_this_browser_and_no_other(journal: Journal) -> None:
    here, there = visitor(), visitor()
    signed_in(there)
    signed_in(here)
    old, new = PASSWORDS["anna"], "a password of my own"

    def change(browser: Any, **fields: str) -> str:
        given = {"secret": old, "fresh": new, "again": new, "back": "/runs?run=a", **fields}
        return str(posted(browser, "/new-password", **given).headers["location"])

    assert change(visitor()) == "/runs?run=a"  # nobody: the page asks them to sign in
    assert change(here, again="another one altogether") == "/runs?run=a&sign_in=differ"
    assert change(here, fresh="short", again="short") == "/runs?run=a&sign_in=weak"
    assert change(here, secret="not the old one") == "/runs?run=a&sign_in=old"
    assert change(here) == "/runs?run=a&sign_in=changed"
    kept = [c.value for c in here.cookies.jar if c.domain]
    assert [who(journal, cookie) for cookie in kept] == ["anna"]
    assert [who(journal, c.value) for c in there.cookies.jar if c.domain] == [None]
    foreign = posted(here, "/new-password", {"origin": "https://elsewhere.invalid"}, secret=new)
    assert foreign.status_code == 403
    again = posted(visitor(), "/sign-in", user="anna", secret=old, back="/")
    assert again.headers["location"] == "/?sign_in=wrong"
