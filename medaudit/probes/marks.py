"""Where a variant differs from its case: the changed characters of the last message."""

from __future__ import annotations

from medaudit.probes.rewriting import Rewriting
from medaudit.prompt import choices, closing
from medaudit.records import Case, Edit, Message


def marks(case: Case, rewriting: Rewriting, messages: tuple[Message, ...]) -> tuple[Edit, ...]:
    """Edited sentences, the question and the options where they differ, in reading order.

    A sentence that stands in an earlier message has no place in the last one, and no mark.
    """
    text = messages[-1].text
    below = len(text) - len(closing(case, rewriting.asked))
    found, at = [], 0
    for piece in rewriting.pieces:
        start = text.find(piece.text, at, below)
        if start >= 0:
            at = start + len(piece.text)
            if piece.kind != "original":
                found.append(Edit(start=start, end=at, kind=piece.kind))
    asked = rewriting.asked
    if asked.pushes:
        found.append(Edit(start=0, end=len(asked.pushes[-1]), kind="inserted"))
    at = below
    if asked.question is not None and asked.question != case.question:
        at = text.index(asked.question, below)
        found.append(Edit(start=at, end=at + len(asked.question), kind="replaced"))
    if asked.options is not None:
        own = list(choices(case).items())
        texts = {option.id: option.text for option in case.options}
        for place, (letter, label) in enumerate(choices(case, asked).items()):
            line = f"{letter}. {asked.options[place].text}"
            start = text.index(line, at)
            at = start + len(line)
            if place >= len(own):
                found.append(Edit(start=start, end=at, kind="inserted"))
            elif asked.options[place].text != texts.get(own[place][1]):
                moved = label in texts and texts[label] == asked.options[place].text
                found.append(Edit(start=start, end=at, kind="moved" if moved else "replaced"))
    return tuple(found)
