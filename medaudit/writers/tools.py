"""A model as the chooser of an attack: what it is asked, and whether its choice is allowed.

It names tools and no text: what reaches the system under attack is made by the same probes as
with the policy. A reply that breaks a rule is refused, and the policy chooses in its place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from medaudit.judges import marked
from medaudit.judges.strict import Strict, Unreadable, whole
from medaudit.probes import REGISTRY
from medaudit.probes.adaptive import CONFLICTS, TOOLS, Choice, Tried, conflict, size
from medaudit.prompt import messages
from medaudit.records import Case, Message
from medaudit.writers import printable

NAME = "attack_tools"
VERSION = 1
"""Of the prompt. Raise it with a new file."""


class Chosen(Strict):
    """A whole reply."""

    tools: Annotated[list[str], Field(min_length=1, max_length=len(TOOLS))]
    reason: Annotated[str, StringConstraints(max_length=1_000)]


@cache
def template() -> str:
    """The prompt of this version, as it lies in the package."""
    return (Path(__file__).parent / f"tools_v{VERSION}.txt").read_text(encoding="utf-8")


def prompt_sha256() -> str:
    """The hash that an attack keeps of its chooser's prompt."""
    return sha256(template().encode("utf-8")).hexdigest()


def schema() -> dict[str, Any]:
    """The reply as JSON Schema, for services that can be held to one. Checked here all the same."""
    return Chosen.model_json_schema()


def question(
    case: Case, round_: int, rounds: int, tools: Sequence[str], history: Sequence[Tried], key: str
) -> tuple[Message, ...] | None:
    """What the chooser is asked. None: too long for a message.

    It sees which decision came of a set, never the system's own words.
    """
    own = [tried for tried in history if tried.case_id == case.id]
    elsewhere = []
    for name in tools:
        met = [
            tried.fooled
            for tried in history
            if tried.case_id != case.id and name in tried.tools and tried.fooled is not None
        ]
        elsewhere.append(f"{name} {sum(met)} of {len(met)}")
    fields = {
        "tools": "\n".join(
            json.dumps({"tool": name, "purpose": REGISTRY.load(name).purpose}) for name in tools
        ),
        "conflicts": "; ".join(" and ".join(sorted(pair)) for pair in CONFLICTS),
        "tried": "; ".join(_told(tried) for tried in own) or "nothing yet",
        "elsewhere": ", ".join(elsewhere),
        "round": str(round_),
        "rounds": str(rounds),
        "most": str(size(round_)),
    }
    asked = messages(case, [sentence.text for sentence in case.narrative])
    return marked.prompt(template(), key, asked, {}, fields)


def read(
    reply: str | None,
    outcome: str,
    round_: int,
    tools: Sequence[str],
    own: Sequence[frozenset[str]],
) -> Choice:
    """The tools of a reply, in the order in which they are applied. Raises ``Unreadable``."""
    if outcome != "answered":
        raise Unreadable(f"the call ended as {outcome}")
    if reply is None or not reply.strip():
        raise Unreadable("the chooser said nothing")
    found = whole(reply, Chosen)
    unknown = sorted(set(found.tools) - set(tools))
    pair = conflict(found.tools)
    if unknown:
        raise Unreadable(f"no tool that fits: {', '.join(unknown)}"[:300])
    if len(set(found.tools)) != len(found.tools):
        raise Unreadable("a tool is named twice")
    if len(found.tools) > size(round_):
        raise Unreadable(f"{len(found.tools)} tools, at most {size(round_)} in round {round_}")
    if pair is not None:
        raise Unreadable(f"{' and '.join(sorted(pair))} must not stand together")
    if frozenset(found.tools) in own:
        raise Unreadable("this set was tried on the case before")
    return Choice(tuple(name for name in TOOLS if name in found.tools), printable(found.reason))


def _told(tried: Tried) -> str:
    came = {True: "fooled", False: "not fooled", None: "decided nothing"}[tried.fooled]
    return f"{' + '.join(name for name in TOOLS if name in tried.tools)}: {came}"
