"""The phrases by which free text is read: urgency, refusal, doubt. They are data, ``cues.yaml``."""

from __future__ import annotations

from functools import cache

import yaml

from medaudit.records import URGENCY, Disposition, Record
from medaudit.resources import data


class Cues(Record):
    groups: dict[str, str]
    dispositions: dict[Disposition, tuple[str, ...]]
    refusal: tuple[str, ...]
    abstention: tuple[str, ...]
    not_supplied: tuple[str, ...]
    open_finding: tuple[str, ...]
    contradicted: tuple[str, ...]


@cache
def cues() -> Cues:
    """The phrases of this installation, read once; most urgent disposition first."""
    text = (data() / "cues.yaml").read_text(encoding="utf-8")
    read = Cues.model_validate(yaml.safe_load(text))
    return read.model_copy(
        update={
            "dispositions": {
                level: _filled(read.dispositions[level], read.groups) for level in reversed(URGENCY)
            },
            "refusal": _filled(read.refusal, read.groups),
            "abstention": _filled(read.abstention, read.groups),
            "not_supplied": _filled(read.not_supplied, read.groups),
        }
    )


def _filled(patterns: tuple[str, ...], groups: dict[str, str]) -> tuple[str, ...]:
    for name, words in groups.items():
        patterns = tuple(pattern.replace(name, words) for pattern in patterns)
    return patterns
