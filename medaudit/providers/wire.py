"""One call over HTTP through a vendor's SDK: what came back is kept, then every end is named.

Both SDKs are the same client twice, so one place serves them. Their retries are off, their
parsing is not used: the body is read as bytes, handed to ``keep``, and only then looked at.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from medaudit.errors import ProviderFailed
from medaudit.providers.answer import Answer, Body, Keep, drop
from medaudit.providers.faults import clean, outcome_of, retry_after

if TYPE_CHECKING:
    import httpx2

MAX_BODY = 8_000_000
"""Bytes of an answer; a longer one is malformed and not read to its end."""
CONNECT_S = 5.0
SHORTEST_KEY = 8
"""A shorter one is no secret, and blotting it out would spoil texts."""
Opening = AbstractAsyncContextManager[Any]
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def client_of(loopback: bool) -> httpx2.AsyncClient:
    """A client that follows nobody elsewhere and reads no answer without end.

    A proxy cannot reach a server on this machine; a redirect could lead the case away.
    """
    import httpx2

    async def cap(response: httpx2.Response) -> None:
        if response.request.method == "POST":  # the results of a batch are read line by line
            response.stream = _capped(response.stream)

    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=256)
    return httpx2.AsyncClient(
        trust_env=not loopback,
        follow_redirects=False,
        limits=limits,
        event_hooks={"response": [cap]},
    )


def _capped(stream: Any) -> Any:
    """A response's bytes as they are sent, cut off with an error where they are too many."""
    import httpx2

    class Capped(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            count = 0
            async for chunk in stream:
                count += len(chunk)
                if count > MAX_BODY:
                    raise httpx2.DecodingError(f"over {MAX_BODY} bytes")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Capped()


async def call(
    sdk: ModuleType,
    opening: Opening,
    gate: Callable[[bytes], Answer],
    *,
    timeout_s: float,
    key: str | None,
    keep: Keep = drop,
) -> Answer:
    """The answer to one call, whatever became of it. ``key`` is blotted out of all that is kept."""
    try:
        async with asyncio.timeout(timeout_s):
            found = await _received(sdk, opening, key, keep)
    except TimeoutError:
        return Answer("timeout", detail=f"no whole answer within {timeout_s:g} s")
    answer = gate(found) if isinstance(found, bytes) else found
    return without(answer, key)


async def _received(
    sdk: ModuleType, opening: Opening, key: str | None, keep: Keep
) -> bytes | Answer:
    import httpx2

    data, status, ended = bytearray(), None, False
    try:
        async with opening as response:
            status = response.status_code
            async for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_BODY:
                    return Answer("malformed", detail=f"a body of over {MAX_BODY} bytes")
        ended = True
    except sdk.APIStatusError as error:
        status, ended = error.status_code, True
        data += error.response.content
        return turned_down(error)
    except (sdk.APITimeoutError, httpx2.TimeoutException) as error:
        return Answer("timeout", detail=type(error.__cause__ or error).__name__)
    except (sdk.APIConnectionError, httpx2.TransportError) as error:
        cause = error.__cause__ or error
        return Answer("connection", detail=f"{type(cause).__name__}: {cause}")
    except httpx2.DecodingError as error:
        return Answer("malformed", detail=f"the body cannot be read: {error}")
    finally:
        if data or ended:
            keep(Body(status, blotted(bytes(data), key), whole=ended))
    return blotted(bytes(data), key)


def turned_down(error: Any) -> Answer:
    """The answer that an error status of either SDK is."""
    request = f" (request {error.request_id})" if error.request_id else ""
    code = getattr(error, "code", None) or error.type
    return Answer(
        outcome_of(error.status_code, code, error.message),
        detail=f"status {error.status_code}: {error.message}{request}",
        retry_after_s=retry_after(error.response.headers),
    )


def blotted(data: bytes, key: str | None) -> bytes:
    """Bytes without the key.

    >>> blotted(b"bad key sk-12345678", "sk-12345678")
    b'bad key [key]'
    """
    if key is None or len(key) < SHORTEST_KEY:
        return data
    return data.replace(key.encode("utf-8"), b"[key]")


def without(answer: Answer, key: str | None) -> Answer:
    """An answer without the key, however the service may have written it."""
    words = {"detail": clean(answer.detail, key)}
    if key is not None and len(key) >= SHORTEST_KEY:
        for name in ("text", "reasoning", "stop_reason"):
            value = getattr(answer, name)
            if value is not None and key in value:
                words[name] = value.replace(key, "[key]")
    return replace(answer, **words)  # type: ignore[arg-type]


async def lines(
    sdk: ModuleType, what: str, opening: Opening, key: str | None
) -> AsyncIterator[bytes]:
    """The lines of a long body as they arrive, without the key. Raises ``ProviderFailed``.

    What stands behind the last line break counts as well: the services promise none at the end.
    """
    chunks, rest = _chunks(opening), b""
    while True:
        try:
            chunk = await demand(sdk, what, anext(chunks, b""), key)
        except Doubtful as error:
            raise ProviderFailed(str(error)) from None
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > MAX_BODY:
            raise ProviderFailed(f"{what}: a line of over {MAX_BODY} bytes")
        for line in [*whole, *([] if chunk else [rest])]:
            if line.strip():
                yield blotted(line, key)
        if not chunk:
            return


async def _chunks(opening: Opening) -> AsyncIterator[bytes]:
    async with opening as response:
        async for chunk in response.iter_bytes():
            if chunk:
                yield chunk


def batch_id(found: object) -> str:
    """The id of a batch or file that a service has made. Raises ``Doubtful``."""
    name = getattr(found, "id", None)
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise Doubtful("the service took the calls and gave no id; try again later")
    return name


def said(found: object, key: str | None) -> dict[str, Any] | None:
    """What a service says of a model, without the key and without what it leaves open."""
    if not hasattr(found, "model_dump_json"):
        return None
    value = json.loads(blotted(found.model_dump_json(exclude_none=True).encode("utf-8"), key))
    return value if isinstance(value, dict) else None


async def demand(sdk: ModuleType, what: str, call: Any, key: str | None) -> Any:
    """What a call that is no answer gives (a batch, a model). Raises ``ProviderFailed``.

    ``Doubtful`` when the service may have done what it was asked all the same.
    """
    import httpx2

    try:
        return await call
    except sdk.APIStatusError as error:
        answer = turned_down(error)
        message = f"{what}: {answer.outcome}, {clean(answer.detail, key)}"
        if error.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise Doubtful(message) from None
        raise ProviderFailed(message) from None
    except (sdk.APIConnectionError, httpx2.HTTPError) as error:
        cause = error.__cause__ or error
        words = clean(f"{type(cause).__name__}: {cause}", key)
        raise Doubtful(f"{what}: {words}; try again later") from None
    except ValueError as error:  # the SDK takes the body apart, and it was no JSON
        raise Doubtful(f"{what}: {clean(str(error), key)}; try again later") from None


class Doubtful(ProviderFailed):
    """A service may have done what it was asked, and did not get to say so."""
