"""Allocation and draws."""

from __future__ import annotations

import numpy as np
import pytest

from medaudit.errors import BadInput, Undefined
from medaudit.stats import aipw, draw_sample, neyman_allocation


def test_neyman_closed_form():
    """N S = 100, 120, 20 of 240: 41.667, 50, 8.333 of 100."""
    found = neyman_allocation([1000, 400, 40], [0.1, 0.3, 0.5], 100)
    assert found == pytest.approx([41.667, 50, 8.333], abs=5e-4)
    dear = neyman_allocation([1000, 400, 40], [0.1, 0.3, 0.5], 100, cost=[1, 4, 1])
    assert dear == pytest.approx(np.array([100, 60, 20]) / 1.8)


def test_neyman_never_exceeds_a_stratum():
    found = neyman_allocation([10, 1000, 5], [5.0, 0.1, 9.0], 60)
    assert found == pytest.approx([10, 45, 5])
    with pytest.raises(Undefined):
        neyman_allocation([10, 10], [0, 0], 5)
    with pytest.raises(BadInput):
        neyman_allocation([10, 10], [1, 1], 21)


@pytest.mark.parametrize("method", ["systematic", "poisson"])
def test_probabilities_follow_risk(method):
    risk = np.random.default_rng(0).random(200)
    draw = draw_sample(risk, 30, seed=1, method=method)
    assert draw.probability.sum() == pytest.approx(30)
    assert draw.probability.min() >= 0.02
    assert draw.probability.max() <= 1
    ratio = draw.probability / (risk + 0.15)
    inner = (draw.probability > 0.02) & (draw.probability < 1)
    assert np.ptp(ratio[inner]) < 1e-9
    assert (draw.method, draw.seed) == (method, 1)
    again = draw_sample(risk, 30, seed=1, method=method)
    assert np.array_equal(again.selected, draw.selected)
    assert not np.array_equal(draw_sample(risk, 30, seed=2, method=method).selected, draw.selected)


@pytest.mark.parametrize("method", ["systematic", "poisson"])
def test_draws_come_out_as_often_as_they_say(method):
    risk = np.array([0.0, 0.0, 1.0, 0.5, 0.2, 0.0, 0.1, 0.9])
    seeds = range(3000)
    hits = np.mean([draw_sample(risk, 3, seed=s, method=method).selected for s in seeds], axis=0)
    assert hits == pytest.approx(draw_sample(risk, 3, seed=0).probability, abs=0.035)


def test_systematic_draws_exactly_n():
    risk = np.random.default_rng(3).random(77)
    assert {draw_sample(risk, 20, seed=s).n for s in range(50)} == {20}


def test_floor_binds():
    risk = np.concatenate([np.zeros(98), [50.0, 50.0]])
    draw = draw_sample(risk, 6, seed=0, offset=0.01)
    assert draw.probability[0] >= 0.02
    assert draw.probability[-1] == 1


def test_a_draw_is_unbiased_with_aipw():
    rng = np.random.default_rng(0)
    truth = (rng.random(120) < 0.3).astype(float)
    judge = np.where(rng.random(120) < 0.25, 1 - truth, truth)
    found = []
    for seed in range(400):
        draw = draw_sample(judge, 40, seed=seed)
        label = [t if s else None for t, s in zip(truth, draw.selected, strict=True)]
        found.append(aipw(judge, label, draw.probability, range(120)).value)
    assert np.mean(found) == pytest.approx(truth.mean(), abs=0.01)


@pytest.mark.parametrize(
    ("risk", "n", "options"),
    [
        ([], 1, {}),
        ([0.1], 2, {}),
        ([0.1] * 100, 1, {}),
        ([-0.5, 0.1], 1, {}),
        ([0.0, 0.0], 1, {"offset": 0}),
        ([0.1, 0.2], 1, {"floor": 0}),
        ([0.1, 0.2], 1, {"method": "random"}),
        ([float("nan")], 1, {}),
    ],
)
def test_refuses(risk, n, options):
    with pytest.raises(BadInput):
        draw_sample(risk, n, seed=0, **options)


def test_a_floor_of_its_own_for_each_case() -> None:
    floor = [0.5, 0.5, 0.01, 0.01, 0.01, 0.01]
    draw = draw_sample([1, 1, 1, 1, 1, 1], 2, seed=1, offset=0, floor=floor)
    assert draw.probability == pytest.approx([0.5, 0.5, 0.25, 0.25, 0.25, 0.25])
    for wrong, field in (([0.5, 0.5, 0, 0, 0, 0], "floor"), ([0.9] * 6, "n")):
        with pytest.raises(BadInput) as caught:
            draw_sample([1] * 6, 2, seed=1, floor=wrong)
        assert caught.value.field == field


def test_each_stratum_gets_its_expected_number_up_to_rounding() -> None:
    strata = np.array(["a"] * 10 + ["b"] * 30 + ["c"] * 20)
    mixed = np.random.default_rng(5).permutation(60)
    spread = []
    for seed in range(50):
        draw = draw_sample(np.zeros(60), 15, seed=seed, strata=strata[mixed])
        counts = {s: int(draw.selected[strata[mixed] == s].sum()) for s in "abc"}
        assert 2 <= counts["a"] <= 3  # expected 2.5, 7.5 and 5
        assert 7 <= counts["b"] <= 8
        assert counts["c"] == 5
        spread.append(int(draw_sample(np.zeros(60), 15, seed=seed).selected[:10].sum()))
    assert max(spread) > 3  # without strata one cell gets what chance gives it
    with pytest.raises(BadInput) as caught:
        draw_sample(np.zeros(60), 15, seed=1, strata=["a"])
    assert caught.value.field == "strata"
