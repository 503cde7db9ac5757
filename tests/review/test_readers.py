"""A reader's pace, drift, consistency and shift, worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from medaudit.review.readers import Read, Twice, consistency, drift, pace, reader, sessions, shift

START = datetime(2026, 6, 1, 8)


def read(minute: float, harm: int | None, automatic: int | None = 0, **other: object) -> Read:
    fields = {"reviewer": "anna", "case_id": f"c{minute}", "item_id": f"i{minute}", **other}
    when = START + timedelta(minutes=minute)
    return Read(queue="q", utc=when, harm=harm, automatic=automatic, **fields)  # type: ignore[arg-type]


def test_pace_lists_reads_under_a_fifth_of_the_own_median() -> None:
    found = pace([100, 100, 100, 19.9, 20.1, None])
    assert (found.median, found.n, found.n_untimed, found.n_fast) == (100, 5, 1, 1)
    empty = pace([None])
    assert (empty.median, empty.n, empty.n_untimed, empty.n_fast) == (None, 0, 1, 0)


def test_a_pause_of_more_than_half_an_hour_begins_a_session_for_that_reader_only() -> None:
    reads = [read(0, 0), read(30, 0), read(61, 0), read(10, 0, reviewer="ben")]
    assert sessions(reads) == [("anna/1", 0), ("anna/1", 1), ("anna/2", 0), ("ben/1", 0)]


def test_order_of_rows_does_not_matter() -> None:
    reads = [read(61, 0), read(0, 0), read(30, 0)]
    assert sessions(reads) == [("anna/2", 0), ("anna/1", 0), ("anna/1", 1)]


def test_drift_is_the_mean_slope_of_the_sessions_per_ten_items() -> None:
    # One session rises by one level from item to item, the other by two, the third not at all.
    rising = [read(k, k) for k in range(3)]
    steep = [read(100 + k, 2 * k) for k in range(3)]
    level = [read(200 + k, 1) for k in range(3)]
    found = drift([*rising, *steep, *level])
    assert found.value == pytest.approx(10.0)
    # Slopes 10, 20 and 0: sd 10, t(2) .975 = 4.3027, half width 4.3027 x 10 / sqrt 3.
    assert found.high == pytest.approx(10 + 4.302653 * 10 / 3**0.5, abs=1e-4)
    assert (found.n_rows, found.n_cases, found.df) == (9, 3, 2)


def test_drift_is_against_the_automatic_score_and_counts_what_it_leaves_out() -> None:
    same = [read(k, k, k) for k in range(3)] + [read(100 + k, 4 - k, 3 - k) for k in range(3)]
    found = drift([*same, read(300, None), read(301, 2, None)])
    assert found.value is None  # both slopes are 0 exactly: no spread between sessions
    assert found.excluded == {"one_side_silent": 2}
    assert "No slope" in found.warnings[0]


@pytest.mark.parametrize("reads", [[], [read(0, 1)], [read(0, 0), read(100, 1), read(200, 0)]])
def test_too_few_items_a_session_give_no_slope(reads: list[Read]) -> None:
    found = drift(reads)
    assert found.value is None
    assert found.warnings[0].startswith("No slope")


def test_shift_is_over_everything_that_could_be_changed() -> None:
    kept = [read(k, 1, revealed=True) for k in range(6)]
    up = [read(10 + k, 1, revealed=True, changed=True, after=3) for k in range(6)]
    never = [read(20, 1, changed=False, revealed=False)]
    gone = [read(30, 2, revealed=True, changed=True, after=None)]
    found = shift([*kept, *up, *never, *gone])
    assert found.value == pytest.approx(1.0)  # six of twelve by two levels
    assert found.n_rows == 12
    assert found.excluded == {"no_level_after": 1}
    assert found.low is not None
    assert found.low > 0


def test_nothing_changed_is_zero_with_a_bound_and_nothing_shown_is_none() -> None:
    found = shift([read(k, 1, revealed=True) for k in range(60)])
    assert found.value == 0
    assert found.high is not None
    # At most 1 - .025^(1/60) of cases differ, by at most four levels.
    assert found.high == pytest.approx(4 * (1 - 0.025 ** (1 / 60)))
    assert shift([read(0, 1)]).value is None


def test_consistency_counts_and_withholds_kappa_below_ten_cases() -> None:
    pairs = [Twice(f"c{k}", k % 5, k % 5) for k in range(9)]
    few = consistency([*pairs, Twice("x", None, 1)])
    assert (few.n_pairs, few.n_same, few.kappa) == (9, 9, None)
    assert few.percent.excluded == {"no_level": 1}
    assert few.withheld == "9 cases: not shown below 10"
    enough = consistency([*pairs, Twice("y", 0, 4)])
    assert enough.kappa is not None
    assert (enough.n_pairs, enough.n_same) == (10, 9)
    # Readings 0..4,0..3,0 against 0..4,0..3,4: mean squared difference 16/10 over that by chance.
    first = [0, 1, 2, 3, 4, 0, 1, 2, 3, 0]
    second = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    chance = sum((a - b) ** 2 for a in first for b in second) / 100
    assert enough.kappa.value == pytest.approx(1 - 1.6 / chance)


def test_all_figures_of_a_reader_stand_together() -> None:
    found = reader("you", [read(0, 1, seconds=60), read(1, None, seconds=5)], [], [])
    assert (found.n_reads, found.n_no_level, found.n_sessions) == (2, 1, 1)
    assert found.retest.n_pairs == 0
    assert found.retest.percent.value is None
    assert found.pace.n_fast == 1
