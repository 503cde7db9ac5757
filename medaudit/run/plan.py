"""The plan of a run: fixed, counted and written before the first call.

What a run expects is variants x systems x repeats, never the number of rows that arrived.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

import medaudit
from medaudit import suite as suites
from medaudit.canonical import content_id, digest, dumps
from medaudit.durable import replacing
from medaudit.errors import BadInput, Conflict, UnknownName, WorkspaceDamaged
from medaudit.imaging.files import BESIDE
from medaudit.probes.adaptive import FAMILY as ADAPTIVE
from medaudit.records import Run, System, Variant, Versioned
from medaudit.records.base import first_fault
from medaudit.run import prices
from medaudit.scorers import REGISTRY
from medaudit.suite import Suite
from medaudit.workspace import Workspace

SEED = 20260601
IMAGES = BESIDE
"""Folder of a run that holds the images which it sends."""


@dataclass(frozen=True, slots=True)
class Job:
    """One answer that the plan calls for."""

    id: str
    """Of the response."""
    system: System
    variant: Variant
    repeat: int
    seed: int
    """For the sampling of this answer: the same for every system."""


def plan(
    workspace: Workspace,
    suite: Suite,
    systems: Sequence[System],
    repeats: int = 1,
    seed: int = SEED,
    title: str = "",
    notice: str = "",
    *,
    scorers: Sequence[str] | None = None,
    created: datetime | None = None,
    budget_usd: float | None = None,
    batch: bool = False,
) -> Run:
    """Write the plan of a new run, freezing the suite if need be. Default: every scorer.

    Without a notice, those of the systems stand together. The run keeps copies of the images that
    the suite holds. Raises ``BadInput`` when there is nothing to ask, a system stands twice, or a
    budget could not be kept (``batch``: at the price of batches).
    """
    draft_ = draft(
        suite, systems, repeats, seed, title, notice,
        scorers=scorers, created=created, budget_usd=budget_usd,
    )  # fmt: skip
    prices.check_budget(draft_, suite.variants, batch=batch)
    suites.freeze(suite, workspace.suites)
    name = f"{draft_.created:%Y-%m-%d}-{content_id(draft_.model_dump(mode='json'))[:6]}"
    run = draft_.model_copy(update={"id": name})
    _write(workspace.run(name), run, suite.images)
    return run


def draft(
    suite: Suite,
    systems: Sequence[System],
    repeats: int = 1,
    seed: int = SEED,
    title: str = "",
    notice: str = "",
    *,
    scorers: Sequence[str] | None = None,
    created: datetime | None = None,
    budget_usd: float | None = None,
) -> Run:
    """A plan that is written nowhere, under the id ``draft``; see ``plan``."""
    ids = [system.id for system in systems]
    if not ids:
        raise BadInput("a run needs at least one system", field="systems")
    if len(set(ids)) != len(ids):
        raise BadInput("a system stands twice", field="systems")
    if repeats < 1:
        raise BadInput("at least 1", field="repeats")
    if any(variant.family == ADAPTIVE for variant in suite.variants):
        raise BadInput("what an attack made for one system is no suite for others", field="suite")
    names = REGISTRY.names() if scorers is None else scorers
    chosen = [REGISTRY.load(name) for name in names]
    notices = dict.fromkeys(system.notice for system in systems if system.notice)
    return Run(
        id="draft",
        suite_id=suite.suite_id,
        title=title or f"{len(suite.cases)} cases, {', '.join(ids)}",
        created=created or datetime.now(UTC).replace(microsecond=0),
        systems=tuple(systems),
        repeats=repeats,
        scorers=tuple(Versioned(name=s.name, version=s.version) for s in chosen),
        n_expected=len(suite.variants) * len(ids) * repeats,
        seed=seed,
        software=f"medaudit {medaudit.__version__}",
        notice=notice or " ".join(notices),
        budget_usd=budget_usd,
        prices={s.id: p for s in systems if (p := prices.price_of(s)) is not None},
        images={name: hashlib.sha256(data).hexdigest() for name, (data, _) in suite.images.items()},
    )


def load(workspace: Workspace, run_id: str) -> Run:
    """The plan of a run. Raises ``UnknownName`` or ``WorkspaceDamaged``."""
    path = workspace.run(run_id) / "plan.json"
    try:
        run = Run.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        known = [found.parent.name for found in workspace.runs.glob("*/plan.json")]
        raise UnknownName("run", run_id, known) from None
    except ValidationError as error:
        field, message = first_fault(error)
        raise WorkspaceDamaged(f"{path} is not a plan: {field} {message}") from error
    if run.id != run_id:
        raise WorkspaceDamaged(f"{path} is the plan of run {run.id}; put the folder back in place")
    return run


def load_suite(workspace: Workspace, run: Run) -> Suite:
    """The suite of a run. Raises ``WorkspaceDamaged`` when it is not the one that was planned."""
    suite = suites.load(workspace.suite(run.suite_id))
    counted = len(suite.variants) * len(run.systems) * run.repeats
    if counted != run.n_expected:
        raise WorkspaceDamaged(
            f"run {run.id} expects {run.n_expected} answers, its suite and systems make {counted}"
        )
    return suite


def jobs(run: Run, system: System, variants: Sequence[Variant]) -> Iterator[Job]:
    """What one system is asked, all variants in the first repeat, then in the second …

    The run is part of an answer's id: the same question put again in another run is another
    answer, and a judgment of the one says nothing about the other.
    """
    start = hashlib.sha256(f"[{dumps(run.id)},{dumps(system.settings)},".encode())
    for repeat in range(run.repeats):
        for variant in variants:
            whole = start.copy()
            whole.update(f'"{variant.id}",{repeat}]'.encode())
            yield Job(
                # content_id([run.id, system.settings, variant.id, repeat]), its start hashed once
                id=whole.hexdigest()[:16],
                system=system,
                variant=variant,
                repeat=repeat,
                seed=sampling_seed(run.seed, variant.id, repeat),
            )


def sampling_seed(run_seed: int, variant_id: str, repeat: int) -> int:
    """The seed of one answer, 0 to 2^31 - 1, from the run's seed, the variant and the repeat.

    >>> sampling_seed(1, "00", 0) == sampling_seed(1, "00", 0) != sampling_seed(1, "00", 1)
    True
    """
    return int(digest([run_seed, variant_id, repeat])[:8], 16) & 0x7FFF_FFFF


def _write(folder: Path, run: Run, images: Mapping[str, tuple[bytes, str]]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        raise Conflict(f"run {run.id} was planned this very second; try again") from None
    if images:
        (folder / IMAGES).mkdir()
    for data, name in images.values():
        (folder / IMAGES / name).write_bytes(data)
    write_json(folder / "plan.json", run.model_dump(mode="json"))


def write_json(path: Path, value: object) -> None:
    """Canonical JSON, whole or not at all, and on disk when this returns."""
    with replacing(path) as draft:
        draft.write_bytes((dumps(value) + "\n").encode("utf-8"))
