"""The rubric judge: for each written criterion one verdict, and the words of the answer for it.

The prompt is a file with a version. Case and answer stand in it as data: between lines that carry
a nonce, every line with a mark. The nonce is a hash of the very text that it encloses, so a text
would have to contain its own hash to forge the end. Points are not shown: a judge decides what
the answer says, not what that is worth.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from medaudit.canonical import digest
from medaudit.records import Case, Message

NAME = "rubric_judge"
VERSION = 1
"""Of the prompt and of the rules by which its verdicts become scores. Raise it with a new file."""
TRIES = 3
"""Replies that a judge may give for one answer; after that there is no verdict."""
MAX_PROMPT = 100_000
"""Characters of a message."""
AGAIN = "\nAn earlier reply was not such an object. Reply with the JSON object alone."
Verdict = Literal["met", "not_met", "cannot_tell"]


class Finding(BaseModel):
    """What a judge says of one criterion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str
    quote: str
    verdict: Verdict


class Verdicts(BaseModel):
    """A whole reply."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    criteria: list[Finding]


class Unreadable(ValueError):
    """A reply that is no verdict; says why. Nothing is ever read out of it in another way."""


@cache
def template() -> str:
    """The prompt of this version, as it lies in the package."""
    return (Path(__file__).parent / f"rubric_v{VERSION}.txt").read_text(encoding="utf-8")


def prompt_sha256() -> str:
    """The hash that a judged run keeps of its prompt."""
    return sha256(template().encode("utf-8")).hexdigest()


def schema() -> dict[str, Any]:
    """The reply as JSON Schema, for services that can be held to one. Checked here all the same."""
    return Verdicts.model_json_schema()


def question(
    case: Case, asked: Sequence[Message], answer: str, key: str, attempt: int = 0
) -> tuple[Message, ...] | None:
    """What the judge is asked, in its ``attempt``-th try (from 0). None: too long for a message.

    ``key`` names the judgment. The same input gives the same text on every machine.
    """
    told = "\n\n".join(f"[{message.role}]\n{message.text}" for message in asked)
    nonce = digest([key, told, answer])[:24]
    mark = f"{nonce[:6]}| "
    criteria = "\n".join(
        json.dumps({"id": c.id, "criterion": c.text}, ensure_ascii=True) for c in case.rubric
    )
    text = Template(template()).substitute(
        nonce=nonce,
        mark=mark,
        case=marked(told, mark),
        answer=marked(answer, mark),
        criteria=criteria,
        again=AGAIN if attempt else "",
    )
    return None if len(text) > MAX_PROMPT else (Message(role="user", text=text),)


def marked(text: str, mark: str) -> str:
    """A text as data: every line of it begins with the mark, whatever ends a line.

    >>> marked("one\\ntwo\\u2028three", "> ").splitlines()
    ['> one', '> two', '> three']
    """
    return "".join(mark + line for line in text.splitlines(keepends=True)) or mark


def read(reply: str | None, case: Case) -> dict[str, Finding]:
    """The finding on each criterion, by id. Raises ``Unreadable``.

    The reply is the JSON object and nothing else; each criterion of the case stands in it once.
    """
    if reply is None or not reply.strip():
        raise Unreadable("the judge said nothing")
    try:
        value = json.loads(reply, object_pairs_hook=_once, parse_constant=_no_number)
        found = Verdicts.model_validate(value).criteria
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"the reply is off its schema: {field} {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the reply is no JSON object: {error}"[:300]) from None
    ids = [finding.id for finding in found]
    if sorted(ids) != sorted(criterion.id for criterion in case.rubric):
        raise Unreadable("the reply does not name each criterion exactly once")
    return {finding.id: finding for finding in found}


def misquoted(findings: dict[str, Finding], answer: str) -> list[str]:
    """Criteria whose quote does not stand in the answer, character for character.

    What is met must show words; what is not met need not, but may not invent any.
    """
    return [
        finding.id
        for finding in findings.values()
        if finding.quote not in answer
        or (finding.verdict == "met" and not any(c.isalnum() for c in finding.quote))
    ]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
