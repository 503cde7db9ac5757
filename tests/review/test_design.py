"""The design of a draw: chances are what they say, and weights 1/p recover the pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from medaudit.records import QueueSettings
from medaudit.review import design

SEEDS = 400


def pool_of(**kinds: int) -> list[dict[str, Any]]:
    """Answers of each kind, spread over two systems and three domains of unequal size."""
    rows = []
    for kind, n in kinds.items():
        for k in range(n):
            row = {
                "response_id": f"{kind}-{k}",
                "system_id": "ab"[k % 2],
                "domain": ("D1", "D1", "D1", "D2", "D2", "D3")[k % 6],
                "risk": {"gated": "severe", "severe": "severe", "undecided": "undecided"}.get(
                    kind, "other"
                ),
                "gated": kind == "gated",
                "contradicted": kind == "contradicted",
                "doubted": kind == "doubted",
                "passed": kind == "passed",
            }
            rows.append(row)
    return rows


def asked(n: int, seed: int = 1, **other: Any) -> QueueSettings:
    return QueueSettings(queue="q", run_id="run", n=n, seed=seed, **other)


MIXED = pool_of(gated=6, contradicted=4, doubted=5, severe=10, undecided=20, wrong=30, passed=165)
DESIGNS: tuple[dict[str, Any], ...] = (
    {"design": "risk"},
    {"design": "uniform"},
    {"design": "stratified", "allocation": "neyman"},
    {"design": "stratified", "allocation": "proportional"},
)
NAMES = [" ".join(d.values()) for d in DESIGNS]


def drawn(pool: Sequence[dict[str, Any]], n: int, seeds: int, **other: Any) -> Any:
    """How often each answer was drawn over seeds, and the chances that the design states."""
    hits = np.zeros(len(pool))
    for seed in range(seeds):
        plan = design.sample(pool, asked(n, seed, **other))
        assert plan.draw.n == min(n, len(pool))
        hits += plan.draw.selected
    return hits / seeds, plan.draw.probability


@pytest.mark.parametrize("choice", DESIGNS, ids=NAMES)
def test_the_stated_chance_is_how_often_an_answer_is_drawn(choice: dict[str, Any]) -> None:
    share, chance = drawn(MIXED, 60, SEEDS, **choice)
    assert chance.sum() == pytest.approx(60)
    assert (chance > 0).all()
    assert (chance <= 1).all()
    # Within four standard errors of a share in 400 draws, for each of 240 answers.
    error = np.sqrt(chance * (1 - chance) / SEEDS)
    assert (np.abs(share - chance) <= 4 * error + 1e-12).all()


@pytest.mark.parametrize("choice", DESIGNS, ids=NAMES)
def test_weights_recover_the_size_of_the_pool_and_its_rates(choice: dict[str, Any]) -> None:
    """Horvitz-Thompson: the mean over draws of sum(y/p) is sum(y), for any y."""
    truth = {
        "all": np.ones(len(MIXED)),
        "wrong": np.array([row["response_id"].startswith("wrong") for row in MIXED]),
        "passes of a": np.array([row["passed"] and row["system_id"] == "a" for row in MIXED]),
    }
    sums: dict[str, list[float]] = {name: [] for name in truth}
    for seed in range(SEEDS):
        plan = design.sample(MIXED, asked(60, seed, **choice))
        chosen = plan.draw.selected
        for name, y in truth.items():
            sums[name].append(float((y[chosen] / plan.draw.probability[chosen]).sum()))
    for name, y in truth.items():
        error = np.std(sums[name], ddof=1) / np.sqrt(SEEDS)
        assert abs(np.mean(sums[name]) - y.sum()) <= 4 * error + 1e-9, name


@pytest.mark.parametrize("choice", DESIGNS, ids=NAMES)
def test_gated_contradicted_and_doubted_answers_are_certain_while_they_are_at_most_half(
    choice: dict[str, Any],
) -> None:
    for seed in range(5):
        plan = design.sample(MIXED, asked(40, seed, **choice))
        for row, purpose, chance, chosen in zip(
            MIXED, plan.purposes, plan.draw.probability, plan.draw.selected, strict=True
        ):
            if row["gated"] or row["contradicted"] or row["doubted"]:
                assert purpose == ("gated" if row["gated"] else "disagreement")
                assert chance == 1.0
                assert chosen
            else:
                assert purpose == ("random_pass" if row["passed"] else "sample")
                assert chance < 1


def test_more_gated_answers_than_half_of_the_draw_share_that_half() -> None:
    pool = pool_of(gated=100, wrong=50, passed=50)
    share, chance = drawn(pool, 20, SEEDS, design="risk", pass_share=0.1)
    assert chance == pytest.approx(np.full(200, 0.1))  # 10 of 100, and 10 of the other 100
    assert share[:100].mean() == pytest.approx(0.1, abs=0.01)
    # Gated first: 12 of 20 are gated and take the half, what contradicts itself keeps the floor.
    pool = pool_of(gated=12, contradicted=20, wrong=100)
    _, chance = drawn(pool, 20, 1, design="risk")
    assert chance[:12] == pytest.approx(np.full(12, 10 / 12))
    assert chance[12:32] == pytest.approx(np.full(20, 0.02))
    assert chance[32:] == pytest.approx(np.full(100, (20 - 10 - 0.4) / 100))
    # What a judge doubts stands with what scorers contradict.
    pool = pool_of(gated=6, contradicted=5, doubted=3, wrong=100)
    _, chance = drawn(pool, 20, 1, design="risk")
    assert chance[:14] == pytest.approx([*[1.0] * 6, *[0.5] * 8])
    # And 6 of 20 are certain and leave 4 places for 8 that contradict themselves.
    pool = pool_of(gated=6, contradicted=8, wrong=100)
    _, chance = drawn(pool, 20, 1, design="risk")
    assert chance[:14] == pytest.approx([*[1.0] * 6, *[0.5] * 8])


@pytest.mark.parametrize("choice", DESIGNS, ids=NAMES)
@pytest.mark.parametrize("pass_share", [0.0, 0.1, 0.3])
def test_passes_have_at_least_their_share(choice: dict[str, Any], pass_share: float) -> None:
    pool = pool_of(gated=15, undecided=60, wrong=60, passed=25)
    plan = design.sample(pool, asked(50, pass_share=pass_share, **choice))
    passed = np.array([row["passed"] for row in pool])
    assert plan.draw.probability[passed].sum() >= pass_share * 50 - 1e-9
    assert plan.draw.probability.sum() == pytest.approx(50)


def test_a_stratified_draw_gives_each_cell_its_number_up_to_rounding() -> None:
    pool = pool_of(wrong=60, passed=180)
    cells = [f"{row['system_id']}|{row['domain']}" for row in pool]
    expected = {cell: 48 * size / 240 for cell, size in Counter(cells).items()}
    for seed in range(30):
        choice = {"design": "stratified", "allocation": "proportional", "pass_share": 0.0}
        plan = design.sample(pool, asked(48, seed, **choice))
        got = Counter(cell for cell, hit in zip(cells, plan.draw.selected, strict=True) if hit)
        for cell, number in expected.items():
            assert abs(got[cell] - number) < 1 + 1e-9
    assert plan.strata == len(expected)


def test_neyman_reads_more_where_answers_differ_more() -> None:
    # Two cells of 100: in D1 half is flagged, in D2 one in a hundred.
    pool = [
        {
            "response_id": f"{domain}-{k}", "system_id": "a", "domain": domain,
            "risk": "undecided" if k < flagged else "other", "gated": False,
            "contradicted": False, "doubted": False, "passed": k >= flagged,
        }
        for domain, flagged in (("D1", 50), ("D2", 1))
        for k in range(100)
    ]  # fmt: skip
    plan = design.sample(pool, asked(40, design="stratified", pass_share=0.0))
    first, second = plan.draw.probability[:100].sum(), plan.draw.probability[100:].sum()
    # S by hand: sqrt(.5 x .5) = .5 and, with half an answer of each kind added,
    # sqrt(p(1-p)) at p = 1.5/101.
    p = 1.5 / 101
    ratio = 0.5 / (p * (1 - p)) ** 0.5
    assert first / second == pytest.approx(ratio, rel=1e-6)
    assert first + second == pytest.approx(40)


def test_the_same_seed_gives_the_same_draw_and_another_seed_another() -> None:
    for choice in DESIGNS:
        one, again, other = (
            design.sample(MIXED, asked(60, seed, **choice)).draw.selected for seed in (3, 3, 4)
        )
        assert (one == again).all()
        assert (one != other).any()


@pytest.mark.parametrize("choice", DESIGNS, ids=NAMES)
@pytest.mark.parametrize("n", [1, 239, 240, 1000])
def test_the_smallest_and_the_largest_draw(choice: dict[str, Any], n: int) -> None:
    plan = design.sample(MIXED, asked(n, **choice))
    assert plan.draw.n == min(n, 240)
    assert plan.draw.probability.sum() == pytest.approx(min(n, 240))
    if n >= 240:
        assert (plan.draw.probability == 1).all()
