"""The ground truth of the shipped images: what is on each, and what is not.

``data/images/truth.yaml`` is written by ``scripts/images.py`` from the simulation that draws them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml
from pydantic import ValidationError

from medaudit.errors import BadInput
from medaudit.imaging.files import own
from medaudit.imaging.told import Told
from medaudit.records import Hash, Record, Slug, Text


class Truth(Record):
    """One image: its kind, a description without the reading, its parameters and its truth."""

    kind: Slug
    alt: Text
    pixels: Hash
    """SHA-256 of its size and of its pixels as RGB."""
    parameters: dict[str, Any]
    told: Told


@cache
def truths() -> dict[str, Truth]:
    """Every shipped image by name. Raises ``BadInput`` when the file is not that list."""
    path = own() / "truth.yaml"
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: Truth.model_validate(row) for name, row in rows.items()}
    except (OSError, yaml.YAMLError, ValidationError, AttributeError) as error:
        raise BadInput(f"not a list of image truths: {error}", file=path.name) from error


def reading(name: str) -> str | None:
    """The reading of an image in one line; None where no truth is known."""
    known = truths().get(name)
    return None if known is None else known.told.reading


def alt(name: str) -> str:
    """What an image is, without its reading; "Image of the case" where nothing is known."""
    known = truths().get(name)
    return "Image of the case" if known is None else known.alt


def ground_truth(names: Iterable[str]) -> str:
    """What a judge may hold an answer against: what is on these images, and what is not.

    Empty where no truth is known for any of them. The lists are complete for what can be read off;
    an answer that names a finding of neither list has read something that was not simulated.
    """
    parts = []
    for number, name in enumerate(names, start=1):
        known = truths().get(name)
        if known is None:
            continue
        lines = [f"Image {number}: {known.alt}."]
        lines += ["On it:", *(f"- {line}" for line in known.told.shows)]
        lines += ["Not on it:", *(f"- {line}" for line in known.told.absent)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def pixel_hash(size: tuple[int, int], rgb: bytes) -> str:
    """The hash of a picture that does not depend on how its file is compressed."""
    return hashlib.sha256(f"{size[0]}x{size[1]}".encode() + rgb).hexdigest()
