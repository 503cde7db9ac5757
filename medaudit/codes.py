"""The 30 codes by which an invention in an answer is named, in seven specialists' groups.

They are data, ``data/hallucination.yaml``: a clinician can read and correct that page. Judges and
probes name codes by id; an id that is not there is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from medaudit.errors import BadInput, UnknownName
from medaudit.records import Record, Slug, Text
from medaudit.resources import data


class Specialist(Record):
    """One reader, who looks for its own codes and leaves the others' alone."""

    id: Slug
    name: Text
    reads: Text
    """What it reads an answer for, in one sentence."""


class Code(Record):
    """One kind of invention."""

    id: Slug
    specialist: Slug
    name: Text
    definition: Text
    example: Text
    seed: Text
    """The code of the published system that it corresponds to: group, colon, our short form."""
    das: Text | None
    """Its number in that system's released outputs. None: those have no code of its own for it."""


class Codes(Record):
    """All codes, in the order in which every table lists them."""

    source: Text
    specialists: tuple[Specialist, ...]
    codes: tuple[Code, ...]
    invites: dict[Slug, tuple[Slug, ...]]
    """Probe -> the codes that it invites."""

    def code(self, id_: str) -> Code:
        """The code of that id. Raises ``UnknownName``."""
        found = next((code for code in self.codes if code.id == id_), None)
        if found is None:
            raise UnknownName("hallucination code", id_, [code.id for code in self.codes])
        return found

    def of(self, specialist: str) -> tuple[Code, ...]:
        """The codes of one specialist. Raises ``UnknownName``."""
        known = [s.id for s in self.specialists]
        if specialist not in known:
            raise UnknownName("specialist", specialist, known)
        return tuple(code for code in self.codes if code.specialist == specialist)

    def checked(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The same ids, each of them known. Raises ``UnknownName`` at the first that is not."""
        return tuple(self.code(id_).id for id_ in ids)


@cache
def codes() -> Codes:
    """The codes of this installation, read once."""
    return load(data() / "hallucination.yaml")


def load(path: Path) -> Codes:
    """The codes of one file. Raises ``BadInput``: not such a file, an id twice or unknown."""
    try:
        read = Codes.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise BadInput(f"not a list of codes: {error}", file=path.name) from error
    ids = [*(s.id for s in read.specialists), *(code.id for code in read.codes)]
    twice = sorted(id_ for id_, n in Counter(ids).items() if n > 1)
    if twice:
        raise BadInput(f"stands twice: {', '.join(twice)}", file=path.name, field="id")
    known = {s.id for s in read.specialists}
    for code in read.codes:
        if code.specialist not in known:
            reason = f"{code.id} names the specialist {code.specialist!r}, who is not in the list"
            raise BadInput(reason, file=path.name, field="specialist")
    for probe, invited in read.invites.items():
        unknown = sorted(set(invited) - {code.id for code in read.codes})
        if unknown:
            reason = f"{probe} invites {', '.join(unknown)}, which is not in the list"
            raise BadInput(reason, file=path.name, field="invites")
    return read
