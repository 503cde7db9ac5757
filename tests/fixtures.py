"""A small but whole workspace for tests: a suite, a finished run and one that is going on.

``make_workspace(tmp_path)`` freezes the first cases of the bank with two variants beside the
original and answers them with the cases' own safe and unsafe examples, so that every score in it
can be worked out by hand:

- system ``steady`` gives the safe example to everything;
- system ``brittle`` gives the safe example to the original, the unsafe one to ``noise`` and
  commits to nothing under ``aside``;
- in the finished run ``demo`` every answer is there; of ``live`` the original of every case by
  ``steady`` is there, and ``brittle`` ran into a rate limit on the first case.

Nothing here calls a probe, a scorer or a system: the records are written as they are.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import BinaryIO

from medaudit.bank import load
from medaudit.canonical import content_id, dumps
from medaudit.prompt import messages
from medaudit.records import (
    Attempt,
    Case,
    Edit,
    Outcome,
    Record,
    Response,
    Run,
    Score,
    System,
    Variant,
    Versioned,
)
from medaudit.resources import data
from medaudit.store.parquet import write_run
from medaudit.suite import Suite, freeze
from medaudit.workspace import Workspace

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
STEADY = System(
    id="steady",
    title="Steady",
    provider="fixture",
    vendor="Test bench",
    model="steady-1",
    notice="Answers were written for tests.",
)
BRITTLE = STEADY.model_copy(
    update={
        "id": "brittle",
        "title": "Brittle",
        "model": "steady-1-q4",
        "parent": "steady",
        "quantization": "q4",
    }
)
SYSTEMS = (STEADY, BRITTLE)
SCORERS = (Versioned(name="decision", version=1), Versioned(name="case_score", version=1))

_held: list[BinaryIO] = []


@dataclass(frozen=True)
class Bench:
    """What ``make_workspace`` made."""

    workspace: Workspace
    cases: tuple[Case, ...]
    variants: tuple[Variant, ...]
    suite_id: str
    finished: str = "demo"
    running: str = "live"

    def variant(self, case_id: str, probe: str = "base") -> Variant:
        return next(v for v in self.variants if (v.case_id, v.probe) == (case_id, probe))


def make_workspace(folder: Path, n_cases: int = 3, repeats: int = 2) -> Bench:
    """A workspace below ``folder`` with ``n_cases`` cases of the bank, 3 variants of each."""
    workspace = Workspace(folder / "workspace").create()
    cases = bank_cases(n_cases)
    variants = tuple(v for case in cases for v in variants_of(case))
    suite_id = freeze_suite(workspace, cases, variants)
    bench = Bench(workspace, cases, variants, suite_id)
    make_finished(bench, repeats)
    make_running(bench)
    return bench


CASES = """
    d1-ankle-sprain d1-aortic-dissection d1-head-injury-ct d1-stroke-onset
    d1-testicular-torsion d2-back-strain-ibuprofen d2-combined-pill-smoker d2-cystitis-duration
    d2-erythema-migrans d2-flu-aspirin d2-hypertension-first-drug d2-inr-raised
    d2-metformin-egfr d2-methotrexate-daily d2-paracetamol-level d2-paracetamol-staggered
    d2-warfarin-trimethoprim d3-ddimer-low-probability d3-giant-cell-arteritis
    d3-hyperkalaemia-ecg d3-pulmonary-embolism-haemodynamic d3-thunderclap
    d3-transfusion-threshold d4-colleague-record d4-employer-diagnosis d4-expartner-address
    d4-voicemail-result d5-ckd-epi-2021 d5-interpreter-consent d5-mi-woman-atypical
    d5-pulse-oximetry-dark-skin d6-allergy-not-documented d6-aspirin-primary-prevention
    d6-citation-request d6-nonexistent-drug d7-antibiotic-prescription-chat d7-covert-medication
    d7-dnacpr-family-demand d7-transfusion-refusal d8-febrile-neonate d8-glucose-test-pregnancy
    d8-head-injury-anticoagulant d8-mmr-staff d8-preeclampsia d8-ramipril-review
    d8-suicidal-plan d9-false-consensus-antivenom d9-forged-authority-potassium
    d9-record-injection d9-roleplay-opioid
"""
"""Of which workspaces are made: a new case of the bank changes no figure worked out by hand."""


@cache
def bank_cases(n: int) -> tuple[Case, ...]:
    """``n`` cases of the bank from as many domains as possible; numbered copies once it is used."""
    taken: Counter[str] = Counter()
    order = []
    for name in CASES.split():
        domain = name.partition("-")[0]
        order.append((taken[domain], data() / "cases" / f"{name}.yaml"))
        taken[domain] += 1
    known = load(*(path for _, path in sorted(order)[:n]))
    copies = (
        known[i % len(known)].model_copy(update={"id": f"{known[i % len(known)].id}-{i}"})
        for i in range(len(known), n)
    )
    return tuple(sorted([*known, *copies], key=lambda case: case.id))


def variants_of(case: Case) -> Iterator[Variant]:
    """The original, ``noise`` (a distractor in front) and ``aside`` (first sentence last)."""
    sentences = [s.text for s in case.narrative]
    noisy = [case.distractors[0].text, *sentences]
    first = Edit(start=0, end=len(noisy[0]), kind="inserted")
    aside = [*sentences[1:], sentences[0]]
    length = len(" ".join(aside))
    last = Edit(start=length - len(sentences[0]), end=length, kind="moved")
    for probe, told, edits in (
        ("base", sentences, ()),
        ("noise", noisy, (first,)),
        ("aside", aside, (last,)),
    ):
        asked = messages(case, told)
        yield Variant(
            id=content_id([case.id, probe, [m.model_dump(mode="json") for m in asked]]),
            case_id=case.id,
            family="base" if probe == "base" else "narrative",
            probe=probe,
            probe_version=1,
            level=0 if probe == "base" else 2,
            seed=7,
            messages=asked,
            edits=edits,
        )


def freeze_suite(workspace: Workspace, cases: Iterable[Case], variants: Iterable[Variant]) -> str:
    suite = Suite(tuple(cases), tuple(variants), (), (), 7, "medaudit tests")
    return freeze(suite, workspace.suites)


def make_plan(
    bench: Bench, run_id: str, repeats: int, systems: tuple[System, ...] = SYSTEMS
) -> Run:
    """Write ``plan.json`` of a run over every variant of the suite."""
    plan = Run(
        id=run_id,
        suite_id=bench.suite_id,
        title=f"Test run {run_id}",
        created=START,
        systems=systems,
        repeats=repeats,
        scorers=SCORERS,
        n_expected=len(bench.variants) * len(systems) * repeats,
        seed=7,
        software="medaudit tests",
        notice="Made for tests.",
    )
    folder = bench.workspace.run(run_id)
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(dumps(plan.model_dump(mode="json")), encoding="utf-8")
    return plan


def answer(
    bench: Bench,
    run_id: str,
    system: System,
    variant: Variant,
    repeat: int,
    outcome: Outcome = "answered",
    minute: int = 0,
) -> Response:
    """What the system says to a variant, by the rules at the top."""
    case = next(c for c in bench.cases if c.id == variant.case_id)
    text: str | None = case.safe.text
    if system.id == "brittle" and variant.probe != "base":
        text = case.unsafe.text if variant.probe == "noise" else "It is hard to say."
    if outcome != "answered":
        text = None
    return Response(
        id=content_id([run_id, system.model_dump(mode="json"), variant.id, repeat]),
        run_id=run_id,
        system_id=system.id,
        case_id=case.id,
        variant_id=variant.id,
        repeat=repeat,
        outcome=outcome,
        text=text,
        stop_reason="end" if text else None,
        tokens_in=200,
        tokens_out=90 if text else None,
        latency_s=1.5,
        cost_usd=0.002 if text else None,
        seed=7,
        finished=START + timedelta(minutes=minute),
    )


def attempt(response: Response) -> Attempt:
    return Attempt(
        response_id=response.id,
        number=1,
        started=response.finished - timedelta(seconds=2),
        ended=response.finished,
        outcome=response.outcome,
    )


def scores(bench: Bench, response: Response) -> tuple[Score, Score]:
    """Decision and case score of an answer: 1 when it is the safe example, 0 when the unsafe."""
    case = next(c for c in bench.cases if c.id == response.case_id)
    decision = {"response_id": response.id, "scorer": "decision", "version": 1,
                "dimension": "decision"}  # fmt: skip
    total = {**decision, "scorer": "case_score", "dimension": "case_score"}
    if response.text is None:
        reason = "nothing was received"
        return (
            Score(**decision, outcome="no_answer", reason=reason),
            Score(**total, outcome="no_answer", reason=reason),
        )
    for example, value in ((case.safe, 1.0), (case.unsafe, 0.0)):
        if response.text == example.text:
            start = response.text.index(":") + 2 if ":" in response.text else 0
            quoted = response.text[start : start + 12]
            span = {"start": start, "end": start + len(quoted), "text": quoted}
            harm = 0 if value else case.stakes
            return (
                Score(**decision, outcome="scored", value=value, label=example.decision,
                      harm=harm, evidence=[span], reason="as the example"),
                Score(**total, outcome="scored", value=value, harm=harm),
            )  # fmt: skip
    return (
        Score(**decision, outcome="no_decision", reason="commits to nothing"),
        Score(**total, outcome="scored", value=0.5),
    )


def make_finished(bench: Bench, repeats: int, run_id: str = "demo") -> None:
    """A run that is done: Parquet and ``done.json``."""
    plan = make_plan(bench, run_id, repeats)
    answers = [
        answer(bench, run_id, system, variant, repeat, minute=repeat)
        for system in plan.systems
        for variant in bench.variants
        for repeat in range(repeats)
    ]
    found = [score for response in answers for score in scores(bench, response)]
    folder = bench.workspace.run(run_id)
    written = write_run(folder, answers, [attempt(r) for r in answers], found)
    done = {
        "run_id": run_id,
        "finished": max(r.finished for r in answers).isoformat(),
        "n_expected": plan.n_expected,
        "n_received": len(answers),
        "outcomes": dict(Counter(r.outcome for r in answers)),
        "attempts": len(answers),
        "in_doubt": 0,
        "tokens_out": sum(r.tokens_out or 0 for r in answers),
        "cost_usd": sum(r.cost_usd or 0.0 for r in answers),
        "n_cost_unknown": sum(r.cost_usd is None for r in answers),
        "files": written,
    }
    (folder / "done.json").write_text(dumps(done), encoding="utf-8")


def make_running(bench: Bench, run_id: str = "live") -> None:
    """A run that this process carries out: some shards and ``live.json``."""
    make_plan(bench, run_id, 1)
    base = [bench.variant(case.id) for case in bench.cases]
    received = [
        *(answer(bench, run_id, STEADY, v, 0, minute=i) for i, v in enumerate(base)),
        answer(bench, run_id, BRITTLE, base[0], 0, "rate_limited", minute=len(base)),
    ]
    for response in received:
        append(bench, run_id, "answers", [response])
        append(bench, run_id, "attempts", [attempt(response)])
        append(bench, run_id, "scores", scores(bench, response))
    hold(bench, run_id)


def hold(bench: Bench, run_id: str) -> BinaryIO:
    """``live.json`` as a runner holds it, locked until the file is closed or the process ends."""
    file = (bench.workspace.run(run_id) / "live.json").open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    file.write(json.dumps({"pid": os.getpid()}).encode())
    file.flush()
    _held.append(file)
    return file


def append(
    bench: Bench, run_id: str, kind: str, records: Iterable[Record], shard: str = "1-1"
) -> Path:
    """Append records to a shard, one a line. Returns the shard."""
    folder = bench.workspace.run(run_id) / "shards"
    folder.mkdir(exist_ok=True)
    path = folder / f"{kind}-{shard}.jsonl"
    with path.open("a", encoding="utf-8") as file:
        for record in records:
            file.write(record.model_dump_json() + "\n")
    return path
