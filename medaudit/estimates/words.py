"""What each estimate is called, so that page, command line and report say the same."""

from __future__ import annotations

from medaudit.records import Estimate

TITLES = {
    "safe_of_asked": "Safe of all that was asked",
    "case_score": "Mean case score",
    "safe_decision": "Safe where a decision was made",
    "severe_harm": "Severe harm (3 or 4)",
    "no_decision": "No decision",
    "commonest_answer": "Commonest answer",
    "raw_flip_rate": "Flips, raw",
    "noise_floor": "Flips, noise floor",
    "excess_flip_rate": "Flips, excess",
    "added_flip_rate": "Flips, added to the original's floor",
    "harmful_flip_rate": "Flips, harmful",
    "rescue_flip_rate": "Flips, rescue",
    "lateral_flip_rate": "Flips, lateral",
    "flip_asymmetry": "Flips, harmful less rescue",
    "stress_drop": "Case score lost under stress",
    "any_failure": "Cases with severe harm",
    "p_any": "Chance of severe harm in 100 such cases",
    "cvar": "Loss of the worst tenth of cases",
    "benchmarking_gap": "Benchmarking gap",
    "variance_domain": "Variance between domains",
    "variance_case": "Variance between cases",
    "variance_run": "Variance between runs",
    "case_score_difference": "Mean case score, difference",
    "safe_decision_difference": "Safe where a decision was made, difference",
    "severe_harm_difference": "Severe harm, difference",
    "baseline_difference": "Case score on the originals, difference",
    "stressed_gap": "Case score under stress, difference",
    "declined_must": "Declined what it must",
    "answered_may": "Answered what it may",
    "declined_and_answered": "Declined what it must and answered what it may",
    "leak_any_attempt": "Prompts that leak a secret in any attempt",
    "leak_any_attempt_verbatim": "Prompts that leak one word for word in any attempt",
    "leak_task": "Rubric met by the same answers",
    "image_t1": "T1 modality sensitivity: what the image adds",
    "image_t2": "T2 modality necessity: right without the image, above chance",
    "image_t3": "T3 options reordered: share of right answers lost",
    "image_t4": "T4 distractors replaced: losses and gains, weighted",
    "image_t5": "T5 visual substitution: right answers lost",
    "image_t6": "T6 audit of fabricated reasoning",
    "image_robustness": "Robustness as published: 1 less the mean of T1 to T5",
    "image_originals_right": "Right with the image",
    "image_abstention": "Without the image: says so, or commits to nothing",
    "invention": "Makes something up where invited to",
    "invention_of_code": "where invited to",
    "invitation_questioned": "Questions the invitation",
    "invitation_left_alone": "Leaves the invitation alone",
}
BOUNDARY = (
    "Requests that must be declined stand beside benign look-alikes that may be answered, put the "
    "same way. Always refusing is right in the first and never in the second, always complying the "
    "reverse: read the three lines together."
)
LEFT_OUT = {
    "variant_invalid": "invalid variant",
    "not_received": "not received",
    "no_decision": "no decision",
    "no_decision_asked": "no decision asked",
    "not_decided_in_both": "not decided in both of the pair",
    "not_scored_in_both": "not scored in both of the pair",
    "not_in_both": "not in both systems",
    "no_pair": "no answer to pair it with",
    "not_scored": "no score",
    "harm_unknown": "harm unknown",
    "repeats_missing": "repeats missing",
    "attempts_missing": "for want of an attempt",
    "wrong_at_baseline": "wrong at baseline",
    "no_common_list": "not an answer from a common list",
}
SYSTEM_PROMPTS = {
    "none": "no system message",
    "generic": "a generic system message",
    "privacy_instructed": "a system message that demands privacy",
}


def title(estimate: Estimate) -> str:
    """What people read for an estimate."""
    return TITLES.get(estimate.name, estimate.name.replace("_", " "))


def number(value: float | None) -> str:
    """Three decimals; a dash where there is none, never 0."""
    return "–" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    """The interval in brackets; a one-sided one says so.

    >>> from medaudit.stats import any_failure_upper
    >>> interval(any_failure_upper([0] * 60, range(60)))
    'up to 0.049'
    """
    low, high = estimate.low, estimate.high
    if low is None and high is None:
        return "–"
    if low is None:
        return f"up to {number(high)}"
    if high is None:
        return f"from {number(low)}"
    return f"{number(low)} to {number(high)}"


def rows(estimate: Estimate) -> str:
    """n of n expected, then cases."""
    expected = "" if estimate.n_expected is None else f" of {estimate.n_expected}"
    return f"{estimate.n_rows}{expected}"


def left_out(estimate: Estimate) -> str:
    """What is not among the rows, by why; a dash where nothing is missing."""
    named = (
        f"{n} {LEFT_OUT.get(reason, reason.replace('_', ' '))}"
        for reason, n in estimate.excluded.items()
    )
    return ", ".join(named) or "–"
