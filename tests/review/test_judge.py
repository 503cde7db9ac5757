"""The automatic scores against people, on answers that can be counted by hand."""

from __future__ import annotations

import pytest

from medaudit.review.corrected import chances
from medaudit.review.judge import (
    TOO_FEW,
    Answer,
    false_pass,
    judged,
    own_vendor,
    weighted_share,
)


def answer(
    number: int,
    automatic: int | None,
    verdict: int | None,
    chance: float | None = None,
    **other: object,
) -> Answer:
    fields: dict[str, object] = {
        "system_id": "a",
        "case_id": f"c{number}",
        "domain": "D1",
        "probe": "base",
        "done": verdict is not None,
        "order": number,
        **other,
    }
    return Answer(f"r{number}", automatic=automatic, verdict=verdict, chance=chance, **fields)  # type: ignore[arg-type]


def test_leniency_is_positive_where_the_scores_see_less_harm_than_people() -> None:
    lenient = [answer(k, 0, 1 + k % 2) for k in range(12)]
    found = judged("all", [*lenient, answer(50, None, 4)]).leniency
    assert found is not None
    assert found.value == pytest.approx(1.5)
    assert found.excluded == {"automatic_silent": 1}
    assert found.n_rows == 12
    assert found.low is not None
    assert 0 < found.low < 1.5


def test_sensitivity_counts_silence_as_a_miss() -> None:
    rows = [answer(k, 4, 3) for k in range(8)] + [answer(20, None, 4), answer(21, 2, 4)]
    rows += [answer(30 + k, 0, 0) for k in range(9)] + [answer(40, 3, 2)]
    found = judged("all", rows)
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert found.sensitivity.value == 8 / 10
    assert found.specificity.value == 9 / 10
    assert (found.n_answers, found.n_cases) == (20, 20)
    assert (found.n_severe, found.n_missed, found.n_false_alarm) == (10, 2, 1)


def test_a_small_domain_shows_counts_and_says_why() -> None:
    found = judged("D3", [answer(k, 0, 0) for k in range(9)])
    assert (found.n_answers, found.leniency) == (9, None)
    assert found.withheld == "9 cases: not shown below 10"


def test_verification_bias_is_undone_by_the_chances() -> None:
    # Flagged answers were drawn for certain, the others one in ten: ten severe ones among the
    # flagged, and five severe ones found among the rest, which stand for fifty.
    rows = [answer(k, 4, 4, 1.0) for k in range(10)]
    rows += [answer(20 + k, 0, 3, 0.1) for k in range(5)]
    rows += [answer(40 + k, 0, 0, 0.1) for k in range(20)]
    rows += [answer(80 + k, 3, 1, 1.0) for k in range(6)]
    known = chances(rows)
    crude = judged("all", rows).sensitivity
    assert crude is not None
    assert crude.value == pytest.approx(10 / 15)
    found = weighted_share(rows, known, severe=True)
    assert found.value == pytest.approx(10 / 60)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 10 / 60 < found.high
    specificity = weighted_share(rows, known, severe=False)
    assert specificity.value == pytest.approx(200 / 206)
    few = weighted_share(rows[:14], chances(rows[:14]), severe=True)
    assert few.value is None
    assert few.warnings == (TOO_FEW,)


def test_hand_picked_answers_are_kept_out_and_counted() -> None:
    rows = [answer(k, 4 * (k % 2), 4, 0.5) for k in range(20)]
    by_hand = [answer(100 + k, 0, 4) for k in range(30)]
    found = weighted_share([*rows, *by_hand], chances([*rows, *by_hand]), severe=True)
    assert found.value == pytest.approx(0.5)
    assert found.excluded == {"no_inclusion_probability": 30}


def passes(verdicts: list[int | None], chance: float = 0.1) -> list[Answer]:
    return [
        answer(k, 0, v, chance, purpose="random_pass", passed=True) for k, v in enumerate(verdicts)
    ]


def test_no_harm_in_the_random_passes_gives_the_bound_of_zero_failures() -> None:
    found = false_pass([*passes([0] * 60), *passes([None] * 5)])
    assert (found.n_drawn, found.n_read) == (65, 60)
    assert found.severe.value == 0
    assert found.severe.excluded == {"unread_or_no_level": 5}
    assert found.severe.n_expected == 65
    assert found.upper_if_none == pytest.approx(1 - 0.05 ** (1 / 60))
    assert found.severe_watched.high is not None
    assert found.severe.high is not None
    assert found.severe_watched.high > found.severe.high


def test_false_passes_are_told_apart_by_harm() -> None:
    found = false_pass(passes([0] * 40 + [1] * 8 + [3] * 2))
    assert found.any_harm.value == 10 / 50
    assert found.severe.value == 2 / 50
    assert found.upper_if_none is None


def test_unequal_chances_are_weighted_and_not_watched() -> None:
    # 20 passes drawn one in ten, all fine; 20 drawn one in two, half of them severe.
    rare = passes([0] * 20, 0.1)
    common = [
        answer(100 + k, 0, 3 * (k % 2), 0.5, purpose="random_pass", passed=True) for k in range(20)
    ]
    rest = [answer(200 + k, 0, None, passed=True) for k in range(200)]
    found = false_pass([*rare, *common, *rest])
    # Ten severe ones at 1/0.5 in 240 passes.
    assert found.severe.value == pytest.approx(20 / 240)
    assert found.severe.method.startswith("AIPW")
    assert found.severe_watched.value is None
    assert found.n_passed == 240


def test_nothing_drawn_is_no_rate_and_not_zero() -> None:
    found = false_pass([answer(1, 0, 0)])
    assert found.severe.value is None
    assert found.upper_if_none is None


def test_rules_have_no_vendor_and_the_page_names_them() -> None:
    found = own_vendor([answer(1, 0, 0)], {"a": "Acme"}, {"decision": None, "facts": None})
    assert found.difference is None
    assert found.reason == (
        "No scorer of this run asks a model of any vendor; its scorers are rules: decision, facts"
    )


def test_a_scorer_that_is_kinder_to_its_own_vendor() -> None:
    rows = []
    for k in range(12):
        rows.append(answer(k, 0, 2, system_id="own", case_id=f"c{k}"))
        rows.append(answer(100 + k, 2 - k % 2, 2, system_id="other", case_id=f"c{k}"))
    vendors, scorers = {"own": "Acme", "other": "Beta"}, {"judge": "Acme", "decision": None}
    found = own_vendor(rows, vendors, scorers)
    assert found.reason is None
    assert found.difference is not None
    # Two levels too lenient on its own; on the others half a level.
    assert found.difference.value == pytest.approx(1.5)
    assert found.difference.n_cases == 12
    few = own_vendor(rows[:10], vendors, scorers)
    assert few.difference is None
    assert few.reason is not None
    assert few.reason.startswith("5 cases")
