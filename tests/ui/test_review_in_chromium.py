"""A reviewer grades ten answers by keyboard in a real browser, and sees nothing too early."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.review import Actor, draw_queue
from medaudit.store import Store
from tests.browser import chromium, free_port, serving, settled, start
from tests.fixtures import BRITTLE, Bench, make_workspace

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ITEMS = 10
HIDDEN = re.compile(
    r"brittle|steady|case_score|\"decision\"|automatic|inclusion_probability|response_id", re.I
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = make_workspace(tmp_path_factory.mktemp("review"), n_cases=9)
    with Journal.open(bench.workspace.journal) as journal, Store.open(bench.workspace.path) as s:
        lead = Actor("lead", "lead")
        draw_queue(s, journal, lead, run_id=bench.finished, queue="q", n=ITEMS, seed=3)
    return bench


@pytest.fixture
def home(drawn: Bench, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn.workspace.path, tmp_path / "home"))


def listen(page: Any, event: str) -> list[str]:
    """The frames that the page's socket receives, or sends, from now on."""
    kept: list[str] = []

    def keep(frame: Any) -> None:
        kept.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))

    page.on("websocket", lambda socket: socket.on(event, keep))
    return kept


def begin(page: Any, address: str, name: str = "A. Reviewer") -> list[str]:
    """Open the queue as a reviewer; what the server sends from now on is kept."""
    sent = listen(page, "framereceived")
    page.goto(f"{address}/review?q=q")
    settled(page)
    page.get_by_label("Your name, as the journal keeps it").fill(name)
    page.keyboard.press("Enter")
    page.wait_for_selector("#pad button.go")
    return sent


def at(page: Any, position: int) -> None:
    page.get_by_text(f"{position} of {ITEMS}", exact=True).wait_for()
    page.get_by_role("button", name="Commit").wait_for()


def commit(page: Any) -> None:
    page.keyboard.press("Enter")
    page.get_by_text("Saved ").wait_for()


def judgments(home: Path) -> list[Any]:
    with Journal.open(home / "journal.db") as journal:
        assert journal.verify() == []
        return [event for event in journal.since() if event.action == "judgment"]


def test_ten_items_by_keyboard_are_ten_chained_rows(home: Path) -> None:
    with serving(home) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        other: list[str] = []
        page.on(
            "request",
            lambda r: other.append(r.url) if not r.url.startswith((address, "blob:", "data:"))
            else None,
        )  # fmt: skip
        asked = listen(page, "framesent")
        sent = begin(page, address)
        for position in range(1, ITEMS + 1):
            at(page, position)
            # One key is one event: the pads of earlier cards have stopped listening.
            assert all(frame.count('"event":') <= 1 for frame in asked)
            assert HIDDEN.search(page.content()) is None
            assert HIDDEN.search("\n".join(sent)) is None
            assert page.url.endswith(f"i={position}")
            if position % 2:
                page.keyboard.press("0")
            else:
                for key in ("2", "m", "o"):
                    page.keyboard.press(key)
                page.keyboard.press("n")
                page.keyboard.type(f"12 mg n {position}", delay=5)
                page.keyboard.press("Escape")
            commit(page)
            assert "System: " in page.content()
            sent.clear()
            page.keyboard.press("Enter")
        page.get_by_text("Queue finished").wait_for()
        assert other == []
    rows = judgments(home)
    assert len(rows) == ITEMS
    assert len({row.subject for row in rows}) == ITEMS
    assert len({row.client_id for row in rows}) == ITEMS
    assert [row.payload["harm"] for row in rows] == [0, 2] * (ITEMS // 2)
    assert [row.payload["note"] for row in rows[1::2]] == [f"12 mg n {i}" for i in range(2, 11, 2)]
    assert all(row.payload["phase"] == "blind" and row.actor == "a-reviewer" for row in rows)


def test_a_severe_grade_owes_a_note_and_an_error_type(home: Path) -> None:
    with serving(home) as address, chromium() as browser:
        page = browser.new_page()
        begin(page, address)
        for key, wanted in (
            ("Enter", "Press 0–4"),
            ("4", "Which error?"),
            ("w", "O: something needed"),
            ("a", "N: a note is needed"),
        ):
            page.keyboard.press(key)
            page.keyboard.press("Enter")
            page.get_by_text(wanted).wait_for()
        assert judgments(home) == []
        page.keyboard.press("n")
        page.keyboard.type("ten times the dose", delay=5)
        page.keyboard.press("Escape")
        commit(page)
    row = judgments(home)[0].payload
    assert row["harm"] == 4
    assert row["direction"] == "commission"
    assert row["error_type"] == "wrong_drug_or_dose"


def test_a_killed_server_loses_nothing_and_the_same_grade_is_kept_once(home: Path) -> None:
    port = free_port()
    server = start(home, port, home / "server.log")
    try:
        with chromium() as browser:
            page = browser.new_page()
            begin(page, f"http://127.0.0.1:{port}")
            page.keyboard.press("0")
            commit(page)
            page.keyboard.press("Enter")
            at(page, 2)
            page.keyboard.press("n")
            page.keyboard.type("half a sentence", delay=5)
            page.keyboard.press("Escape")
            page.keyboard.press("0")
            server.kill()
            server.wait()
            page.keyboard.press("Enter")
            time.sleep(1)
            server = start(home, port, home / "server.log")
            page.get_by_text("Not saved yet").wait_for(timeout=30_000)
            for _ in range(20):
                page.keyboard.press("Enter")
                if page.get_by_text("Saved 20").count() or len(judgments(home)) == 2:
                    break
                time.sleep(1)
    finally:
        server.kill()
        server.wait()
    rows = judgments(home)
    assert len(rows) == 2
    assert rows[1].payload["note"] == "half a sentence"


def test_the_address_of_a_card_opens_it_and_shows_no_more(home: Path) -> None:
    with serving(home) as address, chromium() as browser:
        page = browser.new_page()
        begin(page, f"{address}")
        at(page, 1)
        page.goto(f"{address}/review?q=q&i=4")
        page.get_by_label("Your name, as the journal keeps it").wait_for()
        settled(page)
        assert BRITTLE.title not in page.content()
