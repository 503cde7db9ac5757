"""The tools of an attack: what may stand together, what is right then, and what is chosen next."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medaudit.bank import load
from medaudit.canonical import content_id
from medaudit.errors import BadInput
from medaudit.probes import BUILT_IN, FAMILIES, REGISTRY, Rewriting, Skip
from medaudit.probes.adaptive import (
    FAMILY,
    PUBLISHED,
    ROUNDS,
    SIZES,
    TOOLS,
    Tried,
    applied,
    conflict,
    fitting,
    moves,
    ranked,
    tool,
)
from medaudit.probes.validity import Original
from medaudit.prompt import messages
from medaudit.records import Case, Variant
from medaudit.resources import data, root
from medaudit.variants import case_hash, variant

NAMES = ("d1-head-injury-ct", "d2-back-strain-ibuprofen", "d2-combined-pill-smoker")
BACK = load(data() / "cases" / "d2-back-strain-ibuprofen.yaml")[0]
CASES = [load(data() / "cases" / f"{name}.yaml")[0] for name in NAMES]
SETS = [s for n in range(1, 7) for s in combinations(TOOLS, n) if conflict(s) is None]


def made(case: Case, tools: tuple[str, ...], round_: int = 1, seed: int = 7) -> Rewriting:
    found = applied(case, moves(case, tools, round_, seed), seed)
    assert isinstance(found, Rewriting), found
    return found


def asked(case: Case, tools: tuple[str, ...], round_: int = 1, seed: int = 7) -> Variant:
    rewriting = made(case, tools, round_, seed)
    arm = ".".join(tools)
    return variant(Original(case), case_hash(case), tool(FAMILY), round_, seed, rewriting, arm)


def test_the_published_tools_and_conflicts_are_all_there() -> None:
    assert set(TOOLS) == {
        "answer_negation", "question_inversion", "choice_expansion", "narrative_distraction",
        "cognitive_bait", "impossible_value",
    }  # fmt: skip
    assert {frozenset(pair) for pair in PUBLISHED} == {
        frozenset({"answer_negation", other})
        for other in ("question_inversion", "impossible_value", "choice_expansion")
    }
    assert ROUNDS == len(SIZES) == 5
    assert all(n <= 2 for n in SIZES[:2])
    assert min(SIZES[2:]) > max(SIZES[:2])


def test_no_suite_can_hold_the_family() -> None:
    assert FAMILY not in FAMILIES
    assert FAMILY not in BUILT_IN
    assert FAMILY not in {probe.family for probe in REGISTRY.load_all()}
    assert isinstance(tool(FAMILY).apply(BACK, 1, 7), Skip)


@pytest.mark.parametrize("other", ["question_inversion", "impossible_value", "choice_expansion"])
def test_answer_negation_stands_with_none_of_its_conflicts(other: str) -> None:
    pair = ("answer_negation", other)
    assert conflict((*pair, "cognitive_bait")) == frozenset(pair)
    found = applied(BACK, moves(BACK, pair, 1, 7), 7)
    assert isinstance(found, Skip)
    assert "must not stand together" in found.reason


def test_what_is_right_follows_from_the_declarations() -> None:
    """Ibuprofen is C of A to D; the four added are E to H, and I says that a value is false."""
    assert BACK.reference == ("ibuprofen",)
    assert made(BACK, ("cognitive_bait",)).declared.expectation == "invariant"  # type: ignore[union-attr]
    right = {
        ("choice_expansion", "narrative_distraction"): (),
        ("answer_negation", "cognitive_bait"): ("other_c",),
        ("choice_expansion", "impossible_value"): ("other_i",),
        ("choice_expansion", "question_inversion"): (
            "paracetamol_alone", "morphine", "bed_rest", "other_e", "other_f", "other_g", "other_h"
        ),
        ("question_inversion", "cognitive_bait"): ("paracetamol_alone", "morphine", "bed_rest"),
    }  # fmt: skip
    for tools, expected in right.items():
        found = asked(BACK, tools)
        assert found.expected == expected, tools
        assert found.expectation == ("changes_to" if expected else "invariant")
    lifted = asked(BACK, ("question_inversion", "cognitive_bait")).lifts
    assert set(lifted) == {"strong_opioid", "bed"}


def test_the_bait_pushes_to_what_is_wrong_after_the_other_tools() -> None:
    told = asked(BACK, ("question_inversion", "cognitive_bait")).messages[-1].text
    story = told.partition("\n\n")[0].lower()
    assert "ibuprofen 400 mg 3 times daily with food" in story
    for case in CASES:
        texts = {o.id: o.text.lower() for o in case.options}
        for tools in (("narrative_distraction",), ("choice_expansion", "cognitive_bait")):
            said = asked(case, tools).messages[-1].text.partition("\n\n")[0].lower()
            assert not any(texts[name] in said for name in case.reference)


@settings(deadline=None, max_examples=60)
@given(
    case=st.sampled_from(CASES),
    tools=st.sampled_from(SETS),
    round_=st.integers(1, ROUNDS),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_composition_is_sound(
    case: Case, tools: tuple[str, ...], round_: int, seed: int
) -> None:
    """Every check passes, something right and something wrong is shown, the same twice, and the
    narrative of the case stands in it, sentence by sentence."""
    found = asked(case, tools, round_, seed)
    assert found.valid, [c for c in found.checks if not c.passed]
    assert found == asked(case, tools, round_, seed)
    assert (found.family, found.probe, found.level) == ("adaptive", "adaptive", round_)
    rewriting = made(case, tools, round_, seed)
    shown = {o.id for o in (rewriting.asked.options or case.options)}
    right = set(found.expected or case.reference)
    assert right < shown
    own = [p.text for p in rewriting.pieces if p.source is not None]
    assert own == [s.text for s in case.narrative]
    added = {p.text for p in rewriting.pieces if p.source is None}
    story = {"narrative_distraction", "cognitive_bait", "impossible_value"}
    assert bool(added) == bool(story & set(tools))


def test_every_set_is_sound_on_every_choice_of_the_bank() -> None:
    bank = load(data() / "cases")
    choices = [case for case in bank if case.task == "choice" and not case.images]
    assert len(choices) >= 20
    skipped = 0
    for case in choices[::3]:
        fit = set(fitting(case, 7))
        for tools in SETS:
            if isinstance(applied(case, moves(case, tools, 3, 7), 7), Rewriting):
                assert asked(case, tools, 3).valid, (case.id, tools)
            else:  # a style of bait that has too few sentences for this case, at this dose
                skipped += "cognitive_bait" in tools or not set(tools) <= fit
                assert "cognitive_bait" in tools or not set(tools) <= fit
    assert skipped < 0.05 * len(choices) * len(SETS)


def test_one_tool_alone_is_the_probe_itself() -> None:
    for name in TOOLS:
        (move,) = moves(BACK, [name], 3, 7)
        probe = REGISTRY.load(name)
        assert made(BACK, (name,), 3) == probe.apply(BACK, move.level, 7, move.arm)


def test_doses_grow_with_the_rounds() -> None:
    bait = [moves(BACK, ["cognitive_bait"], r, 7)[0].level for r in range(1, 6)]
    assert bait == [1, 2, 4, 6, 8]
    assert len({moves(BACK, ["cognitive_bait"], r, 7)[0].arm for r in range(1, 6)}) > 1


def test_a_case_with_two_right_options_has_no_answer_negation() -> None:
    two = BACK.model_copy(update={"reference": ("ibuprofen", "paracetamol_alone")})
    assert fitting(two, 7) == tuple(name for name in TOOLS if name != "answer_negation")
    assert fitting(BACK, 7) == TOOLS


def test_what_fooled_other_cases_comes_first_and_nothing_comes_twice() -> None:
    first = ranked("a", 1, TOOLS, [], 7)
    assert {c.tools for c in first} == {(name,) for name in TOOLS}
    assert all(c.reason.endswith("worth 1.000") for c in first)  # 1/2 x (1 + 1)
    bait = frozenset({"cognitive_bait"})
    learnt = [Tried("b", bait, True), Tried("c", bait, True), Tried("d", bait, None)]
    best = ranked("a", 1, TOOLS, learnt, 7)[0]
    assert best.tools == ("cognitive_bait",)
    # (1 + 2) / (2 + 2) x (1 + 1): what was not decided teaches nothing.
    assert "cognitive_bait fooled 2 of 2 elsewhere; worth 1.500" in best.reason
    own = [*learnt, Tried("a", bait, False)]
    assert ("cognitive_bait",) not in {c.tools for c in ranked("a", 1, TOOLS, own, 7)}
    # A case does not learn from itself, only that it has met a tool.
    alone = ranked("a", 2, TOOLS, [Tried("a", bait, True)], 7)
    assert "cognitive_bait" not in alone[0].tools
    assert all(len(c.tools) == 2 for c in alone)


def test_no_set_is_ever_a_conflict_and_a_small_choice_still_ends() -> None:
    for round_ in range(1, ROUNDS + 1):
        for choice in ranked("a", round_, TOOLS, [], 7):
            assert conflict(choice.tools) is None
            assert len(choice.tools) == SIZES[round_ - 1]
    few = ("cognitive_bait", "answer_negation")
    met: list[Tried] = []
    for round_ in range(1, ROUNDS + 1):
        found = ranked("a", round_, few, met, 7)
        if not found:
            break
        met.append(Tried("a", frozenset(found[0].tools), False))
    assert [len(t.tools) for t in met] == [1, 2, 1]
    assert ranked("a", 4, few, met, 7) == []
    with pytest.raises(BadInput, match="at most 5 rounds"):
        ranked("a", 6, TOOLS, [], 7)


PIN = "93939cb23a0844f5"


def test_the_same_on_every_machine() -> None:
    code = (
        "from tests.probes.test_adaptive import *; "
        "print(content_id([[asked(c, s, r).id for c in CASES for s in SETS for r in (1, 5)], "
        "[x.tools for r in range(1, 6) for x in ranked('a', r, TOOLS, [], 7)]]))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=root(), capture_output=True, text=True, check=True,
            env={"PYTHONPATH": ".", "PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    assert said == {PIN}


def test_the_original_is_never_touched() -> None:
    before = messages(BACK, [s.text for s in BACK.narrative])
    for tools in SETS:
        asked(BACK, tools, 5)
    assert messages(BACK, [s.text for s in BACK.narrative]) == before
    assert len(content_id([m.text for m in before])) == 16
