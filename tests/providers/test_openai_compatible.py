"""One call through the real SDK to a real server: every fault class, and what is sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from medaudit import providers
from medaudit.errors import BadInput, ProviderFailed
from medaudit.providers import Answer
from medaudit.records import Message, System
from tests.providers.loopback import HTML, Loopback, Reply, failed, said

KEY = "sk-CANARY-5f1d"
QUESTION = (Message(role="user", text="What should I do, and how soon?"),)


def system(url: str, **connection: Any) -> System:
    return System(
        id="vendor-a",
        title="Vendor A",
        provider="openai_compatible",
        vendor="A",
        model="a-1",
        system_prompt="Be brief.",
        parameters={
            "temperature": 0.7,
            "top_p": 0.95,
            "max_tokens": 160,
            "connection": {"base_url": url, **connection},
        },
    )


def ask(one: System, messages: Sequence[Message] = QUESTION, seed: int = 7) -> Answer:
    async def call() -> Answer:
        async with providers.open(one) as provider:
            return await provider.ask(messages, one.parameters, seed)

    return asyncio.run(call())


FAULTS: dict[str, tuple[Reply, str]] = {
    "html": (Reply(200, HTML), "malformed"),
    "empty object": (Reply(200, b"{}"), "malformed"),
    "no choices": (Reply(200, b'{"choices": []}'), "malformed"),
    "half a body": (Reply(200, b'{"choices": [{"mess'), "malformed"),
    "nonsense encoding": (
        Reply(200, b"not gzip", {"content-encoding": "gzip"}),
        "malformed",
    ),
    "nothing": (said(None), "empty"),
    "cut short": (said("Call an amb", stop="length"), "truncated"),
    "filtered": (said(None, stop="content_filter"), "content_filtered"),
    "filtered prompt": (failed(400, "content_filter"), "content_filtered"),
    "refusal": (said(None, refusal="I cannot help with that."), "refused"),
    "tool call": (said(None, stop="tool_calls", tool_calls=[]), "off_schema"),
    "bad request": (failed(400), "bad_request"),
    "unknown model": (failed(404, "model_not_found"), "bad_request"),
    "redirect": (Reply(307, b"", {"location": "http://127.0.0.1:9/v1"}), "bad_request"),
    "wrong key": (failed(401, message=f"Incorrect API key provided: {KEY}"), "auth"),
    "forbidden": (failed(403), "auth"),
    "spent": (failed(429, "insufficient_quota"), "quota"),
    "too fast": (failed(429, retry_after="7"), "rate_limited"),
    "broken": (failed(500), "server_error"),
    "broken in HTML": (Reply(502, HTML), "server_error"),
    "busy": (failed(503), "overloaded"),
    "busier": (failed(529), "overloaded"),
    "gateway timeout": (failed(504), "timeout"),
    "reset": (Reply(act="reset"), "connection"),
    "cut connection": (Reply(200, b'{"choices"', act="cut"), "connection"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_outcome_after_one_call(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply, outcome = FAULTS[name]
    monkeypatch.setenv("AUDIT_TEST_KEY", KEY)
    with Loopback(lambda body, before: reply) as server:
        answer = ask(system(server.url, api_key_env="AUDIT_TEST_KEY"))
        assert answer.outcome == outcome, answer.detail
        assert len(server.calls) == 1
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(answer)
    assert answer.retry_after_s == (7.0 if name == "too fast" else None)


def test_a_silent_server_times_out() -> None:
    with Loopback(lambda body, before: Reply(act="hang")) as server:
        answer = ask(system(server.url, timeout_s=0.3))
    assert answer.outcome == "timeout"


def test_a_dripping_server_times_out_too() -> None:
    # Every byte arrives in time; the whole never does.
    with Loopback(lambda body, before: Reply(200, b"{", act="drip")) as server:
        answer = ask(system(server.url, timeout_s=0.7))
    assert (answer.outcome, answer.detail) == ("timeout", "no whole answer within 0.7 s")


def test_nobody_listening_is_a_connection_fault() -> None:
    with Loopback(lambda body, before: Reply()) as server:
        url = server.url
    assert ask(system(url)).outcome == "connection"


def test_an_endless_body_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medaudit.providers.wire.MAX_BODY", 1000)
    with Loopback(lambda body, before: said("x" * 5000)) as server:
        answer = ask(system(server.url))
    assert (answer.outcome, answer.text) == ("malformed", None)


def test_what_is_sent_and_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Loopback(lambda body, before: said("Call an ambulance.")) as server:
        answer = ask(system(server.url), seed=99)
        assert server.paths == ["/v1/chat/completions"]
        assert server.calls == [
            {
                "model": "a-1",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": "What should I do, and how soon?"},
                ],
                "temperature": 0.7,
                "top_p": 0.95,
                "max_tokens": 160,
                "seed": 99,
            }
        ]
        sent = str(server.headers)
    assert "secret" not in sent
    assert "sk-another" not in sent
    assert (answer.outcome, answer.text) == ("answered", "Call an ambulance.")
    assert (answer.tokens_in, answer.tokens_out, answer.cost_usd) == (11, 5, None)


def test_no_seed_where_unwanted() -> None:
    with Loopback(lambda body, before: said("Yes.")) as server:
        answer = ask(system(server.url, send_seed=False))
        assert "seed" not in server.calls[0]
    # The run works it out from tokens and price.
    assert (answer.outcome, answer.cost_usd) == ("answered", None)


def test_an_image_is_not_dropped_silently() -> None:
    with Loopback(lambda body, before: said("Yes.")) as server:
        answer = ask(system(server.url), [Message(role="user", text="See", images=("ecg",))])
        assert server.calls == []
    assert (answer.outcome, answer.final) == ("bad_request", True)


def test_a_missing_key_is_said_before_any_call() -> None:
    with pytest.raises(ProviderFailed, match="set the environment variable AUDIT_NO_SUCH_KEY"):
        ask(system("http://127.0.0.1:9/v1", api_key_env="AUDIT_NO_SUCH_KEY"))


@pytest.mark.parametrize(
    ("connection", "field"),
    [
        ({"url": "https://user:pass@example.org/v1"}, "connection.base_url"),
        ({"url": "ftp://example.org"}, "connection.base_url"),
        ({"timeout_s": 0}, "connection.timeout_s"),
        ({"api_key": "sk-in-the-record"}, "connection.api_key"),
    ],
)
def test_a_wrong_connection_names_its_field(connection: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        providers.open(system(**{"url": "http://127.0.0.1:9/v1", **connection}))
    assert field in str(caught.value)


def test_debug_logging_asked_for_elsewhere_shows_no_prompt(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "debug")
    logging.getLogger("openai").setLevel(logging.DEBUG)
    logging.getLogger("httpx2").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG), Loopback(lambda body, before: failed(500)) as server:
        ask(system(server.url))
    theirs = [
        r for r in caplog.records if r.name.split(".")[0] in {"openai", "httpx2", "httpcore2"}
    ]
    assert theirs == []
