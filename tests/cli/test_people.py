"""`medaudit user`: what each command says, refuses and leaves in the journal."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from medaudit.journal import Journal
from medaudit.resources import root
from medaudit.review import passwords
from medaudit.review.passwords import verify_password
from medaudit.review.people import user, users
from medaudit.review.sessions import begin
from tests.test_cli import medaudit, refused

GOOD = "correct horse battery staple"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(passwords, "COST", {"n": 16, "r": 8, "p": 1})
    monkeypatch.delenv("MEDAUDIT_JOURNAL", raising=False)
    monkeypatch.setenv("MEDAUDIT_HOME", "")
    return tmp_path / "home"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{GOOD}\n" * 9))


def add(home: Path, id_: str, role: str, *more: str) -> str:
    done = medaudit("user", "add", id_, "--name", f"{id_.title()} X.", "--role", role,
                    "--password-stdin", *more, "--home", home)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def journal(home: Path) -> Journal:
    return Journal.open(home / "journal.db")


def test_from_nobody_to_a_team(home: Path, typed: None) -> None:
    assert "no users yet" in medaudit("user", "list", "--home", home).stdout
    assert add(home, "lena", "lead") == "lena: Lena X., lead, signs in by password\n"
    add(home, "anna", "reviewer")
    add(home, "olga", "viewer", "--sign-in", "oidc", "--known-as", "olga@example.org")
    listed = medaudit("user", "list", "--home", home).stdout.splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["anna", "reviewer", "active"],
        ["lena", "lead", "active"],
        ["olga", "viewer", "active"],
    ]
    assert listed[2].endswith("identity provider as olga@example.org  Olga X.")
    modes = {path.stat().st_mode & 0o777 for path in home.glob("journal.db*")}
    assert modes == {0o600}  # hashes of passwords are nobody else's on this machine
    with journal(home) as opened:
        assert verify_password(opened, "anna", GOOD)
        assert {e.actor for e in opened.of("user")} == {"lena"}
        assert opened.verify() == []
        assert GOOD not in str([e.__dict__ for e in opened.since()])


def test_a_first_user_who_is_no_lead_is_refused_before_a_password_is_asked(home: Path) -> None:
    said = refused(2, "user", "add", "anna", "--name", "A", "--role", "reviewer", "--home", home)
    assert "the first user must be a lead" in said
    said = refused(2, "user", "add", "Anna!", "--name", "A", "--role", "lead", "--home", home)
    assert "[id]" in said or "field id" in said
    with journal(home) as opened:
        assert users(opened) == []


def test_a_refused_password_leaves_no_user_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    said = refused(2, "user", "add", "lena", "--name", "Lena", "--role", "lead",
                   "--password-stdin", "--home", home)  # fmt: skip
    assert "12 to 1024 characters" in said
    assert "short" not in said
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    said = refused(2, "user", "add", "lena", "--name", "Lena", "--role", "lead", "--home", home)
    assert "use --password-stdin" in said
    with journal(home) as opened:
        assert users(opened) == []


def test_who_acts_is_said_when_it_is_not_plain(home: Path, typed: None) -> None:
    add(home, "lena", "lead")
    add(home, "anna", "reviewer")
    for actor in ("anna", "mallory"):
        said = refused(6, "user", "role", "anna", "lead", "--actor", actor, "--home", home)
        assert actor in said
    add(home, "leo", "lead")
    said = refused(2, "user", "role", "anna", "lead", "--home", home)
    assert "--actor lena or leo" in said
    done = medaudit("user", "role", "anna", "lead", "--actor", "leo", "--home", home)
    assert done.stdout == "anna is lead now, from their next click on\n"
    with journal(home) as opened:
        assert opened.about("user", "anna")[-1].actor == "leo"
    for words in (["role", "anna", "king"], ["role", "otto", "lead", "--actor", "leo"]):
        assert medaudit("user", *words, "--home", home).returncode == 2


def test_access_ends_and_comes_back_and_the_last_lead_stays(home: Path, typed: None) -> None:
    add(home, "lena", "lead")
    add(home, "anna", "reviewer")
    with journal(home) as opened:
        anna = user(opened, "anna")
        assert anna is not None
        begin(opened, anna)
        done = medaudit("user", "deactivate", "anna", "--home", home)
        assert done.stdout == "anna is inactive, their sessions are over\n"
        assert opened.kept_keys("session", "anna") == []
        assert not verify_password(opened, "anna", GOOD)
    for words in (["deactivate", "lena"], ["role", "lena", "viewer"]):
        assert "last active lead" in refused(3, "user", *words, "--home", home)
    assert medaudit("user", "activate", "anna", "--home", home).returncode == 0
    with journal(home) as opened:
        assert verify_password(opened, "anna", GOOD)


def test_a_password_is_typed_twice_and_never_shown(home: Path) -> None:
    main, sub = pty.openpty()
    command = [sys.executable, "-m", "medaudit", "user", "add", "lena", "--name", "Lena",
               "--role", "lead", "--home", str(home)]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(root())}
    with subprocess.Popen(command, stdin=sub, stdout=sub, stderr=sub, env=environment) as process:
        os.close(sub)
        said = b""
        for _ in range(2):
            while not said.endswith(b": "):
                said += os.read(main, 1000)
            os.write(main, f"{GOOD}\n".encode())
            said += b"|"
        try:
            while data := os.read(main, 1000):
                said += data
        except OSError:  # the other end is closed
            pass
    os.close(main)
    assert process.returncode == 0, said
    assert GOOD.encode() not in said
    assert b"signs in by password" in said
    with journal(home) as opened:
        assert verify_password(opened, "lena", GOOD)


def test_once_there_are_users_a_queue_is_drawn_by_one_of_them(home: Path, typed: None) -> None:
    add(home, "lena", "lead")
    add(home, "anna", "reviewer")
    with journal(home) as opened:
        before = opened.head()
    for actor, code in (("lead", 6), ("anna", 6)):
        done = medaudit("queue", "add", "q", "a" * 16, "--actor", actor, "--home", home)
        assert done.returncode == code, done.stderr
    with journal(home) as opened:
        assert opened.head() == before
