"""The commands that prove: verify, show, export, sign, back up, move."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import sys
import uuid
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from medaudit.cli import main
from medaudit.journal import Journal
from medaudit.review import Actor, commit, draw_queue, settings_of
from medaudit.store import Store
from tests.fixtures import make_workspace

PASSWORD = "correct horse 12"
ANNA = Actor("anna", "reviewer")


def run(*words: str | Path, given: str = "") -> tuple[int, str, str]:
    """Exit code, standard output, standard error of one command."""
    out, err = StringIO(), StringIO()
    with (
        patch.object(sys, "argv", ["medaudit", *map(str, words)]),
        patch.object(sys, "stdin", StringIO(given)),
        patch.dict(os.environ),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), out.getvalue(), err.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lena leads, Anna has read one of two answers of the queue ``q``."""
    monkeypatch.setattr("medaudit.review.passwords.COST", {"n": 16, "r": 8, "p": 1})
    home = make_workspace(tmp_path / "home", n_cases=2).workspace.path
    add = ("user", "add", "--password-stdin", "--home", home)
    assert run(*add, "lena", "--name", "Lena Lead", "--role", "lead", given=PASSWORD)[0] == 0
    assert run(*add, "anna", "--name", "Anna Reader", "--role", "reviewer", given=PASSWORD)[0] == 0
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        asked = settings_of(queue="q", run_id="demo", n=2, seed=1, double_share=0, repeat_share=0)
        draw_queue(store, journal, Actor("lena", "lead"), asked)
    read(home, 0)
    return home


def read(home: Path, position: int) -> str:
    """Anna reads an answer. Returns the item."""
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        said: dict[str, Any] = {"harm": 0, "note": "=2+5 looks safe"}
        return commit(store, journal, ANNA, "q", position, said, str(uuid.uuid4())).item_id


def test_verify_names_the_fault_and_takes_a_head_in_any_form(home: Path, tmp_path: Path) -> None:
    code, said, _ = run("audit", "verify", "--home", home)
    assert code == 0
    assert "the store's judgments are those of the journal" in said
    found = re.search(r"(\d+) events, chain unbroken, head ((\d+):([0-9a-f]{64}))", said)
    assert found is not None
    assert found[1] == found[3]
    file, table, lines = tmp_path / "HEAD.txt", tmp_path / "a.csv", tmp_path / "a.jsonl"
    assert run("audit", "head", "--home", home)[1].strip() == found[2]
    assert run("audit", "head", "--out", file, "--home", home)[0] == 0
    for form, out in (("csv", table), ("jsonl", lines)):
        words = ("audit", "export", "--format", form, "--out", out, "--home", home)
        assert run(*words)[0] == 0
    read(home, 1)
    anchors = (found[4], found[2], file, table, lines)
    for anchor in anchors:
        assert run("audit", "verify", "--anchor", anchor, "--home", home)[0] == 0
    with closing(sqlite3.connect(home / "journal.db")) as raw, raw:
        raw.execute("DELETE FROM event WHERE seq >= ?", [int(found[1])])
    assert run("audit", "verify", "--home", home)[0] == 0
    for anchor in anchors:
        code, said, _ = run("audit", "verify", "--anchor", anchor, "--home", home)
        assert (code, "truncated" in said) == (1, True)
    (tmp_path / "other.txt").write_text("nothing", encoding="utf-8")
    for anchor in (tmp_path / "other.txt", tmp_path / "none", "12"):
        code, _, said = run("audit", "verify", "--anchor", anchor, "--home", home)
        assert (code, "head" in said) == (2, True)


def test_verify_shows_the_class_of_a_fault(home: Path) -> None:
    with closing(sqlite3.connect(home / "journal.db")) as raw, raw:
        raw.execute("UPDATE event SET actor = 'lena' WHERE action = 'judgment'")
    code, said, _ = run("audit", "verify", "--home", home)
    assert code == 1
    assert re.search(r"event \d+: modified: its content is not what its hash", said)
    assert run("audit", "export", "--home", home)[0] == 3


def test_show_tells_who_did_what_when_and_why(home: Path) -> None:
    item = read(home, 1)
    code, said, _ = run("audit", "show", item, "--home", home)
    assert code == 0
    assert re.search(r"anna +judgment +blind, harm 0", said)
    assert "why: '=2+5 looks safe'" in said
    assert re.search(r"lena +queue", said)
    assert re.search(r"^head \d+:[0-9a-f]{64}$", said, re.MULTILINE)
    assert run("audit", "show", "0" * 16, "--home", home)[0] == 2
    assert run("audit", "show", item, "--actor", "nobody", "--home", home)[0] == 6


def test_an_export_is_checked_without_the_journal(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "audit.jsonl"
    assert run("audit", "export", "--out", out, "--home", home)[0] == 0
    code, said, _ = run("audit", "check", out)
    assert (code, "1 withheld" in said) == (0, True)  # the queue's settings: one item is open
    assert run("audit", "export", "--out", out, "--home", home)[0] == 2  # never over another
    assert run("audit", "export", "--actor", "anna", "--home", home)[0] == 6
    text = out.read_text(encoding="utf-8")
    out.write_text(text.replace("looks safe", "looks fine"), encoding="utf-8")
    assert run("audit", "check", out)[0] == 1
    assert run("audit", "check", tmp_path / "none")[0] == 2
    code, printed, _ = run("audit", "export", "--home", home)
    assert json.loads(printed.splitlines()[0])["format"] == "medaudit audit export 1"


def test_signing_asks_for_the_password_and_prints_what_it_stands_for(
    home: Path, tmp_path: Path
) -> None:
    read(home, 1)
    out = tmp_path / "record.json"
    words = ("audit", "sign", "queue:q", "--meaning", "authored", "--actor", "anna", "--home", home)
    assert run(*words)[0] == 2  # nobody is there to ask
    assert run(*words, "--password-stdin", given="wrong wrong 12\n")[0] == 6
    code, said, _ = run(*words, "--password-stdin", "--out", out, given=f"{PASSWORD}\n")
    assert code == 0
    assert "2 items, 2 judgments" in said
    assert "authored  Anna Reader (anna)" in said
    assert "designed to support 21 CFR Part 11" in said
    assert PASSWORD not in said
    assert hashlib.sha256(out.read_bytes()).hexdigest() in said
    code, said, _ = run("audit", "signatures", "--home", home)
    assert (code, "valid" in said) == (0, True)
    signature = re.search(r"signature:[0-9a-f]{32}", said)
    assert signature is not None
    undo = ("audit", "withdraw", signature[0], "--reason", "too early", "--home", home)
    assert run(*undo, "--actor", "anna")[0] == 0
    code, said, _ = run("audit", "signatures", "--home", home)
    assert (code, "VOID: too early (anna" in said) == (1, True)


def test_a_workspace_goes_into_a_file_and_comes_back(home: Path, tmp_path: Path) -> None:
    code, said, _ = run("backup", tmp_path / "b.zip", "--home", home)
    assert (code, "password hashes" in said) == (0, True)
    assert run("backup", "--home", home)[0] == 0
    assert len(list((home / "backups").glob("*.zip"))) == 1
    assert run("backup", tmp_path / "small.zip", "--no-runs", "--home", home)[0] == 0
    assert (tmp_path / "small.zip").stat().st_size < (tmp_path / "b.zip").stat().st_size
    head = run("audit", "head", "--home", home)[1].strip()
    restore = ("restore", tmp_path / "b.zip", "--anchor", head, "--home")
    code, said, _ = run(*restore, tmp_path / "new")
    assert (code, head in said) == (0, True)
    assert run("audit", "verify", "--anchor", head, "--home", tmp_path / "new")[0] == 0
    assert run("doctor", "--home", tmp_path / "new")[0] == 0
    assert run(*restore, tmp_path / "new")[0] == 2
    (tmp_path / "b.zip").write_bytes((tmp_path / "b.zip").read_bytes()[:-99])
    assert run("restore", tmp_path / "b.zip", "--home", tmp_path / "newer")[0] == 3
    assert not (tmp_path / "newer").exists()


def test_every_command_works_on_a_server(
    home: Path, tmp_path: Path, postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = run("audit", "head", "--home", home)[1].strip()
    url = postgres_server.database()
    code, said, _ = run("journal", "move", "--to", url, "--home", home)
    assert (code, head in said) == (0, True)
    assert "c4nary" not in said
    code, _, said = run("user", "list", "--home", home)
    assert code == 0  # the file can still be read
    add = ("user", "add", "ben", "--name", "Ben", "--role", "reviewer", "--password-stdin")
    code, _, said = run(*add, "--home", home, given=PASSWORD)
    assert (code, "set MEDAUDIT_JOURNAL" in said) == (3, True)
    monkeypatch.setenv("MEDAUDIT_JOURNAL", url)
    assert run(*add, "--home", home, given=PASSWORD)[0] == 0
    for words in (
        ("audit", "verify", "--anchor", head),
        ("audit", "export", "--out", tmp_path / "a.jsonl"),
        ("audit", "signatures"),
        ("doctor",),
        ("user", "list"),
        ("queue", "draw", "demo", "--name", "second", "--n", "2", "--actor", "lena"),
        ("backup", tmp_path / "b.zip"),
    ):
        code, said, err = run(*words, "--home", home)
        assert code == 0, (words, said, err)
        assert "c4nary" not in said + err
    code, _, said = run("journal", "move", "--home", home)
    assert (code, "another journal" in said) == (3, True)
    monkeypatch.setenv("MEDAUDIT_JOURNAL", url.replace(f":{postgres_server.port}", ":1"))
    for words in (("audit", "verify"), ("user", "list"), ("doctor",)):
        code, said, err = run(*words, "--home", home)
        assert code == 1
        assert "could not be reached" in said + err
        assert "c4nary" not in said + err


def test_every_report_in_the_terminal_names_the_head(home: Path) -> None:
    head = run("audit", "head", "--home", home)[1].strip()
    for words in (("estimate", "demo"), ("quality", "demo", "--actor", "lena")):
        code, said, err = run(*words, "--home", home)
        assert code == 0, err
        assert said.splitlines()[-1] == f"journal head {head}"
        code, said, err = run(*words, "--json", "--home", home)
        assert code == 0, err
        assert json.loads(said)["journal_head"] == head
