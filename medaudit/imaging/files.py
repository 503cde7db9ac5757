"""Files of images: which file a name means, whether it can be sent, and what type it is.

A case and a message name an image by a slug; the file beside the case is ``images/<slug>.png``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from medaudit.errors import BadInput
from medaudit.records import Message
from medaudit.resources import data

MAX_BYTES = 3_750_000
"""As base64 5 MB, which both vendors take."""
KINDS: tuple[tuple[str, bytes, str], ...] = (
    ("image/png", b"\x89PNG\r\n\x1a\n", ".png"),
    ("image/jpeg", b"\xff\xd8\xff", ".jpg"),
    ("image/gif", b"GIF8", ".gif"),
    ("image/webp", b"RIFF", ".webp"),
)
_ENDINGS = ("", ".png", ".jpg", ".jpeg", ".gif", ".webp")
BESIDE = "images"
"""Folder of images beside a case file, and of those that a suite or a run holds."""


def find(folder: Path, name: str) -> Path:
    """The file of an image: the name itself, or with an ending. Raises ``BadInput``."""
    for ending in _ENDINGS:
        path = folder / f"{name}{ending}"
        if path.is_file():
            if not path.resolve().is_relative_to(folder.resolve()):
                raise BadInput("leads out of the folder of images", file=str(path), field=name)
            return path
    raise BadInput(f"no image {name} in {folder}; add {name}.png or .jpg", field=name)


def found(folders: Sequence[Path], name: str) -> Path:
    """The file of an image in the first of these folders that holds it. Raises ``BadInput``."""
    for folder in folders:
        try:
            return find(folder, name)
        except BadInput as error:
            if error.file is not None:
                raise
    looked = ", ".join(str(folder) for folder in folders)
    raise BadInput(f"no image {name} in {looked}; add {name}.png or .jpg", field=name)


def collected(names: Iterable[str], folders: Sequence[Path]) -> dict[str, tuple[bytes, str]]:
    """The bytes and the file name of each image, from the first folder that holds it.

    Raises ``BadInput`` where none does, and on type or size.
    """
    content = {name: checked(found(folders, name), name) for name in names}
    return {name: (part, f"{name}{ending_of(part, name)}") for name, part in content.items()}


def own() -> Path:
    """The folder of the images that medaudit brings along."""
    return data() / "images"


def checked(path: Path, name: str) -> bytes:
    """The bytes of an image that can be sent. Raises ``BadInput`` on type or size."""
    if path.stat().st_size > MAX_BYTES:
        raise BadInput(f"larger than {MAX_BYTES} bytes; scale it down", file=str(path), field=name)
    content = path.read_bytes()
    kind_of(content, str(path))
    return content


def kind_of(content: bytes, where: str) -> str:
    """The media type by the first bytes. Raises ``BadInput``.

    >>> kind_of(b"GIF89a...", "ecg")
    'image/gif'
    """
    for kind, start, _ in KINDS:
        if content.startswith(start) and (kind != "image/webp" or content[8:12] == b"WEBP"):
            return kind
    raise BadInput("neither PNG, JPEG, GIF nor WebP by its first bytes", file=where)


def ending_of(content: bytes, where: str) -> str:
    """The file ending for an image's type."""
    kind = kind_of(content, where)
    return next(ending for known, _, ending in KINDS if known == kind)


def named(messages: Iterable[Sequence[Message]]) -> list[str]:
    """Every image that these messages name, each once, in order."""
    return list(dict.fromkeys(name for turns in messages for m in turns for name in m.images))
