"""People sign in, stay signed in, and are nobody else: a real server, real browsers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.review.passwords import set_password
from medaudit.review.people import add_user, change_user, new_user
from medaudit.review.roles import Actor
from tests.browser import chromium, free_port, settled, start
from tests.fixtures import make_workspace
from tests.ui.accessible import violations
from tests.ui.reviewing import card, commit, declared, draw, keys, onward

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
LENA = Actor("lena", "lead")
NAMES = {"lena": "Lena Lind", "anna": "Anna Ash", "ben": "Ben Berg"}
PASSWORDS = {id_: f"the long password of {id_}" for id_ in NAMES}
PATHS = ("/", "/cases", "/review", "/domains", "/worst_cases", "/runs")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass
class House:
    """A workspace with a lead and two reviewers, its server and a browser."""

    home: Path
    port: int
    browser: Any
    server: Any

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def journal(self) -> Journal:
        return Journal.open(self.home / "journal.db")

    def somebody(self, **more: Any) -> Any:
        """A page in a browser profile of its own."""
        page = self.browser.new_context(viewport={"width": 1440, "height": 900}, **more).new_page()
        page.set_default_timeout(40_000)
        return page

    def signed_in(self, id_: str, path: str = "/") -> Any:
        page = self.somebody()
        page.goto(f"{self.address}{path}")
        sign_in(page, id_)
        return page

    def restart(self) -> None:
        self.server.kill()
        self.server.wait()
        self.server = start(self.home, self.port, self.home / "server.log")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = make_workspace(tmp_path_factory.mktemp("house"), n_cases=2).workspace.path
    with Journal.open(home / "journal.db") as journal:
        for id_, role in (("lena", "lead"), ("anna", "reviewer"), ("ben", "reviewer")):
            add_user(journal, LENA, new_user(id=id_, name=NAMES[id_], role=role))
            set_password(journal, LENA, id_, PASSWORDS[id_])
    port = free_port()
    with chromium() as browser:
        found = House(home, port, browser, start(home, port, home / "server.log"))
        try:
            yield found
        finally:
            found.server.kill()
            found.server.wait()


def sign_in(page: Any, id_: str, password: str | None = None) -> None:
    page.get_by_label("User id").fill(id_)
    page.get_by_label("Password").fill(PASSWORDS[id_] if password is None else password)
    page.keyboard.press("Enter")
    if password is None:
        page.get_by_role("button", name="Sign out").wait_for()


def here(page: Any) -> str:
    """Who the page says is signed in."""
    settled(page)
    return str(page.locator(".ma-who span").inner_text())


def outside(page: Any) -> bool:
    """Whether the page shows the sign-in and nothing else."""
    page.get_by_role("heading", name="Sign in").wait_for()
    settled(page)
    return not page.locator("article, table, .ma-who, [data-testid='stTopNavLink']").count()


def test_nothing_is_shown_before_signing_in_and_everything_after(house: House) -> None:
    page = house.somebody()
    frames: list[str] = []

    def keep(frame: Any) -> None:
        frames.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))

    page.on("websocket", lambda s: (s.on("framesent", keep), s.on("framereceived", keep)))
    for path in PATHS:
        page.goto(f"{house.address}{path}")
        assert outside(page)
    assert "Answers were written for tests" not in "".join(frames)
    assert violations(page) == []
    page.goto(f"{house.address}/domains?run=demo")
    settled(page)
    sign_in(page, "anna", "not the password")
    page.get_by_text("That is not a user and their password").wait_for()
    assert outside(page)
    sign_in(page, "anna")
    assert page.url == f"{house.address}/domains?run=demo"
    for path in PATHS:
        page.goto(f"{house.address}{path}")
        assert here(page) == "Anna Ash, reviewer"
    assert violations(page) == []
    # A password goes where it is checked and nowhere else.
    assert PASSWORDS["anna"] not in "".join(frames) + page.content()
    assert page.evaluate("document.cookie").count("medaudit") == 0
    assert PASSWORDS["anna"] not in (house.home / "server.log").read_text("utf-8", "replace")


def test_a_reload_and_a_killed_server_keep_one_signed_in_and_signing_out_does_not(
    house: House,
) -> None:
    page = house.signed_in("anna", "/runs?run=demo")
    page.reload()
    assert here(page) == "Anna Ash, reviewer"
    house.restart()
    page.reload()
    assert here(page) == "Anna Ash, reviewer"
    assert page.url == f"{house.address}/runs?run=demo"
    cookies = page.context.cookies()
    left_open = page.context.new_page()
    left_open.goto(f"{house.address}/runs?run=demo")
    assert here(left_open) == "Anna Ash, reviewer"
    page.get_by_role("button", name="Sign out").click()
    assert outside(page)
    assert outside(left_open)  # by itself: nobody touches it
    copied = house.somebody()
    copied.context.add_cookies(cookies)
    copied.goto(f"{house.address}/runs")
    assert outside(copied)


def test_a_role_is_what_the_user_table_says_whatever_the_browser_sends(house: House) -> None:
    page = house.signed_in("anna")
    name = next(c["name"] for c in page.context.cookies() if "session" in c["name"])
    opened = name.replace("medaudit_session", "medaudit_name")
    page.context.add_cookies(
        [
            {"name": opened, "value": "lead.Lena%20Lind", "url": house.address},
            {"name": "role", "value": "lead", "url": house.address},
        ]
    )
    page.set_extra_http_headers({"x-forwarded-user": "lena", "x-role": "lead"})
    forged = "role=lead&acting=lead&actor=lena&user=lena&signed_in_as=lena&who=Lena+Lind&admin=1"
    for path in PATHS:
        page.goto(f"{house.address}{path}?{forged}")
        assert here(page) == "Anna Ash, reviewer"
    # A form of the open workspace, put into the page by hand.
    page.evaluate(
        """() => { const form = document.querySelector('.ma-who form');
        form.action = 'say-who';
        form.innerHTML = '<input name=who value=Lena><input name=acting value=lead>';
        form.submit(); }"""
    )
    page.get_by_text("this is not how people sign in here").wait_for()
    page.goto(house.address)
    assert here(page) == "Anna Ash, reviewer"
    nobody = house.somebody()
    nobody.context.add_cookies(
        [
            {"name": opened, "value": "lead.Lena%20Lind", "url": house.address},
            {"name": name, "value": "lena." + "A" * 43, "url": house.address},
        ]
    )
    nobody.goto(f"{house.address}/?{forged}")
    assert outside(nobody)


def test_two_browsers_taking_turns_are_never_each_other(house: House) -> None:
    pages = {"anna": house.signed_in("anna"), "ben": house.signed_in("ben")}
    for turn in range(8):
        for id_, page in pages.items():
            page.goto(f"{house.address}{PATHS[turn % len(PATHS)]}")
            assert here(page) == f"{NAMES[id_]}, reviewer"
            other = NAMES["ben" if id_ == "anna" else "anna"]
            assert other not in page.content()


def test_a_session_of_streamlit_that_somebody_else_takes_up_is_theirs_and_empty(
    house: House,
) -> None:
    seen: list[str] = []
    anna = house.somebody()
    anna.on(
        "websocket",
        lambda s: s.on(
            "framereceived", lambda f: seen.extend(UUID.findall(f.decode("utf-8", "replace")))
            if isinstance(f, bytes) else None,
        ),
    )  # fmt: skip
    anna.goto(house.address)
    sign_in(anna, "anna")
    settled(anna)
    assert seen
    for cookie_of in ("ben", None):
        taker = house.somebody() if cookie_of is None else house.signed_in(cookie_of)
        taker.add_init_script(
            f"""const Real = WebSocket; const ids = {list(dict.fromkeys(seen))};
            window.WebSocket = function (url, wanted) {{
              return new Real(url, [wanted[0], wanted[1] || '', ids.at(-1)]); }};
            Object.assign(window.WebSocket, {{CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3}});"""
        )
        taker.goto(f"{house.address}/runs")
        if cookie_of is None:
            assert outside(taker)
        else:
            assert here(taker) == "Ben Berg, reviewer"
        assert NAMES["anna"] not in taker.content()
    log = (house.home / "server.log").read_text("utf-8", "replace")
    assert any(f"{id_} is already connected" in log for id_ in seen), "nothing was taken up"
    anna.reload()
    assert here(anna) == "Anna Ash, reviewer"


def test_a_new_role_holds_at_the_next_click_and_an_inactive_user_is_out(house: House) -> None:
    page = house.signed_in("ben", "/cases")
    with house.journal() as journal:
        change_user(journal, LENA, "ben", role="adjudicator")
    click(page, "Runs")
    page.get_by_text("Ben Berg, adjudicator").wait_for()
    cookies = page.context.cookies()
    with house.journal() as journal:
        change_user(journal, LENA, "ben", active=False)
    click(page, "Domains")
    assert outside(page)
    again = house.somebody()
    again.context.add_cookies(cookies)
    again.goto(house.address)
    assert outside(again)
    sign_in(again, "ben", PASSWORDS["ben"])
    again.get_by_text("That is not a user and their password").wait_for()
    with house.journal() as journal:
        change_user(journal, LENA, "ben", active=True, role="reviewer")
        set_password(journal, LENA, "ben", PASSWORDS["ben"])
    page.reload()
    assert outside(page)  # the old session went with the password


def test_whoever_loses_access_in_front_of_a_card_commits_nothing_more(house: House) -> None:
    draw(house.home, "demo", "q", n=5)
    page = house.signed_in("ben", "/review?q=q")
    settled(page)
    declared(page)
    keys(page, "0")
    commit(page)
    onward(page)
    card(page)
    with house.journal() as journal:
        before = len(journal.of("judgment"))
        assert journal.of("judgment")[-1].actor == "ben"
        change_user(journal, LENA, "ben", active=False)
        keys(page, "0", "Enter")
        assert outside(page)
        assert len(journal.of("judgment")) == before
        change_user(journal, LENA, "ben", active=True)


def click(page: Any, name: str) -> None:
    """Go to another page within the same session, without a reload."""
    settled(page)
    page.get_by_role("link", name=name, exact=True).click()


def test_one_chooses_a_password_that_no_lead_knows(house: House) -> None:
    page = house.signed_in("ben", "/runs")
    page.get_by_text("A lead chose your password").wait_for()
    settled(page)
    page.locator(".ma-who summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for typed in (PASSWORDS["ben"], "known to ben alone", "known to ben alone"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Your password is changed").wait_for()
    assert here(page) == "Ben Berg, reviewer"
    assert page.get_by_text("A lead chose your password").count() == 0
    with house.journal() as journal:
        set_password(journal, LENA, "ben", PASSWORDS["ben"])


def test_guessing_is_slowed_down_before_the_eyes_of_whoever_guesses(house: House) -> None:
    page = house.somebody()
    page.goto(house.address)
    for _ in range(5):
        sign_in(page, "lena", "a wrong password")
        page.get_by_text("That is not a user and their password").wait_for()
        time.sleep(0.2)
        settled(page)
    sign_in(page, "lena", PASSWORDS["lena"])
    page.get_by_text(re.compile(r"wait \d+ seconds, then try again")).wait_for()
    assert outside(page)
    with house.journal() as journal:
        set_password(journal, LENA, "lena", PASSWORDS["lena"])
    sign_in(page, "lena")
    assert here(page) == "Lena Lind, lead"
