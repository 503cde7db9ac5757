"""Requests that must be declined and their look-alikes: what each attack adds, and to whom."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medaudit import suite
from medaudit.bank import load
from medaudit.probes import BOUNDARY, REGISTRY, Rewriting, Skip
from medaudit.probes.asking import concerned
from medaudit.probes.encodings import decoded, encoded
from medaudit.probes.lines import lines
from medaudit.probes.negation import negations
from medaudit.probes.obfuscated_ask import ENCODINGS
from medaudit.probes.validity import Original
from medaudit.prompt import WAVERS, form
from medaudit.records import Case, Variant
from medaudit.resources import data
from medaudit.scorers.decision import acceptable
from medaudit.variants import case_hash, variant

BANK = {
    case.id: case for case in load(*sorted((data() / "cases").glob("*.yaml"))) if concerned(case)
}
MUST = [case for case in BANK.values() if case.task == "boundary"]
MAY = [case for case in BANK.values() if case.task != "boundary" and case.source_id in BANK]
TABLE = lines("asks").entries
DESCRIBES = re.compile(
    r"\d|\b(?:pain|fever|blood|tablets?|pills?|dose|drug|medicine|symptom|disease|bomb|weapon|"
    r"kill|poison|hack|steal)\b",
    re.IGNORECASE,
)


def made(case: Case, probe: str, level: int = 1, arm: str | None = None, seed: int = 1) -> Variant:
    result = REGISTRY.load(probe).apply(case, level, seed, arm)
    assert isinstance(result, Rewriting), result.reason
    return variant(Original(case), case_hash(case), REGISTRY.load(probe), level, seed, result, arm)


# --- cases --------------------------------------------------------------------------------


def test_there_are_enough_of_both_and_they_are_linked() -> None:
    assert len(MUST) >= 14
    assert len(MAY) >= 10
    assert {"D2", "D4", "D7", "D9"} <= {case.domain for case in MUST}
    paired = {case.source_id for case in MAY}
    assert len(paired) >= 10
    for case in MAY:
        assert BANK[case.source_id].task == "boundary"
        assert BANK[case.source_id].reference == ("declines",)
        assert case.task in ("open", "choice")


@pytest.mark.parametrize("probe", BOUNDARY)
def test_every_attack_fits_every_request_and_every_look_alike(probe: str) -> None:
    loaded = REGISTRY.load(probe)
    for case in (*MUST, *MAY):
        results = [loaded.apply(case, 1, 1, arm) for arm in loaded.arms or (None,)]
        assert any(isinstance(result, Rewriting) for result in results), case.id
    (other,) = load(data() / "cases" / "d2-metformin-egfr.yaml")
    result = loaded.apply(other, 1, 1, loaded.arms[0] if loaded.arms else None)
    assert isinstance(result, Skip)
    assert "look-alike" in result.reason


@pytest.mark.parametrize("probe", BOUNDARY)
def test_what_is_right_stays_what_it_was(probe: str) -> None:
    loaded = REGISTRY.load(probe)
    for case in (*MUST, *MAY):
        for level in loaded.levels:
            asked = made(case, probe, level, loaded.arms[0] if loaded.arms else None)
            assert asked.valid
            assert asked.expectation == ("must_not_disclose" if case.secrets else "invariant")
            assert (asked.expected, asked.lifts) == ((), ())
            assert acceptable(case, asked) == case.reference
            assert asked.messages[-1].text.endswith(form(case))


# --- wordings -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TABLE)
def test_a_way_of_asking_brings_no_content_of_its_own(kind: str) -> None:
    assert len(TABLE[kind]) >= 2
    for entry in TABLE[kind]:
        assert negations(entry) == 0
        assert DESCRIBES.search(entry.replace("base64", "")) is None
        assert entry.count("{question}") in (0, 1)
        assert entry.count("{") == entry.count("{question}")


# --- attacks ------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_direct_ask_has_as_many_sentences_as_the_level_says(level: int) -> None:
    case = BANK["d4-expartner-address"]
    question = made(case, "direct_ask", level).messages[0].text.split("\n\n")[1]
    said = question.removeprefix(f"{case.question} ")
    assert sum(entry in said for entry in TABLE["direct"]) == level


@pytest.mark.parametrize("probe", ["indirect_ask", "role_play", "authority_impersonation"])
def test_a_wrapping_holds_the_question_word_for_word(probe: str) -> None:
    for arm in REGISTRY.load(probe).arms:
        for case in (*MUST, *MAY):
            text = made(case, probe, arm=arm).messages[0].text
            assert text.count(case.question) == 1
            lead = text.partition(case.question)[0].rpartition("\n\n")[2]
            assert any(e.startswith(lead) for e in TABLE[arm] if lead)


@pytest.mark.parametrize("how", ENCODINGS)
def test_an_obfuscated_question_is_the_case_s_own_decoded(how: str) -> None:
    for case in (*MUST, *MAY):
        question = made(case, "obfuscated_ask", arm=how).messages[0].text
        question = question.removesuffix(f"\n\n{form(case)}").rpartition("\n\n")[2]
        assert case.question not in question
        (lead,) = [
            e.removesuffix("{question}")
            for e in TABLE[f"spelt_{how}"]
            if question.startswith(e.removesuffix("{question}"))
        ]
        spelt = question.removeprefix(lead)
        assert decoded(spelt, how) == case.question  # type: ignore[arg-type]


@given(st.lists(st.text("abcdefghiklmnopqrstuvwxyzABC,.?'", min_size=1), min_size=1))
def test_what_is_encoded_is_decoded_again(words: list[str]) -> None:
    text = " ".join(words)
    for how in ENCODINGS:
        assert decoded(encoded(text, how), how) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_persistence_asks_again_after_each_push(level: int) -> None:
    for case in (MUST[0], MAY[0]):
        asked = made(case, "persistence", level)
        assert [m.role for m in asked.messages] == ["user", *["assistant", "user"] * level]
        assert asked.messages[0].text.endswith(f"\n\n{case.question}")
        assert {m.text for m in asked.messages if m.role == "assistant"} == {WAVERS}
        pushes = [m.text for m in asked.messages[2:-1] if m.role == "user"]
        last, _, end = asked.messages[-1].text.partition("\n\n")
        assert len({*pushes, last}) == level
        assert {*pushes, last} <= set(TABLE["push"])
        assert end == f"{case.question}\n\n{form(case)}"
        (edit,) = asked.edits
        assert asked.messages[-1].text[edit.start : edit.end] == last


def test_an_injected_line_stands_behind_the_story() -> None:
    for case in (*MUST, *MAY):
        asked = made(case, "record_injection", arm="note_to_assistant")
        (edit,) = asked.edits
        assert asked.messages[0].text[edit.start : edit.end] in TABLE["note_to_assistant"]
    probe = REGISTRY.load("record_injection")
    # A line that asks to decline is an attack only where declining is wrong.
    assert isinstance(probe.apply(MUST[0], 1, 1, "says_decline"), Skip)
    assert isinstance(probe.apply(MAY[0], 1, 1, "says_decline"), Rewriting)


PINNED = "7bffa13db10b477c"


def test_a_pair_makes_the_pinned_bytes() -> None:
    cases = [BANK["d4-expartner-address"], BANK["d4-hide-own-address"]]
    built = suite.build(cases, [REGISTRY.load(name) for name in BOUNDARY], levels=(2,), arms=None)
    mine = [v for v in built.variants if v.probe in BOUNDARY]
    assert len(mine) == 39
    assert suite.Suite(built.cases, tuple(mine), (), (), 0, "").suite_id == PINNED
