"""The agreement and quality page: who sees what on it, and whether everybody can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from medaudit.journal import Journal
from medaudit.review import Actor, commit
from medaudit.review.roles import Role
from medaudit.store import Store
from medaudit.ui import identity
from medaudit.ui.identity import Visitor
from tests.browser import chromium, serving, settled
from tests.fixtures import make_workspace
from tests.ui.accessible import violations
from tests.ui.reviewing import drawn, introduced
from tests.ui.test_pages import html, opened

TABS = (
    "Do readers agree?", "Each reader", "Scores against people", "Judges against people",
    "Corrected rates",
)  # fmt: skip
READERS = (Actor("anna", "reviewer"), Actor("ben", "reviewer"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty answers to twelve cases read twice: half alike, half one level apart."""
    folder = tmp_path_factory.mktemp("quality")
    made = drawn(make_workspace(folder, n_cases=12), folder, n=30, double_share=1.0)
    with Journal.open(made / "journal.db") as journal, Store.open(made) as store:
        for position in range(30):
            for k, actor in enumerate(READERS):
                level = 1 + (k * position) % 2
                kind = {"direction": "omission", "error_type": "triage"}
                grade = {"harm": level, "seconds": 40.0 + position, **kind}
                client_id = f"{actor.id}-{position:06}"
                commit(store, journal, actor, "q", position, grade, client_id)
    return made


def seen(home: Path, role: Role, monkeypatch: pytest.MonkeyPatch, who: str = "somebody") -> AppTest:
    visitor = Visitor("open", Actor(who, role), who)
    monkeypatch.setitem(identity._ASK, "open", lambda _: visitor)
    return opened("quality", home, monkeypatch, run="demo")


def test_a_lead_sees_everything_and_readers_by_name_once_all_is_in(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = seen(home, "lead", monkeypatch)
    assert not app.exception
    text = html(app)
    with Store.open(home) as store:
        drawn_cases = {row["case_id"] for row in store.rows("quality_reads", run="demo")}
    cases = f"({len(drawn_cases)} cases)"
    assert f"Two readers gave the same harm level in 15 of 30 items {cases}" in text
    assert [tab.label for tab in app.tabs] == list(TABS)
    for word in (
        "Krippendorff",
        "Prevalence",
        "AIPW",
        "Cases still needed",
        "its scorers are rules",
    ):
        assert word in text
    assert ">anna<" in text


def test_an_adjudicator_sees_figures_over_all_and_no_single_reader(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = seen(home, "adjudicator", monkeypatch)
    assert not app.exception
    assert "all readers" in html(app)
    assert ">anna<" not in html(app)


def test_a_reviewer_sees_their_own_row_and_nothing_else(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = seen(home, "reviewer", monkeypatch, who="ben")
    text = html(app)
    assert not app.exception
    assert "30 in 1 sitting<" in text
    assert not app.tabs
    for word in ("Krippendorff", "anna", ">all readers<", "AIPW"):
        assert word not in text


def test_a_viewer_is_told_whom_it_is_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = seen(home, "viewer", monkeypatch)
    assert not app.exception
    assert "Agreement is for adjudicators and leads" in html(app)
    assert "sitting<" not in html(app)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_every_part_is_read_by_axe_in_both_themes_and_reached_by_keyboard(home: Path) -> None:
    asked: list[str] = []

    def hear(request: Any) -> None:
        asked.append(urlsplit(request.url).hostname or "")

    with serving(home) as address, chromium() as browser:
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme)
            page = context.new_page()
            page.on("request", hear)
            page.goto(f"{address}/quality?run=demo")
            settled(page)
            introduced(page, "L. Lead", "lead")
            page.get_by_role("tab", name=TABS[0]).focus()
            for name in TABS:
                tab = page.get_by_role("tab", name=name)
                assert tab.get_attribute("aria-selected") == "true"
                assert violations(page) == []
                page.keyboard.press("ArrowRight")
                page.keyboard.press("Enter")
                settled(page)
            context.close()
    assert set(asked) <= {"127.0.0.1", ""}
