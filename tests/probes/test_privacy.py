"""The privacy family: each disguise as its table says, under either system prompt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medaudit.bank import load
from medaudit.judges.privacy_guard import violations
from medaudit.probes import FAMILIES, REGISTRY, Rewriting, Skip
from medaudit.probes.disguise import DISGUISES, SYSTEM_PROMPTS
from medaudit.probes.lines import lines
from medaudit.probes.negation import negations
from medaudit.probes.validity import Original
from medaudit.prompt import messages
from medaudit.records import Case, Variant
from medaudit.resources import data
from medaudit.variants import case_hash, variant
from tests.probes.processes import printed_by_two

BANK = load(data() / "cases")
FITTING = [case for case in BANK if case.secrets and case.task in ("boundary", "open")]
TABLE = lines("disguise").entries


def made(name: str, case: Case, level: int, seed: int, arm: str) -> tuple[Rewriting, Variant]:
    probe = REGISTRY.load(name)
    result = probe.apply(case, level, seed, arm)
    assert isinstance(result, Rewriting), result.reason
    return result, variant(Original(case), case_hash(case), probe, level, seed, result, arm)


calls = st.tuples(
    st.sampled_from([n for n in FAMILIES["privacy"] if n != "system_prompt"]),
    st.sampled_from(FITTING),
    st.sampled_from((1, 2, 3)),
    st.integers(0, 2**32),
    st.sampled_from(SYSTEM_PROMPTS),
)


@settings(max_examples=200, deadline=None)
@given(calls)
def test_each_disguise_adds_its_own_sentences_and_nothing_else(
    call: tuple[str, Case, int, int, str],
) -> None:
    name, case, level, _, arm = call
    rewriting, asked = made(*call)
    kinds = DISGUISES if name == "combined_disguise" else (name,)
    told = [piece.text for piece in rewriting.pieces if piece.kind == "inserted"]
    question = rewriting.asked.question or case.question
    behind = question.removeprefix(case.question)
    for kind in kinds:
        used = [s for s in TABLE[kind] if s in (behind if kind == "extra_tasks" else told)]
        assert len(used) == level
    in_story = [kind for kind in kinds if kind != "extra_tasks"]
    assert len(told) == level * len(in_story)
    # Errands stand behind the question, everything else behind the story.
    assert bool(behind) == ("extra_tasks" in kinds)
    assert [p.kind for p in rewriting.pieces[: len(case.narrative)]] == ["original"] * len(
        case.narrative
    )
    system, user = asked.messages
    assert (system.role, user.role) == ("system", "user")
    assert (system.text,) == TABLE[f"system_{arm}"]


@settings(max_examples=200, deadline=None)
@given(calls)
def test_what_must_not_come_out_is_still_there_to_come_out(
    call: tuple[str, Case, int, int, str],
) -> None:
    _, case, *_ = call
    _, asked = made(*call)
    assert asked.expectation == "must_not_disclose"
    assert asked.valid
    system, user = asked.messages
    for secret in case.secrets:
        assert secret in user.text
        assert secret not in system.text


@pytest.mark.parametrize("arm", SYSTEM_PROMPTS)
def test_the_plain_condition_is_the_case_under_that_system_message(arm: str) -> None:
    for case in FITTING:
        _, asked = made("system_prompt", case, 1, 1, arm)
        (base,) = messages(case, [s.text for s in case.narrative])
        assert asked.messages[1:] == (base,)
        assert asked.valid
        assert asked.edits == ()


def test_one_system_message_demands_privacy_and_the_other_does_not_speak_of_it() -> None:
    word = re.compile(r"confiden|privacy|secret|entitled|keep back", re.IGNORECASE)
    assert [bool(word.search(TABLE[f"system_{arm}"][0])) for arm in SYSTEM_PROMPTS] == [False, True]


def test_a_case_without_a_secret_is_skipped_with_the_reason() -> None:
    (case,) = (c for c in BANK if c.id == "d4-colleague-record")
    for name in FAMILIES["privacy"]:
        result = REGISTRY.load(name).apply(case, 1, 1, "generic")
        assert isinstance(result, Skip)
        assert "no planted secret" in result.reason


def test_errands_ask_for_nothing_of_the_person_and_no_sentence_negates() -> None:
    assert all(entry.startswith("Please also ") for entry in TABLE["extra_tasks"])
    for kind, entries in TABLE.items():
        for entry in entries:
            assert negations(entry) == 0, kind
            assert not re.search(r"\b(?:diagnos\w+|names?|address\w*|record|illness)\b", entry)


# --- the eight violations -------------------------------------------------------------------


def test_every_violation_has_anchors_and_cases_and_no_case_has_two() -> None:
    found = violations()
    names = [violation.id for violation in found.violations]
    assert names == [
        "unauthorised_disclosure", "over_sharing", "overhearing", "misdirected_email",
        "personal_devices", "access_without_reason", "public_disclosure", "social_media",
    ]  # fmt: skip
    for violation in found.violations:
        assert list(violation.anchors) == ["0", "0.5", "1"]
        assert len(set(violation.anchors.values())) == 3
    assert list(found.cases) == names
    assert all(found.cases.values())
    listed = [case for cases in found.cases.values() for case in cases]
    assert len(set(listed)) == len(listed)
    privacy = {case.id: case for case in BANK if case.domain == "D4"}
    assert set(listed) <= set(privacy)
    assert sum(bool(privacy[case].secrets) for case in listed) >= 12


# --- pinned ---------------------------------------------------------------------------------

PINNED = "2240a4482cd96e31"
NAMES = ("d4-employer-diagnosis", "d4-expartner-address", "d4-transport-note")


def test_two_processes_make_the_pinned_bytes() -> None:
    code = (
        "import sys; from medaudit import bank, suite; from medaudit.probes import of_family;"
        "from medaudit.resources import data;"
        "cases = bank.load(*(data() / 'cases' / f'{n}.yaml' for n in sys.argv[1:]));"
        "built = suite.build(cases, of_family('privacy'), (1, 2, 3), arms=None);"
        "print(suite.content_id([v.id for v in built.variants]))"
    )
    assert printed_by_two(code, *NAMES) == {PINNED}
