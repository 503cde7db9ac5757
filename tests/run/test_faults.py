"""Every way a service can fail, through the real SDKs and a whole run: class, calls, raw body."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.errors import MedauditError
from medaudit.records import System
from medaudit.run import raw
from medaudit.run.retry import RETRIES, Retry
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import HTML, Loopback, Reply, failed, message, respond, said

Copies = Callable[[int], Suite]
KEY = "sk-CANARY-4411ee"
TEXT = "Decision: emergency now\nCall an ambulance."
QUICK = run.Options(retry=Retry(base_s=0.005, cap_s=0.02), give_up_after=None, concurrency=1)
WAYS: dict[str, Callable[[str], Reply]] = {
    "openai_compatible": said,
    "anthropic": message,
    "openai": respond,
}
TOOLS: dict[str, Reply] = {
    "openai_compatible": said(None, "tool_calls", tool_calls=[]),
    "anthropic": message(
        None, "tool_use", content=[{"type": "tool_use", "id": "t", "name": "f", "input": {}}]
    ),
    "openai": respond(None, output=[{"type": "function_call", "name": "f", "arguments": "{}"}]),
}
CUT: dict[str, list[Reply]] = {
    "openai_compatible": [said("Dec", "length"), said("Dec", None)],
    "anthropic": [
        message("Dec", "max_tokens"),
        message("Dec", "model_context_window_exceeded"),
        message("Dec", None),
    ],
    "openai": [
        respond("Dec", "incomplete", incomplete_details={"reason": "max_output_tokens"}),
        respond("Dec", "in_progress"),
    ],
}
REFUSED: dict[str, list[Reply]] = {
    "openai_compatible": [said(None, refusal="I cannot help.")],
    "anthropic": [message("I cannot help.", "refusal"), message(None, "refusal")],
    "openai": [
        respond(
            None,
            output=[
                {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot help."}]}
            ],
        )
    ],
}
NOTHING: dict[str, list[Reply]] = {
    "openai_compatible": [Reply(200, b'{"choices": []}')],
    "anthropic": [Reply(200, b'{"content": null, "stop_reason": "end_turn"}')],
    "openai": [Reply(200, b'{"output": null, "status": "completed"}')],
}
INSIDE: dict[str, list[tuple[Reply, str]]] = {
    "openai_compatible": [
        (Reply(200, {"error": {"code": 429, "message": "slow down"}}), "rate_limited")
    ],
    "anthropic": [
        (Reply(200, {"type": "error", "error": {"type": "overloaded_error"}}), "overloaded"),
        (Reply(200, {"type": "error", "error": {"type": "api_error"}}), "server_error"),
    ],
    "openai": [
        (
            Reply(200, {"status": "failed", "error": {"code": "rate_limit_exceeded"}}),
            "rate_limited",
        ),
        (
            respond(None, "incomplete", incomplete_details={"reason": "content_filter"}),
            "content_filtered",
        ),
    ],
}


def faults(name: str) -> list[tuple[Reply, str]]:
    """What the server does for one answer, every time it is asked, and what that is."""
    return [
        (WAYS[name](TEXT), "answered"),
        (Reply(200, HTML), "malformed"),
        (Reply(200, b"{}"), "malformed"),
        (Reply(200, b'{"id": "half'), "malformed"),
        (Reply(200, b"not gzip", {"content-encoding": "gzip"}), "malformed"),
        (failed(400), "bad_request"),
        (failed(401), "auth"),
        (failed(402), "quota"),
        (failed(403), "auth"),
        (failed(404), "bad_request"),
        (failed(408), "timeout"),
        (failed(409), "server_error"),
        (failed(413), "bad_request"),
        (failed(422), "bad_request"),
        (failed(429), "rate_limited"),
        (failed(429, "insufficient_quota"), "quota" if name != "anthropic" else "rate_limited"),
        (failed(500), "server_error"),
        (Reply(502, HTML), "server_error"),
        (failed(503), "overloaded"),
        (failed(504), "timeout"),
        (failed(529), "overloaded"),
        (Reply(act="reset"), "connection"),
        (Reply(200, b'{"id": "half', act="cut"), "connection"),
        (WAYS[name](" \n"), "empty"),
        (TOOLS[name], "off_schema"),
        *((reply, "truncated") for reply in CUT[name]),
        *((reply, "refused") for reply in REFUSED[name]),
        *((reply, "malformed") for reply in NOTHING[name]),
        *INSIDE[name],
    ]


def vendor(provider: str, server: Loopback, **connection: Any) -> System:
    base = server.root if provider == "anthropic" else server.url
    return System(
        id="vendor-a",
        title="vendor-a",
        provider=provider,
        vendor="A",
        model="a-1",
        parameters={
            "max_tokens": 100,
            "connection": {"base_url": base, "api_key_env": "AUDIT_TEST_KEY", **connection},
        },
    )


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        workspace.run(run_id) / f"{name}.parquet"
    ).to_pylist()
    return found


def sent(reply: Reply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_TEST_KEY", KEY)


@pytest.mark.parametrize("provider", WAYS)
def test_each_fault_has_its_class_its_calls_and_its_body(
    provider: str, workspace: Workspace, copies: Copies
) -> None:
    table = faults(provider)
    script = [
        reply for reply, outcome in table for _ in range(1 + RETRIES.get(outcome, 0))
    ]  # fmt: skip

    def answer(body: dict[str, Any], before: int) -> Reply:
        return script[len(server.calls) - 1]

    with Loopback(answer) as server:
        suite = copies(len(table))
        plan = run.plan(workspace, suite, [vendor(provider, server, timeout_s=20)], scorers=[])
        state = run.execute(workspace, plan.id, options=QUICK)
        # One answer after the other, so one call too many or too few would shift all that follow.
        assert len(server.calls) == len(script) == state.attempts
        assert {headers["x-stainless-retry-count"] for headers in server.headers} == {"0"}

    planned = {job.id: pair for job, pair in zip(_jobs(plan, suite), table, strict=True)}
    answers = {row["response_id"]: row for row in rows(workspace, plan.id, "answers")}
    found = {name: (row["outcome"], row["attempts"]) for name, row in answers.items()}
    assert found == {
        name: (outcome, 1 + RETRIES.get(outcome, 0)) for name, (_, outcome) in planned.items()
    }
    attempts = rows(workspace, plan.id, "attempts")
    bodies: dict[tuple[str, int], dict[str, Any]] = {
        (row["response_id"], row["number"]): row for row in raw.bodies(workspace.run(plan.id))
    }
    for row in attempts:
        reply, outcome = planned[row["response_id"]]
        assert row["outcome"] == outcome
        body = bodies.pop((row["response_id"], row["number"]), None)
        if reply.act == "reset" or "content-encoding" in reply.headers:
            assert body is None  # nothing came, or nothing that unpacks
            continue
        assert body is not None
        assert body["body"] == sent(reply)
        assert body["whole"] == (reply.act == "")
        assert (body["status"], body["size"]) == (reply.status, len(sent(reply)))
    assert bodies == {}
    for name, row in answers.items():
        if row["text"] is None:
            assert planned[name][1] not in {"answered", "truncated"}
    assert {row["text"] for row in answers.values() if row["outcome"] == "answered"} == {TEXT}


def _jobs(plan: Any, suite: Suite) -> Any:
    from medaudit.run.plan import jobs

    return jobs(plan, plan.systems[0], suite.variants)


@pytest.mark.parametrize("provider", WAYS)
def test_a_silent_and_a_dripping_service_time_out(
    provider: str, workspace: Workspace, copies: Copies
) -> None:
    script = [Reply(act="hang"), Reply(200, b"{", act="drip"), WAYS[provider](TEXT)]
    with Loopback(lambda b, k: script[len(server.calls) - 1]) as server:
        system = vendor(provider, server, timeout_s=0.5)
        plan = run.plan(workspace, copies(1), [system], scorers=[])
        state = run.execute(workspace, plan.id, options=QUICK)
    assert state.outcomes == {"answered": 1}
    assert [row["outcome"] for row in rows(workspace, plan.id, "attempts")] == [
        "timeout", "timeout", "answered",
    ]  # fmt: skip
    partial = {row["number"]: row["whole"] for row in raw.bodies(workspace.run(plan.id))}
    assert partial == {2: False, 3: True}


def test_retry_after_is_honoured_in_both_forms_up_to_a_cap(
    workspace: Workspace, copies: Copies
) -> None:
    def answer(body: dict[str, Any], before: int) -> Reply:
        n = len(server.calls)
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        waits = {1: {"retry_after": "1"}, 2: {"retry_after": date}, 3: {"retry_after_ms": "300"}}
        if n in waits:
            return failed(429, **waits[n])  # type: ignore[arg-type]
        return failed(503, retry_after="86400") if n == 4 else message(TEXT)

    with Loopback(answer) as server:
        plan = run.plan(workspace, copies(1), [vendor("anthropic", server)], scorers=[])
        options = run.Options(retry=Retry(base_s=0.001, cap_s=2.5))
        state = run.execute(workspace, plan.id, options=options)
        gaps = [b - a for a, b in zip(server.times, server.times[1:], strict=False)]
    assert state.outcomes == {"answered": 1}
    # Seconds; a date one to two seconds ahead (it has whole seconds); milliseconds; the cap.
    for gap, (low, high) in zip(gaps, [(1, 2.5), (1, 3.5), (0.3, 1.5), (2.5, 4)], strict=True):
        assert low <= gap < high


def test_a_mix_of_faults_is_counted_class_by_class_up_to_eight_calls(
    workspace: Workspace, copies: Copies
) -> None:
    mixed = [failed(500), failed(429), Reply(200, HTML), failed(500), failed(503), message(TEXT)]
    with Loopback(lambda b, k: mixed[len(server.calls) - 1]) as server:
        plan = run.plan(workspace, copies(1), [vendor("anthropic", server)], scorers=[])
        assert run.execute(workspace, plan.id, options=QUICK).outcomes == {"answered": 1}
    endless = [failed(500), failed(429), Reply(200, HTML), failed(529)] * 5
    with Loopback(lambda b, k: endless[len(server.calls) - 1]) as server:
        plan = run.plan(workspace, copies(1), [vendor("anthropic", server)], scorers=[])
        state = run.execute(workspace, plan.id, options=QUICK)
        assert (len(server.calls), state.outcomes) == (8, {"overloaded": 1})


@pytest.mark.parametrize("provider", WAYS)
def test_a_key_is_in_nothing_that_is_written(
    provider: str,
    workspace: Workspace,
    copies: Copies,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("OPENAI_LOG", "ANTHROPIC_LOG"):
        monkeypatch.setenv(name, "debug")
    echo = {"x-key": KEY, "request-id": KEY}
    script = [
        WAYS[provider](TEXT),
        WAYS[provider](f"Your key is {KEY}."),
        Reply(401, {"error": {"message": f"Incorrect API key {KEY}", "type": KEY}}, echo),
        Reply(400, f"<html>{KEY}".encode(), echo),
        Reply(200, f"<html>{KEY}".encode(), echo),
    ]

    def other(method: str, path: str, body: bytes) -> Reply:
        return Reply(200, {"id": f"a-1 {KEY}", "object": "model", "type": "model"})

    retry = Retry(retries={})
    caplog.set_level("DEBUG")
    with Loopback(lambda b, k: script[len(server.calls) - 1], other) as server:
        systems, notes = run.snapshot([vendor(provider, server)])
        plan = run.plan(workspace, copies(5), systems, scorers=[])
        options = run.Options(retry=retry, give_up_after=None, concurrency=1)
        state = run.execute(workspace, plan.id, options=options)
        assert all(KEY in headers["authorization"] for headers in server.headers)
        rude = vendor(provider, server, api_key_env="AUDIT_TEST_KEY_2")
    assert state.outcomes == {"answered": 2, "auth": 1, "bad_request": 1, "malformed": 1}
    with pytest.raises(MedauditError) as caught:
        run.snapshot([rude])
    texts = [str(caught.value), caplog.text, *capfd.readouterr(), *notes, repr(systems), str(state)]
    assert not [text for text in texts if KEY in text]
    files = [path for path in workspace.path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    tables = [rows(workspace, plan.id, name) for name in ("answers", "attempts", "raw")]
    assert KEY not in str(tables)
    assert "Your key is [key]." in str(tables)
    assert "Incorrect API key [key]" in str(tables)
