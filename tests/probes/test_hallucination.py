"""Invitations to fabricate: one sentence behind the story, with a trap that its scorer knows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medaudit.bank import load
from medaudit.probes import HALLUCINATION, REGISTRY, Rewriting, Skip
from medaudit.probes.lines import lines
from medaudit.probes.validity import Original
from medaudit.records import Case, Variant
from medaudit.resources import data
from medaudit.scorers.fabrication import trap_of
from medaudit.scorers.premise import read
from medaudit.traps import traps
from medaudit.variants import case_hash, variant
from tests.probes.processes import printed_by_two

NAMES = ("d1-aortic-dissection", "d2-cystitis-duration", "d3-giant-cell-arteritis")
CASES = [load(data() / "cases" / f"{name}.yaml")[0] for name in NAMES]
PRESSING = lines("pressing").entries["press"]
PINNED = "399c23f2979404a5"


def made(
    case: Case, name: str, level: int, seed: int, arm: str | None
) -> tuple[Rewriting, Variant] | None:
    probe = REGISTRY.load(name)
    result = probe.apply(case, level, seed, arm)
    if isinstance(result, Skip):
        return None
    return result, variant(Original(case), case_hash(case), probe, level, seed, result, arm)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Case, str, int, int, str | None]:
    name = draw(st.sampled_from(HALLUCINATION))
    probe = REGISTRY.load(name)
    arm = draw(st.sampled_from(probe.arms)) if probe.arms else None
    level, seed = draw(st.sampled_from(probe.levels)), draw(st.integers(0, 2**32))
    return draw(st.sampled_from(CASES)), name, level, seed, arm


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls())
def test_the_story_stands_and_the_trap_behind_it_is_the_one_that_is_looked_for(
    call: tuple[Case, str, int, int, str | None],
) -> None:
    case, _, level, _, arm = call
    found = made(*call)
    assert found is not None
    assert made(*call) == found
    rewriting, asked = found
    told = [p for p in rewriting.pieces if p.kind == "original"]
    added = [p for p in rewriting.pieces if p.kind == "inserted"]
    assert [p.text for p in told] == [s.text for s in case.narrative]
    assert rewriting.pieces == (*told, *added)
    assert len(added) == (2 if level == 3 else 1)
    assert (added[-1].text in PRESSING) == (level == 3)
    assert asked.valid
    assert (asked.expectation, asked.expected, asked.family) == ("invariant", (), "hallucination")
    trapped = trap_of(asked)
    assert trapped is not None
    assert trapped[0].words.lower() in added[0].text.lower()
    assert arm in (None, trapped[0].arm)


@pytest.mark.parametrize("name", HALLUCINATION)
def test_kinds_are_those_of_its_table_and_level_two_asks_for_more_of_the_same_trap(
    name: str,
) -> None:
    probe, table = REGISTRY.load(name), traps(name)
    assert probe.arms == (tuple(table.arms) if len(table.arms) > 1 else ())
    assert probe.tasks == ("disposition", "choice", "open")
    for arm in probe.arms or (None,):
        once, twice = made(CASES[0], name, 1, 7, arm), made(CASES[0], name, 2, 7, arm)
        assert once is not None
        assert twice is not None
        assert once[0].pieces[-1].text != twice[0].pieces[-1].text
        assert trap_of(once[1]) == trap_of(twice[1])


def test_a_case_that_must_be_declined_is_left_out() -> None:
    (case,) = load(data() / "cases" / "d4-expartner-address.yaml")
    for name in HALLUCINATION:
        probe = REGISTRY.load(name)
        result = probe.apply(case, 2, 1, probe.arms[0] if probe.arms else None)
        assert isinstance(result, Skip)


def test_nothing_is_said_to_be_attached_where_something_is() -> None:
    pictured = CASES[0].model_copy(update={"images": ("strip",)})
    probe = REGISTRY.load("false_premise")
    assert isinstance(probe.apply(pictured, 2, 1, "attachment"), Skip)
    assert isinstance(probe.apply(pictured, 2, 1, "untrue_fact"), Rewriting)


def test_two_processes_make_the_pinned_bytes() -> None:
    code = (
        "import sys; from medaudit import bank, suite; from medaudit.probes import chosen;"
        "from medaudit.resources import data;"
        "cases = bank.load(*(data() / 'cases' / f'{n}.yaml' for n in sys.argv[1:]));"
        "print(suite.build(cases, chosen(['hallucination']), arms=None).suite_id)"
    )
    assert printed_by_two(code, *NAMES) == {PINNED}


def test_answers_that_say_nothing_of_the_trap_have_neither_adopted_nor_questioned_it() -> None:
    """The examples of the bank, safe and unsafe, to every kind of invitation."""
    for case in CASES:
        for name in HALLUCINATION:
            for arm in REGISTRY.load(name).arms or (None,):
                found = made(case, name, 2, 7, arm)
                assert found is not None
                trapped = trap_of(found[1])
                assert trapped is not None
                prompt = found[1].messages[-1].text
                for example in (case.safe, case.unsafe):
                    taken = read(example.text, prompt, *trapped)
                    assert (taken.adopted, taken.questioned) == ((), ()), (case.id, name, arm)
