"""What a backup must be before a byte of it is written anywhere: known names, sizes and hashes.

An archive is foreign until it is checked. A name may try to leave the folder, a small file may
unpack to more than the disk holds, a journal may carry statements of its own.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.journal import Journal
from medaudit.journal.copying import counts, foreign
from medaudit.records import Record

MANIFEST, JOURNAL = "manifest.json", "journal.db"
MANIFEST_BYTES = 64_000_000
MOST_FILES = 200_000
_CHUNK = 1 << 20
_BOMB_BYTES, _BOMB_RATIO = 1 << 30, 200
"""An archive of that size that unpacks to so many times its own was not written by us."""
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}"
_PATH = re.compile(rf"journal\.db|(?:suites|runs|attacks|written)(?:/{_PART}){{2,6}}")


class Part(Record):
    """One file of a backup."""

    path: Annotated[str, StringConstraints(max_length=1_000)]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    inside: bool
    """False: named only; the file is kept elsewhere."""


class Manifest(Record):
    """What a backup says that it holds."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    created: str
    version: str
    project: str
    """Of the journal's chain."""
    head: Annotated[str, StringConstraints(pattern=r"^\d{1,15}:[0-9a-f]{64}$")]
    events: Annotated[int, Field(ge=1)]
    kept: Annotated[int, Field(ge=0)]
    """Rows beside the events: drafts, password hashes."""
    files: tuple[Part, ...]

    @property
    def inside(self) -> list[Part]:
        return [part for part in self.files if part.inside]


def checked(archive: Path, *, room: int, anchor: str | None = None) -> Manifest:
    """The manifest of a backup of which every byte was checked. ``room``: bytes it may unpack to.

    Raises ``BadInput`` on what is no backup, ``WorkspaceDamaged`` on one that is not what was
    written.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            manifest = _manifest(source)
            _check_names(source, manifest)
            total = sum(part.size for part in manifest.inside)
            packed = archive.stat().st_size
            if total > room:
                raise BadInput(f"unpacks to {total} bytes, {room} are free", file=archive.name)
            if total > _BOMB_BYTES and total > _BOMB_RATIO * packed:
                raise _damaged(f"unpacks to {total // max(packed, 1)} times its size")
            with tempfile.TemporaryDirectory(prefix="medaudit-check-") as scratch:
                journal = Path(scratch) / JOURNAL
                for part in manifest.inside:
                    _check_bytes(source, part, journal if part.path == JOURNAL else None)
                _check_journal(journal, manifest, anchor)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise _damaged("the archive is damaged or is none") from error
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", file=archive.name) from error
    return manifest


def glance(archive: Path) -> Manifest | None:
    """What an archive says that it holds, unchecked; None: it is no backup."""
    try:
        with zipfile.ZipFile(archive) as source:
            return _manifest(source)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError,
        BadInput, WorkspaceDamaged,
    ):  # fmt: skip
        return None


def _damaged(reason: str) -> WorkspaceDamaged:
    return WorkspaceDamaged(f"backup refused, nothing was written: {reason}; try another backup")


def _manifest(source: zipfile.ZipFile) -> Manifest:
    try:
        info = source.getinfo(MANIFEST)
    except KeyError as error:
        raise BadInput("is no backup of a workspace: it has no manifest") from error
    if info.file_size > MANIFEST_BYTES:
        raise _damaged("its manifest is too large")
    with source.open(info) as file:
        text = file.read(MANIFEST_BYTES + 1)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise _damaged("its manifest is not one, or of a newer version of medaudit") from error


def _check_names(source: zipfile.ZipFile, manifest: Manifest) -> None:
    """The archive holds exactly what the manifest names, and nothing that leaves the folder."""
    entries = source.infolist()
    if len(entries) > MOST_FILES:
        raise _damaged(f"it holds more than {MOST_FILES} files")
    for part in manifest.files:
        if not _PATH.fullmatch(part.path):
            raise _damaged(f"it names a file that no workspace has: {part.path[:80]!r}")
    named = sorted([*(part.path for part in manifest.inside), MANIFEST])
    if sorted(entry.filename for entry in entries) != named:
        raise _damaged("it does not hold the files that its manifest names")
    folded = {part.path.casefold() for part in manifest.files}
    if len(folded) != len(manifest.files) or JOURNAL not in named:
        raise _damaged("it names a file twice, or no journal")
    sizes = {part.path: part.size for part in manifest.inside}
    for entry in entries:
        if entry.filename != MANIFEST and entry.file_size != sizes[entry.filename]:
            raise _damaged(f"{entry.filename} does not have the size that the manifest says")


def _check_bytes(source: zipfile.ZipFile, part: Part, keep: Path | None) -> None:
    """Read a file to its end, no further than its size, and compare the hash."""
    hashed, left = hashlib.sha256(), part.size
    with source.open(part.path) as packed:
        target = None if keep is None else keep.open("xb")
        try:
            while chunk := packed.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _damaged(f"{part.path} is longer than the manifest says")
                hashed.update(chunk)
                if target is not None:
                    target.write(chunk)
        finally:
            if target is not None:
                target.close()
    if left != 0 or hashed.hexdigest() != part.sha256:
        raise _damaged(f"{part.path} is not what was backed up")


def _check_journal(path: Path, manifest: Manifest, anchor: str | None) -> None:
    journal = Journal.found(path)
    if journal is None:
        raise _damaged("its journal is empty")
    with journal:
        strange = foreign(journal)
        if strange:
            raise _damaged(f"its journal holds what no journal has: {strange[0]!r}")
        faults = journal.verify(anchor=manifest.head)
        if not faults and anchor is not None:
            faults = journal.verify(anchor=anchor)
        if faults:
            raise _damaged(f"its journal: {faults[0]}")
        here = (str(journal.head()), journal.project, *counts(journal))
    if here != (manifest.head, manifest.project, manifest.events, manifest.kept):
        raise _damaged("its journal is not the one that the manifest describes")
