"""What a run writes while it goes on: append-only JSON Lines, one record a line, one writer a file.

A line reaches the operating system before ``append`` returns, so a killed process loses none; it
reaches the disk with ``sync``, and progress counts only what did. A line that a kill tore off is
ignored on reading, and what it spoke of is asked again.

``started`` says that a call began, ``raw`` holds what came back before anything read it,
``batches`` what was handed over, ``rounds`` those of an adaptive attack, which lie apart from
runs; the other kinds are the records that pages read.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from medaudit.durable import sync_folder
from medaudit.errors import WorkspaceDamaged
from medaudit.records import Attempt, Record, Response, Score
from medaudit.records.attack import Round
from medaudit.run.kept import Batch, Raw

Kind = Literal["started", "raw", "attempts", "answers", "scores", "batches", "rounds"]
KINDS: dict[Kind, type[Record]] = {
    "started": Attempt,
    "raw": Raw,
    "attempts": Attempt,
    "answers": Response,
    "scores": Score,
    "batches": Batch,
    "rounds": Round,
}
_NAME = re.compile(rf"({'|'.join(KINDS)})-\d+-\d+\.jsonl")
R = TypeVar("R", bound=Record)


class Shards:
    """The files that this process appends to. Never one that another process wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[Kind, int] = {}
        self._sizes: dict[int, int] = {}
        self._dirty: set[int] = set()
        self._lock = threading.Lock()

    def append(self, kind: Kind, *records: Record) -> None:
        """Write records of one kind. Raises ``WorkspaceDamaged`` when the disk takes no more."""
        data = b"".join([to_json(record) + b"\n" for record in records])
        with self._lock:
            handle = self._files.get(kind)
            if handle is None:
                handle = self._files[kind] = self._create(kind)
                self._sizes[handle] = 0
            try:
                written = os.write(handle, data)
                while written < len(data):
                    written += os.write(handle, data[written:])
            except OSError as error:
                # A half-written line would spoil the next one.
                os.ftruncate(handle, self._sizes[handle])
                raise WorkspaceDamaged(
                    f"cannot write to {self.folder}: {error.strerror}; make room, then resume"
                ) from error
            self._sizes[handle] += len(data)
            self._dirty.add(handle)

    def sync(self) -> None:
        """Make everything that was appended so far survive a power cut."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        try:
            for handle in dirty:
                os.fsync(handle)
        except OSError as error:
            raise WorkspaceDamaged(
                f"cannot write to {self.folder}: {error.strerror}; make room, then resume"
            ) from error

    def close(self) -> None:
        """Sync and let go of the files."""
        try:
            self.sync()
        finally:
            for handle in self._files.values():
                os.close(handle)
            self._files.clear()

    def _create(self, kind: Kind) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            path = self.folder / f"{kind}-{os.getpid()}-{number}.jsonl"
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
            except FileExistsError:
                number += 1
                continue
            sync_folder(self.folder)
            return handle


def read(folder: Path, record: type[R], kind: Kind) -> Iterator[R]:
    """Every record of one kind, file by file.

    Raises ``WorkspaceDamaged`` with file and line for a bad line that good ones follow.
    """
    for path in files(folder, kind):
        with path.open("rb") as file:
            yield from _records(path, file, record)


def _records(path: Path, lines: Iterable[bytes], record: type[R]) -> Iterator[R]:
    bad: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            return
        try:
            found = record.model_validate_json(line)
        except ValidationError as error:
            bad = bad or (number, error.errors(include_input=False)[0]["msg"])
            continue
        if bad is not None:
            raise WorkspaceDamaged(
                f"{path}:{bad[0]} is not what was written ({bad[1]}); restore the file, or "
                "delete that line to ask again for what it held"
            )
        yield found


def files(folder: Path, kind: Kind | None = None) -> list[Path]:
    """The shards of a folder by name, all kinds or one."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    return [path for path in found if kind is None or path.name.startswith(f"{kind}-")]


def remove(folder: Path) -> None:
    """Delete every shard of a run whose records lie elsewhere by now."""
    for path in files(folder):
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
