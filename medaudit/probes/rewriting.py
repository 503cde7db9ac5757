"""A narrative as pieces: which sentences stand as written, moved, in other words, or are new."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

from medaudit.canonical import content_id
from medaudit.errors import BadInput, UnknownName
from medaudit.prompt import AS_WRITTEN, Asked, spans
from medaudit.records import Case, Control, Edit, Evidence, Expectation, Sentence, Task

Kind = Literal["original", "moved", "inserted", "replaced"]
Content: TypeAlias = Literal["facts", "numbers", "units", "negations", "forbidden"]
"""What a rewriting of the same case keeps, unless its probe declares that it changes it."""
TASKS: tuple[Task, ...] = ("disposition", "choice", "open", "boundary")


@dataclass(frozen=True)
class Swap:
    """Characters [start, end) of a piece's text stand where the case says ``old``."""

    start: int
    end: int
    old: str


@dataclass(frozen=True)
class Piece:
    """One sentence of a rewritten narrative."""

    text: str
    kind: Kind
    source: int | None = None
    """Its place in the case's narrative. None: the probe inserted it."""
    swaps: tuple[Swap, ...] = ()
    """What was put in place of what; undone, the sentence is the case's, word for word."""

    @property
    def restored(self) -> str:
        """The text with every swap undone."""
        text = self.text
        for swap in sorted(self.swaps, key=lambda s: -s.start):
            text = text[: swap.start] + swap.old + text[swap.end :]
        return text


@dataclass(frozen=True)
class Declared:
    """What a probe says that it changes, and what a safe system does about it."""

    expectation: Expectation = "invariant"
    expected: tuple[str, ...] = ()
    """Acceptable decisions where they are not the case's."""
    control: Control = "none"
    group: str | None = None
    clinically_relevant: bool | None = None
    lifts: tuple[str, ...] = ()
    """Facts, forbidden actions and criteria of the case that no longer hold."""
    changes: frozenset[Content] = frozenset()
    quotes: tuple[str, ...] = ()
    """Texts of the case or of a table that an inserted sentence repeats, such as an option."""
    evidence: Evidence | None = None
    """What became of the decisive finding, where that is what the probe changes."""
    names: tuple[str, ...] = ()
    """How an answer names that finding (regular expressions)."""


@dataclass(frozen=True)
class Rewriting:
    """A whole narrative after a probe, in the order in which it is read."""

    pieces: tuple[Piece, ...]
    asked: Asked = AS_WRITTEN
    declared: Declared | None = None
    """None: nothing but the narrative is touched, and nothing that it says is changed."""

    @property
    def sentences(self) -> list[str]:
        """The sentences, verbatim."""
        return [piece.text for piece in self.pieces]

    def edits(self) -> tuple[Edit, ...]:
        """What differs from the case: the characters of each sentence that is not as written."""
        places = zip(self.pieces, spans(self.sentences), strict=True)
        return tuple(
            Edit(start=start, end=end, kind=piece.kind)
            for piece, (start, end) in places
            if piece.kind != "original"
        )


@dataclass(frozen=True)
class Skip:
    """A probe that does not fit a case, and why."""

    reason: str


Rewrite = Callable[..., Rewriting | Skip]
"""``rewrite(case, level, rng)``, and ``rewrite(case, level, rng, arm)`` of a probe with arms."""


@dataclass(frozen=True)
class Probe:
    """One kind of stress, at several doses. Raise ``version`` when its texts change."""

    name: str
    version: int
    family: str
    purpose: str
    """A sentence that a clinician could check."""
    rewrite: Rewrite
    levels: tuple[int, ...] = (1, 2, 3)
    source: str = "ours"
    """The published system that has this stress; wordings are always our own."""
    expects: str = "The same decision as on the original."
    """What a safe system does."""
    tasks: tuple[Task, ...] = TASKS
    arms: tuple[str, ...] = ()
    """Kinds that are not doses: styles, labels, formats. A variant is of one of them."""
    few: str = ""
    """Why it fits few cases of the bank, where it does."""

    def apply(self, case: Case, level: int, seed: int, arm: str | None = None) -> Rewriting | Skip:
        """The rewriting of this case at this dose. Draws depend on nothing but the arguments."""
        if level not in self.levels:
            known = ", ".join(str(n) for n in self.levels)
            raise BadInput(f"probe {self.name} has levels {known}, not {level}", field="level")
        if (arm is None) != (not self.arms) or (arm is not None and arm not in self.arms):
            raise UnknownName(f"arm of {self.name}", str(arm), self.arms)
        if case.task not in self.tasks:
            return Skip(f"only for {' and '.join(self.tasks)} cases (this is {case.task})")
        if arm is None:
            state = int(content_id([seed, self.name, case.id, level]), 16)
            return self.rewrite(case, level, random.Random(state))
        state = int(content_id([seed, self.name, case.id, level, arm]), 16)
        return self.rewrite(case, level, random.Random(state), arm)


def unchanged(case: Case) -> Rewriting:
    """The narrative as the case tells it."""
    return Rewriting(tuple(Piece(s.text, "original", i) for i, s in enumerate(case.narrative)))


def inserted(text: str) -> Piece:
    """A sentence that the case's narrative does not hold."""
    return Piece(text, "inserted")


def rearranged(case: Case, order: list[int]) -> list[Piece]:
    """The case's sentences in another order; those that had to move are the fewest possible."""
    stay = set(_longest_rising(order))
    return [Piece(case.narrative[i].text, "original" if i in stay else "moved", i) for i in order]


def composed(
    case: Case, first: Rewriting, second: Probe, level: int, seed: int, arm: str | None = None
) -> Rewriting | Skip:
    """Two probes on one case: the second rewrites what the first left.

    The second is given the case as the first one asks it: its narrative, question, options and
    the decisions that are then right. A sentence that both touched is ``replaced`` when either
    replaced it, else ``moved``; what the first inserted stays inserted.
    """
    after = second.apply(_asked_anew(case, first), level, seed, arm)
    if isinstance(after, Skip):
        return after
    pieces = tuple(_joined(first, piece) for piece in after.pieces)
    changed = {
        field.name: getattr(after.asked, field.name)
        for field in fields(Asked)
        if getattr(after.asked, field.name) != field.default
    }
    return Rewriting(pieces, replace(first.asked, **changed), _declared(first, after))


def _asked_anew(case: Case, first: Rewriting) -> Case:
    """The case as it stands after a probe: what another one is given."""
    sentences = []
    for piece in first.pieces:
        if piece.source is None:
            sentences.append(Sentence(text=piece.text, lay=piece.text))
        elif piece.kind == "replaced":
            own = case.narrative[piece.source]
            sentences.append(own.model_copy(update={"text": piece.text}))
        else:
            sentences.append(case.narrative[piece.source])
    update: dict[str, object] = {"narrative": tuple(sentences)}
    if first.asked.question is not None:
        update["question"] = first.asked.question
    if first.asked.options is not None:
        update["options"] = first.asked.options
    if first.declared is not None and first.declared.expected:
        update["reference"] = first.declared.expected
    return case.model_copy(update=update)


def _declared(first: Rewriting, after: Rewriting) -> Declared | None:
    """What both declare. The second was given what is right after the first, so it has the say."""
    one, two = first.declared, after.declared
    if one is None or two is None:
        return one if two is None else two
    said = two if two.expectation != "invariant" else one
    return Declared(
        expectation=said.expectation,
        expected=said.expected,
        control=two.control if one.control == "none" else one.control,
        group=two.group if one.group is None else one.group,
        clinically_relevant=(
            two.clinically_relevant if one.clinically_relevant is None else one.clinically_relevant
        ),
        lifts=tuple(dict.fromkeys((*one.lifts, *two.lifts))),
        changes=one.changes | two.changes,
        quotes=tuple(dict.fromkeys((*one.quotes, *two.quotes))),
        evidence=one.evidence if two.evidence is None else two.evidence,
        names=tuple(dict.fromkeys((*one.names, *two.names))),
    )


def _joined(first: Rewriting, piece: Piece) -> Piece:
    if piece.source is None:
        return piece
    before = first.pieces[piece.source]
    kinds: set[Kind] = {before.kind, piece.kind}
    kind = next(k for k in ("inserted", "replaced", "moved", "original") if k in kinds)
    return replace(piece, kind=kind, source=before.source)


def _longest_rising(order: list[int]) -> list[int]:
    """The longest subsequence that rises: the sentences that can be read as having stayed."""
    best: list[list[int]] = []
    for place, value in enumerate(order):
        before = [best[k] for k in range(place) if order[k] < value]
        best.append([*max(before, key=len, default=[]), value])
    return max(best, key=len, default=[])
