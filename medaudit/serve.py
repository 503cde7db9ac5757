"""How the dashboard is started: one process, its settings in ``.streamlit``.

On this machine alone unless somebody can be asked who they are: see ``review/sign_in.py``.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from medaudit.errors import BadInput, MedauditError, PortBusy
from medaudit.resources import root
from medaudit.review.sign_in import Mode, require_sign_in, settings
from medaudit.workspace import Workspace

LOCAL = "127.0.0.1"


def command(port: int, host: str = LOCAL) -> tuple[list[str], dict[str, str]]:
    """The argument list and environment that serve the dashboard on an address."""
    argv = [
        sys.executable, "-m", "streamlit", "run", str(root() / "app.py"),
        "--server.port", str(port), "--server.address", host,
    ]  # fmt: skip
    given = settings()
    if given.asked == "oidc":
        argv += ["--secrets.files", str(oidc_settings())]
    if given.asked == "proxy":
        # A browser takes up a Streamlit session again only as the same user.
        argv += ["--server.trustedUserHeaders", json.dumps({given.header: "proxy_user"})]
    return argv, {**os.environ, "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}


def oidc_settings() -> Path:
    """The file with the identity provider's settings, in the form of Streamlit's secrets."""
    return (Workspace.current().path / "oidc.toml").resolve()


def require_servable(host: str) -> Mode:
    """Raise ``MedauditError`` when the address can be reached by people whom nobody identifies."""
    return require_sign_in(Workspace.current(), host, oidc_settings())


def require_free_port(port: int, host: str = LOCAL) -> None:
    """Raise ``PortBusy`` when something listens on host:port already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise BadInput(
                    f"cannot serve on {host}:{port}: {error.strerror}", field="host"
                ) from error
            raise PortBusy(
                f"port {port} on {host} is in use; choose another with --port (make demo PORT=…)"
            ) from error


def start(port: int, log: str = os.devnull) -> subprocess.Popen[bytes]:
    """Start the dashboard in a child process that ends with this one's ``terminate``."""
    require_free_port(port)
    argv, environment = command(port)
    with open(log, "ab") as sink:
        return subprocess.Popen(  # noqa: S603
            argv, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            cwd=root(), start_new_session=True,
        )  # fmt: skip


def wait_healthy(server: subprocess.Popen[bytes], port: int, seconds: float = 60) -> None:
    """Return when ``/healthz`` answers 200; raise when the server ends or the time is over."""
    reason = "no answer"
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise MedauditError(f"the dashboard ended at once with code {server.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            reason = error.read().decode("utf-8", "replace")
        except OSError as error:
            reason = str(error)
        time.sleep(0.2)
    raise MedauditError(f"the dashboard did not become healthy in {seconds:.0f} s: {reason}")
