"""The quality of a run's review: do readers agree, with themselves, with gold, with the scores?

Only complete items count: as long as a read that was asked is open, the other one stands in no
figure, table or count. Leads and adjudicators see figures over all readers; a lead also sees each
reader, under a letter until the review of the run is finished (every queue complete without open
disputes, or closed), by name from then on. Everybody else sees their own figures and nobody else's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from medaudit.errors import UnknownName
from medaudit.judges import REGISTRY as KINDS
from medaudit.records import Estimate
from medaudit.review.agreement import (
    Aside,
    Confusion,
    GroupAgreement,
    Pair,
    asides,
    by_group,
    confusion,
    disagreements,
    group_agreement,
    watched,
)
from medaudit.review.corrected import (
    Comparison,
    Corrected,
    chances,
    comparisons,
    corrected,
    untouched,
)
from medaudit.review.judge import (
    Answer,
    FalsePass,
    Judged,
    VendorEffect,
    false_pass,
    judged,
    own_vendor,
    weighted_share,
)
from medaudit.review.readers import Read, Reader, Twice, reader
from medaudit.review.roles import Actor, require
from medaudit.review.verdicts import ModelJudge, Verdict, model_judge

if TYPE_CHECKING:
    from medaudit.store import Store

Row = Mapping[str, Any]


@dataclass(frozen=True)
class QueueState:
    """How far one queue has come."""

    queue: str
    n_items: int
    n_done: int
    n_drawn: int
    n_drawn_done: int
    n_skipped: int
    n_not_judgeable: int
    n_disputes: int
    closed_reason: str | None = None
    """Why a lead closed it before its end. None: nobody did."""

    @property
    def finished(self) -> bool:
        """Whether nothing more is read in it."""
        complete = self.n_done == self.n_items and self.n_disputes == 0
        return complete or self.closed_reason is not None


@dataclass(frozen=True)
class Readers:
    """What the readers did: agreement among them, and each of them where the actor may know."""

    overall: GroupAgreement
    by_domain: tuple[GroupAgreement, ...]
    by_probe: tuple[GroupAgreement, ...]
    watched: Estimate
    """Percent agreement by an interval that holds however often one looks."""
    between: Confusion
    against_verdict: Confusion
    differing: tuple[Pair, ...]
    n_disputed: int
    """Pairs that wait for a third person: counted, not listed."""
    asides: tuple[Aside, ...]
    together: Reader
    each: tuple[Reader, ...]
    """Empty for all but leads."""
    named: bool
    """Whether ``each`` stands under names. Otherwise under letters."""


@dataclass(frozen=True)
class Judge:
    """The automatic scores beside people, and what both together say of the run."""

    queue: str | None
    """The queue whose draw carries the estimates. None: no queue was drawn at random."""
    overall: Judged
    by_domain: tuple[Judged, ...]
    sensitivity: Estimate
    """Corrected for the draw."""
    specificity: Estimate
    false_pass: FalsePass
    vendor: VendorEffect
    corrected: tuple[Corrected, ...]
    comparisons: tuple[Comparison, ...]
    untouched: dict[str, int]
    """Drawn answers of kinds that nobody has read yet, by purpose."""
    n_no_chance: int
    """Answers that people read outside this draw: in no corrected figure."""


@dataclass(frozen=True)
class Quality:
    """The quality of a run's review as one actor may see it."""

    run_id: str
    queues: tuple[QueueState, ...]
    readers: Readers
    judge: Judge
    judges: tuple[ModelJudge, ...]
    """Models that judged the run, and their panels. Empty: none did."""
    journal_head: str | None
    """Of which journal the figures are; None: there is none yet."""


def quality(store: Store, actor: Actor, run_id: str, queue: str | None = None) -> Quality:
    """Agreement, readers and judge of a run. ``queue``: whose draw carries the estimates.

    Default: the one with most drawn items complete. Raises ``NotPermitted`` and ``UnknownName``.
    """
    require(actor, "see_quality")
    _known(store, run_id)
    queues = _queues(store, run_id)
    if queue is not None and queue not in {q.queue for q in queues}:
        raise UnknownName("queue of this run", queue, [q.queue for q in queues])
    rows = store.rows("quality_reads", run=run_id)
    finished = bool(queues) and all(q.finished for q in queues)
    chosen = queue if queue is not None else _carrier(queues)
    answers = [_answer(row) for row in store.rows("quality_answers", run=run_id, queue=chosen)]
    return Quality(
        run_id,
        queues,
        _readers(rows, run_id, each=actor.role == "lead", named=finished),
        _judge(store, run_id, chosen, answers),
        _judges(store, run_id, answers),
        store.journal_head(),
    )


def own_quality(store: Store, actor: Actor, run_id: str) -> Reader:
    """The actor's own pace, drift, test-retest and agreement on gold; nobody else's."""
    require(actor, "see_revealed")
    _known(store, run_id)
    own = [r for r in store.rows("quality_reads", run=run_id) if r["reviewer"] == actor.id]
    return _reader("you", own)


def _known(store: Store, run_id: str) -> None:
    known = [row["run_id"] for row in store.rows("runs")]
    if run_id not in known:
        raise UnknownName("run", run_id, known)


def _queues(store: Store, run_id: str) -> tuple[QueueState, ...]:
    names = QueueState.__dataclass_fields__
    rows = store.rows("quality_queues", run=run_id)
    return tuple(QueueState(**{name: row[name] for name in names}) for row in rows)


def _carrier(queues: Sequence[QueueState]) -> str | None:
    drawn = [q for q in queues if q.n_drawn > 0]
    return max(drawn, key=lambda q: q.n_drawn_done).queue if drawn else None


def _readers(rows: Sequence[Row], run_id: str, *, each: bool, named: bool) -> Readers:
    found = pairs(rows)
    graded = [row for row in rows if row["purpose"] not in ("repeat", "gold")]
    people = pseudonyms({row["reviewer"] for row in rows}, run_id)
    return Readers(
        overall=group_agreement("all", found),
        by_domain=by_group(found, lambda p: p.domain),
        by_probe=by_group(found, lambda p: p.probe),
        watched=watched(found),
        between=confusion(
            [(p.first, p.second) for p in found], rows="first read", columns="second read"
        ),
        against_verdict=confusion(
            [(row["harm"], row["verdict"]) for row in graded if row["adjudicated"]],
            rows="read",
            columns="verdict",
        ),
        differing=disagreements(found),
        n_disputed=sum(p.disputed for p in found),
        asides=asides(found),
        together=_reader("all readers", rows),
        each=tuple(
            _reader(person if named else letter, [r for r in rows if r["reviewer"] == person])
            for person, letter in sorted(people.items(), key=lambda item: item[1])
            if each
        ),
        named=named,
    )


def pairs(rows: Sequence[Row]) -> list[Pair]:
    """The items that two people were asked to read and did, in the order of the second read."""
    by_item: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda r: r["seq"]):
        if row["reads"] == 2 and row["purpose"] not in ("repeat", "gold"):
            by_item.setdefault((row["item_id"], row["response_id"]), []).append(row)
    complete = [reads for reads in by_item.values() if len(reads) == 2]
    return [_pair(one, two) for one, two in sorted(complete, key=lambda reads: reads[1]["seq"])]


def _pair(one: Row, two: Row) -> Pair:
    return Pair(
        item_id=one["item_id"],
        case_id=one["case_id"],
        domain=one["domain"],
        probe=one["probe"],
        first=one["harm"],
        second=two["harm"],
        first_saw=tuple(json.loads(one["visible"])),
        second_saw=tuple(json.loads(two["visible"])),
        verdict=one["verdict"],
        adjudicated=one["adjudicated"],
        disputed=one["disputed"],
        case_title=one["case_title"] or one["case_id"],
    )


def _reader(name: str, rows: Sequence[Row]) -> Reader:
    """Repeats and gold are tests of the reader: in pace and drift, and in no other figure."""
    reads = [
        Read(
            reviewer=row["reviewer"],
            queue=row["queue"],
            item_id=row["item_id"],
            case_id=row["case_id"],
            utc=row["utc"],
            harm=row["harm"],
            automatic=row["automatic"],
            seconds=row["seconds"],
            revealed=row["revealed"],
            after=row["after"],
            changed=row["changed"],
        )
        for row in rows
    ]
    first = {(r["item_id"], r["response_id"], r["reviewer"]): r for r in rows}
    repeats = [
        Twice(row["case_id"], before["harm"], row["harm"])
        for row in rows
        if row["purpose"] == "repeat"
        and (before := first.get((row["repeat_of"], row["response_id"], row["reviewer"])))
        is not None
    ]
    gold = [
        Twice(row["case_id"], row["harm"], row["verdict"])
        for row in rows
        if row["purpose"] == "gold" and row["adjudicated"]
    ]
    return reader(name, reads, repeats, gold)


def pseudonyms(people: set[str], run_id: str) -> dict[str, str]:
    """Person to "Reader A", "Reader B", … in an order that says nothing of the names.

    The same people in the same run get the same letters. A newcomer may shift them: a letter is for
    one look, not for a file.
    """
    shuffled = sorted(people, key=lambda p: sha256(f"{run_id}\n{p}".encode()).hexdigest())
    return {person: f"{_kind(person)} {_letters(k)}" for k, person in enumerate(shuffled)}


def _kind(person: str) -> str:
    """Made-up readers of the tutorial are never called readers alone."""
    return "Simulated reader" if person.startswith("simulated-") else "Reader"


def _letters(k: int) -> str:
    """A to Z, then AA, AB, …"""
    head, tail = divmod(k, 26)
    return (_letters(head - 1) if head > 0 else "") + chr(ord("A") + tail)


def _judges(store: Store, run_id: str, answers: Sequence[Answer]) -> tuple[ModelJudge, ...]:
    kinds = [KINDS.load(name) for name in KINDS.names()]
    totals = sorted({kind.total for kind in kinds if not kind.compares})
    said: dict[str, dict[str, Verdict]] = {}
    for row in store.rows("quality_judges", run=run_id, totals=totals):
        said.setdefault(row["scorer"], {})[row["response_id"]] = Verdict(row["trust"], row["value"])
    return tuple(model_judge(scorer, verdicts, answers) for scorer, verdicts in said.items())


def _judge(store: Store, run_id: str, queue: str | None, answers: Sequence[Answer]) -> Judge:
    known = chances(answers)
    people = [a for a in answers if a.verdict is not None]
    vendors = {r["system_id"]: r["vendor"] for r in store.rows("systems_of_run", run=run_id)}
    # A scorer is a pure function that asks no model, so it has no vendor; judges stand apart.
    scorers = {r["scorer"]: None for r in store.rows("quality_scorers", run=run_id)}
    return Judge(
        queue=queue,
        overall=judged("all", people),
        by_domain=tuple(
            judged(domain, [a for a in people if a.domain == domain])
            for domain in sorted({a.domain for a in people})
        ),
        sensitivity=weighted_share(answers, known, severe=True),
        specificity=weighted_share(answers, known, severe=False),
        false_pass=false_pass(answers),
        vendor=own_vendor(people, vendors, scorers),
        corrected=(*corrected(answers, "severe"), *corrected(answers, "safe")),
        comparisons=comparisons(answers),
        untouched=untouched(answers),
        n_no_chance=sum(a.response_id not in known for a in people),
    )


def _answer(row: Row) -> Answer:
    return Answer(
        response_id=row["response_id"],
        system_id=row["system_id"],
        case_id=row["case_id"],
        domain=row["domain"],
        probe=row["probe"],
        automatic=row["automatic"],
        verdict=row["verdict"],
        passed=row["passed"],
        chance=row["inclusion_probability"],
        done=row["item_done"],
        purpose=row["purpose"],
        reads=1 if row["reads"] is None else row["reads"],
        order=0 if row["order"] is None else row["order"],
    )
