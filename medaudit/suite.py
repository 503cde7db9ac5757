"""The frozen suite: the variants that every system is asked, fixed before any is asked.

A suite is a folder named by its content::

    <suite_id>/cases.jsonl       the cases, as they were
               variants.jsonl    base and rewritten, with edits and checks; failing ones included
               images/           what the variants show, where they show anything
               manifest.json     counts, versions, and a hash of everything

The same cases, probes, levels and seed give the same bytes on every machine, at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

import medaudit
from medaudit.canonical import content_id, digest, dumps
from medaudit.durable import sync_folder
from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.imaging.files import BESIDE, collected, named, own
from medaudit.probes import Probe, Skip, of_family, unchanged
from medaudit.probes.double import pairs
from medaudit.probes.validity import Original
from medaudit.records import Case, Hash, Record, ReviewStatus, Slug, Variant
from medaudit.records.base import first_fault
from medaudit.variants import BASE, case_hash, doses, rewritings, variant

__all__ = [
    "BASE",
    "DEMO_LEVEL",
    "SEED",
    "Manifest",
    "Suite",
    "build",
    "case_hash",
    "freeze",
    "load",
]

R = TypeVar("R", bound=Record)
DEMO_LEVEL = 2
SEED = 20260601


class Used(Record):
    """One probe of a suite and the version that made its texts."""

    name: Slug
    version: int
    family: Slug
    levels: tuple[int, ...]


class Listed(Record):
    """One case of a suite, by the hash of its content."""

    id: Slug
    hash: Hash
    status: ReviewStatus


class Count(Record):
    """Variants of one probe at one level; ``skipped``: cases that it does not fit."""

    probe: Slug
    level: int
    variants: int
    valid: int
    skipped: int


class Failure(Record):
    """One failed check of one variant."""

    variant_id: Hash
    case_id: Slug
    probe: Slug
    level: int
    check: Slug
    reason: str


class Skipped(Record):
    """A variant that does not exist, and why."""

    case_id: Slug
    probe: Slug
    level: int
    reason: str


class Manifest(Record):
    """What ``manifest.json`` says, besides the hash of itself."""

    suite_id: Hash
    software: str
    seed: int
    probes: tuple[Used, ...]
    cases: tuple[Listed, ...]
    n_cases: int
    n_variants: int
    n_valid: int
    counts: tuple[Count, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[Skipped, ...]
    files: dict[str, Hash]


@dataclass(frozen=True)
class Suite:
    """Cases and the variants of each, base first; ``software`` is what froze them."""

    cases: tuple[Case, ...]
    variants: tuple[Variant, ...]
    probes: tuple[Used, ...]
    skipped: tuple[Skipped, ...]
    seed: int
    software: str
    folders: tuple[Path, ...] = ()
    """Where images are looked for before those that medaudit brings along."""

    @cached_property
    def suite_id(self) -> str:
        """The hash of the cases, the variants and the images that they show."""
        return _suite_id(_lines(self.cases), _lines(self.variants), _hashes(self.images))

    @cached_property
    def images(self) -> dict[str, tuple[bytes, str]]:
        """The bytes and the file name of every image that a variant names. Raises ``BadInput``."""
        return collected(named(v.messages for v in self.variants), [*self.folders, own()])

    def failures(self) -> tuple[Failure, ...]:
        """Every check that failed, in the order of the variants."""
        return tuple(
            Failure(
                variant_id=v.id,
                case_id=v.case_id,
                probe=v.probe,
                level=v.level,
                check=check.name,
                reason=check.reason,
            )
            for v in self.variants
            for check in v.checks
            if not check.passed
        )

    def counts(self) -> tuple[Count, ...]:
        """The build report: a row for the base and for each probe and level, in their order."""
        made = Counter((v.probe, v.level) for v in self.variants)
        valid = Counter((v.probe, v.level) for v in self.variants if v.valid)
        skipped = Counter((s.probe, s.level) for s in self.skipped)
        keys = [(BASE, 0), *((p.name, level) for p in self.probes for level in p.levels)]
        return tuple(
            Count(
                probe=probe,
                level=level,
                variants=made[probe, level],
                valid=valid[probe, level],
                skipped=skipped[probe, level],
            )
            for probe, level in keys
        )


def build(
    cases: Iterable[Case],
    probes: Sequence[Probe] | None = None,
    levels: Sequence[int] = (DEMO_LEVEL,),
    seed: int = SEED,
    *,
    double: bool = False,
    arms: int | None = 1,
    folders: Sequence[Path] = (),
) -> Suite:
    """Base and rewritten variants of every case, cases by id.

    Default: the six narrative probes at level 2. ``double``: every pair of the narrative probes
    among them as well. ``arms``: how many kinds of a probe that has kinds each case is asked, drawn
    by seed and case; None: all of them. A probe without doses is asked at its only level.
    ``folders``: of the cases' own images; see ``bank.image_folders``.
    """
    chosen = of_family("narrative") if probes is None else list(probes)
    if double:
        chosen += pairs([probe for probe in chosen if probe.family == "narrative"])
    ordered = tuple(sorted(cases, key=lambda case: case.id))
    if not ordered:
        raise BadInput("a suite needs at least one case")
    if len({case.id for case in ordered}) != len(ordered):
        raise BadInput("two cases have the same id", field="id")
    variants: list[Variant] = []
    skipped: list[Skipped] = []
    for case in ordered:
        original, hashed = Original(case), case_hash(case)
        variants.append(variant(original, hashed, None, 0, 0, unchanged(case)))
        for probe in chosen:
            for level in doses(probe, levels):
                for arm, result in rewritings(probe, case, level, seed, arms):
                    if isinstance(result, Skip):
                        reason = result.reason if arm is None else f"{arm}: {result.reason}"
                        where = {"case_id": case.id, "probe": probe.name, "level": level}
                        skipped.append(Skipped(**where, reason=reason))
                    else:
                        variants.append(variant(original, hashed, probe, level, seed, result, arm))
    used = tuple(
        Used(name=p.name, version=p.version, family=p.family, levels=doses(p, levels))
        for p in chosen
    )
    software = f"medaudit {medaudit.__version__}"
    return Suite(
        ordered, tuple(variants), used, tuple(skipped), seed, software, tuple(folders)
    )  # fmt: skip


def freeze(suite: Suite, folder: Path) -> str:
    """Write the suite to ``folder/<suite_id>``, all or nothing, and return the id.

    A suite that is already there is read back and left as it is; a damaged one is an error.
    """
    files = _files(suite)
    suite_id: str = json.loads(files["manifest.json"])["suite_id"]
    target = folder / suite_id
    folder.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        temporary = Path(tempfile.mkdtemp(prefix=f".{suite_id}-", dir=folder))
        try:
            for name, content in files.items():
                (temporary / name).parent.mkdir(exist_ok=True)
                _write(temporary / name, content)
            temporary.chmod(0o755)
            _rename(temporary, target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    if load(target).suite_id != suite_id:
        raise WorkspaceDamaged(f"{target.name} holds another suite; move it away and freeze again")
    return suite_id


def load(folder: Path) -> Suite:
    """The suite of a folder ``<suite_id>``. Raises ``WorkspaceDamaged`` naming the file."""
    manifest = _manifest(folder)
    names = dict.fromkeys(["cases.jsonl", "variants.jsonl", *manifest.files])
    content = {name: _intact(folder, name, manifest) for name in names}
    shown = {n: h for n, h in manifest.files.items() if n.startswith(f"{BESIDE}/")}
    if _suite_id(content["cases.jsonl"], content["variants.jsonl"], shown) != manifest.suite_id:
        raise _damage(folder, "manifest.json", "names another suite")
    return Suite(
        cases=_records(folder, "cases.jsonl", content, Case),
        variants=_records(folder, "variants.jsonl", content, Variant),
        probes=manifest.probes,
        skipped=manifest.skipped,
        seed=manifest.seed,
        software=manifest.software,
        folders=(folder / BESIDE,) if shown else (),
    )


def _records(folder: Path, name: str, content: dict[str, bytes], kind: type[R]) -> tuple[R, ...]:
    try:
        rows = content[name].split(b"\n")[:-1]
        return tuple(kind.model_validate_json(row) for row in rows)
    except ValidationError as error:
        raise _unreadable(folder, name, error) from error


def _files(suite: Suite) -> dict[str, bytes]:
    files = {"cases.jsonl": _lines(suite.cases), "variants.jsonl": _lines(suite.variants)}
    shown = {f"{BESIDE}/{name}": content for content, name in suite.images.values()}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = Manifest(
        suite_id=suite.suite_id,
        software=suite.software,
        seed=suite.seed,
        probes=suite.probes,
        cases=tuple(
            Listed(id=case.id, hash=case_hash(case), status=case.status) for case in suite.cases
        ),
        n_cases=len(suite.cases),
        n_variants=len(suite.variants),
        n_valid=sum(variant.valid for variant in suite.variants),
        counts=suite.counts(),
        failures=suite.failures(),
        skipped=suite.skipped,
        files={**hashes, **_hashes(suite.images)},
    )
    return {**files, **shown, "manifest.json": _signed(manifest)}


def _signed(manifest: Manifest) -> bytes:
    """The manifest as a file: one line of canonical JSON with the hash of all the rest."""
    value = manifest.model_dump(mode="json")
    return (dumps({**value, "sha256": digest(value)}) + "\n").encode("utf-8")


def _lines(records: Iterable[Record]) -> bytes:
    rows = (dumps(record.model_dump(mode="json")) + "\n" for record in records)
    return "".join(rows).encode("utf-8")


def _suite_id(cases: bytes, variants: bytes, images: Mapping[str, str]) -> str:
    hashes = [hashlib.sha256(content).hexdigest() for content in (cases, variants)]
    whole: dict[str, object] = {"cases": hashes[0], "variants": hashes[1]}
    return content_id({**whole, "images": dict(images)} if images else whole)


def _hashes(images: Mapping[str, tuple[bytes, str]]) -> dict[str, str]:
    return {
        f"{BESIDE}/{name}": hashlib.sha256(content).hexdigest() for content, name in images.values()
    }


def _manifest(folder: Path) -> Manifest:
    """The manifest, when its bytes are exactly what its own hash and spelling call for."""
    name = "manifest.json"
    raw = _read(folder, name)
    try:
        value = json.loads(raw)
        told = value.pop("sha256")
        same = told == digest(value) and dumps({**value, "sha256": told}).encode() + b"\n" == raw
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError, BadInput) as error:
        raise _damage(folder, name, f"is not a manifest: {error}") from error
    if not same:
        raise _damage(folder, name, "does not match its own hash")
    try:
        return Manifest.model_validate_json(dumps(value))
    except ValidationError as error:
        raise _unreadable(folder, name, error) from error


def _intact(folder: Path, name: str, manifest: Manifest) -> bytes:
    content = _read(folder, name)
    if hashlib.sha256(content).hexdigest() != manifest.files.get(name):
        raise _damage(folder, name, "does not match the hash in the manifest")
    return content


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise _damage(folder, name, f"cannot be read: {error.strerror}") from error


def _damage(folder: Path, name: str, reason: str) -> WorkspaceDamaged:
    advice = "restore it from a copy, or remove the folder and freeze the suite again"
    return WorkspaceDamaged(f"{folder.name}/{name} {reason}; {advice}")


def _unreadable(folder: Path, name: str, error: ValidationError) -> WorkspaceDamaged:
    field, message = first_fault(error)
    reason = f"was frozen by a medaudit that this one cannot read ({field}: {message})"
    return _damage(folder, name, reason)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _rename(temporary: Path, target: Path) -> None:
    try:
        temporary.rename(target)
    except OSError:
        if not target.is_dir():  # another process froze the same suite first: as good as ours
            raise
    sync_folder(target.parent)
