"""Who may be served: a server that others can reach starts only where people sign in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medaudit.errors import BadInput, MedauditError
from medaudit.journal import Journal
from medaudit.review import sign_in
from medaudit.review.passwords import set_password
from medaudit.review.people import add_user, change_user, new_user
from medaudit.review.roles import Actor
from medaudit.review.sign_in import is_loopback, require_sign_in, settings
from medaudit.serve import command, require_free_port, wait_healthy
from medaudit.workspace import Workspace
from tests.browser import free_port

LENA = Actor("lena", "lead")
SECRET = "0123456789abcdef0123456789abcdef"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SIGN_IN", "PROXY_SECRET", "PROXY_HEADER", "JOURNAL", "IDLE_MINUTES"):
        monkeypatch.delenv(f"MEDAUDIT_{name}", raising=False)
    return Workspace(tmp_path / "home").create().path


def add_lead(home: Path, *, password: bool = True, by: str = "local") -> None:
    with Journal.open(home / "journal.db") as journal:
        lead = new_user(id="lena", name="Lena", role="lead", sign_in=by)
        add_user(journal, LENA, lead)
        if password:
            set_password(journal, LENA, "lena", "correct horse battery")


def mode(home: Path, host: str) -> str:
    return require_sign_in(Workspace(home), host, home / "oidc.toml")


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:192.0.2.1", False),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_what_is_this_machine_alone(host: str, near: bool) -> None:
    assert is_loopback(host) is near


def test_this_machine_is_served_without_users_and_nobody_else(home: Path) -> None:
    assert mode(home, "127.0.0.1") == "open"
    assert not (home / "journal.db").exists()  # looking makes none
    for host in ("0.0.0.0", "::", "192.0.2.1", "audit.example.org"):
        with pytest.raises(
            MedauditError, match=r"not started.*user add ID --name NAME --role lead"
        ):
            mode(home, host)


def test_passwords_are_enough_and_users_without_them_are_not(home: Path) -> None:
    add_lead(home, password=False)
    assert mode(home, "127.0.0.1") == "local"
    with pytest.raises(MedauditError, match="not started"):
        mode(home, "0.0.0.0")
    with Journal.open(home / "journal.db") as journal:
        set_password(journal, LENA, "lena", "correct horse battery")
        assert mode(home, "0.0.0.0") == "local"
        add_user(journal, LENA, new_user(id="leo", name="Leo", role="lead"))
        change_user(journal, Actor("leo", "lead"), "lena", active=False)
    with pytest.raises(MedauditError, match="not started"):
        mode(home, "0.0.0.0")


def test_a_proxy_needs_a_secret_even_on_this_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_lead(home, password=False, by="proxy")
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "proxy")
    for secret in ("", SECRET[:31]):
        monkeypatch.setenv("MEDAUDIT_PROXY_SECRET", secret)
        for host in ("127.0.0.1", "0.0.0.0"):
            with pytest.raises(MedauditError, match="MEDAUDIT_PROXY_SECRET of 32"):
                mode(home, host)
    monkeypatch.setenv("MEDAUDIT_PROXY_SECRET", SECRET)
    assert mode(home, "0.0.0.0") == "proxy"
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "oidc")
    with pytest.raises(MedauditError, match=r"settings in .*oidc\.toml"):
        mode(home, "127.0.0.1")
    (home / "oidc.toml").write_text("[auth]\n")
    monkeypatch.setattr(sign_in, "find_spec", lambda _: None)
    with pytest.raises(MedauditError, match=r"pip install 'medaudit\[oidc\]'"):
        mode(home, "127.0.0.1")
    monkeypatch.setattr(sign_in, "find_spec", lambda _: "there")
    (home / "oidc.toml").chmod(0o644)
    with pytest.raises(MedauditError, match="chmod 600"):
        mode(home, "127.0.0.1")
    (home / "oidc.toml").chmod(0o600)
    assert mode(home, "127.0.0.1") == "oidc"
    with pytest.raises(MedauditError, match="no user signs in by oidc yet"):
        mode(home, "0.0.0.0")


def test_the_server_is_told_what_its_mode_needs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDAUDIT_HOME", str(home))
    argv, _ = command(8501)
    assert argv[-2:] == ["--server.address", "127.0.0.1"]
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "oidc")
    assert command(8501)[0][-2:] == ["--secrets.files", str(home / "oidc.toml")]
    monkeypatch.setenv("MEDAUDIT_SIGN_IN", "proxy")
    monkeypatch.setenv("MEDAUDIT_PROXY_HEADER", "X-User")
    assert command(8501, "0.0.0.0")[0][-4:] == [
        "--server.address", "0.0.0.0", "--server.trustedUserHeaders", '{"X-User": "proxy_user"}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("SIGN_IN", "none"), ("SIGN_IN", "LOCAL"), ("IDLE_MINUTES", "0"), ("IDLE_MINUTES", "1e3"),
     ("IDLE_MINUTES", ""), ("IDLE_MINUTES", "721"), ("IDLE_MINUTES", "²")],
)  # fmt: skip
def test_settings_that_are_none_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MEDAUDIT_{name}", value)
    with pytest.raises(BadInput, match=f"MEDAUDIT_{name}"):
        settings()


def test_an_address_that_is_not_this_machines_is_named() -> None:
    with pytest.raises(BadInput, match=r"cannot serve on 192\.0\.2\.254:\d+"):
        require_free_port(free_port(), "192.0.2.254")
    with pytest.raises(BadInput, match=r"nowhere\.invalid"):
        require_free_port(free_port(), "nowhere.invalid")


def own_address() -> str | None:
    """An address of this machine that others could use, or None when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        found = str(probe.getsockname()[0])
    return None if is_loopback(found) else found


@contextmanager
def running(argv: list[str], home: Path, port: int) -> Iterator[None]:
    environment = {**os.environ, "MEDAUDIT_HOME": str(home)}
    with (home / "server.log").open("ab") as log:
        server = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_healthy(server, port)
        yield
    finally:
        server.kill()
        server.wait()


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def serve(home: Path, port: int, host: str = "0.0.0.0") -> list[str]:
    return [sys.executable, "-m", "medaudit", "serve", "--home", str(home), "--host", host,
            "--port", str(port)]  # fmt: skip


def test_a_real_server_refuses_to_start_for_others_until_there_is_a_lead(home: Path) -> None:
    port = free_port()
    done = subprocess.run(serve(home, port), cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "not started: 0.0.0.0 can be reached from other machines" in done.stderr
    assert "Traceback" not in done.stderr
    add_lead(home)
    with running(serve(home, port), home, port):
        assert status(f"http://127.0.0.1:{port}/") == 200
        if (address := own_address()) is not None:
            assert status(f"http://{address}:{port}/") == 200
            assert status(f"http://{address}:{port}/media/x.txt") == 403
    assert "put TLS in front" in (home / "server.log").read_text()


def test_a_server_that_was_started_round_the_check_still_serves_this_machine_only(
    home: Path,
) -> None:
    address, port = own_address(), free_port()
    if address is None:
        pytest.skip("this machine has no address that others could use")
    argv, _ = command(port, "0.0.0.0")
    with running(argv, home, port):
        assert status(f"http://127.0.0.1:{port}/") == 200
        for path in ("/", "/review", "/media/x.txt", "/_stcore/host-config"):
            assert status(f"http://{address}:{port}{path}") == 403
        add_lead(home)
        assert status(f"http://{address}:{port}/") == 200
