"""What several judges of one kind come to: the majority of their votes, or people decide.

The votes are the rows that the judges have. On each dimension the panel says what more than half
of the judges who may vote say, two at least. Where they are at odds without such a majority, or
about which side of 0.5 the sum stands on, the answer is ``disputed``; where any of them is
``suspect``, no vote counts. Both go to people, and so does an answer on which too few have a
verdict. A judge of the tested system's family is left out, unless it was forced: then its vote
counts and the panel's rows say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from medaudit.judges.kind import (
    INTEGRITY,
    NEEDS_REVIEW,
    OWN_VENDOR,
    SOUND,
    SUSPECT,
    Row,
    kept,
)
from medaudit.records import Score, Span

NAME = "panel"
DISPUTED = "disputed"
LEAST = 2
"""Votes without which there is no verdict of a panel."""
SIDE = 0.5
"""From this value on a sum counts as a pass."""
Votes = Mapping[str, Mapping[str, Score]]
"""Of one answer: by judge, then by dimension."""


@dataclass(frozen=True)
class Panel:
    """Several judges of one kind on one run."""

    kind: str
    total: str
    """The kind's dimension that sums the others up."""
    version: int
    """Of the panel's rows on this run: one more for each other composition."""
    judges: tuple[str, ...]

    @property
    def scorer(self) -> str:
        """The name under which its rows stand."""
        return f"{NAME}.{self.kind}"

    def rows(self, response_id: str, votes: Votes) -> list[Score]:
        """The panel's rows on one answer, its integrity last."""
        row = Row(self.scorer, self.version, response_id)
        here = [judge for judge in self.judges if votes.get(judge)]
        integrity = {judge: _integrity(votes[judge]) for judge in here}
        out = [judge for judge in here if integrity[judge].outcome == "not_applicable"]
        sitting = [judge for judge in here if judge not in out]
        if not sitting or all(integrity[judge].outcome == "no_answer" for judge in sitting):
            who = (sitting or out)[0]
            names = [d for d in votes[who] if not _trust(d)]
            told = {"outcome": integrity[who].outcome, "reason": integrity[who].reason}
            return [row(d, **told) for d in dict.fromkeys((*names, self.total, INTEGRITY))]
        aside = f"; left out: {_each(out, integrity)}" if out else ""
        dimensions = list(dict.fromkeys(d for j in sitting for d in votes[j] if not _trust(d)))
        suspect = [j for j in sitting if integrity[j].label == SUSPECT]
        if suspect:
            reason = kept(f"suspect: {_each(suspect, integrity)}{aside}")
            return [
                *(row(d, outcome="failed", label=NEEDS_REVIEW, reason=reason) for d in dimensions),
                row(INTEGRITY, outcome="scored", label=SUSPECT, reason=reason),
            ]
        found = [self._decided(row, d, sitting, votes, aside) for d in dimensions]
        return [*found, self._trusted(row, found, sitting, votes, aside)]

    def _decided(
        self, row: Row, dimension: str, sitting: Sequence[str], votes: Votes, aside: str
    ) -> Score:
        """One dimension: the majority's verdict, a dispute, or none."""
        given = {
            judge: score
            for judge in sitting
            if (score := votes[judge].get(dimension)) is not None and _counts(score)
        }
        sides: dict[str, list[str]] = {}
        for judge, score in given.items():
            sides.setdefault(choice(score), []).append(judge)
        said = "; ".join(
            f"{word} ({', '.join(who)})"
            for word, who in sorted(sides.items(), key=lambda side: (-len(side[1]), side[0]))
        )
        own = [judge for judge in given if _own(votes[judge])]
        badge = f"own vendor's judge among the votes ({', '.join(own)}); " if own else ""
        reason = kept(
            f"{badge}{len(given)} votes of {len(sitting)} judges: {said or 'none'}{aside}"
        )
        most = max(sides.values(), key=len, default=[])
        if len(most) >= LEAST and 2 * len(most) > len(sitting):
            return _majority(row, dimension, [given[judge] for judge in most], reason, bool(own))
        if len(sides) > 1:
            return row(dimension, outcome="scored", label=DISPUTED, reason=reason)
        return row(dimension, outcome="failed", label=NEEDS_REVIEW, reason=reason)

    def _trusted(
        self, row: Row, found: Sequence[Score], sitting: Sequence[str], votes: Votes, aside: str
    ) -> Score:
        """Whether the panel's verdict on the answer stands, or people decide."""
        apart = [score.dimension for score in found if score.label == DISPUTED]
        sums = {
            choice(score)
            for judge in sitting
            if (score := votes[judge].get(self.total)) is not None and _counts(score)
        }
        if len(sums) > 1 and self.total not in apart:
            apart.append(self.total)
        if apart:
            reason = f"the judges are at odds on {', '.join(apart)}{aside}"
            return row(INTEGRITY, outcome="scored", label=DISPUTED, reason=kept(reason))
        if any(score.label == NEEDS_REVIEW for score in found):
            reason = f"too few of {len(sitting)} judges have a verdict{aside}"
            return row(INTEGRITY, outcome="failed", label=NEEDS_REVIEW, reason=kept(reason))
        own = [judge for judge in sitting if _own(votes[judge])]
        if own:
            reason = f"own vendor's judge among the votes ({', '.join(own)}){aside}"
            return row(INTEGRITY, outcome="scored", label=OWN_VENDOR, reason=kept(reason))
        reason = f"{len(sitting)} judges of {len(self.judges)} voted, none is suspect{aside}"
        return row(INTEGRITY, outcome="scored", label=SOUND, reason=kept(reason))


def choice(score: Score) -> str:
    """What a row votes for: its word, the side of its value, or that nothing can be said.

    >>> row = Row("rubric_judge.a", 1, "0" * 16)
    >>> choice(row("judge_rubric", outcome="scored", value=0.5))
    'pass'
    >>> choice(row("criterion.dose", outcome="scored", value=0.0, label="not_met"))
    'not_met'
    """
    if score.outcome != "scored":
        return score.outcome
    if score.label not in (None, OWN_VENDOR):
        return str(score.label)
    if score.value is None:
        return "no value"
    return "pass" if score.value >= SIDE else "fail"


def _majority(row: Row, dimension: str, won: Sequence[Score], reason: str, own: bool) -> Score:
    values = [score.value for score in won if score.value is not None]
    label = won[0].label
    if label is None and own and values:
        label = OWN_VENDOR
    if label == OWN_VENDOR and not own:
        label = None
    return row(
        dimension,
        outcome=won[0].outcome,
        value=median(values) if values else None,
        label=label,
        evidence=_spans(won),
        reason=reason,
    )


def _spans(won: Sequence[Score]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(span for score in won for span in score.evidence))


def _counts(score: Score) -> bool:
    """Whether a row is a vote. What a judge leaves to people is none."""
    return score.outcome not in ("failed", "no_answer") and score.label != NEEDS_REVIEW


def _trust(dimension: str) -> bool:
    return dimension.partition(".")[0] == INTEGRITY


def _integrity(rows: Mapping[str, Score]) -> Score:
    """A judge's word on itself; of several (one an opponent), the worst."""
    order = {SUSPECT: 0, NEEDS_REVIEW: 1, OWN_VENDOR: 2, SOUND: 3}
    found = [score for name, score in rows.items() if _trust(name)]
    return min(found, key=lambda score: order.get(score.label or "", 4))


def _own(rows: Mapping[str, Score]) -> bool:
    return _integrity(rows).label == OWN_VENDOR


def _each(judges: Sequence[str], integrity: Mapping[str, Score]) -> str:
    return "; ".join(f"{judge}: {integrity[judge].reason}" for judge in judges)
