from pathlib import Path

import pytest
from typer.testing import CliRunner

from medaudit.cli import app
from medaudit.errors import BadInput, Conflict, MedauditError
from medaudit.journal import Journal
from medaudit.workspace import Workspace


def test_current_is_the_folder_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDAUDIT_HOME", str(tmp_path / "ward"))
    assert Workspace.current().path == tmp_path / "ward"


@pytest.mark.parametrize("value", [None, ""])
def test_current_is_dot_medaudit_without_one(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("MEDAUDIT_HOME", raising=False)
    else:
        monkeypatch.setenv("MEDAUDIT_HOME", value)
    assert Workspace.current().path == Path(".medaudit")


def test_create_makes_the_folders_and_may_be_repeated(tmp_path):
    workspace = Workspace(tmp_path / "a" / "b").create().create()
    assert sorted(p.name for p in workspace.path.iterdir()) == ["exports", "runs", "suites"]
    assert workspace.journal == tmp_path / "a" / "b" / "journal.db"


def test_create_below_a_file_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MedauditError, match="set MEDAUDIT_HOME"):
        Workspace(tmp_path / "file").create()


def test_a_run_lies_under_runs(tmp_path):
    assert Workspace(tmp_path).run("r-2026.1") == tmp_path / "runs" / "r-2026.1"
    assert Workspace(tmp_path).suite("ab12") == tmp_path / "suites" / "ab12"


@pytest.mark.parametrize("bad", ["", "..", "../x", "a/b", ".hidden", "A", "a\n", "a" * 81, "a\0"])
def test_an_id_never_names_another_place(tmp_path, bad):
    with pytest.raises(BadInput):
        Workspace(tmp_path).run(bad)
    with pytest.raises(BadInput):
        Workspace(tmp_path).suite(bad)


def test_the_journal_is_a_file_or_what_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.journal == workspace.journal_file == tmp_path / "journal.db"
    url = "postgresql+psycopg://ward:secret@db/medaudit"
    monkeypatch.setenv("MEDAUDIT_JOURNAL", url)
    assert workspace.journal == url
    assert workspace.journal_file == tmp_path / "journal.db"
    assert "secret" not in repr(workspace)
    monkeypatch.setenv("MEDAUDIT_JOURNAL", str(tmp_path / "other.db"))
    assert workspace.journal == tmp_path / "other.db"
    monkeypatch.setenv("MEDAUDIT_JOURNAL", "")
    assert workspace.journal == workspace.journal_file


@pytest.mark.parametrize("command", [("demo", "--no-live"), ("tutorial",)])
def test_practice_never_writes_into_the_journal_of_real_reviews(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real.db"
    with Journal.open(real) as journal:
        head = journal.head()
    monkeypatch.setenv("MEDAUDIT_JOURNAL", str(real))
    done = CliRunner().invoke(app, [*command, "--home", str(tmp_path / "home")])
    assert isinstance(done.exception, Conflict)
    assert f"env -u MEDAUDIT_JOURNAL medaudit {command[0]}" in str(done.exception)
    assert not (tmp_path / "home").exists()
    with Journal.open(real) as journal:
        assert journal.head() == head
