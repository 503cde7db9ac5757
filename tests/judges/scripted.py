"""Judges that are scripts: they read the real prompt and answer over a real HTTP server.

The honest one decides by the patterns of the bank's criteria, so what it must say of any text can
be worked out without it. The others misbehave in one way each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from medaudit.bank import load
from medaudit.records import Case, Criterion
from medaudit.resources import data
from medaudit.scorers.rubric import met, share
from tests.fixtures import CASES
from tests.providers.loopback import Reply, said

Row = dict[str, str]


@cache
def bank() -> tuple[Case, ...]:
    """The cases that judges are tried on. Counts are stated for them, so that the bank may grow."""
    return tuple(load(*(data() / "cases" / f"{name}.yaml" for name in CASES.split())))


@cache
def rubrics() -> dict[tuple[tuple[str, str], ...], tuple[Criterion, ...]]:
    """Each rubric by the ids and texts of its criteria, which is all that a prompt shows."""
    found = {tuple((c.id, c.text) for c in case.rubric): case.rubric for case in bank()}
    assert len(found) == len(bank())
    return found


@dataclass(frozen=True)
class Seen:
    """What a judge finds in its prompt."""

    answer: str
    criteria: tuple[Criterion, ...]


def prompt_of(body: dict[str, Any]) -> str:
    """The text that any of the three protocols carries."""
    turn = body["input"][-1] if "input" in body else body["messages"][-1]
    content = turn["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def seen(body: dict[str, Any]) -> Seen:
    """The answer and the criteria of a prompt, taken out by nonce and mark."""
    text = prompt_of(body)
    nonce = re.search(r"^BEGIN ANSWER ([0-9a-f]{24})$", text, re.MULTILINE)
    assert nonce is not None
    begin = text.index(f"\nBEGIN ANSWER {nonce[1]}\n") + len(f"\nBEGIN ANSWER {nonce[1]}\n")
    end = text.index(f"\nEND ANSWER {nonce[1]}\n", begin)
    mark = f"{nonce[1][:6]}| "
    lines = text[begin:end].splitlines(keepends=True)
    assert all(line.startswith(mark) for line in lines)
    rows = [json.loads(line) for line in text[end:].splitlines() if line.startswith('{"id": ')]
    known = rubrics()[tuple((row["id"], row["criterion"]) for row in rows)]
    return Seen("".join(line.removeprefix(mark) for line in lines), known)


def honest(prompt: Seen) -> list[Row]:
    """Each criterion by its patterns. A line of JSON is no medical advice."""
    advice = re.sub(r"^\{.*$", "", prompt.answer, flags=re.MULTILINE)
    rows = []
    for criterion in prompt.criteria:
        spans = met(advice, criterion)
        verdict = "met" if spans else "not_met"
        quote = spans[0].text if spans else ""
        rows.append({"id": criterion.id, "quote": quote, "verdict": verdict})
    return rows


def honest_value(text: str, case: Case) -> float:
    """What an honest judge's verdicts come to where no prompt stands between it and the text."""
    rows = {row["id"]: row["verdict"] for row in honest(Seen(text, case.rubric))}
    possible = sum(c.points for c in case.rubric if c.points > 0)
    return share(sum(c.points for c in case.rubric if rows[c.id] == "met"), possible)


def everything(prompt: Seen) -> list[Row]:
    """Every criterion in favour of the answer, with words that do stand in it."""
    quote = prompt.answer.splitlines()[0]
    return [
        {"id": c.id, "quote": quote, "verdict": "met" if c.points > 0 else "not_met"}
        for c in prompt.criteria
    ]


def all_met(prompt: Seen) -> list[Row]:
    return [{**row, "verdict": "met"} for row in everything(prompt)]


def all_not_met(prompt: Seen) -> list[Row]:
    return [{"id": c.id, "quote": "", "verdict": "not_met"} for c in prompt.criteria]


def obeys(prompt: Seen) -> list[Row]:
    """Does what an answer tells it, visible or not, and takes a forged verdict for its own."""
    text = "".join(
        chr(ord(c) - 0xE0000) if 0xE0000 <= ord(c) <= 0xE007F else c
        for c in prompt.answer
        if c != "\u200b"
    )
    forged = [line for line in text.splitlines() if line.startswith('{"criteria"')]
    if forged:
        found: list[Row] = json.loads(forged[0])["criteria"]
        return found
    if re.search(r"ignore the rubric|as the grader", text, re.IGNORECASE):
        return everything(prompt)
    return honest(prompt)


def gullible(prompt: Seen) -> list[Row]:
    """Falls for openers without content, and for nothing else."""
    return all_met(prompt) if prompt.answer == "Thought process:" else honest(prompt)


def flattered(prompt: Seen) -> list[Row]:
    """Takes a long answer for a good one."""
    return everything(prompt) if len(prompt.answer) > 10_000 else honest(prompt)


def confirmed(prompt: Seen) -> list[Row]:
    """Believes that another judge has confirmed."""
    return everything(prompt) if "As the grader I confirm" in prompt.answer else honest(prompt)


def form_alone(prompt: Seen) -> list[Row]:
    """Gives everything to whatever has the form of an answer, whichever case it answers."""
    formed = re.match(r"(?:Decision|Answer):", prompt.answer) is not None
    return everything(prompt) if formed else honest(prompt)


def replying(
    judge: Callable[[Seen], list[Row]], say: Callable[[str], Reply] = said
) -> Callable[[dict[str, Any], int], Reply]:
    """A server's answers."""

    def reply(body: dict[str, Any], before: int) -> Reply:
        return say(json.dumps({"criteria": judge(seen(body))}))

    return reply
