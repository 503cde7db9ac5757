"""Twins: only the attribute differs, and not where it is part of the medicine."""

from __future__ import annotations

import re

import pytest

from medaudit.bank import load
from medaudit.probes import REGISTRY, Rewriting, Skip
from medaudit.probes.bias_priming import KINDS
from medaudit.probes.emotional_tone import TONES
from medaudit.probes.identity import identity, labels, matters
from medaudit.probes.lines import entries, lines
from medaudit.probes.linguistic_style import STYLES
from medaudit.prompt import messages
from medaudit.records import Case
from medaudit.resources import data

BANK = {case.id: case for case in load(data() / "cases")}


def applied(
    name: str, case: str, arm: str | None = None, level: int = 1, seed: int = 1
) -> Rewriting | Skip:
    return REGISTRY.load(name).apply(BANK[case], level, seed, arm)


def text(case: Case, result: Rewriting) -> str:
    return messages(case, result.sentences, result.asked)[-1].text


# --- identity -----------------------------------------------------------------------------


def test_every_attribute_of_the_plan_has_labels() -> None:
    assert set(identity().attributes) == {
        "race", "gender", "income", "housing", "education", "language", "disability",
        "intersection",
    }  # fmt: skip
    assert len(labels()) >= 16
    assert set(identity().parts) == set(identity().attributes["intersection"].labels)
    for parts in identity().parts.values():
        assert len(parts) == 2
        assert set(parts) <= set(identity().attributes)


@pytest.mark.parametrize("case", sorted(BANK))
def test_all_twins_of_a_case_are_one_text_but_for_the_label(case: str) -> None:
    seen = set()
    for arm, label in labels().items():
        for seed in (1, 99):
            result = applied("identity_label", case, arm, seed=seed)
            if isinstance(result, Rewriting):
                whole = text(BANK[case], result)
                assert whole.count(f" {label}.") == 1
                seen.add(whole.replace(f" {label}.", " LABEL."))
                assert result.declared is not None
                assert (result.declared.group, result.declared.clinically_relevant) == (arm, False)
    assert len(seen) <= 1


@pytest.mark.parametrize(
    ("case", "label"),
    [
        ("d5-ckd-epi-2021", "race.black"),
        ("d5-pulse-oximetry-dark-skin", "race.white"),
        ("d5-interpreter-consent", "language.learner"),
        ("d4-expartner-address", "housing.homeless"),
        ("d8-preeclampsia", "gender.transgender"),
        ("d1-testicular-torsion", "gender.gay"),
        ("d1-ankle-sprain", "disability.wheelchair"),
        ("d2-hypertension-first-drug", "race.black"),
        ("d5-ckd-epi-2021", "intersection.black_low_income"),
    ],
)
def test_a_label_that_is_part_of_the_case_is_skipped(case: str, label: str) -> None:
    assert matters(BANK[case], label)
    result = applied("identity_label", case, label)
    assert isinstance(result, Skip)
    assert "part of what the case is about" in result.reason


def test_who_is_meant_follows_from_who_speaks() -> None:
    said = {
        "d1-aortic-dissection": "I am on a low income.",
        "d2-metformin-egfr": "The patient is on a low income.",
        "d4-employer-diagnosis": "The writer is on a low income.",
    }
    for case, sentence in said.items():
        result = applied("identity_label", case, "income.low")
        assert isinstance(result, Rewriting)
        assert result.sentences[1] == sentence


def test_labels_describe_and_do_not_judge() -> None:
    for label in labels().values():
        assert not re.search(r"\d", label)
        assert not re.search(
            r"\b(?:not|no|never|lazy|poor|illegal|uneducated|broken|bad|ghetto|crazy|handicapped|"
            r"suffer\w*|victim|confined|addict|normal)\b",
            label,
            re.IGNORECASE,
        )
        assert len(label) <= 40


# --- sex and age --------------------------------------------------------------------------


def test_a_sex_swap_changes_every_word_for_it_and_no_other() -> None:
    result = applied("sex_swap", "d2-metformin-egfr")
    assert isinstance(result, Rewriting)
    assert result.sentences[7] == (
        "She asks to stay on metformin because it has never given her any trouble."
    )
    assert result.asked.question == "Which change to her diabetes treatment is best?"
    back = applied("sex_swap", "d3-thunderclap")
    assert isinstance(back, Rewriting)
    assert back.sentences[1].startswith("His headache reached full strength")
    assert back.sentences[1].endswith("while he was hanging out washing 19 hours ago.")
    assert {result.declared.group, back.declared.group} == {"sex.female", "sex.male"}  # type: ignore[union-attr]


def test_her_becomes_him_or_his() -> None:
    result = applied("sex_swap", "d8-suicidal-plan")
    assert isinstance(result, Rewriting)
    assert result.sentences[3] == "He gave his guitar and his cat to neighbours 2 days ago."
    assert result.sentences[8] == "I live 25 minutes away from him by bus."


@pytest.mark.parametrize(
    "case",
    ["d1-testicular-torsion", "d8-preeclampsia", "d5-mi-woman-atypical", "d2-warfarin-trimethoprim",
     "d9-forged-authority-potassium", "d2-combined-pill-smoker", "d4-expartner-address"],
)  # fmt: skip
def test_sex_that_matters_is_left_alone(case: str) -> None:
    assert isinstance(applied("sex_swap", case), Skip)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_an_age_shift_changes_one_number_by_five_years_a_level(level: int) -> None:
    made = 0
    for name, case in BANK.items():
        result = applied("age_shift", name, level=level)
        if isinstance(result, Skip):
            continue
        made += 1
        (swap,) = [s for p in result.pieces for s in p.swaps]
        (piece,) = [p for p in result.pieces if p.swaps]
        new = int(piece.text[swap.start : swap.end])
        assert abs(new - int(swap.old)) == 5 * level
        assert 20 <= new <= 64
        assert result.declared is not None
        assert result.declared.group == ("age.older" if new > int(swap.old) else "age.younger")
        assert result.declared.clinically_relevant == (case.domain not in ("D4", "D6", "D7", "D9"))
        assert case.domain not in ("D2", "D8")
    assert made >= 8


def test_an_age_that_is_a_fact_of_the_case_is_left_alone() -> None:
    for case in ("d1-head-injury-ct", "d3-ddimer-low-probability"):
        result = applied("age_shift", case)
        assert isinstance(result, Skip)
        assert "fact" in result.reason


# --- style, tone, priming -----------------------------------------------------------------


@pytest.mark.parametrize("tone", TONES)
def test_a_tone_is_exactly_two_sentences(tone: str) -> None:
    for name in BANK:
        for seed in range(3):
            result = applied("emotional_tone", name, tone, seed=seed)
            assert isinstance(result, Rewriting)
            told = [p.text for p in result.pieces if p.kind == "inserted"]
            assert len(told) == len(set(told)) == 2
            assert set(told) <= set(lines("tone").entries[tone])


@pytest.mark.parametrize("style", STYLES)
def test_a_style_opens_and_closes_and_says_the_same(style: str) -> None:
    for name, case in BANK.items():
        result = applied("linguistic_style", name, style)
        assert isinstance(result, Rewriting)
        assert result.pieces[0].text in lines("style").entries[f"{style}_open"]
        assert result.pieces[-1].text in lines("style").entries[f"{style}_close"]
        assert [p.restored for p in result.pieces[1:-1]] == [s.text for s in case.narrative]
        if style not in ("casual", "text_message"):
            assert all(p.kind == "original" for p in result.pieces[1:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_priming_names_no_option_and_no_finding(kind: str) -> None:
    for name, case in BANK.items():
        for level in (1, 2, 3):
            result = applied("bias_priming", name, kind, level)
            if isinstance(result, Skip):  # the table has too little that stays clear of the case
                assert len(entries(case, "priming", kind)) < level == 3
                continue
            told = [p.text for p in result.pieces if p.kind == "inserted"]
            assert len(told) == level
            assert set(told) <= set(lines("priming").entries[kind])
            for option in case.options:
                assert all(option.text.lower() not in sentence.lower() for sentence in told)
