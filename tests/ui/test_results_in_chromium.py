"""A reviewer finds no answer that they are to grade on another page: a real server and browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from medaudit.journal import Journal
from medaudit.review import Actor, commit
from medaudit.review.passwords import set_password
from medaudit.review.people import add_user, new_user
from medaudit.store import Store
from medaudit.ui.text import emphasis
from tests.browser import chromium, serving, settled
from tests.fixtures import SYSTEMS, make_workspace
from tests.ui.accessible import violations
from tests.ui.reviewing import LEAD, draw, events, listen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
ANNA = Actor("anna", "reviewer")
SCORES = ("case score", "case_score", "Severe harm", "suspected by rules", "harm not rated")
WHY = "The results of this run are closed to you until every answer of queue q"


def peopled(home: Path) -> None:
    with Journal.open(home / "journal.db") as journal:
        for id_, role in (("lead", "lead"), ("anna", "reviewer")):
            add_user(journal, LEAD, new_user(id=id_, name=id_.title(), role=role))
            set_password(journal, LEAD, id_, f"the long password of {id_}")


def signed_in(browser: Any, address: str, id_: str, path: str) -> tuple[Any, list[str]]:
    """A page of that person's own browser, and every frame that its socket has received."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(40_000)
    frames = listen(page, "framereceived")
    page.goto(f"{address}{path}")
    page.get_by_label("User id").fill(id_)
    page.get_by_label("Password").fill(f"the long password of {id_}")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()
    settled(page)
    return page, frames


def longest(text: str) -> str:
    """The longest stretch of a text that stands on a page as it is: no mark, nothing to escape."""
    plain = [part for part, mark in emphasis(text) if not mark]
    found = max((s for part in plain for s in re.split(r"[\n\"'&<>]", part)), key=len).strip()
    assert len(found) >= 12
    return found


def test_the_answer_under_review_is_nowhere_until_its_queue_is_complete(tmp_path: Path) -> None:
    bench = make_workspace(tmp_path, n_cases=2)
    home = bench.workspace.path
    item = draw(home, "demo", "q", n=1)[0]
    draw(home, "live", "early", n=1)
    peopled(home)
    with Store.open(home) as store:
        rows = [
            {**row, "variant": variant}
            for variant in bench.variants
            for row in store.rows("answers_of_variant", run="demo", variant=variant.id)
        ]
    drawn = next(row for row in rows if row["response_id"] == item.response_id)
    question = next(c.question for c in bench.cases if c.id == drawn["variant"].case_id)
    answers = {longest(row["text"]) for row in rows}
    titles = {system.title for system in SYSTEMS}
    case = {"run": "demo", "case": drawn["variant"].case_id, "variant": drawn["variant"].id}
    deep = f"/cases?{urlencode({**case, 'a': drawn['system_id']})}"
    with serving(home) as address, chromium() as browser:
        page, frames = signed_in(browser, address, "anna", deep)
        for path in (deep, "/", "/worst_cases?run=demo", "/domains", "/probes", "/quality"):
            page.goto(f"{address}{path}")
            settled(page)
            if path != "/quality":
                page.get_by_text(WHY).wait_for()
            if path == deep:
                assert longest(question) in page.content()
                assert violations(page) == []
        page.goto(f"{address}/")
        settled(page)
        everything = page.content() + "\n".join(frames)
        assert WHY in everything
        for hidden in (*answers, *titles, *SCORES, item.response_id):
            assert hidden not in everything, hidden
        # Progress stays; what a running run has just answered does not.
        for run, closed in (("demo", False), ("live", True)):
            page.goto(f"{address}/runs?run={run}")
            page.get_by_text("Answers, tokens and cost by system").wait_for()
            assert page.get_by_text(WHY.replace("queue q", "queue early")).count() == closed
            assert not any(answer in page.content() + "\n".join(frames) for answer in answers)
        # A lead looks, is told what that does, and it is kept.
        lead, _ = signed_in(browser, address, "lead", "/worst_cases?run=demo")
        lead.get_by_text("your later grades in queue q are marked so").wait_for()
        assert lead.locator("article.ma-worst").count() > 0
        assert [(e.actor, e.subject) for e in events(home, "results_seen")] == [("lead", "q")]
        # The only read that was asked comes in.
        with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
            commit(store, journal, ANNA, "q", 0, {"harm": 0}, "the-only-read")
        page.goto(f"{address}{deep}")
        settled(page)
        page.get_by_text("case score").first.wait_for()
        assert WHY not in page.content()
        for now in (page.content(), "\n".join(frames)):
            for shown in (longest(drawn["text"]), drawn["system_title"], "case score"):
                assert shown in now
        page.goto(f"{address}/worst_cases?run=demo")
        settled(page)
        assert page.locator("article.ma-worst").count() > 0
        assert [e.actor for e in events(home, "results_seen")] == ["lead"]
