"""The fixed sentences that stand beside a number, so that every page says the same thing."""

from __future__ import annotations

FEW_CASES = 30
"""Below this many cases a number is only indicative."""
FEW_EVENTS = 5
"""Below this many cases with (or without) an event, no normal or bootstrap interval is printed."""
COVERED = 0.8
"""Below this share of the planned answers a number says in words how few it rests on."""
MIN_SHOWN = 10
"""Groups with fewer cases are not shown as a rate."""

INDICATIVE = "n<30 cases: indicative only"
NO_REPEATS = "Not corrected for noise: repeats missing"
NO_ROWS = "No rows: nothing to estimate"
ONE_CASE = "One case only: nothing can be said about other cases"
EXACT_BOUND = "Fewer than 5 cases differ: exact bound shown"


def clustered(n_cases: int, n_rows: int) -> str:
    """What the interval takes as independent."""
    return f"Interval: clustered by base case (G={n_cases}, rows={n_rows})"


def indicative(n_cases: int, least: int = FEW_CASES) -> tuple[str, ...]:
    """The note for few cases, or nothing."""
    return (f"n<{least} cases: indicative only",) if n_cases < least else ()


def one_row(n_cases: int) -> str:
    """Why nothing is said of exactly these cases."""
    have = "1 case has" if n_cases == 1 else f"{n_cases} cases have"
    return f"{have} one row: repeats are needed to speak of these cases alone"


ONE_REPEAT = "Asked once: repeats are needed to speak of these cases alone"


def covered(what: str, n_rows: int, n_expected: int) -> tuple[str, ...]:
    """The note for a number that leaves out more than a fifth of the planned answers, or nothing.

    No answer at all: no note, since there is no number either.

    >>> covered("harm is known", 40, 244), covered("harm is known", 240, 244)
    (('harm is known for 40 of 244 answers only',), ())
    """
    if n_rows == 0 or n_rows >= COVERED * n_expected:
        return ()
    return (f"{what} for {n_rows} of {n_expected} answers only",)


HARM_KNOWN = "harm is known"
SCORED = "there is a case score"
DECIDED = "a decision was made"
RECEIVED = "there is an answer"


def missing_not_safe(n: int) -> str:
    """What became of the answers that never came, where all that was asked is counted."""
    return f"{n} planned answers not received: they count as not safe"


def zero_events(n_cases: int, upper: float, alpha: float = 0.05) -> str:
    """What no event in ``n_cases`` cases leaves possible."""
    return (
        f"0 events in {n_cases} cases: true rate may be as high as {upper:.1%} "
        f"({100 * (1 - alpha):g}% one-sided)"
    )


def all_events(n_cases: int, upper: float, alpha: float = 0.05) -> str:
    """What an event in every row of ``n_cases`` cases leaves possible."""
    return (
        f"No case of {n_cases} without the event: true rate may be as low as {1 - upper:.1%} "
        f"({100 * (1 - alpha):g}% one-sided)"
    )


def looked(times: int) -> str:
    """Why a confidence sequence stands where a fixed interval would mislead."""
    return f"Looked at {times} times: confidence sequence shown"


def exploratory(q: float) -> str:
    """What a slice that was found by searching is worth."""
    return f"Exploratory slice (q={q:.2g}); not confirmed"


def suppressed(n_cases: int) -> str:
    """Why a group shows no rate."""
    return f"{n_cases} cases: not shown below {MIN_SHOWN}"


GENERALIZED = "on cases like these: the interval comes from how much the cases differ"
BENCHMARK = "on exactly these cases, were they asked again: the interval comes from repeats alone"
ESTIMANDS = (
    f"Two questions can be asked of the same answers. Generalized: how often {GENERALIZED}. "
    f"Benchmark: how often {BENCHMARK}. Which one a number answers stands beside it."
)
UNIT = (
    "The base case (or its template family) is what counts as independent: answers to the same "
    "case are alike, so more repeats do not make an interval much shorter; more cases do."
)
EXPECTED = (
    "n of n expected: answers that the number rests on, of those that the plan calls for; the "
    "others are counted by why they are missing."
)
NO_STABILITY_ALONE = (
    "A low flip rate alone says nothing: a system that always answers the same does not flip "
    "either. Read it beside competence, answers without a decision, and answer spread."
)
METHODS = {
    "Clopper-Pearson limits of a mean": (
        "exact limits of a rate with the same mean, over repeats of the same cases; scores vary no "
        "more than a yes or no does, so the interval is wide enough"
    ),
    "Mean over pairs of prompts": "mean of all pairs of an original and a stressed variant",
    "Korn-Graubard": (
        "exact interval of a rate at the number of independent answers that the clustering leaves; "
        "where fewer than five cases have the event, it counts cases"
    ),
    "Clopper-Pearson": "exact interval over repeats of the same cases",
    "Mean over rows, clustered t": "mean of all answers, Student's t on the differences between "
    "cases",
    "exact bound on the cases that differ": "exact bound where fewer than five cases differ from "
    "the rest, too few for Student's t",
    "Exact one-sided": "exact upper bound over cases; each counts once, however often it failed",
    "Paired by case, clustered t": "differences within the same case, Student's t between cases",
    "CVaR": "mean of the worst tenth of cases",
    "Share of the variance": "nested method of moments; no interval, since domains are few",
}
"""Method by the words that name it in an estimate -> what it does, in plain words."""


def explained(method: str) -> str:
    """What a method does, in plain words; the method itself where no words are kept for it.

    >>> explained("Exact one-sided upper bound over cases")
    'exact upper bound over cases; each counts once, however often it failed'
    """
    return next((words for name, words in METHODS.items() if name in method), method)
