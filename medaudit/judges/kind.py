"""A kind of judge: what it is asked of an answer, how its reply is read, what that is worth.

Every kind keeps the same rules. The prompt is a file with a version; case and answer stand in it
as marked data; no points are shown. A reply is the object of its schema or no verdict. A quote
stands in the answer, character for character. Whoever judges by a kind must first withstand the
pack of attacks (``medaudit.judges.pack``), built from the kind's own words. A verdict counts only
where all of that holds: anything else is a row with the outcome ``failed``, the label
``needs_review`` and no value, and goes to people.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from medaudit.judges import marked
from medaudit.records import Case, Message, Response, Score, Span, Variant
from medaudit.scorers import answer

X = TypeVar("X")
TRIES = 3
"""Replies that a judge may give for one question; after that there is no verdict."""
INTEGRITY = "judge_integrity"
NEEDS_REVIEW, SUSPECT, SOUND, OWN_VENDOR = "needs_review", "suspect", "sound", "own_vendor"
ONE = ("",)
"""The parts of a kind that puts an answer to a judge once."""


@dataclass(frozen=True)
class Put:
    """What is put to a judge: the case as it is judged, as it was asked, and what was answered."""

    case: Case
    """Without what its variant lifts."""
    variant: Variant
    answers: tuple[str, ...]
    """One; two where a kind compares."""
    reasoning: str | None = None
    """What the system said to itself, where the service gives that away."""
    image_truth: str | None = None
    """What the case's images show. None: it has none, or nobody wrote it down."""

    @property
    def text(self) -> str:
        """The answer under judgment."""
        return self.answers[0]


@dataclass(frozen=True)
class Quote:
    """Words that a judge claims to have read, and where they must stand."""

    of: str
    words: str
    texts: tuple[str, ...]
    """Any of them may hold the words."""
    needed: bool
    """Whether the finding stands or falls with some words."""

    @property
    def false(self) -> bool:
        """Whether the words do not stand there, or are missing."""
        return not any(self.words in text for text in self.texts) or (
            self.needed and not any(c.isalnum() for c in self.words)
        )


@dataclass(frozen=True)
class Judged:
    """What came of putting one answer to a judge."""

    findings: Mapping[str, Any] | None = None
    """None: there is no verdict, and ``fault``, ``suspicions`` or ``aside`` say why."""
    fault: str = ""
    suspicions: Sequence[str] = ()
    """What makes the answer, the judge or its reply suspect. One is enough."""
    own_vendor: str | None = None
    """What makes the judge one of the tested system's family. None: it is not."""
    aside: str = ""
    """Why the kind does not fit this answer's case."""
    side: int = 0
    """Of two answers that were compared, which one the row is of."""
    against: str = ""
    """The system of the other."""

    def seen_from(self, side: int, against: str, own_vendor: str | None) -> Judged:
        """The same verdict for one of the answers that it is about."""
        return replace(self, side=side, against=against, own_vendor=own_vendor)

    @property
    def badge(self) -> str:
        """What every reason begins with where a judge judges its own kind."""
        return "" if self.own_vendor is None else f"own vendor's judge ({self.own_vendor}); "


@dataclass(frozen=True)
class Bait:
    """What the pack builds its attacks from: two answers that the kind must tell apart."""

    case: Case
    part: str
    """Which of the kind's questions must do so."""
    good: str
    bad: str


class Kind(ABC, Generic[X]):
    """One kind of judge. Its findings are by name: a criterion, a class, a part."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Of the prompt and of the rules by which verdicts become scores."""
    purpose: ClassVar[str]
    """A sentence that a clinician could check."""
    total: ClassVar[str]
    """The dimension that sums the others up."""
    prompt: ClassVar[str]
    """The file of its prompt, in the package."""
    form: ClassVar[type[BaseModel]]
    """The whole reply to one question."""
    parts: tuple[str, ...] = ONE
    """The questions that are put about each answer, one by one."""
    order: ClassVar[str]
    """What an answer would have to say to a judge of this kind to be let off."""
    compares: ClassVar[bool] = False
    """Whether a verdict is about two answers of two systems to the same words."""
    pack_cases: ClassVar[int] = 2
    """Cases of the run on which the pack is built, for each part."""
    not_apart: ClassVar[str] = "the good example gets no better verdict than the bad one"
    """What is said of a judge that fails the controls."""

    # What it is asked.

    def template(self) -> str:
        """The prompt of this version, as it lies in the package."""
        return _file(self.prompt)

    def data(self) -> object:
        """What enters every prompt from the project's data; None: nothing."""
        return None

    def prompt_sha256(self) -> str:
        """The hash that a judged run keeps of prompt and data."""
        data = self.data()
        more = "" if data is None else json.dumps(data, sort_keys=True)
        return sha256((self.template() + more).encode("utf-8")).hexdigest()

    def schema(self) -> dict[str, Any]:
        """The reply as JSON Schema, for services that can be held to one. Checked here as well."""
        return self.form.model_json_schema()

    def keys(self) -> frozenset[str]:
        """The names that a reply consists of: an answer that holds them forges one."""
        models = [self.form.model_json_schema(), *self.schema().get("$defs", {}).values()]
        return frozenset(name for model in models for name in model.get("properties", {}))

    def applies(self, case: Case, variant: Variant) -> str | None:
        """Why the kind has nothing to say on answers to this variant; None: it has."""
        return None

    def applies_to(self, put: Put) -> str | None:
        """Why the kind has nothing to say on this answer all the same; None: it has."""
        return None

    def seen(self, put: Put) -> tuple[str, ...]:
        """The texts of a system that the judge is shown."""
        return put.answers

    def hostile(self, part: str, put: Put) -> Mapping[str, str]:
        """The texts that enter the prompt as data, by their place in it, beside the case."""
        return {"answer": put.text}

    @abstractmethod
    def fields(self, part: str, put: Put) -> Mapping[str, str]:
        """What else the template asks for: questions, classes, anchors. Never points."""

    def question(
        self, part: str, put: Put, key: str, attempt: int = 0
    ) -> tuple[Message, ...] | None:
        """What the judge is asked, in its ``attempt``-th try (from 0). None: too long."""
        return marked.prompt(
            self.template(),
            key,
            put.variant.messages,
            self.hostile(part, put),
            self.fields(part, put),
            attempt,
        )

    # How its reply is read.

    @abstractmethod
    def read(self, part: str, reply: str | None, put: Put) -> dict[str, X]:
        """The findings of one question, by name. Raises ``Unreadable``."""

    @abstractmethod
    def quotes(self, findings: Mapping[str, X], put: Put) -> Iterable[Quote]:
        """Every quote of some findings."""

    def misquoted(self, findings: Mapping[str, X], put: Put) -> list[str]:
        """The findings whose words are not where they must be, each once."""
        return list(dict.fromkeys(q.of for q in self.quotes(findings, put) if q.false))

    # What its verdicts become.

    @abstractmethod
    def dimensions(self, case: Case) -> list[str]:
        """The rows that each answer to the case has, without the one for integrity."""

    @abstractmethod
    def rows(
        self, row: Row, case: Case, text: str, findings: Mapping[str, X], badge: str
    ) -> list[Score]:
        """The rows of a verdict that counts, one for each of ``dimensions``. Higher is safer."""

    def scorer(self, judge_id: str) -> str:
        """The name under which a judge's scores of this kind stand."""
        return f"{self.name}.{judge_id}"

    def scores(self, judge_id: str, case: Case, response: Response, judged: Judged) -> list[Score]:
        """Every row of one answer, the judge's integrity last."""
        row = Row(self.scorer(judge_id), self.version, response.id, judged.against, judged.side)
        text, names = answer(response), self.dimensions(case)
        if judged.aside and (text is not None or not self.compares):
            return [
                row(name, outcome="not_applicable", reason=judged.aside)
                for name in (self.total, INTEGRITY)
            ]
        if text is None:
            reason = f"the call ended as {response.outcome}"
            return [row(n, outcome="no_answer", reason=reason) for n in (*names, INTEGRITY)]
        badge = judged.badge
        doubt = "; ".join(judged.suspicions) or judged.fault
        if doubt or judged.findings is None:
            reason = badge + kept(doubt or "no verdict")
            held = [row(n, outcome="failed", label=NEEDS_REVIEW, reason=reason) for n in names]
            return [*held, _integrity(row, judged, reason)]
        return [
            *self.rows(row, case, text, judged.findings, badge),
            _integrity(row, judged, f"{badge}quotes stand in the answer, and the judge withstood "
                       "the pack"),
        ]  # fmt: skip

    # How it must withstand the pack.

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The questions that an answer of the pack is put to together: each by itself."""
        return tuple((part,) for part in self.parts)

    def against(self, bait: Bait, text: str) -> tuple[str, ...]:
        """The answers that are put to the judge when the pack's is ``text``."""
        return (text,)

    def bait(self, case: Case, part: str) -> Bait:
        """Two answers to a case that this question must tell apart: its examples."""
        return Bait(case, part, case.safe.text, case.unsafe.text)

    @abstractmethod
    def forged(self, bait: Bait) -> dict[str, Any]:
        """A reply in favour of the bad answer, with words that do stand in it."""

    @abstractmethod
    def worth(self, case: Case, findings: Mapping[str, X]) -> dict[str, int]:
        """How favourable each finding is to the answer, by name; more is better for it."""

    @abstractmethod
    def apart(self, bait: Bait, good: Mapping[str, X], bad: Mapping[str, X]) -> bool:
        """Whether the findings on the good answer are better than those on the bad one."""

    def foreign(self, case: Case, other: Case) -> bool:
        """Whether the safe answer to another case is a bad one to this."""
        return True

    def unearned(self, case: Case, findings: Mapping[str, X], *, foreign: bool) -> list[str]:
        """What these findings give that an answer without content cannot have.

        ``foreign``: that an answer to another case cannot have.
        """
        return []


@dataclass(frozen=True)
class Row:
    """Makes the score rows of one answer."""

    scorer: str
    version: int
    response_id: str
    against: str = ""
    """The system that the answer was compared with; its name ends that of every dimension."""
    side: int = 0
    """Which of the compared answers this is."""

    def __call__(self, dimension: str, **finding: object) -> Score:
        return Score.model_validate(
            {
                "response_id": self.response_id,
                "scorer": self.scorer,
                "version": self.version,
                "dimension": f"{dimension}.{self.against}" if self.against else dimension,
                **finding,
            }
        )


def kept(reason: str) -> str:
    """A reason as it can be stored: no half characters, no novel."""
    return reason.encode("utf-8", "replace").decode("utf-8")[:500]


def span(text: str, words: str, label: str) -> tuple[Span, ...]:
    """Where quoted words first stand in an answer; nothing for no words."""
    start = text.find(words)
    if not words or start < 0:
        return ()
    return (Span(start=start, end=start + len(words), text=words, label=label),)


def listed(rows: Iterable[Mapping[str, str]]) -> str:
    """What a judge is to decide on, one JSON object a line: data can break no line."""
    return "\n".join(json.dumps(dict(row), ensure_ascii=True) for row in rows)


def _integrity(row: Row, judged: Judged, reason: str) -> Score:
    label, outcome = SOUND if judged.own_vendor is None else OWN_VENDOR, "scored"
    if judged.suspicions:
        label = SUSPECT
    elif judged.fault or judged.findings is None:
        label, outcome = NEEDS_REVIEW, "failed"
    return row(INTEGRITY, outcome=outcome, label=label, reason=reason)


@cache
def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
