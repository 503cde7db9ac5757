"""Pages over a judged run: judges stand apart from scores, badged where they judged their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from medaudit.cli import app as command
from medaudit.review import Actor
from medaudit.ui import identity
from medaudit.ui.identity import Visitor
from tests.judges.test_judged_quality import build
from tests.ui.test_pages import html, opened

BADGE = "[own vendor&#x27;s judge]"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    home = tmp_path_factory.mktemp("judged") / "home"
    return home, build(home)


def test_the_quality_page_tells_judges_apart_and_badges_one(
    judged: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run_id = judged
    visitor = Visitor("open", Actor("lead", "lead"), "lead")
    monkeypatch.setitem(identity._ASK, "open", lambda _: visitor)
    page = opened("quality", home, monkeypatch, run=run_id)
    assert not page.exception
    text = html(page)
    assert f"judge-omega, rubric judge {BADGE}: 0 of 15 severe answers caught" in text
    assert "panel, rubric judge: 0 of 3 severe answers caught, 12 more left to people" in text
    assert f"judge-delta, rubric judge {BADGE}" not in text


def test_the_runs_page_says_whether_judges_could_be_misled(
    judged: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, run_id = judged
    page = opened("runs", home, monkeypatch, run=run_id)
    assert not page.exception
    text = html(page)
    assert "2 of 2 judges withstood every answer made to mislead them." in text
    assert "Panel, rubric judge: judge-delta, judge-omega." in text
    note = home / "runs" / run_id / "judging" / "judge-delta" / "judge.json"
    kept = note.read_bytes()
    note.write_bytes(b"{")
    try:
        page = opened("runs", home, monkeypatch, run=run_id)
        assert not page.exception
        assert "is not what was written" in html(page)
    finally:
        note.write_bytes(kept)


def test_the_command_says_the_same(judged: tuple[Path, str]) -> None:
    home, run_id = judged
    done = CliRunner().invoke(command, ["quality", run_id, "--home", str(home)])
    assert done.exit_code == 0, done.output
    for line in (
        "judge judge-omega, rubric judge [own vendor's judge]: verdict counts on 36 of 36",
        "  panel, rubric judge, All domains: 24 of 36 in 12 cases; leniency +12 points (",
        "kinder to own vendor +88 points (",
    ):
        assert line in done.output
