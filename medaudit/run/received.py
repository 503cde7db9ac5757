"""What a run has so far, read from its shards: answers, calls and how they ended, scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from medaudit.records import Attempt, Outcome, Response, Score
from medaudit.run import shards
from medaudit.run.kept import Batch

Call = tuple[str, int]
"""(response id, attempt number)"""
ScoreKey = tuple[str, str, int, str]
"""(response id, scorer, version, dimension)"""
MAYBE_PAID: frozenset[Outcome] = frozenset(
    {"timeout", "connection", "malformed", "cancelled", "in_doubt"}
)
"""Outcomes of calls that a service may charge for without saying what."""


@dataclass
class Counts:
    """Sums over answers that are safe on disk."""

    outcomes: Counter[str] = field(default_factory=Counter)
    tokens_out: int | None = None
    cost_usd: float | None = None
    n_cost_unknown: int = 0

    def add(self, answer: Response) -> None:
        self.outcomes[answer.outcome] += 1
        if answer.tokens_out is not None:
            self.tokens_out = answer.tokens_out + (
                0 if self.tokens_out is None else self.tokens_out
            )
        if answer.cost_usd is None:
            self.n_cost_unknown += 1
        else:
            self.cost_usd = answer.cost_usd + (0.0 if self.cost_usd is None else self.cost_usd)


@dataclass
class Index:
    """What a runner needs to know of the shards, in some 200 bytes an answer."""

    answered: set[int] = field(default_factory=set)
    """Ids of the answers on record, as numbers."""
    spoke: set[str] = field(default_factory=set)
    """Systems that have an answer on record."""
    counts: Counts = field(default_factory=Counts)
    n_calls: int = 0
    n_in_doubt: int = 0
    """Calls put down as in doubt by an earlier resume."""
    unrecorded: list[Attempt] = field(default_factory=list)
    """Calls that began and whose end was never written, each as it must be put down now."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The number of the next call for each answer that was tried and is missing."""
    unpriced: Counter[str] = field(default_factory=Counter)
    """By response: calls that may have been paid for and of which nobody knows the price."""
    batches: dict[str, Batch] = field(default_factory=dict)
    """Handed over and not collected, by token."""
    fresh: Counts = field(default_factory=Counts)
    """Of the answers since a moment."""

    @classmethod
    def read(cls, folder: Path, *, since: datetime | None = None) -> Index:
        """Everything in a folder of shards but texts and scores. Raises ``WorkspaceDamaged``."""
        found = cls()
        for answer in shards.read(folder, Response, "answers"):
            number = int(answer.id, 16)
            if number not in found.answered:
                found.answered.add(number)
                found.spoke.add(answer.system_id)
                found.counts.add(answer)
                if since is not None and answer.finished >= since:
                    found.fresh.add(answer)
                if answer.cost_usd is None and answer.outcome not in MAYBE_PAID | UNBILLED:
                    found.unpriced[answer.id] += 1
        ended: set[int] = set()
        for attempt in shards.read(folder, Attempt, "attempts"):
            key = _key(attempt)
            if key not in ended:
                ended.add(key)
                found.n_in_doubt += attempt.outcome == "in_doubt"
                found._tried(attempt)
        found.n_calls = len(ended)
        found.batches = open_batches(folder)
        out = {call for batch in found.batches.values() for call in batch.calls}
        unseen: dict[int, Attempt] = {}
        for attempt in shards.read(folder, Attempt, "started"):
            key = _key(attempt)
            if key not in ended and key not in unseen:
                unseen[key] = attempt
                found._tried(attempt, paid=False)
        found.n_calls += len(unseen)
        waiting = [a for a in unseen.values() if (a.response_id, a.number) not in out]
        found.unrecorded = list(_ends(folder, waiting, found.answered))
        for attempt in found.unrecorded:
            if attempt.outcome in MAYBE_PAID:
                found.unpriced[attempt.response_id] += 1
        return found

    def _tried(self, attempt: Attempt, *, paid: bool = True) -> None:
        name = attempt.response_id
        if paid and attempt.outcome in MAYBE_PAID:
            self.unpriced[name] += 1
        if int(name, 16) not in self.answered:
            self.numbers[name] = max(self.numbers.get(name, 1), attempt.number + 1)


UNBILLED: frozenset[Outcome] = frozenset(
    {"rate_limited", "overloaded", "server_error", "auth", "quota", "bad_request"}
)
"""Outcomes of calls that a service turned down, and does not charge for."""


@dataclass
class Received:
    """One run's records, whole. Where one stands twice, the first to finish counts."""

    answers: dict[str, Response] = field(default_factory=dict)
    attempts: dict[Call, Attempt] = field(default_factory=dict)
    """Calls whose end is on record, also those that an earlier resume put down as in doubt."""
    scores: dict[ScoreKey, Score] = field(default_factory=dict)
    started: dict[Call, Attempt] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, *, scores: bool = True) -> Received:
        """Everything in a folder of shards. Raises ``WorkspaceDamaged``."""
        found = cls()
        for answer in shards.read(folder, Response, "answers"):
            known = found.answers.get(answer.id)
            if known is None or answer.finished < known.finished:
                found.answers[answer.id] = answer
        for attempt in shards.read(folder, Attempt, "attempts"):
            found.attempts.setdefault((attempt.response_id, attempt.number), attempt)
        for attempt in shards.read(folder, Attempt, "started"):
            found.started.setdefault((attempt.response_id, attempt.number), attempt)
        if scores:
            for score in shards.read(folder, Score, "scores"):
                found.scores.setdefault(score_key(score), score)
        return found

    def unrecorded(self) -> list[Attempt]:
        """Calls that began and whose end was never written, each as it must be put down now."""
        return [
            _end(attempt, self.answers.get(call[0]))
            for call, attempt in self.started.items()
            if call not in self.attempts
        ]

    def put_down(self, attempts: Iterable[Attempt]) -> None:
        """Take attempts over as on record."""
        for attempt in attempts:
            self.attempts[attempt.response_id, attempt.number] = attempt


def open_batches(folder: Path) -> dict[str, Batch]:
    """Batches that a service has and that were not collected, with their calls."""
    found: dict[str, Batch] = {}
    for line in shards.read(folder, Batch, "batches"):
        if line.state == "handing":
            found[line.token] = line
        elif line.state == "handed" and line.token in found:
            calls = found[line.token].calls
            found[line.token] = line.model_copy(update={"calls": calls})
        else:
            found.pop(line.token, None)
    return {token: batch for token, batch in found.items() if batch.batch_id is not None}


def missing_scores(
    folder: Path, wanted: int, answered: Iterable[int]
) -> Iterator[tuple[Response, set[ScoreKey]]]:
    """Answers with fewer score rows than wanted, each with the rows that it has."""
    n_rows: Counter[str] = Counter()
    whole: set[int] = set()
    for score in shards.read(folder, Score, "scores"):
        n_rows[score.response_id] += 1
        if n_rows[score.response_id] >= wanted:
            whole.add(int(score.response_id, 16))
            del n_rows[score.response_id]
    if whole.issuperset(answered):
        return
    partly: dict[str, set[ScoreKey]] = {name: set() for name in n_rows}
    if partly:
        for score in shards.read(folder, Score, "scores"):
            if score.response_id in partly:
                partly[score.response_id].add(score_key(score))
    for answer in shards.read(folder, Response, "answers"):
        number = int(answer.id, 16)
        if number not in whole:
            whole.add(number)
            yield answer, partly.get(answer.id, set())


def _ends(folder: Path, unseen: Iterable[Attempt], answered: set[int]) -> Iterator[Attempt]:
    unseen = list(unseen)
    wanted = {a.response_id for a in unseen if int(a.response_id, 16) in answered}
    answers: dict[str, Response] = {}
    if wanted:
        for answer in shards.read(folder, Response, "answers"):
            if answer.id in wanted:
                answers.setdefault(answer.id, answer)
    for attempt in unseen:
        yield _end(attempt, answers.get(attempt.response_id))


def _end(attempt: Attempt, answer: Response | None) -> Attempt:
    """How a call ended whose end was never written.

    The call that brought an answer on record ended as that answer did; of any other nobody knows
    whether it reached the system: it is in doubt.
    """
    if answer is not None and answer.attempts == attempt.number:
        update: dict[str, object] = {"ended": answer.finished, "outcome": answer.outcome}
    else:
        detail = "the run stopped before the end of this call was recorded"
        update = {"ended": None, "outcome": "in_doubt", "detail": detail}
    return attempt.model_copy(update=update)


def _key(attempt: Attempt) -> int:
    return int(attempt.response_id, 16) << 24 | attempt.number


def score_key(score: Score) -> ScoreKey:
    """What makes a score the only one of its kind in a run."""
    return score.response_id, score.scorer, score.version, score.dimension
