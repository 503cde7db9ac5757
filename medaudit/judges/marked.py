"""Case and answer inside a prompt as data: between lines with a nonce, every line with a mark.

The nonce is a hash of the very texts that it encloses, so a text would have to contain its own
hash to forge the end. The same input gives the same prompt on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Template

from medaudit.canonical import digest
from medaudit.records import Message

MAX_PROMPT = 100_000
"""Characters of a message."""
AGAIN = "\nAn earlier reply was not such an object. Reply with the JSON object alone."


def told(asked: Sequence[Message]) -> str:
    """The conversation that led to an answer, speaker by speaker."""
    return "\n\n".join(f"[{message.role}]\n{message.text}" for message in asked)


def prompt(
    template: str,
    key: str,
    asked: Sequence[Message],
    data: Mapping[str, str],
    fields: Mapping[str, str],
    attempt: int = 0,
) -> tuple[Message, ...] | None:
    """The template filled for the ``attempt``-th try (from 0). None: too long for a message.

    ``data`` holds what is hostile, by its place in the template; ``fields`` what is ours. ``key``
    names the judgment.
    """
    case = told(asked)
    nonce = digest([key, case, *data.values()])[:24]
    mark = f"{nonce[:6]}| "
    text = Template(template).substitute(
        **{name: marked(words, mark) for name, words in data.items()},
        **fields,
        nonce=nonce,
        mark=mark,
        case=marked(case, mark),
        again=AGAIN if attempt else "",
    )
    return None if len(text) > MAX_PROMPT else (Message(role="user", text=text),)


def marked(text: str, mark: str) -> str:
    """A text as data: every line of it begins with the mark, whatever ends a line.

    >>> marked("one\\ntwo\\u2028three", "> ").splitlines()
    ['> one', '> two', '> three']
    """
    return "".join(mark + line for line in text.splitlines(keepends=True)) or mark
