"""A person in front of the review pages, by keyboard: name, declaration, card, grade."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from medaudit.journal import Journal
from medaudit.records import Assignment
from medaudit.review import Actor, draw_queue, settings_of
from medaudit.store import Store
from tests.browser import settled
from tests.fixtures import Bench

LEAD = Actor("lead", "lead")


def drawn(bench: Bench, folder: Path, queue: str = "q", **settings: Any) -> Path:
    """A copy of the workspace with a queue in which every answer is read once, unless told."""
    home = Path(shutil.copytree(bench.workspace.path, folder / "home"))
    draw(home, bench.finished, queue, **settings)
    return home


def draw(home: Path, run_id: str, queue: str, **settings: Any) -> list[Assignment]:
    """A queue whose secret is known, so that each person meets the same answers every time."""
    plain = {"seed": 3, "double_share": 0.0, "repeat_share": 0.0, "pass_share": 0.0}
    asked = settings_of(queue=queue, run_id=run_id, **{**plain, **settings})
    with (
        Journal.open(home / "journal.db") as journal,
        Store.open(home) as store,
        patch("secrets.token_hex", return_value="salt"),
    ):
        return draw_queue(store, journal, LEAD, asked)


def listen(page: Any, event: str) -> list[str]:
    """The frames that the page's socket receives, or sends, from now on."""
    kept: list[str] = []

    def keep(frame: Any) -> None:
        kept.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))

    page.on("websocket", lambda socket: socket.on(event, keep))
    return kept


def introduced(page: Any, name: str, role: str = "reviewer") -> None:
    """Say who acts, in a workspace without users."""
    page.get_by_label("Your name, as the journal keeps it").fill(name)
    page.get_by_label("Acting as").select_option(role)
    with page.expect_navigation():
        page.get_by_role("button", name="Go on").click()
    settled(page)


def begin(page: Any, address: str, name: str = "A. Reviewer", queue: str = "q") -> None:
    """Open the queue, say who acts, declare, and wait for the first card."""
    page.goto(f"{address}/review?q={queue}")
    settled(page)
    introduced(page, name)
    declared(page)


def declared(page: Any) -> None:
    """Make both statements and start."""
    for words in ("I have no financial", "I grade what I read"):
        page.get_by_text(words).click()
        settled(page)
    page.get_by_role("button", name="Start").click()
    card(page)


def card(page: Any) -> Any:
    """Wait for a card that is to be graded; its pad."""
    page.get_by_role("button", name="Commit").wait_for()
    return page.locator("#pad")


@contextmanager
def another_card(page: Any) -> Iterator[None]:
    """Afterwards the page shows another card, or another phase of it, than before."""
    shown = "document.querySelector('#pad').dataset.card"
    before = page.evaluate(shown)
    yield
    page.wait_for_function(f"(before) => {shown} !== before", arg=before)


def keys(page: Any, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def note(page: Any, text: str) -> None:
    page.keyboard.press("n")
    page.keyboard.type(text, delay=5)
    page.keyboard.press("Escape")


def commit(page: Any) -> None:
    """Commit and wait for what a queue that reveals at once then shows."""
    page.keyboard.press("Enter")
    page.get_by_text("Saved 20").wait_for()


def onward(page: Any) -> None:
    """From a reveal to the next card, or to a pause."""
    page.keyboard.press("Enter")
    page.get_by_text("Saved 20").wait_for(state="detached")


def events(home: Path, action: str) -> list[Any]:
    """What the journal holds of one action, the chain verified."""
    with Journal.open(home / "journal.db") as journal:
        assert journal.verify() == []
        return [event for event in journal.since() if event.action == action]
