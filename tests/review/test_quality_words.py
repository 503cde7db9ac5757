"""What people read of the quality of a review: no zero for nothing, no rate without its reason."""

from __future__ import annotations

from medaudit.records import Estimate
from medaudit.review.agreement import Pair, by_group, group_agreement
from medaudit.review.corrected import comparisons, corrected
from medaudit.review.judge import false_pass, judged
from medaudit.review.quality_words import (
    coefficient_rows,
    comparison_rows,
    corrected_rows,
    false_pass_sentence,
    figure,
    group_rows,
    judged_rows,
    limits,
    notes,
    pair_words,
    reader_rows,
)
from medaudit.review.readers import reader
from tests.review.test_judge import answer, passes


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> Estimate:
    return Estimate(
        name="rate", value=value, low=low, high=high, method="m", n_rows=9, n_cases=9,
        excluded={"no_level": 2}, warnings=("Beware",),
    )  # fmt: skip


def test_figures() -> None:
    assert figure(estimate(None)) == "–"
    assert figure(estimate(0.0, 0.0, 0.3), percent=True) == "0% (0 to 30%)"
    assert figure(estimate(0.25), percent=True) == "25% (no interval)"
    assert figure(estimate(0.5, -0.25, 1.0), sign=True) == "+0.50 (-0.25 to +1.00)"
    assert limits(estimate(0.5)) == "–"
    assert notes([estimate(1), None, estimate(2)]) == "Beware; 2 without a level are left out"


def test_every_coefficient_stands_beside_prevalence() -> None:
    pairs = [Pair(f"i{k}", f"c{k}", "D1", "base", k % 5, k % 5) for k in range(20)]
    rows = coefficient_rows(group_agreement("all", pairs))
    assert [row["name"] for row in rows][-1] == "Prevalence, share of all reads"
    assert rows[-1]["harm"] == "0: 20%, 1: 20%, 2: 20%, 3: 20%, 4: 20%"
    by_name = {row["name"]: row for row in rows}
    assert by_name["Percent agreement"]["severe"].startswith("100% (")
    assert by_name["Krippendorff's alpha, ordinal"]["any_harm"] == "–"


def test_a_withheld_group_keeps_its_counts() -> None:
    pairs = [Pair(f"i{k}", f"c{k}", "D1", "base", 0, k % 3) for k in range(6)]
    (row,) = group_rows(by_group(pairs, lambda p: p.domain), {"D1": "D1 Emergency"})
    assert row == {
        "group": "D1 Emergency",
        "pairs": "6 in 6 cases",
        "same": "2 of 6",
        "far": "2",
        "alpha": "–",
        "ac2": "–",
        "severe": "–",
        "notes": "6 cases: not shown below 10",
    }


def test_a_reader_without_reads_has_dashes() -> None:
    (row,) = reader_rows([reader("you", [], [], [])])
    assert (row["reads"], row["pace"], row["drift"]) == ("0 in 0 sittings", "–", "–")
    assert (row["retest"], row["gold"]) == ("none yet", "none yet")


def test_the_judge_in_words() -> None:
    (row,) = judged_rows([judged("D2", [answer(1, 0, 4)])])
    assert (row["group"], row["severe"], row["missed"]) == ("D2 Medication", "1", "1")
    assert row["notes"] == "1 cases: not shown below 10"
    assert false_pass_sentence(false_pass([])).endswith("nothing is known.")
    none = false_pass_sentence(false_pass(passes([0] * 60)))
    assert "as high as 4.9%" in none
    some = false_pass_sentence(false_pass(passes([0] * 40 + [4] * 10)))
    assert some.startswith("Of the 50 passes that were read, 20% (")


def test_corrected_rates_and_comparisons_in_words() -> None:
    rows = [answer(k, 0, 0, 0.5, system_id="ab"[k % 2], case_id=f"c{k // 2}") for k in range(40)]
    found = corrected_rows(corrected(rows, "severe"), {"a": "System A"})
    assert [r["system"] for r in found] == ["System A", "b"]
    assert found[0]["read"] == "20 of 20 answers"
    (pair,) = comparison_rows(comparisons(rows), {})
    assert (pair["pair"], pair["cases"], pair["needed"]) == ("a − b", "20", "–")
    assert pair["decision"] == "undecided"
    assert pair["difference"].startswith("+0 points (")


def test_a_pair_in_words() -> None:
    pair = Pair("i", "c", "D1", "base", None, 2, adjudicated=True)
    assert pair_words(pair) == "first read no level, second read 2; verdict no level"
