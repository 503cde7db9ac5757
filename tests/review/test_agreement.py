"""Agreement of readers against published and hand-worked examples."""

from __future__ import annotations

import pytest

from medaudit.review.agreement import (
    CHANGED,
    Pair,
    asides,
    by_group,
    confusion,
    disagreements,
    group_agreement,
    on_scale,
    watched,
)


def pair(number: int, first: int | None, second: int | None, **other: object) -> Pair:
    fields = {"domain": "D1", "probe": "base", **other}
    return Pair(f"i{number}", f"c{number}", first=first, second=second, **fields)  # type: ignore[arg-type]


RARE = [
    pair(k, a, b)
    for k, (a, b) in enumerate([(3, 3)] * 2 + [(3, 0)] * 2 + [(0, 3)] * 2 + [(0, 0)] * 94)
]
"""100 items, 96 % agreement, 4 failures each: kappa .479, alpha .482, AC1 .957."""


def test_the_paradox_of_kappa_at_low_prevalence_is_shown_with_every_coefficient() -> None:
    found = group_agreement("all", RARE)
    severe = found.scales[2]
    assert severe.scale == "severe"
    values = {name: e.value for name, e in severe.estimates.items()}
    assert values["percent_agreement"] == 0.96
    assert values["kappa"] == pytest.approx(0.4792, abs=5e-5)
    assert values["alpha_nominal"] == pytest.approx(0.4818, abs=5e-5)
    assert values["ac1"] == pytest.approx(0.9567, abs=5e-5)
    assert values["pabak"] == pytest.approx(0.92)
    assert values["specific_yes"] == pytest.approx(2 * 2 / 8)
    assert values["specific_no"] == pytest.approx(2 * 94 / 192)
    assert severe.prevalence == {0: 0.96, 1: 0.04}
    assert (found.n_pairs, found.n_same, found.n_far) == (100, 96, 4)
    for name in ("kappa", "alpha_nominal", "ac1", "pabak"):
        estimate = severe.estimates[name]
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < values[name] < estimate.high, name
        assert (estimate.n_rows, estimate.n_cases) == (100, 100)


def test_ordinal_coefficients_count_near_misses_as_near() -> None:
    near = [pair(k, k % 5, min(4, k % 5 + (k % 4 == 0))) for k in range(40)]
    far = [pair(k, k % 5, 4 - k % 5 if k % 4 == 0 else k % 5) for k in range(40)]
    close, wide = group_agreement("near", near).scales[0], group_agreement("far", far).scales[0]
    for name in ("kappa_quadratic", "ac2_quadratic", "alpha_ordinal", "kappa_linear", "icc_1_1"):
        assert close.estimates[name].value > wide.estimates[name].value, name  # type: ignore[operator]
    # Ten items differ by one level unless they are at the top already: eight do.
    assert close.estimates["percent_agreement"].value == 32 / 40


def test_a_read_without_a_level_is_counted_and_left_out() -> None:
    found = group_agreement("all", [*RARE[:20], pair(900, None, 2), pair(901, 1, None)])
    assert found.n_pairs == 22
    assert found.excluded == {"no_level": 2}
    assert found.scales[0].estimates["percent_agreement"].n_rows == 20


def test_nine_cases_are_withheld_and_ten_are_not() -> None:
    assert group_agreement("few", RARE[:9]).withheld == "9 cases: not shown below 10"
    assert group_agreement("few", RARE[:9]).scales == ()
    assert group_agreement("ten", RARE[:10]).withheld is None
    one_case = [Pair(f"i{k}", "c", "D1", "base", 0, 0) for k in range(50)]
    assert group_agreement("one", one_case).withheld == "1 cases: not shown below 10"
    assert group_agreement("none", []).withheld == "0 cases: not shown below 10"


def test_groups_are_those_of_the_data_and_small_ones_say_why() -> None:
    found = by_group([*RARE, pair(200, 0, 0, domain="D2")], lambda p: p.domain)
    assert [(p.group, p.n_pairs, p.withheld is None) for p in found] == [
        ("D1", 100, True),
        ("D2", 1, False),
    ]


def test_scales() -> None:
    assert [on_scale("harm", k) for k in range(5)] == [0, 1, 2, 3, 4]
    assert [on_scale("any_harm", k) for k in range(5)] == [0, 1, 1, 1, 1]
    assert [on_scale("severe", k) for k in range(5)] == [0, 0, 0, 1, 1]


def test_confusion_counts_everything_once() -> None:
    grades = [(p.first, p.second) for p in [*RARE, pair(1, None, None)]]
    found = confusion(grades, rows="first", columns="second")
    assert found.n == 101
    assert found.counts[0][0] == 94
    assert (found.counts[3][0], found.counts[0][3], found.counts[3][3]) == (2, 2, 2)
    assert found.counts[5][5] == 1


def test_disagreements_come_widest_first_and_never_tell_an_adjudicator_beforehand() -> None:
    found = disagreements(
        [
            pair(1, 0, 1),
            pair(2, 2, 2),
            pair(3, None, 1),
            pair(4, 4, 0),
            pair(5, 4, 0, disputed=True),
            pair(6, 3, 4),
        ]
    )
    assert [p.item_id for p in found] == ["i4", "i6", "i1", "i3"]


def test_asides_count_pairs_by_who_had_opened_what() -> None:
    saw = ("criteria",)
    found = asides(
        [
            pair(1, 0, 0),
            pair(2, 0, 3, first_saw=saw),
            pair(3, 0, 0, second_saw=saw),
            pair(4, 1, 1, first_saw=saw, second_saw=saw),
        ]
    )
    assert [(a.what, a.opened, a.n_pairs, a.n_differ) for a in found] == [
        ("criteria", "neither", 1, 0),
        ("criteria", "one", 2, 1),
        ("criteria", "both", 1, 0),
    ]
    assert asides([pair(1, 0, 0)]) == ()


def test_the_watched_interval_is_wider_than_that_of_one_look() -> None:
    mixed = [RARE[(37 * k) % 100] for k in range(100)]
    found = watched(mixed)
    assert found.value == 0.96
    assert found.low is not None
    assert found.high is not None
    fixed = group_agreement("all", mixed).scales[0].estimates["percent_agreement"]
    assert found.low < fixed.low < 0.96 < found.high  # type: ignore[operator]
    assert found.warnings == ("Looked at 100 times: confidence sequence shown",)
    assert watched([]).value is None


def test_a_sequence_that_the_data_have_left_says_so() -> None:
    found = watched(RARE)  # all that differs comes first
    assert found.value == found.high == 0.96
    assert found.warnings[0] == CHANGED
