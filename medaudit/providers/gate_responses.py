"""Whether a body of the Responses API is an answer. A success status is not one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from medaudit.providers.answer import Answer
from medaudit.providers.gate import (
    TOOL,
    count,
    fault,
    parsed,
    part,
    some,
    storable,
    unknown_stop,
    word,
)
from medaudit.records import Outcome


def responses(body: bytes) -> Answer:
    """The answer in a response that came with a success status.

    >>> responses(b'{"status":"completed","output":[]}').outcome
    'empty'
    >>> responses(b'{}').outcome
    'malformed'
    """
    value = parsed(body)
    return value if isinstance(value, Answer) else response(value)


def response(value: Mapping[str, Any]) -> Answer:
    """The answer in a response as parsed; a batch holds it in this form."""
    if isinstance(value.get("error"), dict):
        return fault(value["error"])
    items, status = value.get("output"), word(value.get("status"))
    if not isinstance(items, list):
        return Answer("malformed", detail="success status without output")
    usage = part(value, "usage")
    seen = part(usage, "input_tokens_details")
    text, refusal = _said(items, "output_text", "text"), _said(items, "refusal", "refusal")
    reason = word(part(value, "incomplete_details").get("reason"))
    stop = status if reason is None else reason

    def answer(outcome: Outcome, detail: str = "", given: str | None = text) -> Answer:
        return storable(
            Answer(
                outcome,
                text=given,
                reasoning=_reasoning(items),
                stop_reason=stop,
                tokens_in=count(usage.get("input_tokens")),
                tokens_out=count(usage.get("output_tokens")),
                tokens_cached=some(seen.get("cached_tokens")),
                tokens_written=some(seen.get("cache_write_tokens")),
                detail=detail,
            )
        )

    if reason == "content_filter":
        return answer("content_filtered")
    if status == "failed":
        return answer("server_error", "the service says failed and not why")
    if refusal:
        return answer("refused", given=text if text else refusal)
    if status == "incomplete":
        return answer("truncated", "" if reason == "max_output_tokens" else str(reason))
    kinds = {word(item.get("type")) if isinstance(item, dict) else None for item in items}
    if text is None and any(str(kind).endswith("_call") for kind in kinds):
        return answer("off_schema", TOOL)
    if None in kinds or (text is None and kinds - {"message", "reasoning"}):
        return answer("off_schema", "the output is no list of messages")
    if status == "completed":
        return answer("answered" if text is not None and text.strip() else "empty")
    return answer("truncated", unknown_stop(status))


def _parts(items: list[Any], kind: str, field: str) -> Iterator[Mapping[str, Any]]:
    for item in items:
        if (
            isinstance(item, dict)
            and item.get("type") == kind
            and isinstance(item.get(field), list)
        ):
            yield from (piece for piece in item[field] if isinstance(piece, dict))


def _said(items: list[Any], kind: str, name: str) -> str | None:
    """What the parts of one kind say, in their order; None where there is none."""
    found = [
        piece[name]
        for piece in _parts(items, "message", "content")
        if piece.get("type") == kind and isinstance(piece.get(name), str)
    ]
    return "".join(found) if found else None


def _reasoning(items: list[Any]) -> str | None:
    pieces = [*_parts(items, "reasoning", "summary"), *_parts(items, "reasoning", "content")]
    found = [piece["text"] for piece in pieces if isinstance(piece.get("text"), str)]
    return "\n\n".join(found) if found else None
