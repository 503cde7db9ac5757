"""Adaptive attacks on the page of worst cases: a section of their own, labelled."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from medaudit.bank import load
from medaudit.providers.shipped import systems
from medaudit.resources import data, root
from medaudit.run import attack_files, shards
from medaudit.run.attacking import attack
from medaudit.ui import session
from tests.fixtures import make_workspace
from tests.ui.test_pages import html

NAMES = ("d1-head-injury-ct", "d2-back-strain-ibuprofen", "d2-combined-pill-smoker")
CASES = [load(data() / "cases" / f"{name}.yaml")[0] for name in NAMES]


def opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("MEDAUDIT_HOME", str(home))
    session._store.cache_clear()
    session._journal.cache_clear()
    app = AppTest.from_file(str(root() / "pages" / "worst_cases.py"), default_timeout=60).run()
    assert not app.exception
    return app


def test_the_section_says_what_it_is_and_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(tmp_path, n_cases=3).workspace
    assert "Adaptive attacks" not in [
        s.value for s in opened(workspace.path, monkeypatch).subheader
    ]
    first, refuse = systems(["policy-always-first", "policy-always-refuse"])
    for system in (first, refuse):
        attack(workspace, attack_files.plan(workspace, CASES, system).id)
    app = opened(workspace.path, monkeypatch)
    assert "Adaptive attacks, best of k" in [s.value for s in app.subheader]
    text = html(app)
    assert "rank no vendor" in text
    # The first option is right in one case of three, and any false value fools a constant answer.
    assert "<td>1 of 3</td>" in text
    assert "<td>1.000 (0.025 to 1.000; 1 of 1)</td>" in text
    # Who refuses everything was right nowhere: no rate, and not a good one.
    assert "<td>0 of 3</td>" in text
    assert text.count("<td>– (0 of 0)</td>") == 3


def test_a_damaged_attack_does_not_take_the_page_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(tmp_path, n_cases=3).workspace
    (first,) = systems(["policy-always-first"])
    plan = attack_files.plan(workspace, CASES, first)
    attack(workspace, plan.id)
    (path,) = shards.files(attack_files.folder(workspace, plan.id) / "shards", "rounds")
    path.write_bytes(path.read_bytes() + b"x")
    text = html(opened(workspace.path, monkeypatch))
    assert "is not what was written" in text
    assert 'class="ma-worst' in text
