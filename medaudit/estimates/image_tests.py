"""The six image tests of one system, by the published definition, from paired rows.

Gu et al. (10.1038/s41591-026-04501-8); formulas in ``medaudit.stats.published``. A pair is one
case in one repeat: the answer to the case with its image beside the answer under a test. What was
not tested has no value and says so. The total is shown because it is published; it rewards
abstention, and nothing here is ranked by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medaudit.errors import UnknownName
from medaudit.estimates.counts import read_counts
from medaudit.records import Estimate, Record, Slug
from medaudit.stats import published
from medaudit.store import Store

METHOD = "published definition (Gu et al. 2026, figure code); no interval is published"
OPTIONS = 5
"""Of the published items; their chance is one in five."""
GIVEN = frozenset({"answered", "truncated", "refused", "content_filtered", "empty"})
"""Outcomes that are the system's own doing: without a right decision they are not right."""
ALL_WRONG = 4
"""Level of distractor replacement at which every wrong option of five is irrelevant."""
Row = Mapping[str, Any]


class ImageTests(Record):
    """Five fragilities (0 is best), the audit of reasoning, and what must be read beside them."""

    system: Slug
    terms: tuple[Estimate, ...]
    robustness: Estimate
    originals: Estimate
    """Right with the image: competence."""
    abstention: Estimate
    """Says without the image that it is missing, or commits to nothing."""


@dataclass(frozen=True)
class _Share:
    """Rows that count, how many of them are right, and what is left out."""

    cases: frozenset[str]
    n: int
    right: int
    expected: int
    excluded: Counter[str]

    @property
    def value(self) -> float | None:
        return None if self.n == 0 else self.right / self.n


def image_tests(store: Store, run_id: str, system_id: str) -> ImageTests:
    """The image tests of one system of a run. Raises ``UnknownName``."""
    counts = read_counts(store, run_id)
    known = [system.id for system in counts.plan.systems]
    if system_id not in known:
        raise UnknownName("system", system_id, known)
    rows = store.rows("image_tests", run=run_id, system=system_id)
    found = _Tests(rows, {**counts.origin})
    terms = (
        found.sensitivity(), found.necessity(), found.reorder(), found.distractors(),
        found.substitution(),
    )  # fmt: skip
    originals = found.named("image_originals_right", found.share(_is("base"), "right_before"))
    abstention = found.named("image_abstention", found.share(_is("modality_necessity"), "open"))
    return ImageTests(
        system=system_id,
        terms=(*terms, found.missing("image_t6", "needs a judge that is given the image's truth")),
        robustness=found.total(terms, originals, abstention),
        originals=originals,
        abstention=abstention,
    )


class _Tests:
    def __init__(self, rows: list[dict[str, Any]], origin: Mapping[str, Any]) -> None:
        self.rows, self.origin = [_read(row) for row in rows], origin

    def share(self, wanted: Callable[[Row], bool], right: str) -> _Share:
        """Of the rows of a probe, those that are right."""
        planned = [row for row in self.rows if wanted(row)]
        kept = [row for row in planned if row["left_out"] is None]
        return _Share(
            frozenset(row["case_id"] for row in kept),
            len(kept),
            sum(row[right] for row in kept),
            len(planned),
            Counter(row["left_out"] for row in planned if row["left_out"] is not None),
        )

    def pair(
        self, before: Callable[[Row], bool], after: Callable[[Row], bool], right: str
    ) -> tuple[_Share, _Share]:
        """The same cases and repeats before and after, both there; ``right`` after."""
        bases = {(r["case_id"], r["repeat"]): r for r in self.rows if before(r)}
        planned = [row for row in self.rows if after(row)]
        n, was, now, cases = 0, 0, 0, set()
        left: Counter[str] = Counter()
        for row in planned:
            base = bases.get((row["case_id"], row["repeat"]))
            reason = row["left_out"] or ("no_pair" if base is None else base["left_out"])
            if base is None or reason is not None:
                left[reason] += 1
                continue
            n, was, now = n + 1, was + base["right_before"], now + row[right]
            cases.add(row["case_id"])
        found = frozenset(cases)
        return _Share(found, n, was, len(planned), left), _Share(found, n, now, len(planned), left)

    def sensitivity(self) -> Estimate:
        seen, unseen = self.pair(_is("base"), _is("modality_sensitivity"), "right_before")
        return self._term("image_t1", [seen, unseen], lambda a, b: (
            published.modality_sensitivity([(seen.n, a, b)])
        ))  # fmt: skip

    def necessity(self) -> Estimate:
        unseen = self.share(_is("modality_necessity"), "right_before")
        return self._term("image_t2", [unseen], published.modality_necessity)

    def reorder(self) -> Estimate:
        shares = self.pair(_is("base"), _is("option_reorder"), "right_before")
        return self._term("image_t3", shares, published.option_reorder)

    def distractors(self) -> Estimate:
        """Half of it without the image, so the two text parts are paired with test 2."""
        unseen = _is("modality_necessity")
        text = self.pair(unseen, _is("text_distractors", "irrelevant", ALL_WRONG), "right_before")
        seen = _is("distractor_replacement", "irrelevant", ALL_WRONG)
        image = self.pair(_is("base"), seen, "right_before")
        unknown = self.pair(unseen, _is("text_distractors", "unknown", 1), "right_before")

        def term(t0: float, t1: float, i0: float, i1: float, u0: float, u1: float) -> float:
            return published.distractor_replacement(t0 - t1, i1 - i0, u1 - u0)

        return self._term("image_t4", [*text, *image, *unknown], term)

    def substitution(self) -> Estimate:
        shares = self.pair(_is("base"), _is("visual_substitution"), "right_after")
        return self._term("image_t5", shares, published.visual_substitution)

    def total(
        self, terms: tuple[Estimate, ...], originals: Estimate, abstention: Estimate
    ) -> Estimate:
        """The published total, with what it hides."""
        values = [term.value for term in terms if term.value is not None]
        warnings = [
            "it rewards abstention and weakness: a system that never looks and never commits has "
            "fragilities of 0; read it beside what is right with the image "
            f"({_percent(originals.value)}) and abstention without it "
            f"({_percent(abstention.value)})"
        ]
        if len(values) < len(terms):
            untested = [t.name.removeprefix("image_") for t in terms if t.value is None]
            warnings.insert(0, f"no value for {', '.join(untested)}, so no total")
        whole = len(values) == len(terms)
        return Estimate(
            **self.origin,
            name="image_robustness",
            value=published.robustness(values) if whole else None,
            method=METHOD,
            n_rows=sum(term.n_rows for term in terms),
            n_cases=max(term.n_cases for term in terms),
            n_expected=sum(term.n_expected for term in terms if term.n_expected is not None),
            estimand="benchmark",
            warnings=tuple(warnings),
        )

    def named(self, name: str, share: _Share) -> Estimate:
        return self._estimate(name, [share], share.value, "share of answers", ())

    def missing(self, name: str, reason: str) -> Estimate:
        empty = _Share(frozenset(), 0, 0, 0, Counter())
        return self._estimate(name, [empty], None, METHOD, (reason,))

    def _term(
        self, name: str, shares: Iterable[_Share], formula: Callable[..., float | None]
    ) -> Estimate:
        parts = list(shares)
        if any(part.expected == 0 for part in parts):
            return self._estimate(name, parts, None, METHOD, ("the run did not ask for all of it",))
        values = [part.value for part in parts]
        if any(value is None for value in values):
            return self._estimate(name, parts, None, METHOD, ("no pair of answers is complete",))
        value = formula(*values)
        notes = [] if value is not None else ["nothing was right before, so nothing can be lost"]
        if name == "image_t1":
            notes.append("it counts against a system that needs an image which decides")
        if name == "image_t2" and any(row["n_options"] != OPTIONS for row in self.rows):
            notes.append("chance is taken as one in five, and some cases have other options")
        return self._estimate(name, parts, value, METHOD, tuple(notes))

    def _estimate(
        self,
        name: str,
        parts: list[_Share],
        value: float | None,
        method: str,
        warnings: tuple[str, ...],
    ) -> Estimate:
        """Of pairs only one side is counted; test 4 has three pairs."""
        sides = parts[::2] if len(parts) > 1 else parts
        left: Counter[str] = sum((part.excluded for part in sides), Counter())
        return Estimate(
            **self.origin,
            name=name,
            value=value,
            method=method,
            n_rows=sum(part.n for part in sides),
            n_cases=len(frozenset().union(*(part.cases for part in sides))),
            n_expected=sum(part.expected for part in sides),
            excluded=dict(left),
            estimand="benchmark",
            warnings=warnings,
        )


def _is(probe: str, arm: str | None = None, level: int | None = None) -> Callable[[Row], bool]:
    def wanted(row: Row) -> bool:
        same = row["probe"] == probe and (arm is None or row["arm"] == arm)
        return bool(same and (level is None or row["level"] == level))

    return wanted


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    """Right or not, open or not, or why the row does not count."""
    reason = None
    if not row["usable"]:
        reason = "variant_invalid"
    elif row["outcome"] is None:
        reason = "not_received"
    elif row["outcome"] not in GIVEN:
        reason = row["outcome"]
    elif row["outcome"] == "answered" and row["decision_outcome"] not in ("scored", "no_decision"):
        reason = "not_scored"
    return {
        **row,
        "left_out": reason,
        "right_before": row["right_before"] is True,
        "right_after": row["right_after"] is True,
        "open": row["decision"] in (None, "abstains"),
    }


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{100 * share:.0f}%"
