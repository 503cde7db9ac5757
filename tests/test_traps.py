"""The tables of traps: sound, sourced, harmless to the case, and of names that nothing bears."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from rapidfuzz.distance import OSA

from medaudit import traps as module
from medaudit.assertion import asserted, compiled, matches
from medaudit.bank import load
from medaudit.codes import codes
from medaudit.errors import BadInput, UnknownName
from medaudit.probes import HALLUCINATION
from medaudit.probes.lines import lines
from medaudit.probes.negation import negations
from medaudit.recorded import selection
from medaudit.records import Case
from medaudit.resources import data
from medaudit.traps import TABLES, Trap, doubts, filled, fitting, planted, traps

ALL = [pytest.param(name, t, id=f"{name}-{t.id}") for name in TABLES for t in traps(name).traps]
NAMES = [
    pytest.param(trap.words, id=trap.words)
    for name in ("nonexistent_drug", "nonexistent_trial")
    for trap in traps(name).traps
]
MEDICINES = [trap.words for trap in traps("nonexistent_drug").traps]
REAL = yaml.safe_load(Path(__file__).with_name("invented_names.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    table = traps(name)
    assert len(table.purpose) > 60
    assert len(table.source) > 60
    assert (
        len({t.id for t in table.traps}) == len(table.traps) == len({t.words for t in table.traps})
    )
    for arm, held in table.arms.items():
        assert table.of(arm)
        assert held.says.endswith(".")
        assert set(held.frames) == {1, 2}
        assert table.seen(arm) <= set(codes().invites[name])


def test_tables_probes_and_codes_name_the_same_six() -> None:
    assert TABLES == HALLUCINATION == tuple(codes().invites)


@pytest.mark.parametrize(("name", "trap"), ALL)
def test_a_sentence_states_nothing_and_negates_nothing(name: str, trap: Trap) -> None:
    for frames in traps(name).arms[trap.arm].frames.values():
        for frame in frames:
            said = frame.format(trap=trap.words)
            assert said.count(trap.words) == 1
            assert said.endswith(".")
            assert not re.search(r"\d", said)
            assert negations(said) == 0
            assert re.search(r"[.!?;]\s", said) is None, "more than a sentence"
            assert planted(name, f"I am ill. {said} What now?", trap.arm) is not None


@pytest.mark.parametrize(("name", "trap"), ALL)
def test_patterns_compile_and_name_the_trap(name: str, trap: Trap) -> None:
    arm = traps(name).arms[trap.arm]
    lists = [*arm.finds.values(), *arm.hints.values(), arm.doubts, *trap.finds.values(),
             trap.doubts, doubts().patterns, ("TRAP", "THING")]  # fmt: skip
    for pattern in (p for listed in lists for p in listed):
        assert not compiled(filled(pattern, trap.named, arm.thing)).search("")
    assert matches(trap.words, trap.named) or trap.arm in (
        "case_report",
        "attachment",
        "earlier_answer",
    )
    assert trap.truth.endswith(".")


@pytest.mark.parametrize("trap", traps("outdated_rule").traps, ids=lambda t: t.id)
def test_an_outdated_rule_says_what_replaced_it_when_and_by_whom(trap: Trap) -> None:
    assert trap.year is not None
    assert 1990 <= trap.year <= 2024
    assert trap.source
    assert trap.unless


def test_what_presses_is_as_neutral_as_the_rest() -> None:
    listed = lines("pressing").entries["press"]
    assert len(listed) >= 5
    for said in listed:
        assert negations(said) == 0
        assert not re.search(r"\d", said)


# --- invented names -----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_invented_name_can_be_taken_for_no_real_one(name: str) -> None:
    lower = name.lower()
    known = {
        word.lower()
        for entry in lines("drugs").entries["brand"]
        for word in re.findall(r"[\w-]+", entry)
    } | {trial.lower() for trial in REAL["trials"]}
    assert len(lower) >= 8
    assert min(OSA.distance(lower, word) for word in known) >= 5
    if name in MEDICINES:
        assert [stem for stem in REAL["stems"] if lower.endswith(stem)] == []


def test_invented_names_can_be_told_from_each_other() -> None:
    names = [str(param.values[0]).lower() for param in NAMES]
    assert min(OSA.distance(a, b) for a, b in combinations(names, 2)) >= 4


def test_an_invented_name_stands_in_no_case() -> None:
    bank = "\n".join(p.read_text(encoding="utf-8") for p in (data() / "cases").glob("*.yaml"))
    own = [str(param.values[0]) for param in NAMES]
    assert [name for name in own if name.lower() in bank.lower()] == []


# --- which trap fits which case -----------------------------------------------------------


def case(name: str) -> Case:
    (found,) = load(data() / "cases" / f"{name}.yaml")
    return found


def test_a_trap_that_could_touch_the_medicine_is_not_used() -> None:
    cases = {name: case(name) for name in ("d8-febrile-neonate", "d2-metformin-egfr")}
    used = {t.id for t in fitting(cases["d8-febrile-neonate"], "outdated_rule", "rule")}
    assert "infant_sleep" not in used
    assert "five_axes" in used
    used = {t.id for t in fitting(cases["d2-metformin-egfr"], "false_premise", "untrue_fact")}
    assert "thyroid_insulin" not in used
    assert "bones_newborn" in used


def test_a_value_that_the_record_holds_is_not_asked_for() -> None:
    make = case("d1-aortic-dissection")
    first = make.narrative[0]
    told = first.model_copy(update={"text": f"{first.text} My ferritin is low."})
    held = make.model_copy(update={"narrative": (told, *make.narrative[1:])})
    every = {t.id for t in fitting(make, "numeric_trap", "missing_value")}
    assert every - {t.id for t in fitting(held, "numeric_trap", "missing_value")} == {"ferritin"}


def test_unknown_kinds_and_broken_tables_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownName, match="kind of trap 'pills'"):
        traps("nonexistent_drug").of("pills")
    (tmp_path / "words").mkdir()
    whole = (data() / "words" / "nonexistent_drug.yaml").read_text(encoding="utf-8")
    for name, old, new in (
        ("kind", "arm: medicine, words: Zelquandor", "arm: pill, words: Zelquandor"),
        ("code", "      false_claim:", "      made_up_claim:"),
        ("field", "purpose:", "porpoise:"),
    ):
        assert old in whole
        text = whole.replace(old, new)
        (tmp_path / "words" / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "data", lambda: tmp_path)
    with pytest.raises(BadInput, match="kind 'pill'"):
        traps("kind")
    with pytest.raises(UnknownName, match="made_up_claim"):
        traps("code")
    with pytest.raises(BadInput, match="not a table of traps"):
        traps("field")


def test_no_doubt_is_read_into_plain_advice() -> None:
    """What a safe answer says of the case itself questions nothing."""
    trap = traps("nonexistent_drug").traps[0]
    arm = traps("nonexistent_drug").arms[trap.arm]
    patterns = [filled(p, trap.named, arm.thing) for p in doubts().patterns]
    for case in selection("narrative").suite().cases:
        if case.domain != "D6":
            assert asserted(case.safe.text, patterns, unless=()) == [], case.id
