"""The two vendors' protocols through their real SDKs to a real server: what is sent and read."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medaudit import providers
from medaudit.errors import BadInput, ProviderFailed, WorkspaceDamaged
from medaudit.imaging.files import MAX_BYTES, find
from medaudit.providers import Answer, Body, Images
from medaudit.records import Message, System
from tests.providers.loopback import Loopback, Reply, message, respond, said

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TURNS = (
    Message(role="user", text="My chest hurts."),
    Message(role="assistant", text="Since when?"),
    Message(role="user", text="Since noon. What should I do?", images=("ecg",)),
)
KEY = "sk-CANARY-8f21ab"


def system(provider: str, url: str, connection: Any = None, **parameters: Any) -> System:
    return System(
        id="vendor-a",
        title="Vendor A",
        provider=provider,
        vendor="A",
        model="a-1",
        system_prompt="Be brief.",
        parameters={
            "max_tokens": 160,
            **parameters,
            "connection": {"base_url": url, "api_key_env": "AUDIT_TEST_KEY", **(connection or {})},
        },
    )


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_TEST_KEY", KEY)


@pytest.fixture
def images(tmp_path: Path) -> Images:
    (tmp_path / "ecg.png").write_bytes(PNG)
    return Images(tmp_path)


def ask(
    one: System,
    messages: Sequence[Message] = TURNS[:1],
    images: Images | None = None,
    kept: list[Body] | None = None,
) -> Answer:
    async def call() -> Answer:
        async with providers.open(one, images=images) as provider:
            keep = ([] if kept is None else kept).append
            return await provider.ask(messages, one.parameters, 7, keep=keep)

    return asyncio.run(call())


def test_what_the_messages_api_is_sent(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-team: secret-team")
    thinking = {"type": "adaptive", "display": "summarized"}
    settings = {"thinking": thinking, "output_config": {"effort": "low"}}
    with Loopback(lambda body, before: message("Go now.")) as server:
        one = system("anthropic", server.root, {"cache": "1h"}, **settings)
        answer = ask(one, TURNS, images)
        assert server.paths == ["/v1/messages"]
        (sent,), (headers,) = server.calls, server.headers
    image = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    assert sent == {
        "model": "a-1",
        "max_tokens": 160,
        "thinking": thinking,
        "output_config": {"effort": "low"},
        "system": [
            {
                "type": "text",
                "text": "Be brief.",
                "cache_control": {"type": "ephemeral", "ttl": "1h"},
            }
        ],
        "messages": [
            {"role": "user", "content": "My chest hurts."},
            {"role": "assistant", "content": "Since when?"},
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": image},
                    {"type": "text", "text": "Since noon. What should I do?"},
                ],
            },
        ],
    }
    assert KEY in (headers.get("x-api-key"), headers["authorization"].removeprefix("Bearer "))
    assert "another" not in str(headers)
    assert "secret" not in str(headers)
    assert headers["x-stainless-retry-count"] == "0"
    assert (answer.outcome, answer.text, answer.tokens_in, answer.tokens_out) == (
        "answered", "Go now.", 11, 5,
    )  # fmt: skip


def test_what_the_responses_api_is_sent(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    with Loopback(lambda body, before: respond("Go now.")) as server:
        one = system("openai", server.url, reasoning={"effort": "low", "summary": "auto"})
        answer = ask(one, TURNS, images)
        assert server.paths == ["/v1/responses"]
        (sent,), (headers,) = server.calls, server.headers
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert sent == {
        "model": "a-1",
        "store": False,
        "instructions": "Be brief.",
        "max_output_tokens": 160,
        "reasoning": {"effort": "low", "summary": "auto"},
        "input": [
            {"role": "user", "content": "My chest hurts."},
            {"role": "assistant", "content": "Since when?"},
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": url, "detail": "auto"},
                    {"type": "input_text", "text": "Since noon. What should I do?"},
                ],
            },
        ],
    }
    assert headers["authorization"] == f"Bearer {KEY}"
    assert "secret" not in str(headers)
    assert (answer.outcome, answer.text, answer.tokens_in) == ("answered", "Go now.", 11)


def test_images_and_turns_of_chat_completions(images: Images) -> None:
    with Loopback(lambda body, before: said("Go now.")) as server:
        ask(system("openai_compatible", server.url), TURNS, images)
        turns = server.calls[0]["messages"]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    shown, text = turns[3]["content"]
    assert shown["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert text == {"type": "text", "text": "Since noon. What should I do?"}


def test_usage_with_a_cache_and_reasoning() -> None:
    usage = {
        "input_tokens": 20,
        "output_tokens": 9,
        "cache_creation_input_tokens": 300,
        "cache_read_input_tokens": 4000,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    }
    content = [
        {"type": "thinking", "thinking": "Pain since noon.", "signature": "s"},
        {"type": "text", "text": "Call an "},
        {"type": "text", "text": "ambulance."},
    ]
    with Loopback(lambda body, before: message("", content=content, usage=usage)) as server:
        answer = ask(system("anthropic", server.root))
    assert (answer.text, answer.reasoning) == ("Call an ambulance.", "Pain since noon.")
    # The whole prompt: fresh, written to the cache, and read from it.
    assert (answer.tokens_in, answer.tokens_cached) == (4320, 4000)
    assert (answer.tokens_written, answer.tokens_written_1h) == (100, 200)

    details = {"cached_tokens": 7, "cache_write_tokens": 2}
    counts = {"input_tokens": 11, "output_tokens": 5, "input_tokens_details": details}
    thought = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Ah."}]}
    reply = respond("Go.", usage=counts)
    assert isinstance(reply.body, dict)
    reply.body["output"].insert(0, thought)
    with Loopback(lambda body, before: reply) as server:
        answer = ask(system("openai", server.url))
    assert (answer.text, answer.reasoning) == ("Go.", "Ah.")
    assert (answer.tokens_in, answer.tokens_cached, answer.tokens_written) == (11, 7, 2)


def test_a_body_is_kept_before_it_is_read_and_without_the_key() -> None:
    body = b'{"content": [' + KEY.encode() + b" is your key"
    with Loopback(lambda b, k: Reply(200, body)) as server:
        kept: list[Body] = []
        answer = ask(system("anthropic", server.root), kept=kept)
    assert answer.outcome == "malformed"
    assert kept == [Body(200, b'{"content": [[key] is your key', whole=True)]


def test_a_key_that_comes_back_escaped_stays_out_of_the_answer() -> None:
    escaped = "".join(f"\\u{ord(c):04x}" for c in KEY)
    raw = json.dumps(message("KEY").body).replace("KEY", escaped).encode()
    with Loopback(lambda b, k: Reply(200, raw)) as server:
        answer = ask(system("anthropic", server.root))
    assert (answer.outcome, answer.text) == ("answered", "[key]")


def test_a_system_message_goes_first_or_nowhere() -> None:
    late = [TURNS[0], Message(role="system", text="Now be rude.")]
    early = [Message(role="system", text="You are a nurse."), TURNS[0]]
    with Loopback(lambda b, k: message("Yes.")) as server:
        one = system("anthropic", server.root)
        answer = ask(one, late)
        assert (answer.outcome, answer.final, server.calls) == ("bad_request", True, [])
        ask(one, early)
        assert server.calls[0]["system"][0]["text"] == "Be brief.\n\nYou are a nurse."


def test_a_missing_limit_or_key_is_said_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="max_tokens"):
        providers.open(system("anthropic", "http://127.0.0.1:9", max_tokens=None))
    monkeypatch.delenv("AUDIT_TEST_KEY")
    for name in ("anthropic", "openai"):
        with pytest.raises(ProviderFailed, match="set the environment variable AUDIT_TEST_KEY"):
            ask(system(name, "http://127.0.0.1:9"))


def test_long_answers_are_no_reason_to_refuse_the_call() -> None:
    with Loopback(lambda b, k: message("Yes.")) as server:
        one = system("anthropic", server.root, {"timeout_s": 600}, max_tokens=200_000)
        assert ask(one).outcome == "answered"


def test_an_endless_error_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medaudit.providers.wire.MAX_BODY", 1000)
    with Loopback(lambda b, k: Reply(500, b"x" * 5000)) as server:
        for name, url in (("anthropic", server.root), ("openai", server.url)):
            answer = ask(system(name, url))
            assert (answer.outcome, answer.text) == ("malformed", None)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("ecg.png", b"<svg onload=alert(1)>", "neither PNG"),
        ("ecg.png", PNG + b"\x00" * MAX_BYTES, "larger than"),
        ("other.png", PNG, "no image ecg"),
    ],
)
def test_only_images_are_sent(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with Loopback(lambda b, k: message("Yes.")) as server:
        answer = ask(system("anthropic", server.root), TURNS, Images(tmp_path))
        assert (answer.outcome, answer.final, server.calls) == ("bad_request", True, [])
    assert reason in answer.detail


def test_an_image_is_the_planned_one_and_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(PNG)
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "ecg.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(BadInput, match="leads out of the folder"):
        find(folder, "ecg")
    with pytest.raises(WorkspaceDamaged, match="not the one that was planned"):
        Images(tmp_path, {"outside": "0" * 64}).get("outside")
