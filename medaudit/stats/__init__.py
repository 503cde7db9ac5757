"""Statistics for stress audits: pure functions on arrays, the base case the unit of inference.

Every function takes the case of each row as an array of labels. Input that cannot be right raises
``BadInput``; a statistic that does not exist raises ``Undefined`` or comes back as an ``Estimate``
with value None and a warning. Never NaN, never a 0 that means "nothing".

Names load on first use, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medaudit.stats.clustered import ClusteredMean, clustered_mean
    from medaudit.stats.components import VarianceComponents, variance_components
    from medaudit.stats.counterfactual import (
        Amplification,
        Fairness,
        counterfactual_fairness_index,
        error_amplification,
    )
    from medaudit.stats.disparity import MaxGap, max_gap
    from medaudit.stats.dose import StressTolerance, Trend, stress_tolerance, trend
    from medaudit.stats.double import super_additivity
    from medaudit.stats.equivalence import Equivalence, Pseudonormal, pseudonormal, tost_paired
    from medaudit.stats.flips import FlipRate, FlipShares, flip_rate, flips_of_shares
    from medaudit.stats.gap import benchmarking_gap, failure_after_success, rank_shift
    from medaudit.stats.groups import WorstGroup, group_rates, worst_group
    from medaudit.stats.gwet import gwet_ac
    from medaudit.stats.harm import (
        Harm,
        any_failure_upper,
        harm_rate,
        number_needed_to_harm,
        p_any_in,
    )
    from medaudit.stats.intraclass import icc
    from medaudit.stats.kappa import (
        SpecificAgreement,
        cohen_kappa,
        fleiss_kappa,
        pabak,
        specific_agreement,
    )
    from medaudit.stats.krippendorff import krippendorff_alpha
    from medaudit.stats.labelled import aipw, ppi, ppi_plus_plus
    from medaudit.stats.latent import DawidSkene, dawid_skene
    from medaudit.stats.matched import Matched, mcnemar, newcombe_paired
    from medaudit.stats.misclassification import rogan_gladen
    from medaudit.stats.multiplicity import benjamini_hochberg, holm
    from medaudit.stats.paired import (
        SignFlip,
        paired_difference,
        paired_difference_of_totals,
        sign_flip_test,
    )
    from medaudit.stats.plane import Phenotype, Thresholds, phenotype
    from medaudit.stats.planning import (
        reviews_still_needed,
        sample_size_paired,
        sample_size_two_rates,
    )
    from medaudit.stats.pooling import Pooled, partial_pooling
    from medaudit.stats.proportion import clopper_pearson, jeffreys, wilson, zero_failure_upper
    from medaudit.stats.ranking import RankSet, kendall, rank_confidence_sets
    from medaudit.stats.rates import (
        benchmark_rate,
        benchmark_rate_of_tally,
        benchmark_score_mean_of_totals,
        rate,
        rate_of_tally,
        score_mean,
        score_mean_of_totals,
    )
    from medaudit.stats.readings import Agreement
    from medaudit.stats.resampling import cluster_bootstrap
    from medaudit.stats.sampling import Draw, draw_sample, neyman_allocation
    from medaudit.stats.sequential import Sequence, confidence_sequence
    from medaudit.stats.slices import Slice, Slices, find_slices
    from medaudit.stats.survey import Tally, kg_floor, korn_graubard
    from medaudit.stats.tails import WorstCase, cvar, worst_k

_HOME = {
    "proportion": ("wilson", "clopper_pearson", "jeffreys", "zero_failure_upper"),
    "clustered": ("clustered_mean", "ClusteredMean"),
    "survey": ("korn_graubard", "kg_floor", "Tally"),
    "rates": (
        "rate",
        "rate_of_tally",
        "benchmark_rate",
        "benchmark_rate_of_tally",
        "benchmark_score_mean_of_totals",
        "score_mean",
        "score_mean_of_totals",
    ),
    "resampling": ("cluster_bootstrap",),
    "paired": (
        "paired_difference",
        "paired_difference_of_totals",
        "sign_flip_test",
        "SignFlip",
    ),
    "matched": ("mcnemar", "newcombe_paired", "Matched"),
    "equivalence": ("tost_paired", "pseudonormal", "Equivalence", "Pseudonormal"),
    "multiplicity": ("holm", "benjamini_hochberg"),
    "flips": ("flip_rate", "flips_of_shares", "FlipRate", "FlipShares"),
    "gap": ("benchmarking_gap", "rank_shift", "failure_after_success"),
    "dose": ("stress_tolerance", "trend", "StressTolerance", "Trend"),
    "double": ("super_additivity",),
    "plane": ("phenotype", "Phenotype", "Thresholds"),
    "counterfactual": (
        "counterfactual_fairness_index",
        "error_amplification",
        "Amplification",
        "Fairness",
    ),
    "disparity": ("max_gap", "MaxGap"),
    "groups": ("group_rates", "worst_group", "WorstGroup"),
    "tails": ("worst_k", "cvar", "WorstCase"),
    "harm": ("harm_rate", "any_failure_upper", "p_any_in", "number_needed_to_harm", "Harm"),
    "ranking": ("rank_confidence_sets", "kendall", "RankSet"),
    "components": ("variance_components", "VarianceComponents"),
    "pooling": ("partial_pooling", "Pooled"),
    "kappa": ("cohen_kappa", "fleiss_kappa", "pabak", "specific_agreement", "SpecificAgreement"),
    "krippendorff": ("krippendorff_alpha",),
    "gwet": ("gwet_ac",),
    "intraclass": ("icc",),
    "latent": ("dawid_skene", "DawidSkene"),
    "readings": ("Agreement",),
    "misclassification": ("rogan_gladen",),
    "labelled": ("ppi", "ppi_plus_plus", "aipw"),
    "sampling": ("neyman_allocation", "draw_sample", "Draw"),
    "sequential": ("confidence_sequence", "Sequence"),
    "planning": ("reviews_still_needed", "sample_size_paired", "sample_size_two_rates"),
    "slices": ("find_slices", "Slice", "Slices"),
}
"""Module -> the names that it gives to the public."""

_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Agreement",
    "Amplification",
    "ClusteredMean",
    "DawidSkene",
    "Draw",
    "Equivalence",
    "Fairness",
    "FlipRate",
    "FlipShares",
    "Harm",
    "Matched",
    "MaxGap",
    "Phenotype",
    "Pooled",
    "Pseudonormal",
    "RankSet",
    "Sequence",
    "SignFlip",
    "Slice",
    "Slices",
    "SpecificAgreement",
    "StressTolerance",
    "Tally",
    "Thresholds",
    "Trend",
    "VarianceComponents",
    "WorstCase",
    "WorstGroup",
    "aipw",
    "any_failure_upper",
    "benchmark_rate",
    "benchmark_rate_of_tally",
    "benchmark_score_mean_of_totals",
    "benchmarking_gap",
    "benjamini_hochberg",
    "clopper_pearson",
    "cluster_bootstrap",
    "clustered_mean",
    "cohen_kappa",
    "confidence_sequence",
    "counterfactual_fairness_index",
    "cvar",
    "dawid_skene",
    "draw_sample",
    "error_amplification",
    "failure_after_success",
    "find_slices",
    "fleiss_kappa",
    "flip_rate",
    "flips_of_shares",
    "group_rates",
    "gwet_ac",
    "harm_rate",
    "holm",
    "icc",
    "jeffreys",
    "kendall",
    "kg_floor",
    "korn_graubard",
    "krippendorff_alpha",
    "max_gap",
    "mcnemar",
    "newcombe_paired",
    "neyman_allocation",
    "number_needed_to_harm",
    "p_any_in",
    "pabak",
    "paired_difference",
    "paired_difference_of_totals",
    "partial_pooling",
    "phenotype",
    "ppi",
    "ppi_plus_plus",
    "pseudonormal",
    "rank_confidence_sets",
    "rank_shift",
    "rate",
    "rate_of_tally",
    "reviews_still_needed",
    "rogan_gladen",
    "sample_size_paired",
    "sample_size_two_rates",
    "score_mean",
    "score_mean_of_totals",
    "sign_flip_test",
    "specific_agreement",
    "stress_tolerance",
    "super_additivity",
    "tost_paired",
    "trend",
    "variance_components",
    "wilson",
    "worst_group",
    "worst_k",
    "zero_failure_upper",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
