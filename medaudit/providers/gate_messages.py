"""Whether a body of the Messages API is an answer. A success status is not one."""

from __future__ import annotations

from collections.abc import Mapping
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

WHOLE = frozenset({"end_turn", "stop_sequence"})
CUT = frozenset({"max_tokens", "model_context_window_exceeded", "pause_turn"})
_SILENT = frozenset({"thinking", "redacted_thinking"})


def messages(body: bytes) -> Answer:
    """The answer in a message that came with a success status.

    >>> messages(b'{"content":[{"type":"text","text":"No."}],"stop_reason":"end_turn"}').text
    'No.'
    >>> messages(b'{}').outcome
    'malformed'
    """
    value = parsed(body)
    return value if isinstance(value, Answer) else message(value)


def message(value: Mapping[str, Any]) -> Answer:
    """The answer in a message as parsed; a batch holds it in this form."""
    if isinstance(value.get("error"), dict):
        return fault(value["error"])
    blocks, stop = value.get("content"), word(value.get("stop_reason"))
    if not isinstance(blocks, list):
        return Answer("malformed", detail="success status without content")
    kinds = [word(block.get("type")) if isinstance(block, dict) else None for block in blocks]
    text, usage = _joined(blocks, "text", "text"), part(value, "usage")
    written = part(usage, "cache_creation")
    hour = some(written.get("ephemeral_1h_input_tokens"))
    into = some(usage.get("cache_creation_input_tokens"))
    read = some(usage.get("cache_read_input_tokens"))
    fresh = count(usage.get("input_tokens"))

    def answer(outcome: Outcome, detail: str = "") -> Answer:
        return storable(
            Answer(
                outcome,
                text=text,
                reasoning=_joined(blocks, "thinking", "thinking") or None,
                stop_reason=stop,
                tokens_in=None if fresh is None else fresh + into + read,
                tokens_out=count(usage.get("output_tokens")),
                tokens_cached=read,
                tokens_written=max(into - hour, 0),
                tokens_written_1h=hour,
                detail=detail,
            )
        )

    if stop == "refusal":
        details = part(value, "stop_details")
        words = [details.get(name) for name in ("category", "explanation")]
        return answer("refused", ": ".join(word for word in words if isinstance(word, str)))
    if stop in CUT:
        return answer("truncated", "" if stop == "max_tokens" else str(stop))
    if stop == "tool_use" or (text is None and "tool_use" in kinds):
        return answer("off_schema", TOOL)
    if None in kinds or (text is None and not _SILENT.issuperset(kinds)):
        return answer("off_schema", "the content is no list of texts")
    if text is None or not text.strip():
        return answer("empty")
    if stop not in WHOLE:
        return answer("truncated", unknown_stop(stop))
    return answer("answered")


def _joined(blocks: list[Any], kind: str, name: str) -> str | None:
    """What blocks of one kind say, in their order; None where there is none."""
    found = [
        block[name]
        for block in blocks
        if isinstance(block, dict)
        and block.get("type") == kind
        and isinstance(block.get(name), str)
    ]
    return "".join(found) if found else None
