"""The images that a run sent, from the copies that it keeps: what people see beside a case."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.imaging.files import BESIDE, own
from medaudit.imaging.truth import alt
from medaudit.providers.images import Images


@dataclass(frozen=True)
class Picture:
    """One image: a description without its reading, and its bytes as a data URI."""

    alt: str
    url: str | None
    """None: its copy is missing or is not what was sent."""


def pictures(run: Path, names: Iterable[str]) -> tuple[Picture, ...]:
    """The images of these names as the run in that folder sent them, in order."""
    wanted = list(names)
    return _all(Images(run / BESIDE, _hashes(run / "plan.json")), wanted) if wanted else ()


def shipped(names: Iterable[str]) -> tuple[Picture, ...]:
    """Images that medaudit brings along, in order."""
    return _all(Images(own()), names)


def named(messages: str | None) -> list[str]:
    """The images of all messages, from the JSON list of each message's."""
    found = json.loads(messages) if messages else []
    return list(dict.fromkeys(name for part in found for name in part or ()))


def _hashes(plan: Path) -> dict[str, str]:
    try:
        return dict(json.loads(plan.read_bytes())["images"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _all(kept: Images, names: Iterable[str]) -> tuple[Picture, ...]:
    return tuple(_picture(kept, name, number) for number, name in enumerate(names, start=1))


def _picture(kept: Images, name: str, number: int) -> Picture:
    said = f"Image {number}: {alt(name)}"
    try:
        return Picture(said, kept.get(name).url)
    except (BadInput, WorkspaceDamaged):
        return Picture(f"{said}. Its copy is missing or was changed; run `medaudit doctor`.", None)
