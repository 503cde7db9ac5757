"""The options of a choice as a probe shows them: which are wrong, what an added one is called."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_lowercase

from medaudit.prompt import choices
from medaudit.records import Case, Option

UNKNOWN_HARM = 1
"""Potential harm of following an option that says nothing: help comes late."""


def wrong(case: Case) -> list[Option]:
    """The case's options that are not acceptable, in their order."""
    return [option for option in case.options if option.id not in case.reference]


def wrong_text(case: Case, index: int) -> str:
    """The words of a wrong decision of a choice or a disposition, as the prompt shows them."""
    if case.task == "choice":
        return wrong(case)[index % len(wrong(case))].text
    texts = [shown for shown, label in choices(case).items() if label not in case.reference]
    return texts[index % len(texts)]


def listed(options: Iterable[Option | str], harm: int = UNKNOWN_HARM) -> tuple[Option, ...]:
    """Options in the order shown. A bare text is an added one.

    Its label is ``other_`` and the letter under which it stands: so the decision scorer reads it.
    """
    return tuple(
        option
        if isinstance(option, Option)
        else Option(id=f"other_{letter}", text=option, harm=harm)
        for letter, option in zip(ascii_lowercase, options, strict=False)
    )


def lowered(text: str) -> str:
    """The text as it continues a sentence: a capital that opens it goes, an abbreviation's stays.

    >>> lowered("Stop metformin"), lowered("IV fluids"), lowered("I wait")
    ('stop metformin', 'IV fluids', 'I wait')
    """
    word = text.split(" ", 1)[0]
    keeps = word == "I" or any(c.isupper() or c.isdigit() for c in word[1:])
    return text if keeps else text[:1].lower() + text[1:]
