"""A plan handed over to both vendors' batch services, and collected by another process later."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from medaudit import run
from medaudit.errors import BadInput, Conflict, ProviderFailed
from medaudit.records import System
from medaudit.run import raw
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.batch_server import Batches
from tests.providers.loopback import HTML, Loopback, Reply, failed, message, respond

Copies = Callable[[int], Suite]
KEY = "sk-CANARY-3377cc"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_TEST_KEY", KEY)


def vendor(provider: str, server: Loopback, **connection: Any) -> System:
    base = server.root if provider == "anthropic" else server.url
    prices = {"usd_per_million_in": 3.0, "usd_per_million_out": 15.0}
    return System(
        id="vendor-a",
        title="vendor-a",
        provider=provider,
        vendor="A",
        model="a-1",
        system_prompt="Be brief.",
        parameters={
            "max_tokens": 100,
            "connection": {
                "base_url": base, "api_key_env": "AUDIT_TEST_KEY", **prices, **connection
            },
        },
    )  # fmt: skip


def rows(workspace: Workspace, run_id: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        workspace.run(run_id) / f"{name}.parquet"
    ).to_pylist()
    return found


def answered(provider: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The result of a call that its service answered, by the text of the call's id."""

    def make(one: dict[str, Any]) -> dict[str, Any]:
        text = f"Decision: emergency now\nFor {one['custom_id']}. {KEY}"
        name = one["custom_id"]
        if provider == "anthropic":
            result = {"type": "succeeded", "message": message(text).body}
            return {"custom_id": name, "result": result}
        reply = {"status_code": 200, "request_id": "r", "body": respond(text).body}
        return {"id": "x", "custom_id": name, "response": reply, "error": None}

    return make


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_hand_over_exit_and_collect_later(
    provider: str, workspace: Workspace, copies: Copies
) -> None:
    service = Batches(answered(provider))
    with Loopback(lambda b, k: failed(500), service) as server:
        service.server = server
        plan = run.plan(workspace, copies(5), [vendor(provider, server)], scorers=["decision"])
        state = run.hand_over(workspace, plan.id)
        assert (state.state, state.received, state.handed_over) == ("interrupted", 0, 5)
        assert f"medaudit run collect {plan.id}" in state.advice
        # Another process sees the same, and neither asks the calls again nor doubts them.
        state = run.status(workspace, plan.id)
        assert (state.handed_over, state.in_doubt, state.attempts) == (5, 0, 5)
        with pytest.raises(Conflict, match="run collect"):
            run.resume(workspace, plan.id)
        with pytest.raises(Conflict, match="run collect"):
            run.hand_over(workspace, plan.id)
        state = run.collect(workspace, plan.id)
        assert (state.received, state.handed_over) == (0, 5)
        service.ended = True
        state = run.collect(workspace, plan.id)
        assert len(service.batches) == 1
        (batch,) = service.batches.values()
    assert (state.state, state.outcomes, state.in_doubt) == ("done", {"answered": 5}, 0)
    answers = rows(workspace, plan.id, "answers")
    for row in answers:
        assert row["text"].endswith(f"For {row['response_id']}. [key]")
        assert (row["attempts"], row["tokens_in"], row["tokens_out"]) == (1, 11, 5)
        assert row["latency_s"] is None
    # No batch share of the user's own price is known: the cost is unknown, and not a guess.
    assert (state.cost_usd, state.n_cost_unknown) == (None, 5)
    attempts = rows(workspace, plan.id, "attempts")
    assert [row["outcome"] for row in attempts] == ["answered"] * 5
    assert len(list(raw.bodies(workspace.run(plan.id)))) == 5
    assert len(rows(workspace, plan.id, "scores")) == 5
    assert {one["custom_id"] for one in batch["requests"]} == {r["response_id"] for r in answers}
    sent = batch["requests"][0]["params" if provider == "anthropic" else "body"]
    if provider == "openai":
        assert (sent["store"], sent["instructions"]) == (False, "Be brief.")
        assert batch["endpoint"] == batch["requests"][0]["url"] == "/v1/responses"
        # The files hold the cases: they are deleted, what was sent as well as what came.
        assert len(service.deleted) == 2
    else:
        assert sent["system"] == [{"type": "text", "text": "Be brief."}]
        assert service.deleted == ["msgbatch_1"]
    assert not [p for p in workspace.path.rglob("*.*") if KEY.encode() in p.read_bytes()]


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_what_a_batch_does_not_answer_stays_missing(
    provider: str, workspace: Workspace, copies: Copies
) -> None:
    good = answered(provider)
    ids: list[str] = []

    def result(one: dict[str, Any]) -> dict[str, Any] | None:
        name = one["custom_id"]
        if name not in ids:
            ids.append(name)
        kind = ids.index(name)
        if kind == 0:
            return good(one)
        if kind == 1:
            return None
        if provider == "anthropic":
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
            wrong = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
            results = {
                2: {"type": "errored", "error": error},
                3: {"type": "expired"},
                4: {"type": "errored", "error": wrong},
                5: {"type": "succeeded", "message": message(None, "refusal").body},
            }
            return {"custom_id": name, "result": results[kind]}
        replies: dict[int, dict[str, Any]] = {
            2: {"status_code": 503, "body": {"error": {"message": "busy"}}},
            3: {},
            4: {"status_code": 400, "body": {"error": {"code": "invalid_prompt"}}},
            5: {"status_code": 200, "body": respond("Dec", "incomplete", incomplete_details={
                "reason": "max_output_tokens"}).body},
        }  # fmt: skip
        error = {"code": "batch_expired", "message": "too late"} if kind == 3 else None
        return {"custom_id": name, "response": replies[kind] or None, "error": error}

    service = Batches(result)
    script = [message, respond][provider == "openai"]("Decision: routine")
    with Loopback(lambda b, k: script, service) as server:
        service.server = server
        plan = run.plan(workspace, copies(6), [vendor(provider, server)], scorers=[])
        run.hand_over(workspace, plan.id)
        service.ended = True
        state = run.collect(workspace, plan.id)
        last = "refused" if provider == "anthropic" else "truncated"
        assert state.outcomes == {"answered": 1, "bad_request": 1, last: 1}
        # One line never came: nobody knows what became of that call.
        assert (state.state, state.handed_over, state.in_doubt) == ("interrupted", 0, 1)
        # Collected once: the service is not asked again.
        n_paths = len(server.paths)
        assert run.collect(workspace, plan.id).received == 3
        assert len(server.paths) == n_paths
        # What is missing is asked one by one, or handed over again.
        state = run.resume(workspace, plan.id)
        assert len(server.calls) == 3
    assert (state.state, state.received) == ("done", 6)
    outcomes = sorted(row["outcome"] for row in rows(workspace, plan.id, "attempts"))
    assert outcomes == sorted(
        ["answered", "in_doubt", "overloaded", "server_error", "bad_request", last]
        + ["answered"] * 3
    )


def test_a_kill_between_fetching_and_noting_changes_nothing(
    workspace: Workspace, copies: Copies
) -> None:
    service = Batches(answered("anthropic"))
    with Loopback(lambda b, k: failed(500), service) as server:
        service.server = server
        plan = run.plan(workspace, copies(4), [vendor("anthropic", server)], scorers=["decision"])
        run.hand_over(workspace, plan.id)
        service.ended = True
        shards = workspace.run(plan.id) / "shards"
        before = {path.name: path.read_bytes() for path in shards.iterdir()}
        run.collect(workspace, plan.id)
        whole = rows(workspace, plan.id, "answers")
        # As a kill in the middle of fetching leaves it: two of the answers, the batch still out.
        for path in (
            *workspace.run(plan.id).glob("*.parquet"),
            workspace.run(plan.id) / "done.json",
        ):
            path.unlink()
        shards.mkdir()
        for name, data in before.items():
            (shards / name).write_bytes(data)
        from medaudit.records import Response

        texts = []
        for row in whole[:2]:
            row = {**row, "id": row["response_id"], "finished": row["finished"].isoformat() + "Z"}
            del row["response_id"]
            texts.append(Response.model_validate(row).model_dump_json() + "\n")
        (shards / f"answers-{os.getpid()}-99.jsonl").write_text("".join(texts), encoding="utf-8")
        assert run.status(workspace, plan.id).received == 2
        state = run.collect(workspace, plan.id)
    assert (state.state, state.outcomes) == ("done", {"answered": 4})
    kept = [(row["response_id"], row["text"]) for row in rows(workspace, plan.id, "answers")]
    assert kept == [(row["response_id"], row["text"]) for row in whole]


def test_a_hand_over_that_fails_is_told_and_counted(workspace: Workspace, copies: Copies) -> None:
    service = Batches(answered("anthropic"))
    with Loopback(lambda b, k: message("Yes."), service) as server:
        service.server = server
        plan = run.plan(workspace, copies(3), [vendor("anthropic", server)], scorers=[])
        service.refuse = failed(401, message=f"Incorrect key {KEY}")
        with pytest.raises(ProviderFailed, match=r"not taken: auth.*\[key\]"):
            run.hand_over(workspace, plan.id)
        state = run.status(workspace, plan.id)
        assert (state.handed_over, state.in_doubt, state.attempts) == (0, 0, 3)
        # A service that breaks off may have taken the calls all the same.
        for reply in (failed(500), Reply(act="reset"), Reply(200, HTML), Reply(200, b"{}")):
            service.refuse = reply
            with pytest.raises(ProviderFailed):
                run.hand_over(workspace, plan.id)
        state = run.status(workspace, plan.id)
        assert (state.handed_over, state.in_doubt, state.attempts) == (0, 12, 15)
        service.refuse = None
        assert run.hand_over(workspace, plan.id).handed_over == 3


def test_calls_that_were_sent_for_nothing_are_deleted(workspace: Workspace, copies: Copies) -> None:
    service = Batches(answered("openai"))

    def other(method: str, path: str, body: bytes) -> Reply:
        return failed(400) if path.endswith("/batches") else service(method, path, body)

    with Loopback(lambda b, k: failed(500), other) as server:
        service.server = server
        plan = run.plan(workspace, copies(2), [vendor("openai", server)], scorers=[])
        with pytest.raises(ProviderFailed, match="the batch was not taken: bad_request"):
            run.hand_over(workspace, plan.id)
    assert service.deleted == ["file-1"]


def test_results_from_elsewhere_are_not_fetched(workspace: Workspace, copies: Copies) -> None:
    service = Batches(answered("anthropic"))
    with (
        Loopback(lambda b, k: failed(500), service) as server,
        Loopback(lambda b, k: failed(500)) as elsewhere,
    ):
        service.server = server
        plan = run.plan(workspace, copies(1), [vendor("anthropic", server)], scorers=[])
        run.hand_over(workspace, plan.id)
        service.ended, service.server = True, elsewhere
        with pytest.raises(ProviderFailed, match="names no results on"):
            run.collect(workspace, plan.id)
        assert elsewhere.paths == []


def test_no_batches_where_there_are_none_and_none_beyond_the_budget(
    workspace: Workspace, copies: Copies
) -> None:
    service = Batches(answered("anthropic"))
    with Loopback(lambda b, k: failed(500), service) as server:
        service.server = server
        plan = run.plan(workspace, copies(1), [vendor("openai_compatible", server)], scorers=[])
        with pytest.raises(BadInput, match="takes no batches"):
            run.hand_over(workspace, plan.id)
        with pytest.raises(BadInput, match="no batch price"):
            run.plan(workspace, copies(1), [vendor("anthropic", server)], budget_usd=1, batch=True)
        known = vendor("anthropic", server).model_copy(update={"model": "claude-sonnet-5"})
        setting = {
            name: value
            for name, value in known.parameters["connection"].items()
            if not name.startswith("usd")
        }
        known = known.model_copy(update={"parameters": {**known.parameters, "connection": setting}})
        plan = run.plan(workspace, copies(50), [known], scorers=[], budget_usd=0.02, batch=True)
        with pytest.raises(BadInput, match=r"the batch can cost \$0\.\d\d and \$0\.02 is left"):
            run.hand_over(workspace, plan.id)
        assert service.batches == {}
        plan = run.plan(workspace, copies(5), [known], scorers=[], budget_usd=0.5, batch=True)
        run.hand_over(workspace, plan.id)
        service.ended = True
        state = run.collect(workspace, plan.id)
    # 11 tokens in at 2 dollars a million and 5 out at 10, at half price, five times.
    assert state.cost_usd == pytest.approx(5 * 72e-6 / 2)
