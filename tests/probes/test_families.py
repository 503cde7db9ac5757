"""What holds for every probe of every family, on every case, dose, kind and seed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medaudit import suite
from medaudit.bank import load
from medaudit.errors import UnknownName
from medaudit.gallery import FEW, families, fits, probes_of
from medaudit.probes import BUILT_IN, NARRATIVE, REGISTRY, Probe, Rewriting, Skip, chosen, of_family
from medaudit.probes.double import Double, pairs
from medaudit.probes.rewriting import TASKS, composed
from medaudit.probes.validity import Original
from medaudit.prompt import AS_WRITTEN, choices
from medaudit.records import Case, Variant
from medaudit.resources import data
from medaudit.variants import case_hash, variant
from tests.probes.processes import printed_by_two

BANK = {case.id: case for case in load(data() / "cases")}
PROBES: dict[str, Probe] = {probe.name: probe for f in families() for probe in probes_of(f)}
DECLARING = sorted(set(BUILT_IN) - set(NARRATIVE))
MOVING = {"evidence_late"}
"""Declaring probes that tell the sentences in another order."""
thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def calls(draw: st.DrawFn, names: list[str]) -> tuple[Case, Probe, int, str | None, int]:
    probe = PROBES[draw(st.sampled_from(names))]
    arm = draw(st.sampled_from(probe.arms)) if probe.arms else None
    case = BANK[draw(st.sampled_from(sorted(BANK)))]
    return case, probe, draw(st.sampled_from(probe.levels)), arm, draw(st.integers(0, 2**32))


def made(call: tuple[Case, Probe, int, str | None, int]) -> tuple[Rewriting, Variant] | None:
    case, probe, level, arm, seed = call
    result = probe.apply(case, level, seed, arm)
    if isinstance(result, Skip):
        assert result.reason.strip()
        return None
    return result, variant(Original(case), case_hash(case), probe, level, seed, result, arm)


# --- the lists ----------------------------------------------------------------------------


def test_every_probe_declares_what_a_reader_needs() -> None:
    for family in families():
        for probe in probes_of(family):
            assert probe.family == family
            assert probe.version >= 1
            assert probe.purpose.endswith(".")
            assert probe.expects.endswith(".")
            assert probe.source
            assert set(probe.tasks) <= set(TASKS)
            assert list(probe.levels) == list(range(1, len(probe.levels) + 1))
            assert len(set(probe.arms)) == len(probe.arms)


def test_double_stress_is_every_pair_once() -> None:
    names = [probe.name for probe in pairs(of_family("narrative"))]
    assert len(names) == len(set(names)) == 15
    assert names[0] == "noise_redundancy.buried_red_flag"
    assert {part for name in names for part in name.split(".")} == set(NARRATIVE)


def test_probes_are_chosen_by_family_and_name() -> None:
    assert [p.name for p in chosen()] == list(NARRATIVE)
    assert [p.name for p in chosen([], ["re_ask", "re_ask"])] == ["re_ask"]
    assert [p.name for p in chosen(["control"], ["unit_swap"])] == [
        "re_ask", "negative_control", "paraphrase", "unit_swap",
    ]  # fmt: skip
    assert [p.name for p in chosen(["all"])] == list(BUILT_IN)
    with pytest.raises(UnknownName, match="narrative"):
        chosen(["weather"])
    with pytest.raises(UnknownName, match="anxious"):
        REGISTRY.load("emotional_tone").apply(BANK["d2-inr-raised"], 1, 1, "bored")


@pytest.mark.parametrize("family", families())
def test_a_probe_that_fits_few_cases_says_why_and_all_it_makes_is_valid(family: str) -> None:
    for fit in fits(family):
        assert fit.n_applies >= FEW or fit.probe.few.endswith("."), fit.probe.name
        assert fit.n_applies > 0
        assert fit.n_valid == fit.n_variants, fit.probe.name
        assert fit.n_applies + sum(n for _, n in fit.reasons) == fit.n_cases == len(BANK)


# --- pure functions -----------------------------------------------------------------------


@thorough
@given(calls(sorted(PROBES)))
def test_the_same_call_gives_the_same_variant(
    call: tuple[Case, Probe, int, str | None, int],
) -> None:
    case, _, _, _, seed = call
    before = case.model_dump_json()
    first = made(call)
    for other in ("noise_redundancy", "re_ask", "unit_swap"):
        PROBES[other].apply(case, 1, seed)
    assert made(call) == first
    assert case.model_dump_json() == before


@thorough
@given(calls(DECLARING))
def test_every_check_passes_and_the_narrative_is_still_there(
    call: tuple[Case, Probe, int, str | None, int],
) -> None:
    found = made(call)
    if found is None:
        return
    rewriting, asked = found
    assert [c for c in asked.checks if not c.passed] == []
    case = call[0]
    # Undone, every sentence is the case's own, once and in its order.
    told = [p for p in rewriting.pieces if p.source is not None]
    if call[1].name in MOVING:
        told.sort(key=lambda p: p.source if p.source is not None else -1)
    assert [p.source for p in told] == list(range(len(case.narrative)))
    assert [p.restored for p in told] == [s.text for s in case.narrative]


@thorough
@given(calls(DECLARING))
def test_marks_hold_exactly_what_was_changed(
    call: tuple[Case, Probe, int, str | None, int],
) -> None:
    found = made(call)
    if found is None:
        return
    rewriting, asked = found
    text, at = asked.messages[-1].text, 0
    for edit in sorted(asked.edits, key=lambda e: e.start):
        assert at <= edit.start < edit.end <= len(text)
        at = edit.end
    marked = {text[e.start : e.end] for e in asked.edits}
    changed = {p.text for p in rewriting.pieces if p.kind != "original"}
    assert changed <= marked or rewriting.asked.layout == "turns"
    if rewriting.asked == AS_WRITTEN:
        assert marked == changed


@thorough
@given(calls(DECLARING))
def test_a_declared_decision_is_one_that_the_variant_offers(
    call: tuple[Case, Probe, int, str | None, int],
) -> None:
    found = made(call)
    if found is None:
        return
    rewriting, asked = found
    offered = set(choices(call[0], rewriting.asked).values())
    if asked.expectation == "must_abstain":
        assert asked.evidence in ("removed", "conflicting")
    else:
        assert (asked.expectation == "changes_to") == bool(asked.expected)
    if call[0].task == "choice":
        assert set(asked.expected or call[0].reference) <= offered
    assert set(asked.lifts) <= {
        item.id for part in (call[0].facts, call[0].forbidden, call[0].rubric) for item in part
    }


@thorough
@given(calls([p.name for p in pairs(of_family("narrative"))]))
def test_a_pair_is_its_two_probes_one_after_the_other(
    call: tuple[Case, Probe, int, str | None, int],
) -> None:
    case, probe, level, _, seed = call
    assert isinstance(probe, Double)
    one = probe.first.apply(case, level, seed)
    assert isinstance(one, Rewriting)
    assert probe.apply(case, level, seed) == composed(case, one, probe.second, level, seed)
    found = made(call)
    assert found is not None
    assert found[1].valid


# --- pinned -------------------------------------------------------------------------------

PINNED = "027a161e9ded9f30"
NAMES = ("d1-aortic-dissection", "d2-cystitis-duration", "d4-expartner-address")


def test_two_processes_make_the_pinned_bytes() -> None:
    """Every kind of the first four families on three cases: the same whatever the hash seed."""
    code = (
        "import sys; from medaudit import bank, suite; from medaudit.probes import chosen;"
        "from medaudit.resources import data;"
        "cases = bank.load(*(data() / 'cases' / f'{n}.yaml' for n in sys.argv[1:]));"
        "probes = chosen(['narrative', 'robustness', 'fairness', 'control']);"
        "print(suite.build(cases, probes, double=True, arms=None).suite_id)"
    )
    assert printed_by_two(code, *NAMES) == {PINNED}


def test_levels_and_kinds_differ_and_a_suite_keeps_them_apart() -> None:
    case = BANK["d2-cystitis-duration"]
    built = suite.build([case], chosen(["all"]), levels=(2,), arms=None)
    ids = [v.id for v in built.variants]
    assert len(set(ids)) == len(ids)
    bait = [v for v in built.variants if v.probe == "cognitive_bait"]
    assert [v.arm for v in bait] == list(REGISTRY.load("cognitive_bait").arms)
    one = suite.build([case], chosen(["all"]), levels=(2,))
    assert len([v for v in one.variants if v.probe == "cognitive_bait"]) == 1
    assert {v.id for v in one.variants} <= set(ids)
