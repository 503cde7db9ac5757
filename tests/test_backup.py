"""A backup is whole, comes back the same, and a foreign or damaged one writes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from medaudit import backup as backups
from medaudit.archive import Manifest, checked, glance
from medaudit.backup import backup, restore
from medaudit.doctor import examine
from medaudit.errors import BadInput, Conflict, MedauditError, WorkspaceDamaged
from medaudit.journal import Event, Journal, move
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.fixtures import Bench, make_workspace


def write(journal: Journal, first: int, n: int) -> None:
    for number in range(first, first + n):
        journal.append(
            Event(
                client_id=f"c-{number}",
                actor="dr-a",
                action="note",
                subject="s",
                payload={"note": f"5.0 mg → {number} mg"},
            )
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A finished run, a run that goes on, and a journal of 21 events."""
    bench = make_workspace(tmp_path_factory.mktemp("backup"), n_cases=2)
    with Journal.open(bench.workspace.journal_file) as journal:
        write(journal, 0, 20)
        journal.keep("password", "dr-a", "scrypt", {"hash": "x"})
    return bench


@pytest.fixture
def workspace(made: Bench, tmp_path: Path) -> Workspace:
    return Workspace(Path(shutil.copytree(made.workspace.path, tmp_path / "home")))


@pytest.fixture
def archive(workspace: Workspace, tmp_path: Path) -> Path:
    backup(workspace, tmp_path / "b.zip")
    return tmp_path / "b.zip"


def tree(home: Path) -> dict[str, str]:
    """Every file of suites and runs with its hash."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("suites", "runs")
        for path in sorted((home / kind).rglob("*"))
        if path.is_file() and path.name != "live.json"
    }


def counted(home: Path) -> dict[str, int]:
    with Store.open(home) as store:
        assert store.faults() == []
        return {
            kind: store._rows(f"select count(*) as n from {kind}", {})[0]["n"]
            for kind in ("event", "response", "score", '"case"', "variant")
        }


def test_a_restore_drill(workspace: Workspace, archive: Path, tmp_path: Path) -> None:
    """The chain verifies, counts are equal, hashes are equal, what stands beside is there."""
    with Journal.open(workspace.journal_file) as journal:
        head, events = journal.head(), list(journal.since())
    manifest = restore(archive, tmp_path / "new", anchor=str(head))
    assert (manifest.head, manifest.events, manifest.kept) == (str(head), 21, 1)
    assert tree(tmp_path / "new") == tree(workspace.path)
    assert counted(tmp_path / "new") == counted(workspace.path)
    with Journal.open(tmp_path / "new" / "journal.db") as again:
        assert list(again.since()) == events
        assert again.verify(anchor=head) == []
        assert again.kept("password", "dr-a", "scrypt") == {"hash": "x"}
        write(again, 100, 1)
    assert examine(Workspace(tmp_path / "new")) == []


def test_a_backup_is_for_its_owner_and_never_half_there(
    archive: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with pytest.raises(BadInput, match="there already"):
        backup(workspace, archive)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MedauditError, match="No space left"):
        backup(workspace, archive.with_name("c.zip"))
    assert sorted(path.name for path in archive.parent.glob("*.zip*")) == ["b.zip"]
    assert not list(archive.parent.glob(".*.part"))


def test_a_backup_while_the_server_writes_is_one_moment(
    workspace: Workspace, tmp_path: Path
) -> None:
    stop = threading.Event()
    shard = next((workspace.runs / "live" / "shards").glob("answers*.jsonl"))
    with Journal.open(workspace.journal_file) as journal, shard.open("ab") as lines:

        def work() -> None:
            number = 100
            while not stop.is_set():
                write(journal, number, 1)
                lines.write(b'{"half":')  # a line that is still being written
                lines.flush()
                number += 1

        writer = threading.Thread(target=work)
        writer.start()
        try:
            manifests = [backup(workspace, tmp_path / f"{n}.zip") for n in range(3)]
        finally:
            stop.set()
            writer.join()
        for manifest in manifests:
            assert journal.verify(anchor=manifest.head) == []
    for number, manifest in enumerate(manifests):
        home = tmp_path / f"new-{number}"
        restore(tmp_path / f"{number}.zip", home)
        assert counted(home)["event"] == manifest.events
        assert (home / "runs" / "live" / "shards" / shard.name).read_bytes().endswith(b"\n")


def test_runs_can_be_named_only_and_put_back(workspace: Workspace, tmp_path: Path) -> None:
    manifest = backup(workspace, tmp_path / "b.zip", with_runs=False)
    named = [part.path for part in manifest.files if not part.inside]
    assert len(named) == sum(name.startswith("runs/") for name in tree(workspace.path))
    home = tmp_path / "new"
    restore(tmp_path / "b.zip", home)
    assert not list((home / "runs").iterdir())
    missing = [line for line in examine(Workspace(home)) if "only named it" in line]
    assert len(missing) == len(named)
    shutil.rmtree(home / "runs")
    shutil.copytree(workspace.runs, home / "runs")
    assert examine(Workspace(home)) == []
    file = home / named[0]
    file.write_bytes(file.read_bytes() + b" ")
    assert f"{named[0]}: is not the file that the backup named" in examine(Workspace(home))


def test_only_an_empty_folder_is_restored_to(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "full"
    home.mkdir()
    restore(archive, home)  # empty is good
    before = tree(home)
    for target in (home, archive):
        with pytest.raises(BadInput, match="empty folder"):
            restore(archive, target)
    assert tree(home) == before


def test_a_damaged_journal_is_not_backed_up(workspace: Workspace, tmp_path: Path) -> None:
    with closing(sqlite3.connect(workspace.journal_file)) as raw, raw:
        raw.execute("UPDATE event SET actor = 'x' WHERE seq = 7")
    with pytest.raises(WorkspaceDamaged, match="event 7: modified"):
        backup(workspace, tmp_path / "b.zip")
    assert not list(tmp_path.glob("*.zip*"))
    with pytest.raises(BadInput, match="no journal"):
        backup(Workspace(tmp_path / "none"), tmp_path / "b.zip")


# What a hostile or damaged archive may hold. Each makes an archive out of a good one.


def rewritten(
    archive: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], fit: bool = True
) -> None:
    """Change manifest and files. ``fit``: the manifest's sizes and hashes are made to agree."""
    with zipfile.ZipFile(archive) as source:
        files = {name: source.read(name) for name in source.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    change(manifest, files)
    if fit:
        manifest["files"] = [
            {"path": name, "size": len(content), "inside": True,
             "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ]  # fmt: skip
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
        target.writestr("manifest.json", json.dumps(manifest))


def journal_with(archive: Path, statement: str) -> None:
    def change(_: dict[str, Any], files: dict[str, bytes]) -> None:
        path = archive.with_name("forged.db")
        path.write_bytes(files["journal.db"])
        with closing(sqlite3.connect(path)) as raw, raw:
            raw.execute(statement)
        files["journal.db"] = path.read_bytes()

    rewritten(archive, change)


def named(path: str) -> Callable[[Path], None]:
    def make(archive: Path) -> None:
        rewritten(archive, lambda _, files: files.update({path: b"x"}))

    return make


def flipped(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 3] ^= 0xFF
    archive.write_bytes(content)


def cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-2000])


def one_byte(archive: Path) -> None:
    def change(_: dict[str, Any], files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.endswith("done.json"))
        files[name] = files[name].replace(b"1", b"2", 1)

    rewritten(archive, change, fit=False)


def bomb(archive: Path) -> None:
    """Says 100 bytes, unpacks to 300 MB."""

    def change(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        files["suites/s/bomb.json"] = b"\0" * 300_000_000
        manifest["files"].append(
            {"path": "suites/s/bomb.json", "size": 100, "sha256": "0" * 64, "inside": True}
        )

    rewritten(archive, change, fit=False)


def undeclared(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("suites/s/more.json", "{}")


def twice(archive: Path) -> None:
    with zipfile.ZipFile(archive, "a") as target, pytest.warns(UserWarning, match="Duplicate"):
        target.writestr("journal.db", "other")


HOSTILE: dict[str, Callable[[Path], None]] = {
    "flipped": flipped,
    "cut": cut,
    "no archive": lambda archive: archive.write_bytes(b"PK\3\4 not really"),
    "empty": lambda archive: archive.write_bytes(b""),
    "one byte": one_byte,
    "climbs": named("../../escaped.txt"),
    "climbs inside": named("suites/../../escaped.txt"),
    "absolute": named("/tmp/escaped.txt"),
    "windows": named("suites\\..\\..\\escaped.txt"),
    "drive": named("C:/escaped.txt"),
    "hidden": named("suites/s/.ssh"),
    "elsewhere": named("exports/x/y.html"),
    "newline": named("suites/s/a\nb"),
    "case": named("Journal.db"),
    "bomb": bomb,
    "undeclared": undeclared,
    "twice": twice,
    "no journal": lambda a: rewritten(a, lambda _, files: files.pop("journal.db") and None),
    "no manifest": lambda a: zipfile.ZipFile(a, "w").close(),
    "changed event": lambda a: journal_with(a, "UPDATE event SET actor = 'x' WHERE seq = 9"),
    "lost event": lambda a: journal_with(a, "DELETE FROM event WHERE seq = 21"),
    "lost password": lambda a: journal_with(a, "DELETE FROM kept"),
    "trigger": lambda a: journal_with(
        a, "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM kept; END"
    ),
    "view": lambda a: journal_with(a, "CREATE VIEW v AS SELECT 1"),
    "newer": lambda a: rewritten(a, lambda m, _: m.update(format=2)),
    "number": lambda a: rewritten(a, lambda m, _: m.update(events=20)),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("how", HOSTILE)
def test_a_damaged_or_hostile_archive_writes_nothing(
    archive: Path, tmp_path: Path, how: str
) -> None:
    HOSTILE[how](archive)
    before = sorted(str(path) for path in tmp_path.rglob("*") if "home" not in path.parts)
    begin = time.monotonic()
    with pytest.raises((WorkspaceDamaged, BadInput)):
        restore(archive, tmp_path / "in" / "new")
    assert time.monotonic() - begin < 10
    after = sorted(str(path) for path in tmp_path.rglob("*") if "home" not in path.parts)
    assert after == before
    assert not Path("/tmp/escaped.txt").exists()


def test_what_does_not_fit_on_the_disk_is_refused(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_room", lambda _: 10_000)
    with pytest.raises(BadInput, match="are free"):
        restore(archive, tmp_path / "new")


def test_a_backup_that_lacks_a_head_kept_elsewhere_is_refused(
    workspace: Workspace, archive: Path, tmp_path: Path
) -> None:
    with Journal.open(workspace.journal_file) as journal:
        write(journal, 50, 1)
        head = journal.head()
    with pytest.raises(WorkspaceDamaged, match="truncated"):
        restore(archive, tmp_path / "new", anchor=str(head))


# The doctor.


@pytest.fixture
def kept(workspace: Workspace) -> tuple[Workspace, Manifest]:
    """A workspace with two backups of its own, of 21 and 26 events, and 31 events now."""
    backup(workspace, workspace.backups / "one.zip")
    with Journal.open(workspace.journal_file) as journal:
        write(journal, 30, 5)
        newer = backup(workspace, workspace.backups / "two.zip")
        write(journal, 40, 5)
    assert examine(workspace) == []
    return workspace, newer


def test_the_doctor_names_the_backup_and_what_came_after_it(
    kept: tuple[Workspace, Manifest],
) -> None:
    workspace, newer = kept
    with closing(sqlite3.connect(workspace.journal_file)) as raw, raw:
        raw.execute("UPDATE event SET actor = 'x' WHERE seq = 30")
    said = "\n".join(examine(workspace))
    assert "journal: event 30: modified" in said
    assert f"two.zip, 26 events of {newer.created}" in said
    assert "events 27 to 29 came after it and are whole" in said


def test_the_doctor_sees_a_cut_tail_against_a_backup(kept: tuple[Workspace, Manifest]) -> None:
    workspace, _ = kept
    with closing(sqlite3.connect(workspace.journal_file)) as raw, raw:
        raw.execute("DELETE FROM event WHERE seq > 23")
    with Journal.open(workspace.journal_file) as journal:
        assert journal.verify() == []
    said = examine(workspace)
    assert said[0].startswith("journal: does not lead to event 26 as backup two.zip holds it")
    assert "two.zip" in said[1]


def test_the_doctor_passes_over_a_damaged_and_a_foreign_backup(
    kept: tuple[Workspace, Manifest], tmp_path: Path
) -> None:
    workspace, _ = kept
    flipped(workspace.backups / "two.zip")
    other = Workspace(tmp_path / "other").create()
    with Journal.open(other.journal_file) as journal:
        write(journal, 0, 90)
    backup(other, workspace.backups / "three.zip")
    workspace.journal_file.write_bytes(b"no database" * 999)
    for rest in workspace.path.glob("journal.db-*"):
        rest.unlink()
    with Journal.open(other.journal_file) as journal:
        project = journal.project
    # Nothing says any more whose journal this was, so the newest whole one of all is named.
    said = "\n".join(examine(workspace))
    assert "journal is not a SQLite file" in said
    assert "three.zip" in said
    found = glance(workspace.backups / "three.zip")
    assert found is not None
    assert found.project == project
    (workspace.backups / "three.zip").unlink()
    assert "one.zip, 21 events" in "\n".join(examine(workspace))
    (workspace.backups / "one.zip").rename(tmp_path / "one.zip")
    assert "no backup that fits" in "\n".join(examine(workspace))
    assert "one.zip" in "\n".join(examine(workspace, tmp_path))


# PostgreSQL.


def test_a_journal_on_a_server_is_backed_up_to_a_file_and_moved_back(
    workspace: Workspace, postgres_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_server.database()
    head = move(workspace.journal_file, url)
    with pytest.raises(Conflict, match="has moved"):
        backup(workspace, tmp_path / "old.zip")
    assert "has moved" in "\n".join(examine(workspace))
    monkeypatch.setenv("MEDAUDIT_JOURNAL", url)
    assert examine(workspace) == []
    with Journal.open(url) as journal:
        write(journal, 60, 3)
    manifest = backup(workspace, tmp_path / "b.zip")
    assert manifest.events == 24
    restore(tmp_path / "b.zip", tmp_path / "new", anchor=str(head))
    with Journal.open(tmp_path / "new" / "journal.db") as again:
        assert (str(again.head()), again.verify()) == (manifest.head, [])
        assert again.kept("password", "dr-a", "scrypt") == {"hash": "x"}
    other = postgres_server.database()
    assert str(move(tmp_path / "new" / "journal.db", other)) == manifest.head
    assert b"c4nary" not in (tmp_path / "b.zip").read_bytes()


def test_every_byte_of_a_backup_is_checked(archive: Path) -> None:
    """Bits flipped all over the archive: refused, or what is checked is what was written."""
    content = archive.read_bytes()
    good = checked(archive, room=1 << 40)
    refused = 0
    for at in range(0, len(content), len(content) // 60):
        changed = bytearray(content)
        changed[at] ^= 0x10
        archive.write_bytes(changed)
        try:
            assert checked(archive, room=1 << 40) == good
        except (WorkspaceDamaged, BadInput):
            refused += 1
    assert refused >= 40
