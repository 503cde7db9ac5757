"""The fragility terms of Gu et al. (Nature Medicine 2026, 10.1038/s41591-026-04501-8).

As in its released figure code; accuracies here are shares, not per cent. Each term is a fragility:
0 is best, and robustness is 1 less the mean of the five. **Not ours, and not used to rank**: three
terms have a floor at 0, so a system that abstains, or that is right by chance alone, scores as
robust; see ``tests/stats/test_published_composite.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

CHANCE = 0.2
"""Of five options, which the published items have."""


def modality_sensitivity(parts: Sequence[tuple[int, float, float]]) -> float:
    """Test 1: what the image adds, over data sets of (n, accuracy with it, accuracy without).

    >>> round(modality_sensitivity([(947, 0.8133, 0.6741), (1314, 0.8693, 0.8251)]), 5)
    0.08399
    """
    total = sum(n for n, _, _ in parts)
    return sum(n * max(0.0, seen - unseen) for n, seen, unseen in parts) / total


def modality_necessity(unseen: float) -> float:
    """Test 2: accuracy above chance on items that cannot be told without their image.

    >>> round(modality_necessity(0.4132), 4)
    0.2665
    """
    return max(0.0, unseen - CHANCE) / (1 - CHANCE)


def option_reorder(before: float, after: float) -> float | None:
    """Test 3: the share of accuracy that reordering costs; None where there was none to lose.

    >>> option_reorder(0.5, 0.375)
    0.25
    """
    return None if before == 0 else max(0.0, before - after) / before


def distractor_replacement(drop_text: float, gain_image: float, gain_unknown: float) -> float:
    """Test 4: half the loss without the image under 4 irrelevant options, and gains.

    ``gain_image``: with the image under 4 irrelevant options; ``gain_unknown``: without it where
    one option says unknown. That each part has a floor at 0 is our reading of the source.

    >>> round(distractor_replacement(0.2, 0.1, -0.1), 4)
    0.13
    """
    return (
        0.5 * max(0.0, drop_text) + 0.3 * max(0.0, gain_image) + 0.2 * max(0.0, gain_unknown)
    )  # fmt: skip


def visual_substitution(before: float, after: float) -> float:
    """Test 5: accuracy lost when another image resets the key.

    >>> round(visual_substitution(0.84, 0.53), 2)
    0.31
    """
    return max(0.0, before - after)


def robustness(terms: Sequence[float]) -> float:
    """1 less the mean of the five fragilities.

    >>> robustness([0.1, 0.2, 0.1, 0.3, 0.3])
    0.8
    """
    return 1 - sum(terms) / len(terms)
