"""Whether a body is an answer. A success status is not one: every body passes here.

The text is kept exactly as received, also when it was refused or cut short.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from medaudit.providers.answer import Answer
from medaudit.providers.faults import outcome_of
from medaudit.records import Outcome

WHOLE = frozenset({"stop", "stop_sequence", "end_turn", "eos"})
"""Stop reasons after which nothing is missing."""
CUT = frozenset({"length", "max_tokens", "model_length"})
MOST = 10**12
"""Of tokens; a greater count is no count."""
TOOL = "asked to call a tool instead of answering"


def chat(body: bytes) -> Answer:
    """The answer in the body of an OpenAI chat completion that came with a success status.

    >>> chat(b'<html>').outcome
    'malformed'
    >>> chat(b'{"choices":[{"finish_reason":"length","message":{"content":"Call an"}}]}').outcome
    'truncated'
    """
    value = parsed(body)
    if isinstance(value, Answer):
        return value
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return _without_choice(value, choices)
    message = choices[0].get("message")
    if not isinstance(message, dict):
        return Answer("malformed", detail="a choice without a message")
    return storable(_message(message, word(choices[0].get("finish_reason")), value))


def parsed(body: bytes) -> dict[str, Any] | Answer:
    """The JSON object of a body, or the answer that a body without one is."""
    try:
        value = json.loads(body, parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        kind = "an HTML page" if body.lstrip()[:1] == b"<" else "no JSON"
        return Answer("malformed", detail=f"success status with {kind}: {error}"[:200])
    if not isinstance(value, dict):
        return Answer("malformed", detail=f"success status with a JSON {type(value).__name__}")
    return value


def storable(answer: Answer) -> Answer:
    """The answer, where its texts are Unicode."""
    for text in (answer.text, answer.reasoning, answer.stop_reason):
        try:
            (text or "").encode("utf-8")
        except UnicodeEncodeError:
            return Answer("malformed", detail="the text is not Unicode: half of a surrogate pair")
    return answer


def fault(error: Mapping[str, Any]) -> Answer:
    """The answer that an error inside a body with a success status is."""
    code, message = error.get("code") or error.get("type"), str(error.get("message", ""))
    status = code if isinstance(code, int) and not isinstance(code, bool) else 500
    outcome = outcome_of(status, str(code), message)
    return Answer(outcome, detail=f"success status with an error: {message}"[:300])


def _without_choice(value: dict[str, Any], choices: object) -> Answer:
    error = value.get("error")
    if isinstance(error, dict):
        return fault(error)
    detail = "an empty list of choices" if choices == [] else "no choices"
    return Answer("malformed", detail=f"success status with {detail}")


def _message(message: Mapping[str, Any], stop: str | None, body: Mapping[str, Any]) -> Answer:
    text, refusal = _text(message.get("content")), message.get("refusal")
    usage = part(body, "usage")

    def answer(outcome: Outcome, detail: str = "", given: str | None = text) -> Answer:
        return Answer(
            outcome,
            text=given,
            reasoning=_reasoning(message),
            stop_reason=stop,
            tokens_in=count(usage.get("prompt_tokens")),
            tokens_out=count(usage.get("completion_tokens")),
            tokens_cached=some(part(usage, "prompt_tokens_details").get("cached_tokens")),
            detail=detail,
        )

    if stop == "content_filter":
        return answer("content_filtered")
    if isinstance(refusal, str) and refusal:
        return answer("refused", given=text if text else refusal)
    if stop == "refusal":
        return answer("refused")
    if stop in CUT:
        return answer("truncated")
    if stop in {"tool_calls", "function_call"} or (not text and message.get("tool_calls")):
        return answer("off_schema", TOOL)
    if text is None and message.get("content") is not None:
        return answer("off_schema", "the content is neither text nor a list of texts")
    if text is None or not text.strip():
        return answer("empty")
    if stop not in WHOLE:
        return answer("truncated", unknown_stop(stop))
    return answer("answered")


def unknown_stop(stop: str | None) -> str:
    """Why a text whose end nobody vouches for counts as cut short."""
    why = f"unknown stop reason {stop!r}" if stop else "no stop reason"
    return f"{why}: the text may not be whole"


def _text(content: object) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [p.get("text") for p in content if isinstance(p, dict) and p.get("type") == "text"]
        if len(parts) == len(content) and all(isinstance(part, str) for part in parts):
            return "".join(str(part) for part in parts)
    return None


def _reasoning(message: Mapping[str, Any]) -> str | None:
    for name in ("reasoning_content", "reasoning"):
        if isinstance(message.get(name), str) and message[name]:
            return str(message[name])
    return None


def part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name, empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def word(value: object) -> str | None:
    """A word that a service states, or None where it is none."""
    return value if isinstance(value, str) else None


def count(value: object) -> int | None:
    """A count that a service states, or None where it is none."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST:
        return value
    return None


def some(value: object) -> int:
    """A count of what need not be there: none unless it is stated."""
    found = count(value)
    return 0 if found is None else found


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")
