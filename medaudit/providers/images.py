"""Images of a case as they are sent: files below one folder, checked, as base64.

A message names an image by a slug. The run keeps copies of the files that its variants name and
the SHA-256 of each, so that what was sent can be shown later.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medaudit.errors import BadInput, WorkspaceDamaged
from medaudit.imaging.files import checked, find, kind_of
from medaudit.records import Message


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
                raise BadInput(
                    "this system is given no images, and the message names one", field=name
                )
            data = checked(find(self.folder, name), name)
            wanted = self.hashes.get(name)
            if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
                raise WorkspaceDamaged(f"image {name} is not the one that was planned; restore it")
            self._read[name] = Image(kind_of(data, name), base64.b64encode(data).decode("ascii"))
        return self._read[name]
