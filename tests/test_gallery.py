"""What each probe makes of a bank, counted."""

from __future__ import annotations

import pytest

from medaudit import suite
from medaudit.errors import BadInput
from medaudit.gallery import bank, dose, example_case, examples, families, fit, probes_of
from medaudit.probes import FAMILIES, REGISTRY, Probe, Rewriting, Skip
from medaudit.probes.rewriting import Declared, inserted, unchanged
from medaudit.records import Case


def test_families_stand_in_their_order() -> None:
    first, *rest = FAMILIES
    assert families() == (first, "double_stress", *rest)
    counts = {family: len(probes_of(family)) for family in families()}
    known = {"narrative": 6, "double_stress": 15, "robustness": 15, "fairness": 7, "control": 3}
    assert {family: counts[family] for family in known} == known
    assert all(n > 0 for n in counts.values())


def test_a_fit_counts_cases_variants_and_reasons() -> None:
    def half(case: Case, level: int, rng: object, arm: str) -> Rewriting | Skip:
        if case.domain in ("D1", "D2"):
            return Skip(f"not here ({case.id})")
        if arm == "bad":
            return Rewriting(unchanged(case).pieces[1:], declared=Declared())
        return Rewriting((*unchanged(case).pieces, inserted("Good day.")), declared=Declared())

    probe = Probe("half", 1, "control", "Half.", half, (1,), arms=("good", "bad"))
    some = [c for c in bank() if c.id in ("d1-ankle-sprain", "d4-voicemail-result")]
    found = fit(probe, some)
    assert (found.n_cases, found.n_applies) == (2, 1)
    assert (found.n_variants, found.n_valid) == (2, 1)
    assert found.reasons == (("not here", 1),)
    assert found.skipped == "50 %: not here"
    assert fit(probe, []).n_cases == 0


def test_the_dose_is_that_of_a_suite() -> None:
    assert dose(REGISTRY.load("contradiction")) == suite.DEMO_LEVEL
    assert dose(REGISTRY.load("answer_negation")) == 1


def test_an_example_is_on_the_case_that_was_wanted_where_it_fits() -> None:
    negation = REGISTRY.load("answer_negation")
    assert example_case(negation, "d3-thunderclap").id == "d3-thunderclap"
    assert example_case(negation, "d1-ankle-sprain").task == "choice"
    (case,) = [c for c in bank() if c.id == "d1-ankle-sprain"]
    with pytest.raises(BadInput, match="only for choice cases"):
        examples(negation, case)
    assert [v.arm for v in examples(REGISTRY.load("format_change"), case)] == [
        "note", "message", "table", "turns",
    ]  # fmt: skip
