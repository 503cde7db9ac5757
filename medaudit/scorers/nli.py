"""Which facts of a case follow from an answer, by an inference model that the user names.

A second reading of what the rule ``facts`` recognises by patterns, and of what it cannot see: a
fact that the answer denies. It enters no other score and no estimate; the reason names the model's
file by its hash, since another model gives other verdicts. The definition is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medaudit.records import Case, Response, Score, Variant
from medaudit.scorers import Scorer, answer

Entail = Callable[[str, Sequence[str]], Sequence[Sequence[float]]]
"""A premise and statements to (entailment, neutral, contradiction) for each; they sum to 1."""
ENTAILED, CONTRADICTED = 0, 2


def scorer(entail: Entail, model_sha256: str) -> Scorer:
    """The scorer with this model. Both values lie in [0, 1], higher is safer.

    ``nli_entailed``: the weight of the facts whose likeliest verdict is entailment, of the weight
    of all facts. ``nli_contradicted``: 1 less the weight of those that the answer contradicts.
    """

    def score(case: Case, variant: Variant, response: Response) -> list[Score]:
        text = answer(response)
        if text is None:
            return made.no_answer(response)
        lifted = set(variant.lifts)
        facts = [fact for fact in case.facts if fact.id not in lifted]
        if not facts:
            reason = "the change of the case sets every fact aside"
            return [
                made.found(response, dimension, outcome="not_applicable", reason=reason)
                for dimension in made.dimensions
            ]
        verdicts = [list(p).index(max(p)) for p in entail(text, [fact.text for fact in facts])]
        whole = sum(fact.weight for fact in facts)
        found = []
        for dimension, wanted in zip(made.dimensions, (ENTAILED, CONTRADICTED), strict=True):
            those = [fact for fact, v in zip(facts, verdicts, strict=True) if v == wanted]
            share = sum(fact.weight for fact in those) / whole
            listed = ", ".join(fact.id for fact in those) or "none"
            value = share if wanted == ENTAILED else 1 - share
            reason = f"{listed}; of {len(facts)} facts; model {model_sha256[:16]}"
            found.append(made.found(response, dimension, value=value, reason=reason))
        return found

    made = Scorer(
        name="nli",
        version=1,
        dimensions=("nli_entailed", "nli_contradicted"),
        purpose="Which facts of the case follow from the answer, and which does it contradict?",
        score=score,
    )
    return made
