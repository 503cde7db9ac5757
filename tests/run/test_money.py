"""Prices, budgets and forecasts: sums that can be worked out by hand, and a hard stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from medaudit import run
from medaudit.errors import BadInput
from medaudit.providers import Answer
from medaudit.records import Message, Price, System
from medaudit.run import prices
from medaudit.run.budget import Budget
from medaudit.run.retry import Retry
from medaudit.run.snapshots import described
from medaudit.suite import Suite
from medaudit.workspace import Workspace
from tests.providers.loopback import HTML, Loopback, Reply, failed, said

Copies = Callable[[int], Suite]
TEXT = "Decision: emergency now"
QUICK = run.Options(retry=Retry(base_s=0.005, cap_s=0.02), give_up_after=None)
PRICE = Price(
    provider="anthropic", model="m", usd_in=4, usd_out=20, usd_cache_read=0.4, usd_cache_write=5,
    batch=0.5, up_to_tokens_in=100_000, source="a page", checked=date(2026, 11, 21),
)  # fmt: skip


def vendor(url: str, max_tokens: int | None = 1_000, **connection: Any) -> System:
    own = {"usd_per_million_in": 0.0, "usd_per_million_out": 10.0}
    return System(
        id="vendor-a",
        title="vendor-a",
        provider="openai_compatible",
        vendor="A",
        model="a-1",
        parameters={
            **({} if max_tokens is None else {"max_tokens": max_tokens}),
            "connection": {"base_url": url, **own, **connection},
        },
    )


def answer(**counts: int) -> Answer:
    return Answer("answered", text="Go.", **{"tokens_in": 1_000, "tokens_out": 100, **counts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "usd"),
    [
        (answer(), 0.006),  # 1,000 at 4 and 100 at 20 dollars a million
        (answer(tokens_cached=500), 0.0042),  # 500 of them at 0.4
        (answer(tokens_written=200), 0.0062),  # 200 of them at 5
        (answer(tokens_written_1h=200), None),  # at a price that nobody has put down
        (answer(tokens_in=100_001), None),  # longer than the price holds for
        (Answer("answered", text="Go."), None),  # the service does not say how much it was
        (Answer("answered", tokens_in=1_000, tokens_out=100, cost_usd=0.0), 0.0),
    ],
)
def test_what_an_answer_costs(given: Answer, usd: float | None) -> None:
    assert prices.cost(given, PRICE) == (None if usd is None else pytest.approx(usd))


def test_a_batch_costs_its_share_and_no_price_is_no_cost() -> None:
    assert prices.cost(answer(), PRICE, batch=True) == pytest.approx(0.003)
    assert prices.cost(answer(), PRICE.model_copy(update={"batch": None}), batch=True) is None
    assert prices.cost(answer(), None) is None


def test_the_table_says_when_and_where_and_knows_no_other_model() -> None:
    table = prices.table()
    assert len(table) >= 10
    for price in table.values():
        assert price.source.startswith("https://")
        assert date(2026, 1, 1) <= price.checked <= date(2027, 12, 31)
        assert price.usd_in <= price.usd_out
    assert table["anthropic", "claude-opus-5"].usd_out == 25
    system = vendor("http://127.0.0.1:9/v1").model_copy(
        update={"provider": "anthropic", "model": "claude-opus-5-latest", "parameters": {}}
    )
    assert prices.price_of(system) is None
    known = system.model_copy(update={"model": "claude-opus-5"})
    assert prices.price_of(known) == table["anthropic", "claude-opus-5"]


def test_a_table_with_a_fault_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    for text in ("prices: [{model: m}]", "prices: 3", "- a\n- b: ["):
        path.write_text(text)
        prices.table.cache_clear()
        with pytest.raises(BadInput, match=r"prices\.yaml"):
            prices.table(path)


def test_the_worst_price_is_never_exceeded() -> None:
    text = "Schmerz über dem 🫀, " * 50
    system = vendor("http://127.0.0.1:9/v1")
    turns = [Message(role="user", text=text)]
    # A token is at least a byte: bytes, and what frames a turn.
    assert prices.most_tokens_in(system, turns) == len(text.encode()) + 64 + 16
    price = PRICE.model_copy(update={"usd_cache_write": None})
    into = prices.most_tokens_in(system, turns)
    assert prices.worst(system, price, turns) == pytest.approx((into * 4 + 1_000 * 20) / 1e6)
    # Where writing to a cache costs more than reading a prompt, all of it could be written.
    assert prices.worst(system, PRICE, turns) == pytest.approx((into * 5 + 1_000 * 20) / 1e6)
    several = system.model_copy(update={"parameters": {"max_tokens": 1_000, "n": 3}})
    assert prices.most_tokens_out(several) == 3_000


def test_a_budget_needs_prices_and_a_limit(workspace: Workspace, copies: Copies) -> None:
    unknown = vendor("http://127.0.0.1:9/v1", usd_per_million_in=None)
    endless = vendor("http://127.0.0.1:9/v1", max_tokens=None)
    with pytest.raises(BadInput, match="nobody has put down what a-1 costs"):
        run.plan(workspace, copies(1), [unknown], budget_usd=1.0)
    with pytest.raises(BadInput, match="set max_tokens"):
        run.plan(workspace, copies(1), [endless], budget_usd=1.0)
    assert list(workspace.runs.iterdir()) == []
    # Without a budget nothing is asked of them.
    assert run.plan(workspace, copies(1), [unknown]).prices == {}


def test_the_budget_stops_before_it_is_exceeded_and_a_higher_one_goes_on(
    workspace: Workspace, copies: Copies
) -> None:
    # Each answer may be 1,000 tokens at 10 dollars a million: at worst 1 cent. It is half that.
    def reply(body: dict[str, Any], before: int) -> Reply:
        time.sleep(0.02)
        found = said(TEXT)
        assert isinstance(found.body, dict)
        found.body["usage"] = {"prompt_tokens": 50, "completion_tokens": 500}
        return found

    with Loopback(reply) as server:
        plan = run.plan(workspace, copies(40), [vendor(server.url)], scorers=[], budget_usd=0.052)
        state = run.execute(workspace, plan.id, concurrency=4, options=QUICK)
        # 9 answers cost 4.5 cents and leave 0.7, less than a tenth could cost.
        assert (state.state, state.received, len(server.calls)) == ("interrupted", 9, 9)
        assert state.cost_usd == pytest.approx(0.045)
        assert state.committed_usd == pytest.approx(0.045)
        assert state.held_back
        assert "--budget-usd" in state.advice
        # The plan's budget holds in the next session as well.
        state = run.resume(workspace, plan.id, options=QUICK)
        assert (state.received, len(server.calls)) == (9, 9)
        more = run.Options(retry=QUICK.retry, budget_usd=10.0)
        state = run.resume(workspace, plan.id, options=more)
    assert (state.state, state.received) == ("done", 40)
    assert state.cost_usd == pytest.approx(0.2)


def test_calls_that_may_have_been_paid_for_count_at_their_worst(
    workspace: Workspace, copies: Copies
) -> None:
    replies = {0: Reply(act="reset"), 1: Reply(200, HTML), 2: failed(500), 3: failed(429)}
    options = run.Options(retry=Retry(retries={}), give_up_after=None, concurrency=1)
    with Loopback(lambda b, k: replies.get(len(server.calls) - 1, said(TEXT))) as server:
        plan = run.plan(workspace, copies(5), [vendor(server.url)], scorers=[], budget_usd=9.0)
        told: list[run.Progress] = []
        run.execute(workspace, plan.id, told.append, options=options)
    # The connection that broke and the page in the place of an answer cost a cent each at worst;
    # an error is not charged; the answer was 5 tokens.
    last = [state for state in told if state.committed_usd is not None][-1]
    assert last.committed_usd == pytest.approx(0.02 + 5 * 10 / 1e6)


def test_a_later_session_counts_what_an_earlier_one_left_in_doubt(
    workspace: Workspace, copies: Copies
) -> None:
    replies = [Reply(act="reset"), Reply(act="reset"), said(TEXT)]
    options = run.Options(retry=Retry(retries={"connection": 9}, base_s=0.001), concurrency=1)
    with Loopback(lambda b, k: replies[min(len(server.calls) - 1, 2)]) as server:
        plan = run.plan(workspace, copies(3), [vendor(server.url)], scorers=[], budget_usd=0.031)
        state = run.execute(workspace, plan.id, options=options)
        # Two lost calls may have cost 2 cents, the answer 0.005: the second answer still fits,
        # and so does the third, because answers cost far less than their worst.
        assert (state.state, state.received) == ("done", 3)
        plan = run.plan(workspace, copies(4), [vendor(server.url)], scorers=[], budget_usd=0.029)
        server.calls.clear()
        state = run.execute(workspace, plan.id, options=options)
        assert (state.state, state.received, len(server.calls)) == ("interrupted", 0, 2)
        assert run.resume(workspace, plan.id, options=options).received == 0
        assert len(server.calls) == 2


def test_a_reservation_waits_for_calls_in_flight() -> None:
    async def scene() -> list[bool]:
        budget = Budget(1.0)
        assert await budget.reserve(0.6)
        waiting = asyncio.create_task(budget.reserve(0.6))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        budget.settle(0.6, 0.1, answer())  # it cost less than it could have
        first = await waiting
        budget.settle(0.6, None, Answer("timeout"))  # may have cost it all
        assert budget.spent == pytest.approx(0.7)
        return [first, await budget.reserve(0.4), budget.exhausted]

    assert asyncio.run(scene()) == [True, False, True]


def test_a_stop_does_not_wait_for_money(workspace: Workspace, copies: Copies) -> None:
    go = threading.Event()

    def wait(body: dict[str, Any], before: int) -> Reply:
        go.wait(10)
        return said(TEXT)

    with Loopback(wait) as server:
        plan = run.plan(workspace, copies(9), [vendor(server.url)], scorers=[], budget_usd=0.012)

        def press() -> None:
            while not server.calls:
                time.sleep(0.01)
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)
            go.set()

        thread = threading.Thread(target=press)
        thread.start()
        state = run.execute(workspace, plan.id, concurrency=3, options=QUICK)
        thread.join()
        assert (state.received, len(server.calls)) == (1, 1)
    assert not state.held_back


def test_a_forecast_is_the_sum_of_the_worst(workspace: Workspace, copies: Copies) -> None:
    suite = copies(3)
    priced = vendor("http://127.0.0.1:9/v1", requests_per_minute=6)
    unknown = vendor("http://127.0.0.1:9/v1", usd_per_million_in=None)
    unknown = unknown.model_copy(update={"id": "vendor-b"})
    draft = run.draft(suite, [priced, unknown], repeats=2)
    known, other = run.forecast(draft, suite.variants)
    # 6 answers of up to 1,000 tokens at 10 dollars a million; prompts are free here.
    assert (known.calls, known.most_tokens_out, known.least_minutes) == (6, 6_000, 1.0)
    assert known.worst_usd == pytest.approx(0.06)
    assert known.likely_usd == pytest.approx(0.03)
    characters = sum(len(m.text) for v in suite.variants for m in v.messages)
    assert known.tokens_in == characters // 4 * 2
    assert (other.worst_usd, other.likely_usd) == (None, None)
    assert "usd_per_million_in" in other.why
    assert list(workspace.runs.iterdir()) == []


def test_retirement_is_told_ninety_days_ahead() -> None:
    system = vendor("http://127.0.0.1:9/v1")
    said = {"id": "a-1", "retires_at": "2027-01-20T00:00:00Z", "capabilities": {"batch": True}}
    found = described(system, said)
    assert found.service_end == "2027-01-20T00:00:00Z"
    assert found.capabilities is not None
    assert found.capabilities["capabilities"] == {"batch": True}
    assert run.retiring([found], date(2026, 11, 21)) == [
        "vendor-a: its service ends on 2027-01-20, in 60 days"
    ]
    assert run.retiring([found], date(2026, 10, 1)) == []
    assert run.retiring([found], date(2027, 2, 1)) == ["vendor-a: its service ended on 2027-01-20"]
    assert run.retiring([system]) == []
    # What a service says of a model today is no part of an answer's id.
    assert found.model_copy(update={"service_end": None}).settings == system.settings
    long = described(system, {"words": "x" * 30_000})
    assert "words" not in str(long.capabilities)
