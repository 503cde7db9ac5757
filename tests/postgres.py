"""A PostgreSQL of the tests' own: made in a temporary folder, on a free port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PASSWORD = "c4nary:p@ss/w%rd"
"""Holds every character that a URL wants written otherwise; must be seen nowhere."""
_ENCODED = "c4nary%3Ap%40ss%2Fw%25rd"


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``. Debian keeps it off the path."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running server, and the databases that were made on it."""

    port: int
    made: int = field(default=0)

    def url(self, database: str, user: str = "auditor") -> str:
        return f"postgresql+psycopg://{user}:{_ENCODED}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run a statement as the owner of the server, outside any transaction."""
        import psycopg

        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="auditor",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            connection.execute(statement)

    def database(self, options: str = "encoding 'UTF8'") -> str:
        """The URL of a new, empty database."""
        self.made += 1
        name = f"journal_{self.made}"
        self.run(f"create database {name} template template0 {options}")
        return self.url(name)


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """A server that listens on 127.0.0.1 only and asks for the password."""
    home = Path(tempfile.mkdtemp(prefix="medaudit-postgres-"))
    data, port = home / "data", _free_port()
    password = home / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    # The server refuses to run as root; then it runs as somebody who owns only this folder.
    who = {} if os.getuid() else _somebody(home)
    settings = {"cwd": home, "stdout": subprocess.DEVNULL, **who}
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    try:
        subprocess.run(
            [folder / "initdb", "-D", data, "-U", "auditor", "-E", "UTF8", "--locale=C",
             "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"],
            check=True, env=environment, **settings,
        )  # fmt: skip
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",  # of the test cluster; nothing here cuts the power
            "max_connections": 100,
        }
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        log = (home / "log").open("wb")
        server = subprocess.Popen(
            [folder / "postgres", "-D", data, *flags],
            env=environment,
            **{**settings, "stdout": log, "stderr": log},
        )
        try:
            found = Server(port)
            _wait(found, server, home / "log")
            yield found
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(30)
            log.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _somebody(home: Path) -> dict[str, object]:
    names = [entry.pw_name for entry in pwd.getpwall()]
    who = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    for path in (home, *home.iterdir()):
        os.chown(path, who.pw_uid, who.pw_gid)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def _wait(found: Server, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            found.run("select 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.1)
        else:
            return
