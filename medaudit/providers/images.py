"""Images of a case as they are sent: files below one folder, checked, as base64.

A message names an image by a slug. The run keeps copies of the files that its variants name and
the SHA-256 of each, so that what was sent can be shown later.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.records import Message

MAX_BYTES = 3_750_000
"""As base64 5 MB, which both vendors take."""
KINDS: tuple[tuple[str, bytes, str], ...] = (
    ("image/png", b"\x89PNG\r\n\x1a\n", ".png"),
    ("image/jpeg", b"\xff\xd8\xff", ".jpg"),
    ("image/gif", b"GIF8", ".gif"),
    ("image/webp", b"RIFF", ".webp"),
)
_ENDINGS = ("", ".png", ".jpg", ".jpeg", ".gif", ".webp")


@dataclass(frozen=True)
class Image:
    """One image, ready to be sent."""

    kind: str
    """Its media type, by its first bytes and never by its name."""
    data: str
    """Base64."""

    @property
    def url(self) -> str:
        return f"data:{self.kind};base64,{self.data}"


@dataclass
class Images:
    """The images of a run by name. Each file is read and checked once."""

    folder: Path | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    """What each must be; a name that is missing here may be anything."""
    _read: dict[str, Image] = field(default_factory=dict)

    def of(self, message: Message) -> list[Image]:
        """The images of a message. Raises ``BadInput`` or ``WorkspaceDamaged``."""
        return [self.get(name) for name in message.images]

    def size(self, name: str) -> int:
        """Bytes of an image as it is sent. Raises ``BadInput`` or ``WorkspaceDamaged``."""
        return len(self.get(name).data)

    def get(self, name: str) -> Image:
        if name not in self._read:
            if self.folder is None:
                raise BadInput("the run has no folder of images; plan it with one", field=name)
            data = checked(find(self.folder, name), name)
            wanted = self.hashes.get(name)
            if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
                raise WorkspaceDamaged(f"image {name} is not the one that was planned; restore it")
            self._read[name] = Image(kind_of(data, name), base64.b64encode(data).decode("ascii"))
        return self._read[name]


def find(folder: Path, name: str) -> Path:
    """The file of an image: the name itself, or with an ending. Raises ``BadInput``."""
    for ending in _ENDINGS:
        path = folder / f"{name}{ending}"
        if path.is_file():
            if not path.resolve().is_relative_to(folder.resolve()):
                raise BadInput("leads out of the folder of images", file=str(path), field=name)
            return path
    raise BadInput(f"no image {name} in {folder}; add {name}.png or .jpg", field=name)


def checked(path: Path, name: str) -> bytes:
    """The bytes of an image that can be sent. Raises ``BadInput`` on type or size."""
    if path.stat().st_size > MAX_BYTES:
        raise BadInput(f"larger than {MAX_BYTES} bytes; scale it down", file=str(path), field=name)
    data = path.read_bytes()
    kind_of(data, str(path))
    return data


def kind_of(data: bytes, where: str) -> str:
    """The media type by the first bytes. Raises ``BadInput``.

    >>> kind_of(b"GIF89a...", "ecg")
    'image/gif'
    """
    for kind, start, _ in KINDS:
        if data.startswith(start) and (kind != "image/webp" or data[8:12] == b"WEBP"):
            return kind
    raise BadInput("neither PNG, JPEG, GIF nor WebP by its first bytes", file=where)


def ending_of(data: bytes, where: str) -> str:
    """The file ending for an image's type."""
    kind = kind_of(data, where)
    return next(ending for known, _, ending in KINDS if known == kind)


def named(messages: Iterable[Sequence[Message]]) -> list[str]:
    """Every image that these messages name, each once, in order."""
    return list(dict.fromkeys(name for turns in messages for m in turns for name in m.images))
