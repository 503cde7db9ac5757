"""Scores as answers arrive. A scorer that breaks leaves a row that says how, and never a number.

This is one of the two places that catch every exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from medaudit.errors import Conflict
from medaudit.records import Case, Response, Run, Score, Variant, judged
from medaudit.run.received import ScoreKey, score_key
from medaudit.scorers import REGISTRY, Scorer


def planned(run: Run) -> list[Scorer]:
    """The scorers of a plan. Raises ``Conflict`` when this installation has another version."""
    found = []
    for wanted in run.scorers:
        scorer = REGISTRY.load(wanted.name)
        if scorer.version != wanted.version:
            raise Conflict(
                f"run {run.id} is planned with version {wanted.version} of scorer {wanted.name}, "
                f"this installation has {scorer.version}; plan the run anew or install "
                f"{run.software}"
            )
        found.append(scorer)
    return found


def keys(scorers: Iterable[Scorer], response_id: str) -> set[ScoreKey]:
    """The rows that each answer has once it is scored."""
    return {(response_id, s.name, s.version, d) for s in scorers for d in s.dimensions}


def findings(
    scorers: Sequence[Scorer], case: Case, variant: Variant, response: Response
) -> list[Score]:
    """One row for every scorer and dimension, failed ones included."""
    held = judged(case, variant)
    return [row for scorer in scorers for row in _findings(scorer, held, variant, response)]


def _findings(scorer: Scorer, case: Case, variant: Variant, response: Response) -> list[Score]:
    try:
        rows = list(scorer.score(case, variant, response))
        reason = _fault(scorer, response, rows)
    except Exception as error:  # noqa: BLE001 - a plug-in's failure is a row
        rows, reason = [], f"{type(error).__name__}: {error}"
    if reason is None:
        return rows
    text = " ".join(reason.encode("utf-8", "replace").decode("utf-8").split())[:500]
    return [
        Score(
            response_id=response.id,
            scorer=scorer.name,
            version=scorer.version,
            dimension=dimension,
            outcome="failed",
            reason=text,
        )
        for dimension in scorer.dimensions
    ]


def _fault(scorer: Scorer, response: Response, rows: list[Score]) -> str | None:
    """What is wrong with a scorer's rows, or None."""
    expected = [(response.id, scorer.name, scorer.version, d) for d in scorer.dimensions]
    found = [score_key(row) for row in rows]
    if sorted(found) != sorted(expected):
        return f"gave rows for {sorted(found)}, not one for each of {scorer.dimensions}"
    text = "" if response.text is None else response.text
    for row in rows:
        if any(text[span.start : span.end] != span.text for span in row.evidence):
            return f"the evidence for {row.dimension} does not stand in the answer"
        if row.outcome == "scored" and row.value is None and row.label is None:
            return f"{row.dimension} is scored without a value or a label"
    return None
