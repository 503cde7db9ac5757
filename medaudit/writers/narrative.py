"""A narrative written by a model: what it is asked, how its reply is read, what becomes of it.

The prompt is a file with a version; the story stands in it as marked data. Only stresses that
leave the case as it is can be written: of what changes an answer, a reference is declared by hand
or not at all. The model's text passes the checks of ``medaudit.probes.free`` or is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints

from medaudit.judges import marked
from medaudit.judges.strict import Strict, Unreadable, whole
from medaudit.probes import Declared, Probe, Skip
from medaudit.probes.free import free, free_checks
from medaudit.probes.validity import Original
from medaudit.prompt import AS_WRITTEN, closing
from medaudit.records import Case, Message, Variant
from medaudit.variants import case_hash, variant

NAME = "written_narrative"
VERSION = 1
"""Of the prompt and of the checks that a reply must pass. Raise it with a new file."""
FAMILY = "written"
LONGEST = 20_000
"""Characters of a reply's narrative."""


class Written(Strict):
    """A whole reply."""

    narrative: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


@dataclass(frozen=True)
class Wanted:
    """A rewriting that is asked for: of one case, in the manner of one probe, at one dose."""

    case: Case
    probe: Probe
    level: int
    seed: int
    arm: str | None = None
    quotes: tuple[str, ...] = ()
    """Words of the case that the stress calls for, such as a wrong option."""

    @property
    def key(self) -> list[object]:
        """What it depends on, beside who writes."""
        probe = self.probe
        return [case_hash(self.case), probe.name, probe.version, self.level, self.seed, self.arm]


def fits(case: Case, probe: Probe, level: int, seed: int, arm: str | None) -> Wanted | Skip:
    """Whether a free text can take the place of what the probe itself makes of the case.

    It can where the probe touches nothing but the narrative and changes nothing that it says. The
    rest needs what only a rule has: which words stand for which, and what is right after that.
    """
    made = probe.apply(case, level, seed, arm)
    if isinstance(made, Skip):
        return made
    declared = made.declared or Declared()
    faults = {
        "the answer changes": declared.expectation != "invariant",
        "a twin must differ in one thing alone": declared.group is not None,
        "it changes what the story says": bool(declared.changes - {"forbidden"}),
        "it sets a part of the case aside": bool(declared.lifts),
        "question, options or layout change": made.asked != AS_WRITTEN,
        "it asks the case once more, word for word": declared.control == "re_ask",
    }
    why = [reason for reason, true in faults.items() if true]
    if why:
        return Skip(f"a free text cannot be checked for this stress: {'; '.join(why)}")
    return Wanted(case, probe, level, seed, arm, declared.quotes)


@cache
def template() -> str:
    """The prompt of this version, as it lies in the package."""
    return (Path(__file__).parent / f"narrative_v{VERSION}.txt").read_text(encoding="utf-8")


def prompt_sha256() -> str:
    """The hash that every written text keeps of its prompt."""
    return sha256(template().encode("utf-8")).hexdigest()


def schema() -> dict[str, Any]:
    """The reply as JSON Schema, for services that can be held to one. Checked here all the same."""
    return Written.model_json_schema()


def question(
    wanted: Wanted, key: str, attempt: int, refused: Sequence[str]
) -> tuple[Message, ...] | None:
    """What the model is asked in its ``attempt``-th try (from 0). None: too long for a message.

    ``refused``: what was wrong with the try before.
    """
    story = " ".join(sentence.text for sentence in wanted.case.narrative)
    kind = "" if wanted.arm is None else f" ({wanted.arm.replace('_', ' ')})"
    said = "; ".join(f'"{quote}"' for quote in wanted.quotes)
    return marked.prompt(
        template(),
        key,
        (Message(role="user", text=story),),
        {},
        {
            "purpose": wanted.probe.purpose + kind,
            "level": str(wanted.level),
            "strongest": str(max(wanted.probe.levels)),
            "quotes": f" The speaker mentions, word for word: {said}." if said else "",
            "refused": f" It was refused: {'; '.join(refused)}." if refused else "",
        },
        attempt,
    )


def read(reply: str | None, outcome: str) -> str:
    """The narrative of a reply, white space at its ends taken off. Raises ``Unreadable``."""
    if outcome != "answered":
        raise Unreadable(f"the call ended as {outcome}")
    if reply is None or not reply.strip():
        raise Unreadable("the model said nothing")
    text = whole(reply, Written).narrative.strip()
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Unreadable("the narrative holds half characters")
    if not text:
        raise Unreadable("the narrative is empty")
    return text


def made(wanted: Wanted, text: str) -> Variant:
    """The text as a variant, with every check on it: those that failed say why it is rejected.

    It is of the family ``written``, named after the probe that it imitates, and no part of that
    probe's figures. Its version is that of the probe and of the prompt, two digits.
    """
    case, probe = wanted.case, wanted.probe
    original = Original(case)
    own = replace(
        probe,
        name=f"{FAMILY}_{probe.name}",
        version=100 * probe.version + VERSION,
        family=FAMILY,
    )
    found = variant(
        original, case_hash(case), own, wanted.level, wanted.seed, free(text), wanted.arm
    )
    closed = found.messages[-1].text == text + closing(case)
    checks = free_checks(original, text, closed, wanted.quotes)
    return found.model_copy(update={"checks": checks})
