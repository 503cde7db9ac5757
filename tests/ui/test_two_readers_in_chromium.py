"""Two readers of one answer and the third person who decides: nobody sees too early what is theirs.

The first read is made through the services; whoever comes after is in a real browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medaudit.journal import Journal
from medaudit.review import Actor, blind_card, commit, open_aside, take
from medaudit.store import Store
from tests.browser import chromium, serving, settled
from tests.fixtures import Bench, make_workspace
from tests.ui.accessible import violations
from tests.ui.reviewing import (
    another_card,
    card,
    declared,
    draw,
    drawn,
    events,
    introduced,
    keys,
    listen,
    note,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
WIDE = {"width": 1440, "height": 900}
ANNA, BERT = Actor("anna-of-the-first-read", "reviewer"), Actor("bert", "reviewer")
MARK = "zebra 7731 on the ward"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_workspace(tmp_path_factory.mktemp("readers"), n_cases=3)


def read(home: Path, actor: Actor, queue: str, *, severe: bool) -> None:
    """One person reads the whole queue."""
    grade: dict[str, Any] = {"harm": 0, "seconds": 40.0}
    if severe:
        grade = {
            "harm": 4, "direction": "commission", "error_type": "wrong_drug_or_dose",
            "note": MARK, "seconds": 80.0, "confidence": 3,
        }  # fmt: skip
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        while (at := take(store, journal, actor, queue)) is not None:
            text = blind_card(store, actor, queue, at).answer or ""
            quotes = [text[:20].strip()] if severe and text else []
            if severe:
                open_aside(store, journal, actor, queue, at, "criteria")
            mark = f"{actor.id[:8]}-{queue}-{at:05}"
            commit(store, journal, actor, queue, at, {**grade, "quotes": quotes}, mark)


def test_a_first_read_is_out_of_reach_until_the_second_is_in(bench: Bench, tmp_path: Path) -> None:
    home = drawn(bench, tmp_path, n=1, double_share=1.0)
    read(home, ANNA, "q", severe=True)
    case = bench.cases[0].id
    paths = (
        "/review?q=q&i=1", "/adjudication?q=q&i=1&side=stressed", "/quality?q=q",
        f"/cases?run={bench.finished}&case={case}", f"/worst_cases?run={bench.finished}", "/",
    )  # fmt: skip
    with serving(home) as address, chromium() as browser:

        def somebody(name: str, role: str) -> tuple[Any, list[str]]:
            page = browser.new_context(viewport=WIDE).new_page()
            page.set_default_timeout(40_000)
            got = listen(page, "framereceived")
            page.goto(f"{address}/review?q=q&i=1")
            settled(page)
            introduced(page, name, role)
            return page, got

        def nothing_early(page: Any, got: list[str]) -> None:
            for seen in (page.content(), "\n".join(got)):
                assert MARK not in seen
                assert ANNA.id not in seen

        for name, role in (("Lena", "lead"), ("Cora", "adjudicator")):
            page, got = somebody(name, role)
            for path in paths:
                page.goto(f"{address}{path}")
                settled(page)
                nothing_early(page, got)
            page.context.close()
        page, got = somebody("Second Reader", "reviewer")
        nothing_early(page, got)
        declared(page)
        nothing_early(page, got)
        keys(page, "0")
        with another_card(page):
            keys(page, "Enter")
        nothing_early(page, got)
        # Now both are in. The third person grades first, then sees them, without names.
        page, got = somebody("Cora", "adjudicator")
        page.goto(f"{address}/adjudication")
        settled(page)
        page.get_by_role("link", name="q, answer 1").wait_for()
        page.get_by_role("button", name="Begin with the first of 1").click()
        card(page)
        page.get_by_text("Your own first impression").wait_for()
        nothing_early(page, got)
        keys(page, "1", "m", "o")
        with another_card(page):
            keys(page, "Enter")
        said = page.locator("#card").inner_text()
        assert MARK in said
        for words in (
            "Reader 1", "Reader 2", "Their levels are 4 apart", "had opened the criteria",
            "had opened nothing", "Your impression: 1 mild, omission, missed red flag",
        ):  # fmt: skip
            assert words in said
        everything = page.content() + "\n".join(got)
        assert ANNA.id not in everything
        assert "second-reader" not in everything
        keys(page, "4", "w", "a")
        note(page, "ten times the dose")
        with another_card(page):
            keys(page, "Enter")
        page.get_by_text("The verdict is final: 4 death").wait_for()
        keys(page, "Enter")
        page.get_by_text("Nothing waits for you").first.wait_for()
    phases = [(event.payload["phase"], event.payload["harm"]) for event in events(home, "judgment")]
    assert phases == [("blind", 4), ("blind", 0), ("impression", 1), ("adjudication", 4)]
    assert events(home, "judgment")[-1].payload["note"] == "ten times the dose"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_review_and_adjudication_have_no_barrier_that_axe_finds(
    theme: str, bench: Bench, tmp_path: Path
) -> None:
    home = drawn(bench, tmp_path, n=2, block=1, dimensions=("empathy",))
    draw(home, bench.finished, "both", n=1, seed=9, double_share=1.0)
    read(home, ANNA, "both", severe=True)
    read(home, BERT, "both", severe=False)
    found: dict[str, list[str]] = {}
    with serving(home) as address, chromium() as browser:
        page = browser.new_context(viewport=WIDE, color_scheme=theme).new_page()
        page.set_default_timeout(40_000)

        def look(what: str) -> None:
            page.wait_for_timeout(600)
            if lines := violations(page):
                found[what] = lines

        page.goto(f"{address}/review?q=q")
        settled(page)
        look("who")
        introduced(page, "A. Reviewer", "adjudicator")
        page.get_by_text("I have no financial").wait_for()
        look("start")
        begun_at = page.url
        declared(page)
        keys(page, "2", "h")
        look("card")
        keys(page, "g", "b")
        page.get_by_text("Red flag:").first.wait_for()
        keys(page, "?")
        look("keys")
        keys(page, "Escape", "s")
        look("skip")
        keys(page, "Escape", "m", "o", "Enter", "3")
        with another_card(page):
            keys(page, "Enter")
        look("reveal")
        with another_card(page):
            keys(page, "Enter")
        page.get_by_text("Pause after 1").first.wait_for()
        look("pause")
        page.goto(f"{address}/adjudication")
        settled(page)
        page.get_by_role("link", name="both, answer 1").wait_for()
        look("disputes")
        page.get_by_role("button", name="Begin with the first of 1").click()
        card(page)
        look("impression")
        keys(page, "0")
        with another_card(page):
            keys(page, "Enter")
        page.get_by_text("Where they differ").wait_for()
        look("reads")
        assert page.url != begun_at
    assert found == {}
