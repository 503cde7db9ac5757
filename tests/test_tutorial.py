"""The tutorial: ten practice answers that a clinician could check, in the real queue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from medaudit import run
from medaudit.assertion import asserted
from medaudit.bank import load
from medaudit.errors import Conflict, NotPermitted
from medaudit.journal import Journal
from medaudit.prompt import choices
from medaudit.records import Case
from medaudit.resources import data
from medaudit.review import Actor, blind_card, commit, progress, reveal, take
from medaudit.review.quality import own_quality, quality
from medaudit.review.quality_words import reader_rows
from medaudit.store import Store
from medaudit.taxonomy import taxonomy
from medaudit.tutorial import (
    KEY,
    NOTICE,
    QUEUE,
    SIMULATED_QUEUE,
    Practice,
    make,
    own_against_key,
    tutorial,
    worked_key,
)
from medaudit.workspace import Workspace
from tests.fixtures import make_workspace
from tests.store.asking import column

LEARNER = Actor("learner", "reviewer")
ITEMS = tutorial().items
CASES: dict[str, Case] = {case.id: case for case in load(data() / "cases")}
each = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)


@dataclass(frozen=True)
class Lesson:
    """The tutorial, open."""

    home: Path
    run_id: str
    store: Store
    journal: Journal


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    home = tmp_path_factory.mktemp("tutorial") / "home"
    run_id = make(Workspace(home))
    with Store.open(home) as store:  # without the option nobody is simulated
        assert column(store, "select distinct reviewer from judgment_row") == [KEY]
        assert column(store, "select queue from queue_row") == [QUEUE]
    assert make(Workspace(home), simulated_readers=True) == run_id
    with Store.open(home) as store, Journal.open(home / "journal.db") as journal:
        yield Lesson(home, run_id, store, journal)


def test_ten_answers_from_safe_to_lethal_of_both_kinds_and_marked_as_a_draft() -> None:
    keys = [item.key for item in ITEMS]
    assert len(ITEMS) == len({item.case for item in ITEMS}) == 10
    assert Counter(key.harm for key in keys) == {0: 3, 1: 1, 2: 1, 3: 2, 4: 2, None: 1}
    assert {key.direction for key in keys} == {"omission", "commission", None}
    assert sum(key.variant_invalid for key in keys) == 1
    assert [key.cannot_judge for key in keys if key.harm is None] == [True]
    assert tutorial().status == "draft"


@each
def test_a_key_is_one_that_the_pad_would_take(item: Practice) -> None:
    key = item.key
    harmful = key.harm is not None and key.harm > 0
    assert (key.direction is not None) == harmful
    assert (key.error_type is not None) == harmful
    assert key.error_type in {None, *(kind.id for kind in taxonomy().error_types)}
    sentences = re.findall(r"[.!?](?=\s|$)", key.explanation)
    assert len(sentences) == 2, key.explanation


@each
def test_a_key_agrees_with_what_the_bank_says_of_the_option_or_action(item: Practice) -> None:
    """Where the case itself names the harm of what the answer chose, the key says the same."""
    case = CASES[item.case]
    picked = re.match(r"Answer: ([A-E])\n", item.answer)
    if picked is not None and not item.replaced:
        label = choices(case)[picked.group(1)]
        assert {o.id: o.harm for o in case.options}[label] == item.key.harm
    harms = [f.harm for f in case.forbidden if asserted(item.answer, f.patterns)]
    if item.key.harm == 0 and not item.replaced:
        assert harms == []
    if item.key.harm is not None:
        assert item.key.harm <= case.stakes


@each
def test_figures_in_answer_and_explanation_stand_in_the_case(item: Practice) -> None:
    """No number is made up: each is in the case or the text that this item changes it to."""
    case = CASES[item.case]
    told = " ".join([*(s.text for s in case.narrative), *item.replaced.values()])
    told += " ".join(
        [*(o.text for o in case.options), case.safe.text, case.guidelines[0].statement]
    )
    numbers = set(re.findall(r"\d+(?:\.\d+)?", f"{item.answer} {item.key.explanation}"))
    derived = {"dissection-safe-under-noise": {"40"}}.get(item.id, set()) | {str(item.key.harm)}
    assert numbers <= set(re.findall(r"\d+(?:\.\d+)?", told)) | derived


def test_the_difference_between_the_arms_is_forty() -> None:
    told = " ".join(s.text for s in CASES["d1-aortic-dissection"].narrative)
    assert "178/96 on the right arm and 138/84 on the left arm" in told
    assert 178 - 138 == 40


def test_the_run_is_a_run_like_any_other_and_says_what_it_is(lesson: Lesson) -> None:
    plan = run.load(Workspace(lesson.home), lesson.run_id)
    assert plan.notice == NOTICE == "Tutorial: practice answers, not results of any system."
    assert run.status(Workspace(lesson.home), lesson.run_id).state == "done"
    assert column(lesson.store, "select distinct outcome from result") == ["answered"]
    assert NOTICE in {row["notice"] for row in lesson.store.rows("notices")}
    assert not any(lesson.store.audit().values())
    assert lesson.journal.verify() == []


def test_a_learner_meets_all_ten_and_sees_each_key_only_after_the_commit(lesson: Lesson) -> None:
    key = {item.key.explanation: item.key for item in ITEMS}
    store, journal = lesson.store, lesson.journal
    met = []
    while (position := take(store, journal, LEARNER, QUEUE)) is not None:
        card = blind_card(store, LEARNER, QUEUE, position)
        assert not any(text in repr(card) for text in key)
        assert worked_key(store, LEARNER, QUEUE, position) is None
        with pytest.raises(NotPermitted):
            reveal(store, LEARNER, QUEUE, position)
        commit(store, journal, LEARNER, QUEUE, position, {"harm": 0}, f"learner-{position:04}")
        found = worked_key(store, LEARNER, QUEUE, position)
        assert found is not None
        assert found.key == key[found.key.explanation]
        safe = found.key.harm == 0 and not found.key.variant_invalid
        assert (found.differs == ()) == safe
        met.append(found)
    assert len(met) == 10
    assert own_against_key(store, LEARNER, QUEUE) == met
    assert progress(store, LEARNER, QUEUE).gold.n == 9
    gold = own_quality(store, LEARNER, lesson.run_id).gold
    assert (gold.n_pairs, gold.n_same) == (9, 3)
    assert worked_key(store, Actor("other", "reviewer"), QUEUE, 0) is None
    assert own_against_key(store, Actor("other", "reviewer"), QUEUE) == []


def test_the_same_items_are_there_for_the_next_learner(lesson: Lesson) -> None:
    assert progress(lesson.store, Actor("next", "reviewer"), QUEUE).left == 10


def test_simulated_readers_are_called_so_and_give_the_quality_page_something(
    lesson: Lesson,
) -> None:
    position = take(lesson.store, lesson.journal, LEARNER, QUEUE)
    if position is not None:  # the test in which they practise may run in another process
        grade = ({"harm": 0}, f"learner-{position:04}")
        commit(lesson.store, lesson.journal, LEARNER, QUEUE, position, *grade)
    people = set(column(lesson.store, "select distinct reviewer from judgment_row"))
    assert people - {KEY, LEARNER.id} == {"simulated-reader-1", "simulated-reader-2"}
    found = quality(lesson.store, Actor("lead", "lead"), lesson.run_id)
    assert found.readers.overall.withheld is None
    assert found.readers.overall.n_cases == 10
    assert found.judge.queue == SIMULATED_QUEUE
    names = [row["name"] for row in reader_rows(found.readers.each)]
    assert sum(name.startswith("Simulated reader ") for name in names) == 2
    assert len(names) == 3  # and the learner


def test_what_the_key_has_decided_is_no_dispute(lesson: Lesson) -> None:
    keyed = column(lesson.store, f"select response_id from judgment_row where reviewer = '{KEY}'")
    assert len(keyed) == 10
    assert not set(keyed) & set(column(lesson.store, "select response_id from dispute"))


def test_made_twice_it_is_the_same_tutorial(lesson: Lesson) -> None:
    head = lesson.journal.head()
    assert make(Workspace(lesson.home)) == lesson.run_id
    assert lesson.journal.head() == head


def test_it_never_goes_into_a_workspace_with_other_runs(tmp_path: Path) -> None:
    bench = make_workspace(tmp_path)
    with pytest.raises(Conflict, match="folder of its own"):
        make(bench.workspace)
