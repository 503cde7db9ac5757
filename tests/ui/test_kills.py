"""The server is killed while somebody grades in a browser, again and again: nothing is lost."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.browser import chromium, free_port, settled, start
from tests.fixtures import make_workspace
from tests.ui.reviewing import begin, drawn, events, keys, note

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(3600),
]
KILLS = 50 if os.environ.get("MEDAUDIT_PROOF") == "full" else 2
"""Through the browser; with those of tests/test_several_machines.py 200, or 10."""
CARD = "document.querySelector('#pad')?.dataset.card"


def kept(home: Path, text: str) -> bool:
    return any(row.payload["note"] == text for row in events(home, "judgment"))


def told(page: Any) -> bool:
    """Whether the page says that the grade was saved."""
    return bool(page.get_by_text("Saved 20").count() > 0)


def until_kept(page: Any, home: Path, text: str) -> None:
    """What a person does whose grade was not saved yet: press Enter again, at last reload."""
    for again in range(60):
        if kept(home, text):
            return
        if page.get_by_role("button", name="Commit").count() > 0:
            keys(page, "Enter")
        if again == 30:
            page.reload()
            settled(page)
        time.sleep(1)
    raise AssertionError(f"{text!r} was not kept: {page.locator('#pad').inner_text()}")


def next_card(page: Any, before: str) -> None:
    """Go on from the grade that was kept to a card that is not graded yet."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        other = page.evaluate(CARD) not in (None, before)
        if other and page.get_by_role("button", name="Commit").count() > 0:
            return
        if told(page):
            keys(page, "Enter")
        time.sleep(0.3)
    raise AssertionError(f"no next card: {page.locator('#pad').inner_text()}")


def test_no_grade_is_lost_or_doubled_by_killed_servers(tmp_path: Path) -> None:
    rng = random.Random(11)
    bench = make_workspace(tmp_path / "made", n_cases=9)
    home = drawn(bench, tmp_path, n=KILLS + 1, block=200)
    port, log = free_port(), tmp_path / "server.log"
    server = start(home, port, log)
    acknowledged: list[str] = []
    harms: dict[str, int] = {}
    try:
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            begin(page, f"http://127.0.0.1:{port}")
            for number in range(KILLS):
                text, harm = f"kill {number}", rng.choice([0, 2])
                harms[text] = harm
                before = page.evaluate(CARD)
                note(page, text)
                keys(page, *(("2", "m", "o") if harm else ("0",)))
                if number % 5 == 0:  # dead before the grade is sent
                    server.kill()
                keys(page, "Enter")
                time.sleep(rng.uniform(0, 1))
                server.kill()
                server.wait()
                if told(page):
                    acknowledged.append(text)
                    assert kept(home, text), "the page said saved, and it is not there"
                server = start(home, port, log)
                until_kept(page, home, text)
                next_card(page, before)
    finally:
        server.kill()
        server.wait()
    rows = events(home, "judgment")
    notes = Counter(row.payload["note"] for row in rows)
    assert notes == Counter(list(harms)), "a grade was lost or doubled"
    assert {row.payload["note"]: row.payload["harm"] for row in rows} == harms
    assert set(acknowledged) <= set(notes)
    if KILLS > 10:
        assert 0 < len(acknowledged) < KILLS, "the kills came all too early, or all too late"
    assert len({row.subject for row in rows}) == len({row.client_id for row in rows}) == KILLS
