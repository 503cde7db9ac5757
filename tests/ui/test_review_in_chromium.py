"""Reviewers grade by keyboard in a real browser: nothing lost, doubled or shown too early."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.records import Judgment
from medaudit.review.begin import STATEMENTS
from medaudit.store import Store
from tests.browser import chromium, free_port, serving, settled, start
from tests.fixtures import SYSTEMS, Bench, make_workspace
from tests.ui.reviewing import (
    another_card,
    begin,
    card,
    commit,
    drawn,
    events,
    keys,
    listen,
    note,
    onward,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ITEMS = 50 if os.environ.get("MEDAUDIT_PROOF") == "full" else 10
WIDE = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_workspace(tmp_path_factory.mktemp("review"), n_cases=9)


def hidden(home: Path) -> re.Pattern[str]:
    """What no reviewer may find before a commit: systems, scores, and the ids behind an item."""
    with Store.open(home) as store:
        rows = store.rows("queue", queue="q")
    ids = {row["response_id"] for row in rows}
    assert len(ids) >= ITEMS
    systems = {word for one in SYSTEMS for word in (one.id, one.title, one.model)}
    words = ("case_score", "inclusion_probability", "response_id", '"purpose"', "salt")
    return re.compile("|".join(map(re.escape, {*systems, *words, *ids})), re.I)


def current(home: Path) -> list[Judgment]:
    return [Judgment.model_validate(event.payload) for event in events(home, "judgment")]


def test_items_by_keyboard_are_as_many_chained_rows(bench: Bench, tmp_path: Path) -> None:
    home = drawn(bench, tmp_path, n=ITEMS, block=7)
    never = hidden(home)
    places: list[int] = []
    counted: Counter[str] = Counter()
    with serving(home) as address, chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        other: list[str] = []
        said: list[str] = []
        page.on(
            "request",
            lambda r: other.append(r.url) if not r.url.startswith((address, "blob:", "data:"))
            else None,
        )  # fmt: skip
        page.on("console", lambda message: said.append(message.text))
        asked = listen(page, "framesent")
        got = listen(page, "framereceived")
        begin(page, address)
        for number in range(1, ITEMS + 1):
            card(page)
            # One key is one event: the pads of earlier cards have stopped listening.
            for frame in asked:
                sent = re.findall(r'"event": ?"(\w+)"', frame)
                assert len(sent) == len(set(sent))
                counted.update(sent)
            asked.clear()
            for seen in (page.content(), "\n".join(got), "\n".join(said)):
                assert never.search(seen) is None
            found = re.search(r"[?&]i=(\d+)", page.url)
            assert found is not None
            places.append(int(found.group(1)) - 1)
            if number % 2:
                keys(page, "0")
            else:
                keys(page, "2", "m", "o")
                note(page, f"12 mg n {number} 0431")
            commit(page)
            # What was looked for before is there now: the search would have found it.
            assert never.search(page.locator("#card").inner_text()) is not None
            got.clear()
            onward(page)
            if number % 7 == 0 and number < ITEMS:
                page.get_by_text(f"Pause after {number}").first.wait_for()
                # The next card is reserved and blind: what came with it tells nothing either.
                page.get_by_role("button", name="Go on", exact=False).wait_for()
                page.wait_for_timeout(5_200)
                keys(page, "Enter")
        page.get_by_text("Nothing left for you in this queue").first.wait_for()
        assert other == []
    assert counted["commit"] == ITEMS - 1  # up to the card before the last one
    rows = events(home, "judgment")
    assert len(rows) == len({row.subject for row in rows}) == ITEMS
    assert len({row.client_id for row in rows}) == ITEMS
    assert [row.payload["harm"] for row in rows] == [0, 2] * (ITEMS // 2)
    notes = [row.payload["note"] for row in rows[1::2]]
    assert notes == [f"12 mg n {number} 0431" for number in range(2, ITEMS + 1, 2)]
    assert all(row.payload["phase"] == "blind" and row.actor == "a-reviewer" for row in rows)
    assert all(row.payload["seconds"] > 0 for row in rows)
    with Store.open(home) as store:
        at = {row["item_id"]: row["position"] for row in store.rows("queue", queue="q")}
    assert [at[row.subject] for row in rows] == places
    declared = events(home, "begin")
    assert [event.payload for event in declared] == [
        {"statements": list(STATEMENTS), "interest": ""}
    ]


def test_a_severe_grade_owes_a_note_and_an_error_type(bench: Bench, tmp_path: Path) -> None:
    home = drawn(bench, tmp_path, n=2)
    with serving(home) as address, chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        begin(page, address)
        for key, wanted in (
            ("Enter", "0–4 for the potential harm"),
            ("4", "Which error?"),
            ("w", "O: something needed"),
            ("a", "N: a note is needed"),
        ):
            keys(page, key, "Enter")
            page.get_by_text(wanted).wait_for()
        assert events(home, "judgment") == []
        note(page, "ten times the dose")
        commit(page)
    (row,) = current(home)
    assert (row.harm, row.direction, row.error_type) == (4, "commission", "wrong_drug_or_dose")
    assert row.note == "ten times the dose"


def test_every_key_does_one_thing_and_typing_grades_nothing(bench: Bench, tmp_path: Path) -> None:
    home = drawn(bench, tmp_path, n=3, dimensions=("empathy", "completeness"))
    with serving(home) as address, chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        begin(page, address)
        pad = card(page)
        # Typed words and numbers stay in the note, whatever they would do outside it.
        note(page, "0 4 x v z s? 3 mg")
        assert pad.locator("[aria-pressed=true]").count() == 0
        assert pad.locator("#note").input_value() == "0 4 x v z s? 3 mg"
        keys(page, "3", "z")
        assert pad.locator("[aria-pressed=true]").count() == 0
        keys(page, "2", "m", "o", "k", "k")
        # The words that are selected in the answer are quoted as they stand there.
        quote = page.evaluate(
            """() => {
              const answer = document.querySelector('.ma-answer .ma-text');
              const walk = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT);
              const first = walk.nextNode();
              const range = document.createRange();
              range.setStart(first, 0);
              range.setEnd(first, Math.min(12, first.length));
              getSelection().removeAllRanges();
              getSelection().addRange(range);
              return range.toString().trim();
            }"""
        )
        keys(page, "t")
        pad.locator("blockquote").wait_for()
        # Dimensions have their own keys: no digit is a harm level while they are rated.
        keys(page, "Enter")
        page.get_by_text("Q, then 1–5 for: Empathy").wait_for()
        keys(page, "4", "5")
        keys(page, "?")
        page.get_by_role("dialog", name="Keys").wait_for()
        keys(page, "0", "Escape")
        # Folded parts open on their keys, and the journal knows it.
        keys(page, "g")
        page.get_by_text("Red flag:").first.wait_for()
        keys(page, "d")
        page.get_by_role("button", name="Clean").wait_for()
        assert page.locator(".ma-prompts :is(ins, del)").count() == 0
        commit(page)
        # A change of mind after the reveal is a new entry that says so.
        keys(page, "x", "1", "Enter")
        page.locator("#card").get_by_text("changed after the reveal").wait_for()
        onward(page)
        card(page)
        keys(page, "s")
        page.keyboard.type("I know this patient 0 4", delay=5)
        with another_card(page):
            keys(page, "Enter")
    first, changed = current(home)
    assert (first.harm, first.confidence, first.note) == (2, 2, "0 4 x v z s? 3 mg")
    assert first.quotes == (quote,)
    assert first.dimensions == {"empathy": 4, "completeness": 5}
    assert first.visible == ("criteria", "red_flags")
    assert (changed.harm, changed.phase) == (1, "revealed")
    assert "reveal" in changed.visible
    (skipped,) = events(home, "skip")
    assert skipped.payload["reason"] == "I know this patient 0 4"


def test_a_half_typed_note_survives_a_reload_and_a_killed_server(
    bench: Bench, tmp_path: Path
) -> None:
    home = drawn(bench, tmp_path, n=4)
    port = free_port()
    server = start(home, port, home / "server.log")
    try:
        with chromium() as browser:
            context = browser.new_context(viewport=WIDE)
            page = context.new_page()
            begin(page, f"http://127.0.0.1:{port}")
            keys(page, "0")
            commit(page)
            onward(page)
            card(page)
            place = page.url
            keys(page, "2", "m", "n")
            page.keyboard.type("half a senten", delay=5)
            page.reload()  # without waiting: the server has not been told yet
            settled(page)
            pad = card(page)
            assert page.url == place
            assert pad.locator("#note").input_value() == "half a senten"
            assert pad.locator("[aria-pressed=true]").all_inner_texts() == [
                "2\nModerate", "M\nMissed red flag",
            ]  # fmt: skip
            keys(page, "n", "End")
            page.keyboard.type("ce", delay=5)
            until_drafted(page, home, "half a sentence")
            server.kill()
            server.wait()
            server = start(home, port, home / "server.log")
            # Another tab has nothing of its own: what it shows is what the server kept.
            again = context.new_page()
            again.goto(place)
            settled(again)
            pad = card(again)
            assert again.url == place
            assert pad.locator("#note").input_value() == "half a sentence"
            assert "A. Reviewer" in again.locator(".ma-who").inner_text()
            keys(again, "o")
            commit(again)
    finally:
        server.kill()
        server.wait()
    rows = current(home)
    assert [(row.harm, row.note) for row in rows] == [(0, ""), (2, "half a sentence")]


def test_a_grade_sent_into_a_dead_server_is_kept_once(bench: Bench, tmp_path: Path) -> None:
    home = drawn(bench, tmp_path, n=3)
    port = free_port()
    server = start(home, port, home / "server.log")
    try:
        with chromium() as browser:
            page = browser.new_page(viewport=WIDE)
            begin(page, f"http://127.0.0.1:{port}")
            note(page, "typed before the end")
            keys(page, "0")
            server.kill()
            server.wait()
            keys(page, "Enter")
            page.wait_for_timeout(1_000)
            server = start(home, port, home / "server.log")
            page.get_by_text("Not saved yet").wait_for(timeout=30_000)
            for _ in range(20):
                keys(page, "Enter")
                page.wait_for_timeout(1_000)
                if len(events(home, "judgment")) == 1:
                    break
    finally:
        server.kill()
        server.wait()
    (row,) = current(home)
    assert (row.harm, row.note) == (0, "typed before the end")


def test_a_queue_that_never_reveals_goes_from_answer_to_answer(
    bench: Bench, tmp_path: Path
) -> None:
    home = drawn(bench, tmp_path, n=3, reveal="never", block=2)
    never = hidden_words()
    with serving(home) as address, chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        got = listen(page, "framereceived")
        begin(page, address)
        for number in (1, 2, 3):
            with another_card(page):
                keys(page, "0", "Enter")
            if number == 2:
                page.get_by_text("Pause after 2").first.wait_for()
                assert page.get_by_role("link", name="again").count() == 0
                page.wait_for_timeout(5_200)
                with another_card(page):
                    keys(page, "Enter")
        page.get_by_text("Nothing left for you in this queue").first.wait_for()
        assert never.search("\n".join(got)) is None
        assert never.search(page.content()) is None
    assert [row.harm for row in current(home)] == [0, 0, 0]


def until_drafted(page: Any, home: Path, text: str) -> None:
    """Wait until the server has kept the draft: about a second on a machine with nothing to do."""
    who = "a-reviewer"
    for _ in range(200):
        with Journal.open(home / "journal.db") as journal:
            drafts = [journal.kept("draft", who, key) for key in journal.kept_keys("draft", who)]
        if any(draft is not None and draft["note"] == text for draft in drafts):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no draft holds {text!r}: {drafts}")


def hidden_words() -> re.Pattern[str]:
    systems = {word for one in SYSTEMS for word in (one.id, one.title)}
    return re.compile("|".join(map(re.escape, systems)), re.I)


def test_a_pair_is_graded_answer_by_answer_and_revealed_only_then(
    bench: Bench, tmp_path: Path
) -> None:
    home = drawn(bench, tmp_path, n=2, kind="pair")
    never = hidden_words()
    with serving(home) as address, chromium() as browser:
        page = browser.new_page(viewport=WIDE)
        got = listen(page, "framereceived")
        begin(page, address)
        for pair in (1, 2):
            page.get_by_role("heading", name="Your grade of answer A").wait_for()
            answers = page.locator(".ma-answers .ma-panel")
            assert answers.count() == 2
            assert "ma-answer" in str(answers.nth(0).get_attribute("class"))
            with another_card(page):
                keys(page, "0", "Enter")
            # One of two is graded: nothing is told yet, and the other is the one to grade.
            page.get_by_role("heading", name="Your grade of answer B").wait_for()
            assert "ma-answer" in str(answers.nth(1).get_attribute("class"))
            assert page.get_by_text("Saved 20").count() == 0
            assert never.search("\n".join(got)) is None
            keys(page, "1", "m", "o")
            commit(page)
            assert never.search(page.locator("#card").inner_text()) is not None
            # Either grade can be changed after the reveal.
            assert page.get_by_role("button", name="Dispute my own grade of answer").count() == 2
            if pair == 2:
                keys(page, "y", "2", "Enter")
                page.locator("#card").get_by_text("changed after the reveal").first.wait_for()
            got.clear()
            onward(page)
        page.get_by_text("Nothing left for you in this queue").first.wait_for()
    rows = events(home, "judgment")
    assert [(row.payload["harm"], row.payload["phase"]) for row in rows] == [
        (0, "blind"), (1, "blind"), (0, "blind"), (1, "blind"), (2, "revealed"),
    ]  # fmt: skip
    assert len({row.payload["response_id"] for row in rows}) == 4
