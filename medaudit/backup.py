"""A workspace in one file that can be checked, and back again into an empty folder.

A backup is a zip archive: ``manifest.json`` names every file with its size and SHA-256 and the
journal's head; ``journal.db`` is the journal as it stood at one moment, from whichever engine;
suites, runs, attacks and writings are copied after it, so everything that it speaks of is there.
It holds what the journal holds, password hashes included: keep it as safe as the workspace.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from medaudit import __version__
from medaudit.archive import JOURNAL, MANIFEST, Manifest, Part, checked
from medaudit.canonical import dumps
from medaudit.durable import sha256
from medaudit.errors import BadInput, Conflict, MedauditError, WorkspaceDamaged
from medaudit.journal import Journal, copy_to_file
from medaudit.journal.copying import counts, moved
from medaudit.journal.event import utc_text
from medaudit.workspace import Workspace

RESTORED = "restored.json"
"""The manifest, in the folder that was made from a backup."""
_CHUNK = 1 << 20
_LOOKS = 3
_LOCKS = ("live.json",)


def backup(workspace: Workspace, target: Path, *, with_runs: bool = True) -> Manifest:
    """Write a backup to a new file while others may go on writing.

    ``with_runs=False``: the files of runs are named with their hashes and left out. Raises
    ``WorkspaceDamaged`` when the journal does not verify: a new backup of a damaged journal must
    not take the place of a good one.
    """
    if target.exists():
        raise BadInput("is there already; a backup goes to a new file", file=str(target))
    journal = Journal.found(workspace.journal)
    if journal is None:
        raise BadInput(f"{workspace.path}: no journal here to back up")
    with journal, tempfile.TemporaryDirectory(prefix="medaudit-backup-") as scratch:
        if moved(journal):
            raise Conflict(f"{journal.name}: the journal has moved; set MEDAUDIT_JOURNAL")
        copy = Path(scratch) / JOURNAL
        copy_to_file(journal, copy)
        with Journal.open(copy) as kept:
            faults = kept.verify()
            if faults:
                raise WorkspaceDamaged(f"no backup made: {faults[0]}; see `medaudit doctor`")
            head, project, (events, beside) = kept.head(), kept.project, counts(kept)
        with _new_archive(target) as archive:
            parts = [_add(archive, copy, JOURNAL, True)]
            for name, path in _files(workspace, Path(scratch)):
                parts.append(_add(archive, path, name, with_runs or not name.startswith("runs/")))
            manifest = Manifest(
                created=utc_text(datetime.now(UTC)),
                version=__version__,
                project=project,
                head=str(head),
                events=events,
                kept=beside,
                files=tuple(parts),
            )
            archive.writestr(MANIFEST, dumps(manifest.model_dump(mode="json")))
    return manifest


def restore(archive: Path, home: Path, *, anchor: str | None = None) -> Manifest:
    """Put a backup into a folder that is empty or does not exist yet.

    Everything is checked first: names, sizes, hashes, the chain and its head; on any fault nothing
    is written. ``anchor``: a head kept elsewhere that the backup must hold.
    """
    home = home.absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise BadInput("is not empty; a backup is restored to an empty folder", file=str(home))
    manifest = checked(archive, room=_room(home), anchor=anchor)
    home.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        with zipfile.ZipFile(archive) as source:
            for part in manifest.inside:
                _extract(source, part, stage / part.path)
        (stage / RESTORED).write_text(dumps(manifest.model_dump(mode="json")), encoding="utf-8")
        if home.exists():
            home.rmdir()
        stage.rename(home)
    except OSError as error:
        raise MedauditError(f"not restored: {error.strerror or error}: {home}") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    Workspace(home).create()
    return manifest


def referenced_faults(workspace: Workspace) -> list[str]:
    """Files that the restored backup named and did not hold, and that are not in place yet."""
    path = workspace.path / RESTORED
    if not path.is_file():
        return []
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise WorkspaceDamaged(f"{path}: is not the manifest of a backup") from error
    faults = []
    for part in (part for part in manifest.files if not part.inside):
        file = workspace.path / part.path
        if not file.is_file():
            faults.append(f"{part.path}: the backup only named it; put it back from elsewhere")
        elif _digest(file) != (part.sha256, part.size):
            faults.append(f"{part.path}: is not the file that the backup named")
    return faults


@contextmanager
def _new_archive(target: Path) -> Iterator[zipfile.ZipFile]:
    """An archive that only its owner may read, under its name only when it is whole."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except OSError as error:
        raise MedauditError(f"no backup made: {error.strerror or error}: {target}") from error
    finally:
        part.unlink(missing_ok=True)


def _files(workspace: Workspace, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Every file of suites, runs, attacks and writings: its name there and where to read it."""
    for folder in _folders(workspace.suites):
        yield from _tree(folder, f"suites/{folder.name}")
    for folder in _folders(workspace.runs):
        still = folder
        if not (folder / "done.json").is_file():
            still = _snapshot(folder, scratch / "runs" / folder.name)
        yield from _tree(still, f"runs/{folder.name}")
    for kind in (workspace.attacks, workspace.written):
        for folder in _folders(kind):
            still = folder
            if not any((folder / name).is_file() for name in ("done.json", "written.json")):
                still = _snapshot(folder, scratch / kind.name / folder.name)
            yield from _tree(still, f"{kind.name}/{folder.name}")


def _folders(parent: Path) -> list[Path]:
    """Those that are still being made start with a dot."""
    found = parent.glob("[!.]*") if parent.is_dir() else ()
    return sorted(path for path in found if path.is_dir())


def _tree(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and path.name not in _LOCKS:
            if any(part.startswith(".") for part in inner.parts):
                continue
            yield f"{name}/{inner.as_posix()}", path


def _snapshot(folder: Path, copy: Path) -> Path:
    """A run that goes on, copied: its shards up to their last whole line."""
    for _ in range(_LOOKS):
        shutil.rmtree(copy, ignore_errors=True)
        try:
            for name, path in _tree(folder, ""):
                target = copy / name.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                if path.suffix == ".jsonl":
                    _whole_lines(target)
        except FileNotFoundError:
            continue  # it ended just now, and its shards became other files
        copy.mkdir(parents=True, exist_ok=True)
        return copy
    raise Conflict(f"run {folder.name} changes too fast to copy; try again in a moment")


def _whole_lines(path: Path) -> None:
    with path.open("r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def _add(archive: zipfile.ZipFile, path: Path, name: str, inside: bool) -> Part:
    """Put a file into the archive, hashed as it is read; or only hash it."""
    if not inside:
        digest, size = _digest(path)
        return Part(path=name, size=size, sha256=digest, inside=False)
    hashed, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    packed = path.suffix == ".parquet"  # already compressed
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            hashed.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return Part(path=name, size=size, sha256=hashed.hexdigest(), inside=True)


def _digest(path: Path) -> tuple[str, int]:
    return sha256(path), path.stat().st_size


def _extract(source: zipfile.ZipFile, part: Part, target: Path) -> None:
    """Write one file; its hash is compared again, for it may have been changed meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed = hashlib.sha256()
    with source.open(part.path) as packed, target.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            hashed.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if hashed.hexdigest() != part.sha256:
        raise WorkspaceDamaged(f"{part.path} changed while the backup was read; nothing restored")


def _room(home: Path) -> int:
    """Bytes that are free where the folder will be."""
    there = next(path for path in (home, *home.parents) if path.is_dir())
    return shutil.disk_usage(there).free
