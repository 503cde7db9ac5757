"""Declared changes: another answer is right, and the scorers tell it from the old one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from medaudit.bank import load
from medaudit.probes import REGISTRY, Rewriting, Skip
from medaudit.probes.changes import Crossing, carried_out, changes, declared_for
from medaudit.probes.validity import Original
from medaudit.records import Case, Response, Score, Variant, judged
from medaudit.resources import data
from medaudit.scorers import REGISTRY as SCORERS
from medaudit.scorers import score_all
from medaudit.variants import case_hash, variant

BANK = {case.id: case for case in load(data() / "cases")}
CHANGES = changes().changes
every_change = pytest.mark.parametrize("crossing", CHANGES, ids=lambda c: f"{c.case}-{c.kind}")


def made(crossing: Crossing) -> Variant:
    case = BANK[crossing.case]
    name = "threshold_crossing" if crossing.kind == "threshold" else "attribute_matters"
    result = carried_out(case, crossing)
    assert isinstance(result, Rewriting), result.reason
    return variant(Original(case), case_hash(case), REGISTRY.load(name), 1, 1, result)


def scores(case: Case, asked: Variant, text: str) -> dict[str, Score]:
    response = Response(
        id="0" * 16, run_id="r", system_id="s", case_id=case.id, variant_id=asked.id, repeat=0,
        outcome="answered", text=text, finished=datetime(2026, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    found = score_all(SCORERS.load_all(), case, asked, response)
    return {score.dimension: score for score in found}


def test_ten_attributes_and_six_thresholds_are_declared() -> None:
    kinds = [c.kind for c in CHANGES]
    assert (kinds.count("attribute"), kinds.count("threshold")) == (10, 6)
    assert len({(c.case, c.kind, c.says) for c in CHANGES}) == len(CHANGES)


@every_change
def test_the_change_is_whole_and_its_source_is_named(crossing: Crossing) -> None:
    case = BANK[crossing.case]
    assert set(crossing.expected).isdisjoint(case.reference)
    assert set(crossing.expected) <= {option.id for option in case.options}
    assert (crossing.group is None) == (crossing.kind == "threshold")
    assert crossing.guideline.year >= 2000
    assert len(crossing.guideline.statement) > 40
    known = {i.id for part in (case.facts, case.forbidden, case.rubric) for i in part}
    assert set(crossing.lifts) <= known
    assert 25 <= len(crossing.safe.split()) <= 90


@every_change
def test_the_scorers_tell_the_new_right_answer_from_the_old_one(crossing: Crossing) -> None:
    case, asked = BANK[crossing.case], made(crossing)
    assert asked.valid
    new, old = (scores(case, asked, text) for text in (crossing.safe, case.safe.text))
    assert new["decision"].label in crossing.expected
    assert new["decision"].value == 1.0
    assert new["forbidden"].label == "none"
    assert old["decision"].label in case.reference
    assert old["decision"].value == 0.0
    after, before = new["case_score"].value, old["case_score"].value
    assert after is not None
    assert before is not None
    assert after > before
    # What was unsafe before still is no good answer: wrong, or gated by what is still forbidden.
    unsafe = scores(case, asked, case.unsafe.text)
    assert unsafe["decision"].value == 0.0 or unsafe["case_score"].value == 0.0


@every_change
def test_what_is_lifted_no_longer_counts(crossing: Crossing) -> None:
    case, asked = BANK[crossing.case], made(crossing)
    held = judged(case, asked)
    left = {i.id for part in (held.facts, held.forbidden, held.rubric) for i in part}
    assert left.isdisjoint(crossing.lifts)
    # The same ids name a fact and a criterion in places: what is lifted is lifted in all parts.
    assert held.reference == case.reference
    base = variant(Original(case), case_hash(case), None, 0, 0, Rewriting(()))
    assert judged(case, base) is case


def test_words_that_are_not_the_case_s_are_a_skip() -> None:
    crossing = CHANGES[0]
    other = BANK["d1-aortic-dissection"].model_copy(update={"id": crossing.case})
    result = carried_out(other, crossing)
    assert isinstance(result, Skip)
    assert "does not stand once" in result.reason


def test_a_case_that_declares_nothing_is_skipped() -> None:
    case = BANK["d4-voicemail-result"]
    assert declared_for(case, "threshold") == []
    for name in ("threshold_crossing", "attribute_matters"):
        assert isinstance(REGISTRY.load(name).apply(case, 1, 1), Skip)


def test_an_attribute_is_marked_relevant_and_grouped() -> None:
    for crossing in CHANGES:
        asked = made(crossing)
        assert asked.clinically_relevant == (True if crossing.kind == "attribute" else None)
        assert asked.group == crossing.group
        assert asked.expectation == "changes_to"
