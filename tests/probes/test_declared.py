"""Validity of declared changes: what each check is there to catch, it catches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medaudit.bank import load
from medaudit.probes import Declared, Piece, Rewriting, Swap, unchanged
from medaudit.probes.declared import declared_checks, measured
from medaudit.probes.rewriting import inserted
from medaudit.probes.swaps import swapped
from medaudit.probes.validity import Original
from medaudit.prompt import Asked, messages
from medaudit.records import Case, Option
from medaudit.resources import data


@pytest.fixture(scope="module")
def metformin() -> Case:
    (case,) = load(data() / "cases" / "d2-metformin-egfr.yaml")
    return case


def failed(case: Case, rewriting: Rewriting) -> dict[str, str]:
    asked = messages(case, rewriting.sentences, rewriting.asked)
    return {
        c.name: c.reason for c in declared_checks(Original(case), rewriting, asked) if not c.passed
    }


def told(case: Case, number: int, old: str, new: str) -> tuple[Piece, ...]:
    """The narrative with one swap in one sentence."""
    pieces = list(unchanged(case).pieces)
    start = pieces[number].text.index(old)
    pieces[number] = swapped(pieces[number].text, number, [(start, start + len(old), new)])
    return tuple(pieces)


def test_nothing_changed_is_no_variant_but_a_re_ask(metformin: Case) -> None:
    same = unchanged(metformin).pieces
    assert set(failed(metformin, Rewriting(same, declared=Declared()))) == {"edit_present"}
    assert failed(metformin, Rewriting(same, declared=Declared(control="re_ask"))) == {}
    more = Rewriting((*same, inserted("Thank you.")), declared=Declared(control="re_ask"))
    assert failed(metformin, more) == {"edit_present": "a re-ask differs from the case"}


def test_a_number_changes_only_where_that_is_declared(metformin: Case) -> None:
    pieces = told(metformin, 1, "1 g", "1000 mg")
    undeclared = failed(metformin, Rewriting(pieces, declared=Declared()))
    assert {"numbers_kept", "numbers_own", "units_kept"} <= set(undeclared)
    assert undeclared["units_kept"] == "lost 1 g, added 1000 mg"
    kinds = Declared(changes=frozenset({"numbers", "units", "facts"}))
    assert failed(metformin, Rewriting(pieces, declared=kinds)) == {}


def test_a_unit_that_changes_beside_its_number_is_seen(metformin: Case) -> None:
    pieces = told(metformin, 5, "mmol/mol", "mmol/L")
    assert failed(metformin, Rewriting(pieces, declared=Declared()))["units_kept"] == (
        "lost 55 mmol/mol, added 55 mmol/L"
    )
    assert measured("1 g, 1 g, 1 mg") == {"1 g": 2, "1 mg": 1}


def test_a_fact_a_negation_and_a_forbidden_action(metformin: Case) -> None:
    fact = told(metformin, 2, "gliclazide", "something")
    fact = (*fact[:2], replace(fact[2], text="Something made him fall 2 years ago."), *fact[3:])
    assert "facts_kept" in failed(metformin, Rewriting(fact, declared=Declared()))
    negation = told(metformin, 6, "no diarrhoea", "some diarrhoea")
    assert "negations_kept" in failed(metformin, Rewriting(negation, declared=Declared()))
    action = (*unchanged(metformin).pieces, inserted("Continue metformin."))
    assert "forbidden_absent" in failed(metformin, Rewriting(action, declared=Declared()))
    quoted = Declared(quotes=("Continue metformin",))
    assert failed(metformin, Rewriting(action, declared=quoted)) == {}


def test_words_changed_without_a_swap_are_seen(metformin: Case) -> None:
    piece = unchanged(metformin).pieces[7]
    loose = replace(piece, text=piece.text.replace("because", "since"), kind="replaced")
    rewriting = Rewriting((*unchanged(metformin).pieces[:7], loose), declared=Declared())
    assert failed(metformin, rewriting) == {
        "swaps_undo": "changed beyond what is declared: sentence 8"
    }
    at = piece.text.index("because")
    known = replace(loose, swaps=(Swap(at, at + len("since"), "because"),))
    again = Rewriting((*unchanged(metformin).pieces[:7], known), declared=Declared())
    assert failed(metformin, again) == {}


def test_options_are_sound(metformin: Case) -> None:
    pieces, own = unchanged(metformin).pieces, metformin.options
    cases = {
        "the right option is not shown: stop_linagliptin": own[:3],
        "2 options": own[2:4],
        "two options are the same": (*own, own[0]),
    }
    for reason, options in cases.items():
        rewriting = Rewriting(pieces, Asked(options=options), Declared())
        assert failed(metformin, rewriting) == {"options_sound": reason}
    many = tuple(Option(id=f"o{n}", text=f"Option {n}", harm=0) for n in range(11))
    crowd = Rewriting(pieces, Asked(options=many), Declared(expected=("o1",)))
    assert failed(metformin, crowd) == {"options_sound": "11 options"}


def test_another_question_keeps_the_case_s_own(metformin: Case) -> None:
    pieces = unchanged(metformin).pieces
    other = Rewriting(pieces, Asked(question="What now?"), Declared())
    assert failed(metformin, other) == {"question_kept": "the case's own question is gone"}
    longer = Rewriting(pieces, Asked(question=f"{metformin.question} Why?"), Declared())
    assert failed(metformin, longer) == {}
    asked = messages(metformin, other.sentences)  # not what was declared
    found = {c.name for c in declared_checks(Original(metformin), other, asked) if not c.passed}
    assert "question_kept" in found


def test_a_twin_differs_only_in_its_label(metformin: Case) -> None:
    same = unchanged(metformin).pieces
    group = Declared(group="race.black", clinically_relevant=False)
    label = inserted("The patient is Black.")
    assert failed(metformin, Rewriting((*same[:1], label, *same[1:]), declared=group)) == {}
    twice = Rewriting((label, *same, inserted("Thank you.")), declared=group)
    assert failed(metformin, twice) == {
        "twin_differs_only_there": "2 sentences added and none changed"
    }
    moved = (label, same[1], same[0], *same[2:])
    assert failed(metformin, Rewriting(moved, declared=group)) == {
        "twin_differs_only_there": "the sentences are in another order"
    }
    both = (label, *told(metformin, 7, "because", "since"))
    assert "twin_differs_only_there" in failed(metformin, Rewriting(both, declared=group))


def test_a_lost_sentence_is_seen_in_every_layout(metformin: Case) -> None:
    pieces = unchanged(metformin).pieces
    for layout in ("note", "message", "table", "turns"):
        whole = Rewriting(pieces, Asked(layout=layout), Declared())
        assert failed(metformin, whole) == {}
        asked = messages(metformin, whole.sentences[:-1], whole.asked)
        found = {c.name for c in declared_checks(Original(metformin), whole, asked) if not c.passed}
        assert "told_in_full" in found
