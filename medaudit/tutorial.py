"""The tutorial workspace: ten practice answers with a worked key, in the same queue and journal.

The answers were written for practice and are those of no system. They come into a run like any
other answer (a replay of what is written down), are scored by rule, and are put into one queue as
gold items, which every reviewer reads. The key is entered in the journal as their verdict, by
``tutorial-key``; a reviewer sees it after each commit, beside their own grade.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import yaml
from pydantic import Field, ValidationError

from medaudit import run, suite
from medaudit.bank import load
from medaudit.canonical import content_id, dumps
from medaudit.errors import BadInput, Conflict, NotPermitted
from medaudit.journal import Event, Journal
from medaudit.probes import REGISTRY
from medaudit.prompt import messages, spans
from medaudit.records import (
    Case,
    Edit,
    Harm,
    Judgment,
    Record,
    Response,
    ReviewStatus,
    Slug,
    System,
    Text,
    Variant,
)
from medaudit.records.base import first_fault
from medaudit.resources import data
from medaudit.review import Actor, commit, draw_queue, queue_items, settings_of, take
from medaudit.review.commit import NOTE_FROM
from medaudit.review.items import item_at
from medaudit.review.reveal import require_revealed
from medaudit.store import Store

if TYPE_CHECKING:
    from medaudit.workspace import Workspace

TITLE = "Tutorial: ten practice answers"
NOTICE = "Tutorial: practice answers, not results of any system."
QUEUE, SIMULATED_QUEUE = "tutorial", "tutorial-simulated-readers"
KEY = "tutorial-key"
"""Who the verdicts of the practice answers are by."""
SIMULATED = ("simulated-reader-1", "simulated-reader-2")
SEED = 20260601
RECORDING = ".tutorial/answers.jsonl"
"""Below the folder of runs: what the replay reads."""
SYSTEM = System(
    id="practice-answers",
    title="Practice answers, written for the tutorial",
    provider="replay",
    vendor="medaudit",
    model="practice-answers",
    parameters={"connection": {"recording": RECORDING}},
    notice=NOTICE,
)


class Key(Record):
    """The worked grade of one practice answer."""

    harm: Harm | None = None
    direction: Literal["omission", "commission"] | None = None
    error_type: Slug | None = None
    variant_invalid: bool = False
    cannot_judge: bool = False
    explanation: Text


class Practice(Record):
    """One practice answer: to which case it belongs, how the case is asked, and its key."""

    id: Slug
    case: Slug
    probe: Slug = "base"
    replaced: dict[Text, Text] = Field(default_factory=dict)
    """Sentence of the case -> what stands instead: the variant that is invalid."""
    answer: Text
    key: Key


class Tutorial(Record):
    """All practice answers."""

    status: ReviewStatus
    items: tuple[Practice, ...]


@dataclass(frozen=True)
class Graded:
    """An own grade beside the key."""

    own: Key
    key: Key

    @property
    def differs(self) -> tuple[str, ...]:
        """In what the two differ, in words; nothing where they agree."""
        fields = {"harm": "harm", "direction": "direction", "error_type": "error type",
                  "variant_invalid": "invalid variant", "cannot_judge": "cannot judge"}  # fmt: skip
        return tuple(
            name for f, name in fields.items() if getattr(self.own, f) != getattr(self.key, f)
        )


def tutorial() -> Tutorial:
    """The practice answers of this installation. Raises ``BadInput`` with the field."""
    path = data() / "tutorial" / "items.yaml"
    try:
        return Tutorial.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        field, message = first_fault(error)
        raise BadInput(message, file=str(path), field=field) from error


def make(workspace: Workspace, *, simulated_readers: bool = False) -> str:
    """Make the tutorial in an empty workspace, or complete one; the id of its run.

    ``simulated_readers``: two made-up readers grade everything in a queue of their own, so that
    the page on agreement has something to show. Raises ``Conflict`` in a workspace with other runs.
    """
    workspace.require_own_journal("the tutorial")
    workspace.create()
    found = [path.parent.name for path in sorted(workspace.runs.glob("[!.]*/plan.json"))]
    others = [name for name in found if run.load(workspace, name).title != TITLE]
    if others:
        raise Conflict(
            f"{workspace.path} holds other runs ({', '.join(others)}): give the tutorial a folder "
            "of its own with --home"
        )
    practice = tutorial().items
    built, variants = _suite(practice)
    run_id = found[0] if found else _plan(workspace, built, practice, variants)
    run.execute(workspace, run_id)
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        answers = _enter_key(store, journal, run_id, practice, variants)
        lead = Actor("tutorial", "lead")
        given = {"run_id": run_id, "seed": SEED, "repeat_share": 0.0}
        gold = settings_of(queue=QUEUE, n=0, double_share=0.0, gold=tuple(answers), **given)
        draw_queue(store, journal, lead, gold)
        if simulated_readers:
            n = len(store.rows("review_pool", run=run_id))
            asked = {"n": n, "design": "uniform", "double_share": 1.0}
            drawn = settings_of(queue=SIMULATED_QUEUE, **asked, **given | {"repeat_share": 0.2})
            draw_queue(store, journal, lead, drawn)
            _simulate(store, journal, run_id, lead)
    return run_id


def _suite(practice: tuple[Practice, ...]) -> tuple[suite.Suite, dict[str, Variant]]:
    """The cases with the variants that are asked, originals included; practice id -> variant."""
    cases = {
        case.id: case for case in load(*(data() / "cases" / f"{p.case}.yaml" for p in practice))
    }
    variants: list[Variant] = []
    asked: dict[str, Variant] = {}
    used: dict[str, suite.Used] = {}
    for p in sorted(practice, key=lambda p: p.case):
        probes = [] if p.probe == "base" else [REGISTRY.load(p.probe)]
        built = suite.build([cases[p.case]], probes)
        used |= {u.name: u for u in built.probes}
        own = list(built.variants)
        if p.replaced:
            own.append(_replaced(cases[p.case], own[0], p.replaced))
        asked[p.id] = own[-1]
        variants += own
    ordered = tuple(cases[id_] for id_ in sorted(cases))
    return suite.Suite(
        ordered, tuple(variants), tuple(used.values()), (), SEED, built.software
    ), asked


def _replaced(case: Case, base: Variant, replaced: Mapping[str, str]) -> Variant:
    """The case with sentences that say something else: no check is run, as none was passed."""
    before = [sentence.text for sentence in case.narrative]
    if missing := set(replaced) - set(before):
        raise BadInput(f"case {case.id} has no sentence {sorted(missing)[0]!r}", field="replaced")
    after = [replaced.get(text, text) for text in before]
    edits = tuple(
        Edit(start=start, end=end, kind="replaced")
        for (start, end), text in zip(spans(after), before, strict=True)
        if text in replaced
    )
    asked = messages(case, after)
    identity = [base.id, "practice_edit", [m.model_dump(mode="json") for m in asked]]
    return base.model_copy(
        update={
            "id": content_id(identity),
            "family": "narrative",
            "probe": "practice_edit",
            "level": 1,
            "seed": SEED,
            "messages": asked,
            "edits": edits,
            "checks": (),
        }
    )


def _plan(
    workspace: Workspace,
    built: suite.Suite,
    practice: tuple[Practice, ...],
    variants: Mapping[str, Variant],
) -> str:
    """Write down the answers for the replay, then the plan of the run that asks for them."""
    cases = {case.id: case for case in built.cases}
    text = {v.id: cases[v.case_id].safe.text for v in built.variants}
    text |= {variants[p.id].id: p.answer for p in practice}
    path = workspace.runs / RECORDING
    path.parent.mkdir(exist_ok=True)
    lines = (dumps(_written(v, text[v.id]).model_dump(mode="json")) + "\n" for v in built.variants)
    path.write_text("".join(lines), encoding="utf-8")
    planned = run.plan(workspace, built, [SYSTEM], seed=SEED, title=TITLE, notice=NOTICE)
    return planned.id


def _written(variant: Variant, text: str) -> Response:
    return Response(
        id=content_id(["tutorial", variant.id]),
        run_id="tutorial",
        system_id=SYSTEM.id,
        case_id=variant.case_id,
        variant_id=variant.id,
        repeat=0,
        outcome="answered",
        text=text,
        stop_reason="end",
        finished=datetime(2026, 6, 1, tzinfo=UTC),
    )


def _enter_key(
    store: Store,
    journal: Journal,
    run_id: str,
    practice: tuple[Practice, ...],
    variants: Mapping[str, Variant],
) -> list[str]:
    """The key as verdicts in the journal, once; the ids of the practice answers."""
    store.refresh()
    answers = []
    for p in practice:
        given = {"run": run_id, "variant": variants[p.id].id}
        answers += [r["response_id"] for r in store.rows("answers_of_variant", **given)]
        verdict = Judgment(
            item_id=content_id([KEY, answers[-1]]),
            response_id=answers[-1],
            reviewer=KEY,
            phase="adjudication",
            note=p.key.explanation,
            **p.key.model_dump(exclude={"explanation"}),
        )
        journal.append(
            Event(
                client_id=f"{KEY}:{p.id}",
                actor=KEY,
                action="judgment",
                subject=verdict.item_id,
                payload=verdict.model_dump(mode="json"),
            )
        )
    store.refresh()
    return answers


def _simulate(store: Store, journal: Journal, run_id: str, lead: Actor) -> None:
    """Two made-up readers grade their queue: mostly near the suspected harm, sometimes not."""
    rng = np.random.default_rng(SEED)
    rows = store.rows("quality_answers", run=run_id, queue=SIMULATED_QUEUE)
    suspected = {row["response_id"]: row["automatic"] for row in rows}
    answer = [item.response_id for item in queue_items(store, lead, SIMULATED_QUEUE)]
    for name in SIMULATED:
        actor = Actor(name, "reviewer")
        while (position := take(store, journal, actor, SIMULATED_QUEUE)) is not None:
            near = suspected[answer[position]]
            level = int(np.clip((1 if near is None else near) + rng.choice([-1, 0, 0, 0, 1]), 0, 4))
            grade: dict[str, Any] = {"harm": level, "seconds": float(rng.gamma(6, 10))}
            if level > 0:
                grade |= {"direction": "omission", "error_type": "triage"}
            if level >= NOTE_FROM:
                grade["note"] = "Simulated reader: this grade was drawn at random."
            client_id = f"simulated:{content_id([name, position])}"
            commit(store, journal, actor, SIMULATED_QUEUE, position, grade, client_id)


def worked_key(store: Store, actor: Actor, queue: str, position: int) -> Graded | None:
    """The own grade of a practice answer beside its key; None for any other answer.

    Raises ``NotPermitted`` until the actor has committed.
    """
    item = item_at(store, queue, position)
    found = {row["response_id"]: row for row in _graded(store, actor, queue)}
    row = found.get(item.response_ids[0])
    if row is None:
        return None
    require_revealed(store, actor, item)
    return _both(row)


def own_against_key(store: Store, actor: Actor, queue: str) -> list[Graded]:
    """The own grades of practice answers beside their keys, as far as they are revealed."""
    graded = []
    for row in _graded(store, actor, queue):
        try:
            require_revealed(store, actor, item_at(store, queue, row["position"]))
        except NotPermitted:
            continue
        graded.append(_both(row))
    return graded


def _graded(store: Store, actor: Actor, queue: str) -> Iterator[dict[str, Any]]:
    yield from store.rows("tutorial_graded", queue=queue, reviewer=actor.id, key=KEY)


def _both(row: Mapping[str, Any]) -> Graded:
    names = ("harm", "direction", "error_type", "variant_invalid", "cannot_judge")
    own = Key.model_validate(
        {**{n: row[n] for n in names}, "explanation": row["note"] or "no note"}
    )
    key = {**{n: row[f"key_{n}"] for n in names}, "explanation": row["explanation"]}
    return Graded(own, Key.model_validate(key))
