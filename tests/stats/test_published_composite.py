"""A published composite recomputed: why the model that it ranks first is pseudonormal.

Gu et al., Nature Medicine 2026, 10.1038/s41591-026-04501-8: accuracies (per cent) and totals as
published; formulas of the fragilities T1, T2 and T5 as in the released figure code.
"""

from __future__ import annotations

import pytest

from medaudit import stats
from medaudit.stats import published

# NEJM with and without the image, JAMA the same, T2 text only, T2 abstention, T5 before and after.
PUBLISHED = {
    "GPT-5": (81.33, 67.41, 86.93, 82.51, 41.32, 0, 84, 53, 0.826),
    "o3": (80.42, 66.65, 86.13, 82.79, 37.26, 0, 83.5, 50.5, 0.839),
    "Gemini 2.5 Pro": (81.12, 67.43, 84.19, 80.91, 40.10, 0, 76, 52.5, 0.851),
    "o4-mini": (76.62, 66.48, 80.53, 77.47, 37.97, 0, 64.5, 41.5, 0.856),
    "Claude 3.5": (59.77, 61.41, 76.04, 76.79, 33.40, 0.91, 59, 27.5, 0.865),
    "GPT-4o": (67.16, 54.23, 71.51, 67.46, 16.35, 50.36, 26.5, 36, 0.960),
}
NEJM, JAMA = 947, 1314


def fragilities(name: str) -> tuple[float, float, float, float]:
    """T1, T2 and T5, and what the published total leaves for T3 and T4 together."""
    ni, nt, ji, jt, t2, _, before, after, robustness = PUBLISHED[name]
    t1 = published.modality_sensitivity([(NEJM, ni / 100, nt / 100), (JAMA, ji / 100, jt / 100)])
    two = published.modality_necessity(t2 / 100)
    five = published.visual_substitution(before / 100, after / 100)
    return t1, two, five, 5 * (1 - robustness) - t1 - two - five


def test_the_parts_fit_the_published_total():
    """What is left for T3 and T4, two shares, is possible for every model: .12 to .21."""
    left = {name: fragilities(name)[3] for name in PUBLISHED}
    assert all(0.12 <= value <= 0.22 for value in left.values()), left
    assert fragilities("GPT-5")[:3] == pytest.approx((0.08399, 0.2665, 0.31), abs=1e-4)


def test_the_first_place_comes_from_two_floors():
    """GPT-4o: T2 and T5 are exactly 0, because it is below guessing and because it gained."""
    first = max(PUBLISHED, key=lambda name: PUBLISHED[name][-1])
    assert first == "GPT-4o"
    _, two, five, _ = fragilities(first)
    assert (two, five) == (0, 0)
    assert all(min(fragilities(name)[1:3]) > 0.1 for name in PUBLISHED if name != first)
    text_only = {name: row[4] for name, row in PUBLISHED.items()}
    before = {name: row[6] for name, row in PUBLISHED.items()}
    assert first == min(text_only, key=text_only.__getitem__) == min(before, key=before.__getitem__)
    assert text_only[first] < 20, "below guessing among five options"


def test_the_order_is_nearly_that_of_incompetence():
    """13 of 15 pairs of models stand the other way round: (2 - 13) / 15."""
    robust = [row[-1] for row in PUBLISHED.values()]
    right = [row[4] for row in PUBLISHED.values()]
    concordant = sum(
        (robust[i] - robust[j]) * (right[i] - right[j]) > 0 for i in range(6) for j in range(i)
    )
    assert concordant == 2
    assert stats.kendall(robust, right) == pytest.approx((2 - 13) / 15)


def test_beside_competence_and_abstention_it_is_pseudonormal():
    *_, abstention, before, after, robustness = PUBLISHED["GPT-4o"]
    found = stats.phenotype(
        1 - robustness,
        after / 100,
        drop=(before - after) / 100,
        abstention=abstention / 100,
        one_answer=0.3,
    )
    assert found.region == "pseudonormal"
    assert found.sub_types == ("refusal-stable", "floor-stable")
    # The same flips with sound answers would be robust: the composite cannot tell them apart.
    sound = stats.phenotype(1 - robustness, 0.9, drop=0.0, abstention=0.0, one_answer=0.3)
    assert sound.region == "robust"
