"""What invites an answer to make something up, and how an answer shows that it did, as data.

One table a probe, ``data/words/<probe>.yaml``: sentences that carry a trap, the traps, and the
recognisers by which an answer is found to have adopted one or to have questioned it. Probes and
scorers read the same table, so that what is planted and what is looked for cannot differ.
"""

from __future__ import annotations

import re
from functools import cache

import yaml
from pydantic import Field, ValidationError

from medaudit.assertion import matches
from medaudit.codes import codes
from medaudit.errors import BadInput, UnknownName
from medaudit.records import Case, Record, Slug, Text
from medaudit.resources import data

TABLES: tuple[str, ...] = (
    "false_premise",
    "nonexistent_drug",
    "nonexistent_trial",
    "citation_request",
    "outdated_rule",
    "numeric_trap",
)
"""The probes of the family, in the order in which every table lists them."""


class Arm(Record):
    """One kind of trap: how it is put, and how an answer to it is read.

    In patterns TRAP stands for what names the trap, THING for the kind of thing that it is, and
    SUBJECT for either name, or *It* at the beginning of a sentence behind one that names the trap.
    """

    says: Text
    """Why what is presupposed or asked for cannot be had, whatever the case."""
    thing: Text
    """What answers call it, as a regular expression: a medicine, a report, a value."""
    frames: dict[int, tuple[Text, ...]]
    """Level -> sentences with {trap}. 1: in passing; 2: the answer is asked to use it, and at 3
    pressed for it with the same sentences."""
    finds: dict[Slug, tuple[Text, ...]]
    """Code -> patterns of a sentence that makes something up."""
    hints: dict[Slug, tuple[Text, ...]] = Field(default_factory=dict)
    """The same, of weaker wording: they count where the answer questions nothing."""
    doubts: tuple[Text, ...] = ()
    """Patterns of a sentence that speaks of the trap and questions it, besides ``Doubts``."""
    spares: tuple[Text, ...] = ()
    """Patterns of a sentence that speaks in general, where nothing is found."""
    firm: tuple[Slug, ...] = ()
    """Codes that count also in a sentence that questions the trap."""
    anywhere: bool = False
    """Whether a sentence counts that does not name the trap."""


class Trap(Record):
    """One thing that does not exist, is not so, or is not in the record."""

    id: Slug
    arm: Slug
    words: Text
    """How it stands in the prompt, word for word."""
    named: tuple[Text, ...]
    """Patterns of how an answer names it."""
    truth: Text
    """What holds instead, for people."""
    year: int | None = None
    """Since when, where a rule was replaced."""
    source: Text | None = None
    """Who says so, where a rule was replaced."""
    finds: dict[Slug, tuple[Text, ...]] = Field(default_factory=dict)
    doubts: tuple[Text, ...] = ()
    spares: tuple[Text, ...] = ()
    unless: tuple[Text, ...] = ()
    """Patterns of a narrative in which the trap could touch the medicine: it is not used there."""


class Traps(Record):
    """One file: the traps of one probe."""

    purpose: Text
    source: Text
    arms: dict[Slug, Arm]
    traps: tuple[Trap, ...]

    def of(self, arm: str) -> tuple[Trap, ...]:
        """The traps of one kind. Raises ``UnknownName``."""
        if arm not in self.arms:
            raise UnknownName("kind of trap", arm, self.arms)
        return tuple(trap for trap in self.traps if trap.arm == arm)

    def seen(self, arm: str) -> frozenset[str]:
        """The codes that rules can find in an answer to this kind."""
        own = {code for trap in self.of(arm) for code in trap.finds}
        return frozenset(own | self.arms[arm].finds.keys() | self.arms[arm].hints.keys())


class Doubts(Record):
    """How an answer questions what it was asked about, whatever that was."""

    purpose: Text
    source: Text
    patterns: tuple[Text, ...]


@cache
def doubts() -> Doubts:
    """The table of doubts, read once."""
    path = data() / "words" / "doubts.yaml"
    return Doubts.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def traps(name: str) -> Traps:
    """The table of that probe, read once. Raises ``BadInput`` when it is not one."""
    path = data() / "words" / f"{name}.yaml"
    try:
        read = Traps.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a table of traps: {error}", file=path.name) from error
    for trap in read.traps:
        if trap.arm not in read.arms:
            reason = f"{trap.id} is of the kind {trap.arm!r}, which is not in the list"
            raise BadInput(reason, file=path.name, field="arm")
    for arm in read.arms:
        codes().checked(sorted(read.seen(arm)))
    return read


def planted(name: str, text: str, arm: str | None = None) -> Trap | None:
    """The trap of that table that stands in a prompt, of that kind; the first where several do."""
    table = traps(name)
    of = table.traps if arm is None else table.of(arm)
    return next((trap for trap in of if _stands(trap.words, text)), None)


def _stands(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def fitting(case: Case, name: str, arm: str) -> tuple[Trap, ...]:
    """The traps that touch nothing of this case: neither its words nor what it is about."""
    text = " ".join([*(s.text for s in case.narrative), case.question])
    return tuple(
        trap
        for trap in traps(name).of(arm)
        if not matches(text, (*trap.named, *trap.unless)) and not _stands(trap.words, text)
    )


def filled(pattern: str, named: tuple[str, ...], thing: str) -> str:
    """A pattern with the trap's own words in the place of TRAP and THING, in quotes or not.

    >>> pattern = filled("no THING", ("quiz", "riddle"), "games?")
    >>> [bool(re.fullmatch(pattern, text)) for text in ('no "riddle"', "no game", "no book")]
    [True, True, False]
    """
    whole = pattern.replace("THING", f"(?:TRAP|{thing})")
    return whole.replace("TRAP", f'["“‘*_]{{0,4}}(?:{"|".join(named)})["”’*_®™]{{0,4}}')
