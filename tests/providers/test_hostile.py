"""Whatever JSON a service sends, there is an outcome of the closed list and never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from medaudit.providers import Answer, gate
from medaudit.providers.anthropic import MessagesAPI
from medaudit.providers.connection import Anthropic, OpenAI
from medaudit.providers.gate_messages import messages
from medaudit.providers.gate_responses import responses
from medaudit.providers.openai import ResponsesAPI
from medaudit.records import Outcome, System
from tests.providers.loopback import failed, message, respond, said

NAMES = st.sampled_from(
    [
        "choices", "message", "content", "finish_reason", "refusal", "usage", "error", "code",
        "type", "text", "stop_reason", "stop_details", "output", "status", "incomplete_details",
        "reason",
        "summary", "input_tokens", "output_tokens", "prompt_tokens", "cache_creation", "custom_id",
        "result", "response", "status_code", "body", "thinking", "tool_calls", "category",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "text", "end_turn", "stop", "refusal", "completed", "incomplete", "failed", "message",
        "output_text", "reasoning", "succeeded", "errored", "content_filter", "max_tokens",
        "\ud800", "", " ", "tool_use", "insufficient_quota",
    ]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**20), st.floats(allow_nan=False), WORDS
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)
OUTCOMES = set(get_args(Outcome))
SYSTEM = System(
    id="a", title="a", provider="anthropic", vendor="A", model="m", parameters={"max_tokens": 1}
)


def sound(answer: Answer) -> None:
    assert answer.outcome in OUTCOMES
    for text in (answer.text, answer.reasoning, answer.stop_reason):
        assert text is None or text.encode("utf-8") is not None
    if answer.outcome == "answered":
        assert answer.text is not None
        assert answer.text.strip()
    if answer.outcome == "malformed":
        assert answer.text is None
    for count in (answer.tokens_in, answer.tokens_out, answer.tokens_cached):
        assert count is None or 0 <= count < 10**13


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_every_body_has_an_outcome(value: Any) -> None:
    body = json.dumps(value).encode()
    for read in (gate.chat, messages, responses):
        sound(read(body))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_every_line_of_a_batch_has_an_outcome(value: Any) -> None:
    line = json.dumps(value).encode()
    for read in (
        MessagesAPI(SYSTEM, Anthropic()).read_result,
        ResponsesAPI(SYSTEM, OpenAI()).read_result,
    ):
        name, answer = read(line)
        assert name is None or isinstance(name, str)
        sound(answer)


ODD: tuple[Any, ...] = ({}, [], {"a": 1}, [[]], 3, True, "\ud800", None, 1e300, 10**30)


def test_any_field_may_be_anything() -> None:
    # One field after the other of a good answer, at every depth, in every wrong kind.
    good = [said("Go."), message("Go."), respond("Go."), failed(429, "slow")]
    for read in (gate.chat, messages, responses):
        for reply in good:
            for odd in ODD:
                for broken in spoilt(reply.body, odd):
                    sound(read(json.dumps(broken).encode()))


def spoilt(value: Any, odd: Any) -> Iterator[Any]:
    """The value with one of its parts replaced, each in turn."""
    yield odd
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: part} for part in spoilt(inner, odd))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], part, *value[place + 1 :]] for part in spoilt(inner, odd))
