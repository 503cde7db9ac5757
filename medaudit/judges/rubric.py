"""The rubric judge: for each written criterion one verdict, and the words of the answer for it.

The prompt is a file with a version, in which case and answer stand as data. Points are not shown:
a judge decides what the answer says, not what that is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from medaudit.judges import kind, marked, strict
from medaudit.judges.strict import Unreadable
from medaudit.records import Case, Message

__all__ = ["AGAIN", "MAX_PROMPT", "TRIES", "Finding", "Unreadable", "Verdicts", "misquoted", "read"]

NAME = "rubric_judge"
VERSION = 1
"""Of the prompt and of the rules by which its verdicts become scores. Raise it with a new file."""
PROMPT = f"rubric_v{VERSION}.txt"
AGAIN, MAX_PROMPT, TRIES = marked.AGAIN, marked.MAX_PROMPT, kind.TRIES
Verdict = Literal["met", "not_met", "cannot_tell"]


class Finding(strict.Strict):
    """What a judge says of one criterion."""

    id: str
    quote: str
    verdict: Verdict


class Verdicts(strict.Strict):
    """A whole reply."""

    criteria: list[Finding]


@cache
def template() -> str:
    """The prompt of this version, as it lies in the package."""
    return (Path(__file__).parent / PROMPT).read_text(encoding="utf-8")


def prompt_sha256() -> str:
    """The hash that a judged run keeps of its prompt."""
    return sha256(template().encode("utf-8")).hexdigest()


def question(
    case: Case, asked: Sequence[Message], answer: str, key: str, attempt: int = 0
) -> tuple[Message, ...] | None:
    """What the judge is asked, in its ``attempt``-th try (from 0). None: too long for a message.

    ``key`` names the judgment. The same input gives the same text on every machine.
    """
    return marked.prompt(template(), key, asked, {"answer": answer}, fields(case), attempt)


def fields(case: Case) -> dict[str, str]:
    """What the prompt asks for beside case and answer: the criteria, without their points."""
    return {"criteria": kind.listed({"id": c.id, "criterion": c.text} for c in case.rubric)}


def read(reply: str | None, case: Case) -> dict[str, Finding]:
    """The finding on each criterion, by id. Raises ``Unreadable``.

    The reply is the JSON object and nothing else; each criterion of the case stands in it once.
    """
    found = strict.whole(reply, Verdicts).criteria
    ids = [finding.id for finding in found]
    if sorted(ids) != sorted(criterion.id for criterion in case.rubric):
        raise Unreadable("the reply does not name each criterion exactly once")
    return {finding.id: finding for finding in found}


def misquoted(findings: Mapping[str, Finding], answer: str) -> list[str]:
    """Criteria whose quote does not stand in the answer, character for character.

    What is met must show words; what is not met need not, but may not invent any.
    """
    return [quote.of for quote in quotes(findings, answer) if quote.false]


def quotes(findings: Mapping[str, Finding], answer: str) -> list[kind.Quote]:
    """The quote of each finding."""
    return [
        kind.Quote(f.id, f.quote, (answer,), needed=f.verdict == "met") for f in findings.values()
    ]
