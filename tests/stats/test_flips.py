"""Flip rates: values worked out by hand, and the estimator checked over every possible sample."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from medaudit.errors import BadInput
from medaudit.stats import FlipShares, flip_rate, flips_of_shares, kg_floor

BASE = [[1, 0], [1, 1], [0, 0], [1, 0]]
STRESSED = [[0, 0], [1, 1], [1, 0], [1, 0]]


def test_by_hand():
    """Pairs differ in 2, 0, 2, 2 of 4; repeats of base in 1, 0, 0, 1, of stressed 0, 0, 1, 1."""
    found = flip_rate(BASE, STRESSED, range(4))
    assert found.raw.value == 0.375
    assert found.floor.value == 0.5
    assert found.excess.value == -0.125
    assert found.added.value == 0.375 - 0.5
    assert found.raw.value == found.excess.value + found.floor.value


@pytest.mark.parametrize(("base", "stressed"), [(0.7, 0.4), (0.95, 0.95), (0.5, 0.9)])
def test_unbiased_over_every_possible_sample(base, stressed):
    """Two repeats a side: over all 16 samples the excess averages (b - p)²."""
    raw = floor = excess = 0.0
    for b1, b2, p1, p2 in product((0, 1), repeat=4):
        weight = np.prod([base if x else 1 - base for x in (b1, b2)])
        weight *= np.prod([stressed if x else 1 - stressed for x in (p1, p2)])
        found = flip_rate([[b1, b2]] * 2, [[p1, p2]] * 2, [0, 1])
        raw += weight * found.raw.value
        floor += weight * found.floor.value
        excess += weight * found.excess.value
    assert excess == pytest.approx((base - stressed) ** 2)
    expected = base * (1 - base) + stressed * (1 - stressed)
    assert floor == pytest.approx(expected)
    assert raw == pytest.approx(base * (1 - stressed) + stressed * (1 - base))


def test_closed_form_of_the_floor():
    """An answer given with probability 0.95 differs between repeats in 2 (.95)(.05) = 9.5 %."""
    answers = np.random.default_rng(0).random((20_000, 2)) < 0.95
    found = flip_rate(answers, answers[::-1], range(20_000))
    assert found.floor.value == pytest.approx(0.095, abs=0.005)
    assert found.excess.low < 0 < found.excess.high


def test_one_repeat_is_not_corrected():
    found = flip_rate(["A", "B", "C"], ["A", "C", "C"], range(3))
    assert found.raw.value == pytest.approx(1 / 3)
    assert (found.raw.low, found.raw.high) == kg_floor([0, 1, 0], range(3))
    assert found.raw.warnings[0] == "Not corrected for noise: repeats missing"
    for missing in (found.floor, found.excess, found.added):
        assert missing.value is None
        assert missing.warnings[0] == "Not corrected for noise: repeats missing"


def test_added_needs_repeats_of_the_base_only():
    found = flip_rate([["A", "A"], ["A", "B"]] * 20, ["B", "A"] * 20, range(40))
    assert found.excess.value is None
    assert found.added.value == pytest.approx((1 + 0.5) / 2 - (0 + 1) / 2)


def test_missing_repeats_leave_the_pair_out_and_count_it():
    base = [["A", "A"], ["A", None], [None, None]]
    stressed = [["B", "B"], ["B", "B"], ["A", "A"]]
    found = flip_rate(base, stressed, range(3))
    assert found.raw.value == 1
    assert found.raw.excluded == {"repeats_missing": 1}
    assert found.floor.excluded == {"repeats_missing": 2}
    assert found.floor.n_cases == 1


def test_directions_add_up():
    """One flip each: right to wrong, wrong to right, wrong to other wrong, and none."""
    base, stressed = ["R", "W", "W", "R"], ["W", "R", "V", "R"]
    right = {"R": True, "W": False, "V": False}
    found = flip_rate(
        base,
        stressed,
        range(4),
        base_right=[right[a] for a in base],
        stressed_right=[right[a] for a in stressed],
    )
    assert [e.value for e in (found.harmful, found.rescue, found.lateral)] == [0.25] * 3
    assert found.asymmetry.value == 0
    assert found.raw.value == 0.75


def test_asymmetry_is_the_loss_of_competence():
    rng = np.random.default_rng(2)
    base, stressed = rng.random((80, 3)) < 0.8, rng.random((80, 2)) < 0.6
    found = flip_rate(base, stressed, range(80), base_right=base, stressed_right=stressed)
    assert found.asymmetry.value == pytest.approx(base.mean() - stressed.mean())
    assert found.harmful.value + found.rescue.value == pytest.approx(found.raw.value)
    assert found.lateral.value == 0
    assert found.lateral.high > 0


def test_a_deterministic_model_that_never_flips_is_not_a_bare_zero():
    found = flip_rate([["A", "A"]] * 60, [["A", "A"]] * 60, range(60))
    assert found.raw.value == 0
    assert found.raw.high == pytest.approx(1 - 0.025 ** (1 / 60))
    assert found.excess.value == 0
    assert found.excess.high > 0


def test_no_pairs():
    found = flip_rate(np.empty((0, 2)), np.empty((0, 2)), [])
    for estimate in (found.raw, found.floor, found.excess, found.added):
        assert estimate.value is None
        assert estimate.warnings


def test_refuses_what_does_not_line_up():
    with pytest.raises(BadInput, match="pairs"):
        flip_rate(BASE, STRESSED[:3], range(4))
    with pytest.raises(BadInput, match="both base_right"):
        flip_rate(BASE, STRESSED, range(4), base_right=BASE)
    with pytest.raises(BadInput, match="shape"):
        flip_rate(BASE, STRESSED, range(4), base_right=[1] * 4, stressed_right=[1] * 4)


def test_shares_of_pairs_by_hand():
    """The pairs of ``test_by_hand``, given as what each of them shows."""
    shares = FlipShares(
        raw=np.array([0.5, 0, 0.5, 0.5]),
        base=np.array([1.0, 0, 0, 1]),
        stressed=np.array([0, 0, 1.0, 1]),
    )
    assert flips_of_shares(shares, range(4)) == flip_rate(BASE, STRESSED, range(4))


def test_pairs_without_repeats_keep_their_raw_flips():
    nothing = np.full(3, np.nan)
    found = flips_of_shares(FlipShares(np.array([1.0, 0, np.nan]), nothing, nothing), range(3))
    assert (found.raw.value, found.raw.n_rows) == (0.5, 2)
    assert found.floor.value is None
    assert found.excess.warnings == ("Not corrected for noise: repeats missing",)
    empty = flips_of_shares(FlipShares(nothing[:0], nothing[:0], nothing[:0]), [])
    assert empty.raw.value is None
