"""What a run keeps beside the records that pages read: bodies as they came, batches handed over."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from medaudit.providers import Body
from medaudit.records import Hash, Record, Slug

MAX_BYTES = 1_000_000
"""Of one body that are stored; of a longer one the beginning."""


class Raw(Record):
    """What came back of one call, before anything read it. Never a header, never a key."""

    response_id: Hash
    number: Annotated[int, Field(ge=1)]
    """Of the call."""
    received: datetime
    status: int | None
    """Of HTTP. None: a line of a batch's results."""
    whole: bool
    """Whether the service had ended."""
    size: Annotated[int, Field(ge=0)]
    """Bytes that came, of which at most ``MAX_BYTES`` are stored."""
    sha256: Hash
    """Of the bytes that are stored; the call's row names it."""
    encoding: Literal["utf-8", "base64"]
    body: str

    @property
    def data(self) -> bytes:
        """The bytes that are stored."""
        return self.body.encode("utf-8") if self.encoding == "utf-8" else _unpacked(self.body)


class Batch(Record):
    """Calls handed over to a service that answers within a day, at one moment of their life.

    ``handing`` is put down before the service is asked, so that a process killed in between
    leaves calls in doubt and not calls forgotten.
    """

    token: Hash
    system_id: Slug
    state: Literal["handing", "handed", "refused", "collected"]
    at: datetime
    batch_id: str | None = None
    """The service's name for it."""
    calls: tuple[tuple[Hash, int], ...] = ()
    """(response, number of the call); only when it is being handed over."""


def raw(response_id: str, number: int, received: datetime, body: Body) -> Raw:
    """A body as it is stored."""
    data = body.data[:MAX_BYTES]
    encoding: Literal["utf-8", "base64"] = "utf-8"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(data).decode("ascii"), "base64"
    return Raw(
        response_id=response_id,
        number=number,
        received=received,
        status=body.status,
        whole=body.whole,
        size=len(body.data),
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=encoding,
        body=text,
    )


def _unpacked(body: str) -> bytes:
    return base64.b64decode(body.encode("ascii"), validate=True)
