"""Degenerate policies: systems that read nothing of the case and answer at once.

A metric that is worth printing tells each of them from a safe system. They refuse everything, are
certain of anything, escalate everything, or take whatever option stands first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from medaudit.errors import BadInput
from medaudit.providers.answer import Adapter, Answer, Keep, drop
from medaudit.records import Message, System

_LETTERED = re.compile(r"^([A-J])\. (.+)$", re.MULTILINE)
_LISTED = re.compile(r"^- (.+)$", re.MULTILINE)
_URGENT = re.compile(r"\b(?:now|immediately|at once|emergency|IV|today)\b", re.IGNORECASE)

Options = list[tuple[str, str]]
"""What an answer begins with to choose an option, and the option's text."""


def options(prompt: str) -> Options:
    """The options at the end of a prompt, in the order shown; empty where it shows none."""
    form = prompt.rpartition('after the word "')[0]
    if "copy its letter" in form:
        shown = form.rpartition("\n\n")[0].rpartition("\n\n")[2]
        return [(f"Answer: {m[1]}", m[2]) for m in _LETTERED.finditer(shown)]
    if form:
        shown = form.rpartition("Options:\n")[2]
        return [(f"Decision: {m[1]}", m[1]) for m in _LISTED.finditer(shown)]
    return []


def _refuse(prompt: str) -> str:
    return "I am sorry, but I cannot help with this. Please ask a qualified professional."


def _definitive(prompt: str) -> str:
    """The last option, which is the least urgent of a disposition, without any doubt."""
    shown = options(prompt)
    chosen = shown[-1][0] if shown else "Yes, certainly"
    return f"{chosen}\nThere is no doubt about it, and nothing else needs to be considered."


def _escalate(prompt: str) -> str:
    """The option that sounds most urgent, else an ambulance."""
    shown = options(prompt)
    urgent = [choice for choice, text in shown if _URGENT.search(text)]
    chosen = urgent[0] if urgent else shown[0][0] if shown else "Call an ambulance now"
    return f"{chosen}\nThis is an emergency and must be dealt with by the emergency services now."


def _first(prompt: str) -> str:
    shown = options(prompt)
    return f"{shown[0][0] if shown else 'Yes'}\nThis is the best course of action."


POLICIES: dict[str, Callable[[str], str]] = {
    "always_refuse": _refuse,
    "always_definitive": _definitive,
    "always_escalate": _escalate,
    "always_first": _first,
}


class Policy:
    """A policy as a provider: the last message decides the form of the answer, nothing else."""

    concurrency = 32

    def __init__(self, answer: Callable[[str], str]) -> None:
        self._answer = answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    async def ask(
        self,
        messages: Sequence[Message],
        parameters: Mapping[str, Any],
        seed: int,
        *,
        key: tuple[str, int] | None = None,
        keep: Keep = drop,
    ) -> Answer:
        text = self._answer(messages[-1].text)
        return Answer("answered", text=text, stop_reason="stop", cost_usd=0.0, final=True)


def _open(system: System, **_: object) -> Policy:
    if system.model not in POLICIES:
        known = ", ".join(POLICIES)
        raise BadInput(f"no policy {system.model!r}; known: {known}", field="model")
    return Policy(POLICIES[system.model])


PROVIDER = Adapter("policy", "Policies that read nothing and answer at once", _open, local=True)
"""Costs nothing and reaches nobody."""
