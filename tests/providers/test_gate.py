"""Which bodies are answers, and what each other one is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from medaudit.providers import gate
from medaudit.providers.faults import clean, outcome_of, retry_after


def body(content: Any = "Call an ambulance.", stop: Any = "stop", **message: Any) -> bytes:
    choice = {"finish_reason": stop, "message": {"content": content, **message}}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 3}}).encode()


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (b"<html>Sign in</html>", "malformed"),
        (b"", "malformed"),
        (b'{"choices": [', "malformed"),
        (b"{}", "malformed"),
        (b"[]", "malformed"),
        (b'"text"', "malformed"),
        (b'{"choices": []}', "malformed"),
        (b'{"choices": [null]}', "malformed"),
        (b'{"choices": [{"finish_reason": "stop"}]}', "malformed"),
        (b'{"choices": [{"message": {"content": "x"}, "logprob": NaN}]}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"choices": [{"message": {"content": "half \\ud800"}}]}', "malformed"),
        (b'{"error": {"code": 429, "message": "slow down"}}', "rate_limited"),
        (b'{"error": {"code": "insufficient_quota", "message": "pay"}}', "quota"),
        (b'{"error": {"message": "upstream broke"}}', "server_error"),
        (body(), "answered"),
        (body(stop="eos"), "answered"),
        (body([{"type": "text", "text": "Call an "}, {"type": "text", "text": "ambulance."}]),
         "answered"),
        (body(stop="length"), "truncated"),
        (body("", stop="length"), "truncated"),
        (body(stop=None), "truncated"),
        (body(stop="insufficient_system_resource"), "truncated"),
        (body(stop="content_filter"), "content_filtered"),
        (body(None, stop="content_filter"), "content_filtered"),
        (body(None, refusal="I cannot help with that."), "refused"),
        (body("Partly.", refusal="I cannot help."), "refused"),
        (body("No.", stop="refusal"), "refused"),
        (body(None), "empty"),
        (body(""), "empty"),
        (body(" \n"), "empty"),
        (body(None, stop="tool_calls", tool_calls=[{"id": "1"}]), "off_schema"),
        (body(None, tool_calls=[{"id": "1"}]), "off_schema"),
        (body({"text": "x"}), "off_schema"),
        (body([{"type": "image_url"}]), "off_schema"),
    ],
)  # fmt: skip
def test_every_body_has_one_outcome(raw: bytes, outcome: str) -> None:
    assert gate.chat(raw).outcome == outcome


def test_the_text_is_kept_exactly() -> None:
    text = " Décision:\r\n\temergency  *now* ~5~ $5 \x00 \U0001f691\n"
    assert gate.chat(body(text)).text == text
    assert gate.chat(body(text, stop="length")).text == text
    assert gate.chat(body(text, stop="content_filter")).text == text
    assert gate.chat(body(" \n")).text == " \n"


def test_a_refusal_is_the_text_where_there_is_no_other() -> None:
    refused = gate.chat(body(None, refusal="I cannot help with that."))
    assert refused.text == "I cannot help with that."
    assert gate.chat(body("Partly.", refusal="I cannot help.")).text == "Partly."


def test_nothing_received_is_none() -> None:
    assert gate.chat(body(None)).text is None
    assert gate.chat(b"{}").text is None


def test_an_end_that_is_not_known_to_be_one_is_told() -> None:
    answer = gate.chat(body(stop="insufficient_system_resource"))
    assert answer.stop_reason == "insufficient_system_resource"
    assert "may not be whole" in answer.detail


def test_usage_that_is_no_count_is_none() -> None:
    value = json.loads(body())
    for usage in (
        {"prompt_tokens": -1, "completion_tokens": True},
        {"prompt_tokens": 10**30},
        {"prompt_tokens": "3"},
        None,
    ):
        answer = gate.chat(json.dumps({**value, "usage": usage}).encode())
        assert (answer.outcome, answer.tokens_in, answer.tokens_out) == ("answered", None, None)


def test_reasoning_is_kept_apart() -> None:
    answer = gate.chat(body(reasoning_content="The pain moved."))
    assert (answer.text, answer.reasoning) == ("Call an ambulance.", "The pain moved.")


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, None, "bad_request"),
        (400, "content_filter", "content_filtered"),
        (401, None, "auth"),
        (402, None, "quota"),
        (403, None, "auth"),
        (404, "model_not_found", "bad_request"),
        (408, None, "timeout"),
        (409, None, "server_error"),
        (413, None, "bad_request"),
        (422, None, "bad_request"),
        (429, None, "rate_limited"),
        (429, "insufficient_quota", "quota"),
        (500, None, "server_error"),
        (501, None, "server_error"),
        (502, None, "server_error"),
        (503, None, "overloaded"),
        (504, None, "timeout"),
        (529, None, "overloaded"),
        (307, None, "bad_request"),
    ],
)
def test_every_status_has_one_outcome(status: int, code: str | None, outcome: str) -> None:
    assert outcome_of(status, code) == outcome


def test_how_long_a_server_asks_to_wait() -> None:
    now = datetime(2026, 10, 21, 7, 28, 0, tzinfo=UTC)
    date = "Wed, 21 Oct 2026 07:28:30 GMT"
    assert retry_after({"retry-after": date}, now) == 30.0
    assert retry_after({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT"}, now) == 0.0
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    for nonsense in ("soon", "-1", "inf", "nan", ""):
        assert retry_after({"retry-after": nonsense}) is None
    assert retry_after({}) is None


def test_a_detail_holds_no_key() -> None:
    key = "sk-CANARY-1234"
    assert clean(f"Incorrect API key provided:\n {key}.", key) == (
        "Incorrect API key provided: [key]."
    )
    assert len(clean("x" * 10_000, key)) == 300
    clean("\ud800", None).encode("utf-8")
