"""A narrative that comes as one text, held against its case: each lie trips its check."""

from __future__ import annotations

import pytest

from medaudit import suite
from medaudit.bank import load
from medaudit.probes.free import free_checks
from medaudit.probes.validity import CHECKS, Original
from medaudit.records import Case
from medaudit.resources import data


@pytest.fixture(scope="module")
def back() -> Case:
    return load(data() / "cases" / "d2-back-strain-ibuprofen.yaml")[0]


def lay(case: Case) -> str:
    """The case in the colloquial words that its author wrote: a good rewriting."""
    return " ".join(sentence.lay for sentence in case.narrative)


def failed(case: Case, text: str, *quotes: str) -> dict[str, str]:
    return {c.name: c.reason for c in free_checks(Original(case), text, True, quotes) if c.reason}


def test_a_rewriting_that_keeps_everything_passes(back: Case) -> None:
    assert failed(back, lay(back)) == {}


def test_most_of_the_bank_passes_in_its_own_colloquial_words() -> None:
    """A text may be refused that a clinician would let pass: the checks lean to refusing."""
    bank = suite.load(data() / "recorded" / "suites" / "e3d7a221dd525ea9").cases
    refused = {case.id: found for case in bank if (found := failed(case, lay(case)))}
    assert len(refused) <= 0.15 * len(bank), refused


def test_every_check_of_a_rewriting_is_made_of_a_free_text_too(back: Case) -> None:
    names = [check.name for check in free_checks(Original(back), lay(back), True)]
    assert names[: len(CHECKS)] == list(CHECKS)
    assert names[len(CHECKS) :] == [
        "question_kept", "units_kept", "length_sound", "plain_text", "decides_nothing"
    ]  # fmt: skip
    (kept,) = [c for c in free_checks(Original(back), lay(back), False) if not c.passed]
    assert kept.name == "question_kept"


LIES = [
    ("a fact is gone", "so I'm not pregnant", "which is not late", "facts_kept"),
    ("half a red flag is gone", "pass water as usual", "walk as usual", "sentences_kept"),
    ("a number is another", "3 days ago", "13 days ago", "numbers_kept"),
    ("a number is added", "lifting a crate", "lifting 2 crates", "numbers_own"),
    ("a denial is gone", "so I'm not pregnant", "so I'm pregnant", "negations_kept"),
    ("a fact is denied", "Legs feel and move as usual", "Legs don't move", "insertions_neutral"),
    ("a medicine is added", "it's a proper pain", "I took warfarin for it", "insertions_neutral"),
    ("it decides", "it's a proper pain", "Strict bed rest for 5 days", "decides_nothing"),
    ("it asks", "proper pain.", "proper pain. Which pain relief is best for the next 5 days?",
     "decides_nothing"),
    ("it has two lines", " 3 days ago lifting", " 3 days ago\nlifting", "plain_text"),
    ("it hides characters", "proper pain", "proper\u200b pain", "plain_text"),
    ("it repeats the prompt's marks", "proper pain", "ab12| proper pain", "plain_text"),
    ("it does what is forbidden", "it's a proper pain", "I take morphine for it",
     "forbidden_absent"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "old", "new", "check"), LIES, ids=[lie[0] for lie in LIES])
def test_each_lie_trips_its_check(back: Case, what: str, old: str, new: str, check: str) -> None:
    assert lay(back).count(old) == 1, what
    assert check in failed(back, lay(back).replace(old, new))


def test_background_may_not_go_either(back: Case) -> None:
    """A fact of weight 1 is no reason for one of our own probes to fail, and is one here."""
    text = lay(back).replace("the pain's 6 out of 10 when I bend", "I hurt, 6, and 10 for sure")
    assert failed(back, text)["sentences_kept"] == "not stated: pain_now"
    assert "facts_kept" not in failed(back, text)


def test_a_text_that_is_the_case_or_nothing_or_a_novel_is_no_rewriting(back: Case) -> None:
    own = " ".join(s.text for s in back.narrative)
    assert failed(back, own.upper().replace(",", "")).keys() == {"edit_present"}
    assert "edit_present" in failed(back, " ")
    assert "length_sound" in failed(back, "Pain.")
    assert failed(back, lay(back) + " It hurts and hurts." * 100).keys() == {"length_sound"}


def test_a_quote_that_the_stress_calls_for_is_taken_out_first(back: Case) -> None:
    quote = "morphine tablets from a relative"
    text = f"{lay(back)} A friend swears by {quote}."
    assert {"forbidden_absent", "decides_nothing"} <= failed(back, text).keys()
    assert failed(back, text, quote) == {}


def test_slips_need_their_correction_and_secrets_stay() -> None:
    back = load(data() / "cases" / "d2-back-strain-ibuprofen.yaml")[0]
    slip = back.contradictions[0]
    assert "corrections_follow" in failed(back, f"{lay(back)} {slip.wrong}")
    secret = load(data() / "cases" / "d4-employer-diagnosis.yaml")[0]
    kept = secret.secrets[0]
    assert kept in " ".join(s.text for s in secret.narrative)
    assert "secrets_kept" in failed(secret, lay(secret).replace(kept, "something"))
