"""Append-only shards of a run that is going on, read from where the last reading stopped.

A shard is JSON Lines. Only whole lines count: what stands behind the last line break is a line
that is being written, or that a killed process left unfinished, and waits or is ignored; so are
bad lines at the very end, which a power cut leaves. A bad line that good ones follow is a fault
of the shard, named by its line; the other lines still count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from medaudit.records import Record
from medaudit.records.base import first_fault

R = TypeVar("R", bound=Record)
CHUNK = 16_000_000
"""Bytes read at a time, so that a large shard never stands in memory whole."""


class Rewritten(Exception):
    """A shard is gone, shorter than it was, or another file: what was read from it is void."""


@dataclass
class Shard(Generic[R]):
    """One shard and how far it has been read."""

    path: Path
    record: type[R]
    offset: int = 0
    line: int = 0
    size: int = 0
    inode: int | None = None
    faults: list[tuple[int, str]] = field(default_factory=list)
    """(line, reason) of the lines that are not records and that records follow."""
    tail: list[tuple[int, str]] = field(default_factory=list)
    """Those that none follows, so far."""

    def behind(self, size: int, inode: int) -> bool:
        """Whether the file has grown since it was read. Raises ``Rewritten``."""
        if size < self.size or inode != (self.inode or inode):
            raise Rewritten(self.path.name)
        self.inode = inode
        return size > self.size

    def read(self) -> Iterator[list[tuple[R, bytes]]]:
        """The records that came since, each with its line, in their order, some at a time."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            rest = b""
            while block := file.read(CHUNK):
                self.size = file.tell()
                lines = (rest + block).split(b"\n")
                rest = lines.pop()
                self.offset = self.size - len(rest)
                yield list(self._records(lines))

    def _records(self, lines: list[bytes]) -> Iterator[tuple[R, bytes]]:
        for line in lines:
            self.line += 1
            try:
                found = self.record.model_validate_json(line)
            except ValidationError as error:
                self.tail.append((self.line, first_reason(error)))
                continue
            self.faults += self.tail
            self.tail = []
            yield found, line


def first_reason(error: ValidationError) -> str:
    """The first thing that is wrong, with its field; not the value, which may be hostile."""
    field, message = first_fault(error)
    return f"{field}: {message}" if field else message
