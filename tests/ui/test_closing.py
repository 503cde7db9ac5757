"""The start screen of a queue that a lead closes, or has closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from medaudit.journal import Journal
from medaudit.review import Actor
from medaudit.review.roles import ROLES, Role
from medaudit.ui import identity
from medaudit.ui.identity import Visitor
from tests.fixtures import make_workspace
from tests.ui.reviewing import draw, drawn
from tests.ui.test_pages import html, opened

CLOSE = "Close the queue"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two queues of two answers."""
    bench = make_workspace(tmp_path, n_cases=3)
    made = drawn(bench, tmp_path, n=2)
    draw(made, bench.finished, "second", n=2)
    return made


def start(home: Path, role: Role, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    visitor = Visitor("open", Actor("somebody", role), "somebody")
    monkeypatch.setitem(identity._ASK, "open", lambda _: visitor)
    return opened("review", home, monkeypatch, **query)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "viewer"])
def test_only_a_lead_is_offered_it(role: Role, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = start(home, role, monkeypatch)
    assert not app.exception
    assert (CLOSE in labels(app)) == (role == "lead")


def test_a_lead_closes_with_a_reason_and_everybody_reads_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start(home, "lead", monkeypatch, q="q")
    press = next(button for button in app.button if button.label == CLOSE)
    press.click().run()
    assert "field reason: say why" in html(app)
    why = next(field for field in app.text_input if field.label == "Why it will not be finished")
    why.input("Readers <b>left</b>.").run()
    next(button for button in app.button if button.label == CLOSE).click().run()
    assert not app.exception
    with Journal.open(home / "journal.db") as journal:
        (event,) = journal.of("queue_closed")
    assert (event.subject, event.payload) == ("q", {"reason": "Readers <b>left</b>."})
    for role in ("lead", "reviewer"):
        app = start(home, role, monkeypatch, q="q", i="1")  # type: ignore[arg-type]
        assert "Queue q was closed by somebody on" in html(app)
        assert "Readers &lt;b&gt;left&lt;/b&gt;." in html(app)
        assert not {"Start", CLOSE} & set(labels(app))
    # Who asks for none is led to the one that is open.
    app = start(home, "reviewer", monkeypatch)
    assert "was closed" not in html(app)
    assert app.selectbox[0].value == "second"
