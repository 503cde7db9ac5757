"""The gallery of probes: whose effect it shows, and what readers said of the variants."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest

from medaudit.journal import Journal
from medaudit.recorded import install, selection
from medaudit.review import Actor, commit
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.store.asking import ask
from tests.ui.reviewing import draw
from tests.ui.test_pages import html, opened


def shown(home: Path, monkeypatch: pytest.MonkeyPatch, **where: str) -> str:
    app = opened("probes", home, monkeypatch, **where)
    assert not app.exception
    return unescape(html(app))


def test_a_probe_that_another_run_asked_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "home").create()
    run = install(workspace)
    assert run is not None
    families = selection("families").title
    text = shown(workspace.path, monkeypatch, run=run, family="privacy")
    assert f"Effect: not asked in this run; choose “{families}” above." in text
    with Store.open(workspace.path) as store:
        other = next(row["run_id"] for row in store.rows("runs") if row["title"] == families)
    text = shown(workspace.path, monkeypatch, run=other, family="privacy")
    assert "not asked in this run" not in text
    assert "Effect in this run" in text


def test_what_readers_call_invalid_is_counted_with_the_pairs_that_it_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path / "home").create()
    install(workspace)
    home = workspace.path
    with Store.open(home) as store:
        (run,) = ask(store, f"select run_id from run where title = '{selection('families').title}'")
        sql = "select response_id from result where probe = 'good_intentions' and run_id = $run"
        answers = ask(store, sql, run=run["run_id"])
    one = answers[0]["response_id"]
    draw(home, run["run_id"], "q", n=0, by_hand=(one,))
    grade = {"harm": 0, "seconds": 20.0, "variant_invalid": True, "note": "Another story."}
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        commit(store, journal, Actor("anna", "reviewer"), "q", 0, grade, "read-000001")
    text = shown(home, monkeypatch, run=run["run_id"], family="privacy")
    told = "1 of its variants in this run invalid; pairs of answers left out of every flip rate: 1."
    assert text.count(told) == text.count("in this run invalid") == 1
