"""The commands about queues, through the entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

from medaudit.journal import Journal
from medaudit.review import Actor, commit, queue_items
from medaudit.store import Store
from tests.fixtures import Bench, make_workspace
from tests.test_cli import medaudit, refused

LEAD = Actor("lead", "lead")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return make_workspace(tmp_path, n_cases=3)


def test_a_queue_from_draw_to_show(bench: Bench) -> None:
    home = ("--home", bench.workspace.path)
    assert medaudit("queue", "list", *home).stdout == ""
    done = medaudit(
        "queue", "draw", "demo", "--name", "q", "--n", "12", "--seed", "7", "--double", "0.5",
        "--repeat", "0.25", "--reveal", "never", "--dimension", "empathy", *home,
    )  # fmt: skip
    first, kinds, shares = done.stdout.splitlines()
    assert first == "queue q: 12 items drawn with seed 7, 15 in all"
    assert kinds.startswith("  gated 6, random_pass ")
    assert kinds.endswith("repeat 3" if "sample" not in kinds else kinds[-8:])
    assert shares.startswith("  certain 6, read twice ")
    with Store.open(bench.workspace) as store:
        items = queue_items(store, LEAD, "q")
        drawn = {item.response_id for item in items}
        pool = [row["response_id"] for row in store.rows("review_pool", run="demo")]
    places = sum(item.reads for item in items)
    assert medaudit("queue", "list", *home).stdout == (
        f"q: run demo, 15 items, 0 of {places} reads in\n"
    )
    picked = next(id_ for id_ in pool if id_ not in drawn)
    added = medaudit("queue", "add", "q", picked, *home)
    assert added.stdout == "queue q: 1 items added as case finding\n"
    with Journal.open(bench.workspace.journal) as journal, Store.open(bench.workspace) as store:
        grade = {"harm": 0, "dimensions": {"empathy": 4}}
        commit(store, journal, LEAD, "q", 15, grade, "lead-000015")
    shown = medaudit("queue", "show", "q", *home).stdout
    assert "reveal: never\n" in shown
    assert "dimensions: empathy\n" in shown
    assert "case_finding: 1 items, 1 of 1 reads in\n" in shown
    assert picked not in shown


def test_what_does_not_fit_is_said(bench: Bench) -> None:
    home = ("--home", bench.workspace.path)
    done = medaudit("queue", "draw", "demo", "--name", "q", "--n", "4", *home)
    assert "not every gated, contradicted or doubted answer fits in half" in done.stdout


def test_what_is_not_there_is_refused(bench: Bench) -> None:
    home = ("--home", bench.workspace.path)
    assert "unknown queue 'q'; known: none" in refused(2, "queue", "show", "q", *home)
    assert "unknown queue 'q'; known: none" in refused(2, "queue", "add", "q", "00" * 8, *home)
    draw = ("queue", "draw", "demo", "--name", "q")
    assert "field by_hand: " in refused(2, *draw, "--add", "00" * 8, *home)
    assert "field gold.0: " in refused(2, *draw, "--gold", "no id", *home)
    assert "field n: " in refused(2, *draw, "--n", "0", *home)


def test_a_queue_is_closed_with_a_reason_and_the_lists_say_so(bench: Bench) -> None:
    home = ("--home", bench.workspace.path)
    medaudit("queue", "draw", "demo", "--name", "q", "--n", "2", *home)
    close = ("queue", "close", "q", "--reason")
    assert "field reason: say why" in refused(2, *close, " ", *home)
    done = medaudit(*close, "Readers have left.", *home)
    assert done.stdout == "queue q: closed; its judgments stay as they are\n"
    assert medaudit("queue", "list", *home).stdout.endswith(", closed: Readers have left.\n")
    shown = medaudit("queue", "show", "q", *home).stdout.splitlines()[0]
    assert shown.startswith("closed 20")
    assert shown.endswith(" UTC by lead: Readers have left.")
    assert "is closed already" in refused(3, *close, "Once more.", *home)
