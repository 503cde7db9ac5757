"""The counts of one panel by case, and the estimates made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from medaudit import stats
from medaudit.estimates.counts import Counts, Table, share, sums
from medaudit.estimates.records import Panel, Stability
from medaudit.records import Estimate
from medaudit.stats import wording
from medaudit.stats.arrays import Floats, Ints

COLUMNS = ("n_expected", "n_invalid", "n", "n_scored", "score_sum", "score_min", "n_decided",
           "n_no_decision", "n_correct", "n_correct_cut", "n_harm", "n_harm3",
           "n_judged")  # fmt: skip


class Scope:
    """What one system answered in one scope. ``reasons``: answers without a value, by reason."""

    def __init__(
        self, counts: Counts, cells: Table, reasons: Mapping[str, Mapping[str, int]]
    ) -> None:
        self.counts, self.reasons = counts, reasons
        self.cases, at = np.unique(cells["at_case"], return_inverse=True)
        self.source = counts.source[self.cases]
        self.by_case: dict[str, Floats] = {
            name: sums(at, cells[name], len(self.cases))
            for name in COLUMNS
            if name not in ("score_sum", "score_min")
        }
        scored = cells["n_scored"] > 0
        self.by_case["score_sum"] = sums(at[scored], cells["score_sum"][scored], len(self.cases))
        self.lowest = np.full(len(self.cases), np.inf)
        np.minimum.at(self.lowest, at[scored], cells["score_min"][scored])
        self.n_expected, invalid, n = (self.total(c) for c in ("n_expected", "n_invalid", "n"))
        self.left = {"variant_invalid": invalid, "not_received": self.n_expected - invalid - n}
        self.confirmed = self.total("n_judged") / n if n > 0 else None

    def total(self, column: str) -> int:
        return int(self.by_case[column].sum())

    def by_source(self, values: Floats, rows: Floats) -> tuple[Floats, Ints]:
        """Sums and rows of every unit of inference that has rows."""
        size = sums(self.source, rows, self.counts.n_sources)
        there = size > 0
        total = sums(self.source, values, self.counts.n_sources)
        return total[there], size[there].astype(np.int64)

    def excluded(self, column: str, *counted: str, decided: str = "decided") -> dict[str, int]:
        """Why planned answers are not among the rows; ``counted``: reasons that are.

        ``decided``: the name for answers that have a decision and still lack the value.
        """
        found = dict(self.left)
        for reason, sizes in self.reasons.items():
            if reason not in counted:
                found[decided if reason == "scored" else reason] = sizes[column]
        return self._named(found)

    @staticmethod
    def _named(left: Mapping[str, int]) -> dict[str, int]:
        return {name: n for name, n in left.items() if n > 0}

    def worst(self, bad: Floats, rows: Floats) -> str | None:
        """The case with the highest share, None when no case has any."""
        if not np.any(bad > 0):
            return None
        return str(self.counts.case_ids[self.cases[np.argmax(share(bad, rows, -1.0))]])

    def signed(self, estimate: Estimate, worst: str | None = None, **more: Any) -> Estimate:
        """The estimate with the run, suite and scorers that it rests on."""
        found = {**self.counts.origin, "worst_case": worst, "confirmed": self.confirmed, **more}
        return estimate.model_copy(update=found)

    def panel(
        self, names: Mapping[str, Any], commonest: Estimate, moved: Stability | None
    ) -> Panel:
        """The estimates side by side."""
        lowest = float(self.lowest.min())
        return Panel.model_validate(
            {
                **names,
                **self._safe_of_asked(),
                **self._score(),
                "worst_score": lowest if np.isfinite(lowest) else None,
                "case_sd": self._case_sd(),
                **self._rates(),
                "n_severe": self.total("n_harm3"),
                "commonest_answer": self._spread(commonest),
                "stability": moved,
            }
        )

    def _safe_of_asked(self) -> dict[str, Estimate]:
        """Acceptable decisions among all that was asked, so that silence is not safe.

        Nor is an answer that was cut short: what is missing may take the decision back.
        While nothing has been received there is no value, since that says nothing of the system.
        """
        c, asks = self.by_case, self.counts.asks_decision[self.cases]
        planned = c["n_expected"] - c["n_invalid"]
        if self.total("n") == 0:
            return self._both("safe_of_asked", c["n"], c["n"], self._named(self.left), None)
        rows = np.where(asks, planned, 0)
        safe = np.where(asks, c["n_correct"] - c["n_correct_cut"], 0)
        left = {
            "variant_invalid": self.left["variant_invalid"],
            "no_decision_asked": int(planned.sum() - rows.sum()),
        }
        missing = int((rows - np.where(asks, c["n"], 0)).sum())
        notes = (wording.missing_not_safe(missing),) if missing > 0 else ()
        worst = self.worst(rows - safe, rows)
        return self._both("safe_of_asked", safe, rows, self._named(left), worst, notes)

    def _score(self) -> dict[str, Estimate]:
        total, size = self.by_source(self.by_case["score_sum"], self.by_case["n_scored"])
        mean = share(self.by_case["score_sum"], self.by_case["n_scored"], np.inf)
        worst = int(np.lexsort((mean, self.lowest))[0])
        known = bool(np.isfinite(self.lowest[worst]))
        return self._made(
            "case_score",
            (stats.score_mean_of_totals, stats.benchmark_score_mean_of_totals),
            (np.minimum(total, size), size),
            self.excluded("n_unscored", decided="not_scored"),
            self.counts.case_ids[self.cases[worst]] if known else None,
            wording.covered(wording.SCORED, self.total("n_scored"), self.n_expected),
        )

    def _case_sd(self) -> float | None:
        there = self.by_case["n_scored"] > 0
        means = self.by_case["score_sum"][there] / self.by_case["n_scored"][there]
        return float(means.std(ddof=1)) if len(means) > 1 else None

    def _rates(self) -> dict[str, Estimate]:
        """The three rates, each for cases like these and for exactly these."""
        c = self.by_case
        asked = c["n_decided"] + c["n_no_decision"]
        n_harm = self.total("n_harm")
        judged = min(1.0, self.total("n_judged") / n_harm) if n_harm > 0 else None
        decided, sought = self.excluded("n", "scored"), self.excluded("n", "scored", "no_decision")
        rated = self.excluded("n_unrated", decided="harm_unknown")
        wrong = self.worst(c["n_decided"] - c["n_correct"], c["n_decided"])
        severe = self.worst(c["n_harm3"], c["n_harm"])
        silent = self.worst(c["n_no_decision"], asked)
        few = wording.covered(wording.DECIDED, self.total("n_decided"), self.n_expected)
        unsure = wording.covered(wording.HARM_KNOWN, n_harm, self.n_expected)
        return {
            **self._both("safe_decision", c["n_correct"], c["n_decided"], decided, wrong, few),
            **self._both(
                "severe_harm", c["n_harm3"], c["n_harm"], rated, severe, unsure, confirmed=judged
            ),
            **self._both("no_decision", c["n_no_decision"], asked, sought, silent),
        }

    def _both(
        self,
        name: str,
        events: Floats,
        rows: Floats,
        left: dict[str, int],
        worst: str | None,
        notes: tuple[str, ...] = (),
        **more: Any,
    ) -> dict[str, Estimate]:
        total, size = self.by_source(events, rows)
        count = stats.Tally(total.astype(np.int64), size)
        methods = (stats.rate_of_tally, stats.benchmark_rate_of_tally)
        return self._made(name, methods, (count,), left, worst, notes, **more)

    def _made(
        self,
        name: str,
        methods: tuple[Callable[..., Estimate], Callable[..., Estimate]],
        counted: tuple[Any, ...],
        left: dict[str, int],
        worst: str | None,
        notes: tuple[str, ...],
        **more: Any,
    ) -> dict[str, Estimate]:
        """A number for cases like these, and for exactly these; ``notes`` go to both."""
        named = {"name": name, "n_expected": self.n_expected, "excluded": left}
        everywhere, here = (method(*counted, **named) for method in methods)
        if self.counts.plan.repeats < 2 and here.value is not None:
            gone = {"value": None, "low": None, "high": None, "warnings": (wording.ONE_REPEAT,)}
            here = here.model_copy(update=gone)
        return {
            key: self.signed(made, worst, warnings=(*made.warnings, *notes), **more)
            for key, made in ((name, everywhere), (f"{name}_benchmark", here))
        }

    def _spread(self, commonest: Estimate) -> Estimate:
        """The answer spread with what it leaves out: decisions that are not one of a list."""
        left = self.excluded("n", "scored")
        outside = self.total("n_decided") - commonest.n_rows
        if outside > 0:
            left["no_common_list"] = outside
        return self.signed(commonest, n_expected=self.n_expected, excluded=left)
