"""Heads kept outside the journal: the only way to see that its tail was cut.

An anchor is ``<number>:<hash>``, a hash alone, or a file that holds a head: what ``medaudit audit
head --out`` wrote, or an export.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from medaudit.errors import BadInput
from medaudit.journal.event import Head

_ANCHOR = re.compile(r"(?:(\d+):)?([0-9a-f]{64})")
_LINE = re.compile(r"head (\d+:[0-9a-f]{64})")
_LAST_CELL = re.compile(r".*,(\d+:[0-9a-f]{64})")
_FORM = "an anchor is <number>:<hash>, a hash of 64 hexadecimal digits, or a file that holds a head"


def anchor(text: str) -> Head:
    """The head that the text is, or that stands in the file of that name. Number 0: not known."""
    match = _ANCHOR.fullmatch(text.strip())
    if match is None:
        path = Path(text)
        if "\0" not in text and path.is_file():
            return _from_file(path)
        raise BadInput(_FORM)
    return Head(0 if match[1] is None else int(match[1]), match[2])


def head_text(head: Head, project: str, utc: str) -> str:
    """What to keep somewhere else, as a file of its own."""
    return (
        f"medaudit journal\nproject {project}\nhead {head}\nutc {utc}\n"
        "Keep this where nobody who can write the journal can change it.\n"
        "Check with: medaudit audit verify --anchor FILE\n"
    )


def _from_file(path: Path) -> Head:
    found, last = None, ""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            last = line.strip() or last
            match = _LINE.fullmatch(last)
            found = _cover(last) if number == 0 and last.startswith("{") else match and match[1]
            if found is not None:
                break
    if found is None and (cell := _LAST_CELL.fullmatch(last)):
        found = cell[1]
    if found is None or not _ANCHOR.fullmatch(found):
        raise BadInput(f"holds no head; {_FORM}", file=str(path))
    return anchor(found)


def _cover(line: str) -> str | None:
    """Of an export as JSON Lines."""
    try:
        head = json.loads(line).get("head")
    except (ValueError, AttributeError, RecursionError):
        return None
    return head if isinstance(head, str) else None
