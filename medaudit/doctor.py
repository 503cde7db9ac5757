"""What is wrong with a workspace, in sentences that say what to do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from medaudit import suite
from medaudit.archive import Manifest, checked, glance
from medaudit.backup import referenced_faults
from medaudit.errors import MedauditError
from medaudit.journal import Head, Journal, Stored
from medaudit.journal.chain import holds, verify
from medaudit.journal.copying import moved
from medaudit.review.record import mismatches
from medaudit.run import attack_files
from medaudit.store import Store
from medaudit.workspace import Workspace


def examine(workspace: Workspace, backups: Path | None = None) -> list[str]:
    """Every fault that suites, runs, attacks, journal and audits show. Empty: none found.

    ``backups``: a folder with backups besides the workspace's own.
    """
    findings: list[str] = []
    if not workspace.path.is_dir():
        return [f"{workspace.path}: no workspace here; `medaudit demo` makes one"]
    for folder in sorted(p for p in workspace.suites.glob("[!.]*") if p.is_dir()):
        try:
            suite.load(folder)
        except MedauditError as error:
            findings.append(f"suite {folder.name}: {error}")
    for name in attack_files.ids(workspace):
        try:
            attack_files.cases_of(workspace, attack_files.load(workspace, name))
            attack_files.rows(workspace, name)
        except MedauditError as error:
            findings.append(f"attack {name}: {error}")
    folders = [workspace.backups, *([] if backups is None else [backups])]
    damage = _journal(workspace, folders)
    findings += damage
    with Store.open(workspace.path) as store:
        if not damage:
            findings += _against(workspace, store)
        findings += [str(fault) for fault in store.faults()]
        for name, rows in store.audit().items():
            if rows:
                findings.append(f"audit {name}: {len(rows)} row(s), first {rows[0]}")
    findings += referenced_faults(workspace)
    if damage:
        findings += advice(workspace, folders)
    return findings


def _journal(workspace: Workspace, folders: list[Path]) -> list[str]:
    try:
        journal = Journal.found(workspace.journal)
        if journal is None:
            return []
        with journal:
            rows = list(journal.since())
            findings = [f"journal: {fault}" for fault in verify(rows)]
            hashes = {row.seq: row.hash for row in rows}
            for path, manifest in _candidates(rows, folders):
                # Every backup is an anchor: the event that it ends with must still be there.
                if hashes.get(_head(manifest).seq) != _head(manifest).hash:
                    findings.append(
                        f"journal: does not lead to event {_head(manifest).seq} as backup "
                        f"{path.name} holds it: its tail was cut or its history rewritten"
                    )
            if moved(journal):
                findings.append(
                    f"{journal.name}: the journal has moved to a database; set MEDAUDIT_JOURNAL"
                )
    except MedauditError as error:
        return [f"journal: {error}"]
    return findings


def _against(workspace: Workspace, store: Store) -> list[str]:
    """The journal's judgments against the store's."""
    journal = Journal.found(workspace.journal)
    if journal is None:
        return []
    with journal:
        return [f"store: {found}" for found in mismatches(store, journal)]


@dataclass(frozen=True)
class Fit:
    """A backup that could take the damaged journal's place."""

    path: Path
    manifest: Manifest
    after: tuple[int, int] | None
    """First and last number of events after the backup that are whole in the damaged journal."""


def advice(workspace: Workspace, folders: list[Path]) -> list[str]:
    """Which backup fits a damaged journal, and what would have to be done again."""
    rows = _readable(workspace)
    fit = best(rows, folders)
    if fit is None:
        return [
            "no backup that fits was found; name the folder that has them: "
            "medaudit doctor --backups FOLDER"
        ]
    lines = [
        f"backup that fits: {fit.path}, {fit.manifest.events} events of {fit.manifest.created}; "
        f"medaudit restore {fit.path} --home NEW-FOLDER"
    ]
    if fit.after is not None:
        first, last = fit.after
        lines.append(
            f"events {first} to {last} came after it and are whole in the damaged journal: keep "
            "the damaged file, they can be read from it and entered again"
        )
    elif rows:
        lines.append("nothing that came after it can be read; keep the damaged file as evidence")
    return lines


def best(rows: list[Stored], folders: list[Path]) -> Fit | None:
    """Of the whole backups of this project the one with most events.

    Where the journal no longer says whose it is: of all backups.
    """
    by_seq = {row.seq: row for row in rows}
    found = _candidates(rows, folders)
    for path, _ in sorted(found, key=lambda each: each[1].events, reverse=True):
        try:
            manifest = checked(path, room=shutil.disk_usage(path.parent).free)
        except MedauditError:
            continue  # a damaged backup is no help
        return Fit(path, manifest, _after(by_seq, _head(manifest)))
    return None


def _head(manifest: Manifest) -> Head:
    seq, _, hashed = manifest.head.partition(":")
    return Head(int(seq), hashed)


def _candidates(rows: list[Stored], folders: list[Path]) -> list[tuple[Path, Manifest]]:
    project = rows[0].subject if rows and holds(rows[0], 1) else None
    found = []
    for folder in folders:
        for path in sorted(folder.glob("*.zip")) if folder.is_dir() else ():
            manifest = glance(path)
            if manifest is not None and project in (None, manifest.project):
                found.append((path, manifest))
    return found


def _after(rows: dict[int, Stored], head: Head) -> tuple[int, int] | None:
    """The unbroken run of events that follows a head."""
    seq, previous = head.seq, head.hash
    while (row := rows.get(seq + 1)) and row.prev_hash == previous and holds(row, row.seq):
        seq, previous = row.seq, row.hash
    return None if seq == head.seq else (head.seq + 1, seq)


def _readable(workspace: Workspace) -> list[Stored]:
    """What can still be read of the journal."""
    try:
        journal = Journal.found(workspace.journal)
        if journal is None:
            return []
        with journal:
            return list(journal.since())
    except MedauditError:
        return []
