"""``medaudit quality`` and ``medaudit tutorial`` as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medaudit.cli import app
from medaudit.errors import BadInput, NotPermitted
from medaudit.journal import Journal
from medaudit.review import Actor
from medaudit.review.people import add_user, new_user
from medaudit.review.quality import quality
from medaudit.store import Store
from medaudit.tutorial import NOTICE
from tests.fixtures import make_workspace

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cli") / "lesson"
    done = RUNNER.invoke(app, ["tutorial", "--home", str(made), "--with-simulated-readers"])
    assert done.exit_code == 0, done.output
    assert NOTICE in done.stdout
    assert "simulated readers" in done.stdout
    assert f"medaudit serve --home {made}" in done.stdout
    return made


def test_json_holds_the_same_objects_as_the_page(home: Path) -> None:
    with Store.open(home) as store:
        run_id = store.rows("runs")[0]["run_id"]
        found = quality(store, Actor("lead", "lead"), run_id)
    done = RUNNER.invoke(app, ["quality", run_id, "--json", "--home", str(home)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert set(told) == {"run_id", "queues", "readers", "judge", "judges", "journal_head"}
    assert told["readers"]["overall"]["n_pairs"] == found.readers.overall.n_pairs == 13
    alpha = found.readers.overall.scales[0].estimates["alpha_ordinal"]
    assert told["readers"]["overall"]["scales"][0]["estimates"]["alpha_ordinal"] == json.loads(
        alpha.model_dump_json()
    )
    assert [c["corrected"]["value"] for c in told["judge"]["corrected"]] == [
        c.corrected.value for c in found.judge.corrected
    ]
    assert told["judge"]["vendor"]["reason"].startswith("No scorer of this run asks a model")


def test_in_words(home: Path) -> None:
    with Store.open(home) as store:
        run_id = store.rows("runs")[0]["run_id"]
    done = RUNNER.invoke(app, ["quality", run_id, "--home", str(home)])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Two readers gave the same harm level in ")
    assert any(line.startswith("  Krippendorff's alpha, ordinal: Harm 0 to 4: ") for line in lines)
    assert any("however often one looks" in line for line in lines)


def test_without_a_journal_it_says_what_comes_first(tmp_path: Path) -> None:
    bench = make_workspace(tmp_path)
    args = ["quality", bench.finished, "--home", str(bench.workspace.path)]
    done = RUNNER.invoke(app, args)
    assert isinstance(done.exception, BadInput)
    assert "medaudit queue draw" in str(done.exception)
    assert not (bench.workspace.path / "journal.db").exists()


def test_where_there_are_users_a_reviewer_gets_nothing(tmp_path: Path) -> None:
    bench = make_workspace(tmp_path)
    lena = Actor("lena", "lead")
    with Journal.open(bench.workspace.path / "journal.db") as journal:
        for id_, role in (("lena", "lead"), ("anna", "reviewer")):
            add_user(journal, lena, new_user(id=id_, name=id_, role=role, sign_in="local"))
    args = ["quality", bench.finished, "--home", str(bench.workspace.path), "--actor"]
    assert isinstance(RUNNER.invoke(app, [*args, "anna"]).exception, NotPermitted)
    assert isinstance(RUNNER.invoke(app, [*args, "nobody"]).exception, NotPermitted)
    assert RUNNER.invoke(app, [*args, "lena"]).exit_code == 0
