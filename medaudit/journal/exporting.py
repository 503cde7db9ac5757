"""The journal as a file to hand on, and what such a file proves by itself.

JSON Lines is the form that can be checked: the first line says what the file is and names the
head, every further line is one event with its payload exactly as it was hashed. An event that may
not be read yet is *withheld*: its client id and payload are left out, its hash stays. The chain
still leads through it, so it can be changed no more without contradicting the file, and once it
may be read it can be held against its hash. The random client id is left out because grades are
few: whoever knew everything but the grade could try them all against the hash.

CSV is for reading. Text that a spreadsheet would take for a formula gets an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from medaudit.canonical import dumps
from medaudit.errors import BadInput
from medaudit.journal.chain import Fault, holds
from medaudit.journal.event import Head, Stored

FORMAT = "medaudit audit export 1"
COLUMNS = (
    "seq", "utc", "actor", "action", "subject", "withheld", "client_id", "payload", "prev_hash",
    "hash",
)  # fmt: skip
_FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]|^[\t\r\n]")


@dataclass(frozen=True)
class Cover:
    """What the first line of an export says about it."""

    project: str
    head: Head
    """Of the journal when it was exported; the last event in the file."""
    first: int
    """Number of the first event in the file."""
    written: str
    """UTC."""
    by: str
    version: str


def json_lines(cover: Cover, rows: Iterable[Stored], withheld: Collection[int]) -> Iterator[str]:
    """The export, line by line, without line ends."""
    yield dumps(
        {
            "format": FORMAT,
            "project": cover.project,
            "head": str(cover.head),
            "first": cover.first,
            "withheld": len(withheld),
            "written": cover.written,
            "by": cover.by,
            "version": cover.version,
        }
    )
    for row in rows:
        yield dumps(_fields(row, row.seq in withheld))


def csv_lines(cover: Cover, rows: Iterable[Stored], withheld: Collection[int]) -> Iterator[str]:
    """The export as a table. Its last row is not an event: it names the head."""
    yield _csv(COLUMNS)
    for row in rows:
        fields = _fields(row, row.seq in withheld)
        yield _csv([safe_cell(fields[name]) for name in COLUMNS])
    words = f"{FORMAT}; project {cover.project}; medaudit {cover.version}"
    last = {
        "utc": cover.written,
        "actor": cover.by,
        "action": "head",
        "subject": words,
        "hash": str(cover.head),
    }
    yield _csv([safe_cell(last.get(name)) for name in COLUMNS])


def _fields(row: Stored, withheld: bool) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "utc": row.utc,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "withheld": withheld,
        "client_id": None if withheld else row.client_id,
        "payload": None if withheld else row.payload_json,
        "prev_hash": row.prev_hash,
        "hash": row.hash,
    }


def _csv(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def safe_cell(value: Any) -> Any:
    """The value as no spreadsheet takes it for a formula. Numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell(-1), safe_cell("10 mg")
    ("'=1+1", -1, '10 mg')
    """
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value


@dataclass(frozen=True)
class Checked:
    """What an export proves by itself."""

    head: Head
    events: int
    withheld: int
    """Of them; their content is pinned by its hash and not in the file."""
    faults: tuple[Fault, ...]


def check_export(lines: Iterable[str]) -> Checked:
    """Recompute the chain of a JSON Lines export. Raises ``BadInput`` on what is no export."""
    head, first, rest = _cover(iter(lines))
    faults: list[Fault] = []
    previous, number, n, n_withheld, last = "", first, 0, 0, ""
    for line_number, line in enumerate(rest, start=2):
        row, withheld = _row(line, line_number)
        n += 1
        n_withheld += withheld
        if row.seq != number:
            faults.append(Fault(row.seq, "missing", f"event {number} should stand here"))
        elif n > 1 and row.prev_hash != previous:
            faults.append(Fault(row.seq, "modified", "does not follow the event before it"))
        elif not withheld and not holds(row, row.seq):
            faults.append(Fault(row.seq, "modified", "its content is not what was hashed"))
        number, previous, last = row.seq + 1, row.hash, row.hash
    if n > 0 and (number - 1, last) != (head.seq, head.hash):
        faults.append(Fault(number, "truncated", f"the file does not end at its head {head}"))
    if n == 0 and first <= head.seq:
        faults.append(Fault(first, "truncated", "the file holds no event"))
    return Checked(head, n, n_withheld, tuple(faults))


def _cover(lines: Iterator[str]) -> tuple[Head, int, Iterator[str]]:
    try:
        cover = json.loads(next(lines, ""))
        seq, _, hashed = cover["head"].partition(":")
        head, first = Head(int(seq), hashed), int(cover["first"])
        fits = cover["format"] == FORMAT
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        fits = False
    if not fits:
        raise BadInput("not an export: `medaudit audit export --format jsonl` makes one", line=1)
    return head, first, lines


def _row(line: str, number: int) -> tuple[Stored, bool]:
    try:
        fields = json.loads(line)
        withheld = fields["withheld"] is True
        texts = {name: fields[name] for name in COLUMNS if name not in ("seq", "withheld")}
        row = Stored(
            seq=int(fields["seq"]),
            client_id=texts["client_id"] or "",
            utc=texts["utc"],
            actor=texts["actor"],
            action=texts["action"],
            subject=texts["subject"],
            payload_json=texts["payload"] or "",
            prev_hash=texts["prev_hash"],
            hash=texts["hash"],
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput(f"not an event of an export: {type(error).__name__}", line=number) from error
    return row, withheld
