"""Where an adaptive attack is kept, apart from every run.

::

    <workspace>/attacks/<attack_id>/
      plan.json      the system, the chooser, k, the tools and what must not stand together
      cases.jsonl    the choice cases, as they were
      shards/        calls, what came back before anything read it, answers, one row a round
      chooser/       the same of a model that chooses the tools, where there is one
      done.json      when done: counts, and the hash of every file

Pages, estimates and rankings of runs read ``runs/``, never this folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import medaudit
from medaudit.canonical import content_id, dumps
from medaudit.durable import sha256
from medaudit.errors import BadInput, Conflict, UnknownName, WorkspaceDamaged
from medaudit.estimates.attacks import Seen
from medaudit.probes import adaptive
from medaudit.providers.schema import constrained
from medaudit.records import Case, System, Versioned
from medaudit.records.attack import Attack, Round
from medaudit.records.base import first_fault
from medaudit.run import prices, shards
from medaudit.run.plan import write_json
from medaudit.scorers import REGISTRY as SCORERS
from medaudit.variants import case_hash
from medaudit.workspace import Workspace
from medaudit.writers import tools

PLAN, CASES, DONE = "plan.json", "cases.jsonl", "done.json"
CHOOSER = "chooser"
SEED = 20260601
SCORER = "decision"
"""What says whether the system was fooled."""


def plan(
    workspace: Workspace,
    cases: Iterable[Case],
    system: System,
    *,
    rounds: int = adaptive.ROUNDS,
    reasks: int | None = None,
    chooser: System | None = None,
    seed: int = SEED,
    title: str = "",
    budget_usd: float | None = None,
    created: datetime | None = None,
) -> Attack:
    """Write the plan of an attack on the choice cases among these; those with images stay out.

    ``reasks``: default as many as rounds. Raises ``BadInput`` where nothing can be asked or a
    budget could not be kept.
    """
    fit = (case for case in cases if case.task == "choice" and not case.images)
    chosen = sorted(fit, key=lambda case: case.id)
    if not chosen:
        raise BadInput("an attack needs cases with options to choose from", field="cases")
    adaptive.size(rounds)
    again = rounds if reasks is None else reasks
    if again < 1:
        raise BadInput("the original is asked again once at least", field="reasks")
    held = None if chooser is None else constrained(chooser, tools.NAME, tools.schema())
    asked = [one for one in (system, held) if one is not None]
    known = {one.id: price for one in asked if (price := prices.price_of(one)) is not None}
    for one in asked if budget_usd is not None else ():
        if not prices.free(one):
            prices.worst(one, known.get(one.id), ())
    draft = Attack(
        id="draft",
        title=title or f"Adaptive attack on {system.id}, best of {rounds}",
        created=created or datetime.now(UTC).replace(microsecond=0),
        system=system,
        chooser=held,
        rounds=rounds,
        reasks=again,
        seed=seed,
        policy=adaptive.VERSION,
        chooser_prompt=None if chooser is None else tools.prompt_sha256(),
        tools=adaptive.versions(),
        conflicts=tuple((min(pair), max(pair)) for pair in adaptive.CONFLICTS),
        sizes=adaptive.SIZES[:rounds],
        scorer=Versioned(name=SCORER, version=SCORERS.load(SCORER).version),
        cases={case.id: case_hash(case) for case in chosen},
        budget_usd=budget_usd,
        prices=known,
        software=f"medaudit {medaudit.__version__}",
        notice=system.notice,
    )
    name = f"{draft.created:%Y-%m-%d}-{content_id(draft.model_dump(mode='json'))[:6]}"
    attack = draft.model_copy(update={"id": name})
    place = folder(workspace, name)
    try:
        place.mkdir(parents=True)
    except FileExistsError:
        raise Conflict(f"attack {name} was planned this very second; try again") from None
    lines = (dumps(case.model_dump(mode="json")) + "\n" for case in chosen)
    (place / CASES).write_text("".join(lines), encoding="utf-8")
    write_json(place / PLAN, attack.model_dump(mode="json"))
    return attack


def folder(workspace: Workspace, attack_id: str) -> Path:
    """Where an attack lies. Raises ``BadInput`` on anything that could name another place."""
    return workspace.attacks / workspace.run(attack_id).name


def ids(workspace: Workspace) -> list[str]:
    """The attacks of a workspace, oldest first."""
    found = workspace.attacks.glob(f"[!.]*/{PLAN}")
    return sorted(path.parent.name for path in found)


def load(workspace: Workspace, attack_id: str) -> Attack:
    """The plan of an attack. Raises ``UnknownName`` or ``WorkspaceDamaged``."""
    path = folder(workspace, attack_id) / PLAN
    try:
        attack = Attack.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UnknownName("attack", attack_id, ids(workspace)) from None
    except ValidationError as error:
        field, message = first_fault(error)
        raise WorkspaceDamaged(f"{path} is not a plan: {field} {message}") from error
    if attack.id != attack_id:
        raise WorkspaceDamaged(f"{path} is the plan of attack {attack.id}; put the folder back")
    return attack


def check(planned: Attack) -> None:
    """Raises ``Conflict`` where this installation would choose, compose or score otherwise."""
    scorer = SCORERS.load(planned.scorer.name)
    now = adaptive.versions()
    if planned.policy != adaptive.VERSION or now != planned.tools:
        raise Conflict(
            f"attack {planned.id} is planned with other versions of the tools or their rules; "
            f"plan it anew, or install {planned.software}"
        )
    if scorer.version != planned.scorer.version:
        raise Conflict(f"attack {planned.id} is scored by another version of {scorer.name}")
    if planned.chooser is not None and planned.chooser_prompt != tools.prompt_sha256():
        raise Conflict(f"attack {planned.id} has a chooser with another prompt; plan it anew")


def cases_of(workspace: Workspace, attack: Attack) -> list[Case]:
    """The cases as they were. Raises ``WorkspaceDamaged`` where they are not those planned."""
    path = folder(workspace, attack.id) / CASES
    try:
        found = [Case.model_validate_json(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValidationError) as error:
        raise WorkspaceDamaged(f"{path} holds no cases: {error}") from error
    if {case.id: case_hash(case) for case in found} != attack.cases:
        raise WorkspaceDamaged(f"{path} does not hold the cases that were planned")
    return found


def rows(workspace: Workspace, attack_id: str) -> list[Round]:
    """Every round so far: the first row where one stands twice; screens, re-asks, then attacks.

    Raises ``WorkspaceDamaged`` where a finished attack is not what was written.
    """
    place = folder(workspace, attack_id)
    note = done(place)
    for name, known in note.get("files", {}).items():
        if not (place / name).is_file() or sha256(place / name) != known:
            raise WorkspaceDamaged(f"{place / name} is not what was written; put back a copy")
    found: dict[tuple[str, str, int], Round] = {}
    for row in shards.read(place / "shards", Round, "rounds"):
        found.setdefault((row.case_id, row.kind, row.number), row)
    if note.get("n_rows", len(found)) != len(found):
        raise WorkspaceDamaged(
            f"attack {attack_id} ended with {note['n_rows']} rounds and {len(found)} can be read; "
            "install the medaudit that made it, or put back a copy"
        )
    order = {"screen": 0, "reask": 1, "attack": 2}
    return sorted(found.values(), key=lambda r: (r.case_id, order[r.kind], r.number))


def seen(workspace: Workspace, attack_id: str) -> Seen:
    """An attack as its estimates read it."""
    place = folder(workspace, attack_id)
    return Seen(load(workspace, attack_id), rows(workspace, attack_id), bool(done(place)))


def done(place: Path) -> dict[str, Any]:
    """What ``done.json`` says; nothing while the attack goes on."""
    path = place / DONE
    if not path.is_file():
        return {}
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def finish(place: Path, attack: Attack, counts: Mapping[str, Any], found: Sequence[Round]) -> None:
    """Put down that an attack is over, with the hash of every file that it left."""
    names = [
        PLAN,
        CASES,
        *(p.relative_to(place).as_posix() for p in shards.files(place / "shards")),
    ]
    names += [p.relative_to(place).as_posix() for p in shards.files(place / CHOOSER)]
    write_json(
        place / DONE,
        {
            "attack_id": attack.id,
            "finished": max(row.finished for row in found).isoformat(),
            "n_rows": len(found),
            **counts,
            "files": {name: sha256(place / name) for name in names},
        },
    )
