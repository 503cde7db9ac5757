"""Events of people as rows: what pages and estimates rely on, and that it is kept up to date."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medaudit.errors import MedauditError
from medaudit.journal import Event, Journal
from medaudit.records import Judgment
from medaudit.review import (
    Actor,
    adjudicate,
    commit,
    disputes,
    draw_queue,
    impression,
    queue_settings,
    release,
    revise,
    settings_of,
    skip,
    take,
)
from medaudit.store import Store
from tests.fixtures import Bench, make_workspace
from tests.store.asking import ask, column

COLUMNS = {
    "queue_item": "queue run_id item_id response_id position reads purpose inclusion_probability "
    "seed repeat_of kind base_response_id",
    "slot": "queue run_id item_id position reviewer state until seq utc",
    "item_done": "item_id",
    "read": "queue run_id item_id response_id position reads purpose kind repeat_of side "
    "inclusion_probability reviewer reader slot_order harm direction error_type variant_invalid "
    "cannot_judge confidence dimensions note quotes visible seconds utc seq client_id",
    "dispute": "queue run_id item_id response_id position side harm_low harm_high n_reads why seq",
    "revision": "queue run_id item_id response_id purpose reviewer harm_blind harm_revealed shift "
    "harm_automatic towards_automatic",
}
LEAD = Actor("lead", "lead")
PEOPLE = [Actor("anna", "reviewer"), Actor("ben", "reviewer"), Actor("ada", "adjudicator"), LEAD]
SEVERE = {"harm": 3, "direction": "omission", "error_type": "triage", "note": "Too late."}
GRADES: list[dict[str, Any]] = [
    {"harm": 0},
    {**SEVERE, "harm": 1},
    SEVERE,
    {"harm": None, "cannot_judge": True},
    {"harm": None, "variant_invalid": True, "note": "Two ages."},
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_workspace(tmp_path_factory.mktemp("people"), n_cases=2)


@pytest.fixture
def home(made: Bench, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.workspace.path, tmp_path / "home"))


@pytest.mark.parametrize("view", COLUMNS)
def test_the_columns_are_the_contract(home: Path, view: str) -> None:
    with Store.open(home) as store:
        found = column(store, "select column_name from (describe from query_table($v))", v=view)
    assert found == COLUMNS[view].split()


def derived(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {table: ask(store, f"from {table} order by all") for table in ("slot", "verdict")}


def by_rule(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {
        table: ask(store, f"from {table}_by_rule order by all") for table in ("slot", "verdict")
    }


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_up_to_date_is_what_the_rules_say(home: Path, seed: int) -> None:
    """A random walk of four people through two queues; after each step nothing is stale."""
    rng = np.random.default_rng(seed)
    happened: dict[str, int] = {}
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        for name, kind, n in (("q", "single", 8), ("p", "pair", 4)):
            asked = settings_of(
                queue=name, run_id="demo", kind=kind, n=n, seed=seed, double_share=0.5,
                repeat_share=0.25,
            )  # fmt: skip
            draw_queue(store, journal, LEAD, asked)
        for step in range(160):
            actor = PEOPLE[rng.integers(4)]
            name, size = (("q", 10), ("p", 5))[rng.integers(2)]
            place, side = int(rng.integers(size)), int(rng.integers(2))
            grade, client_id = GRADES[rng.integers(len(GRADES))], f"step-{step:06}"
            what = ("take", "commit", "commit", "commit", "skip", "release", "revise", "decide")[
                rng.integers(8)
            ]
            here = (store, journal, actor)
            try:
                if what == "take":
                    take(*here, name)
                elif what == "commit":
                    commit(*here, name, place, grade, client_id, answer=side if name == "p" else 0)
                elif what == "skip":
                    kind = ("skipped", "not_judgeable")[rng.integers(2)]
                    skip(*here, name, place, "No time.", kind, client_id)  # type: ignore[arg-type]
                elif what == "release":
                    release(*here, name, place)
                elif what == "revise":
                    revise(*here, name, place, grade, client_id)
                else:
                    waiting = disputes(store, actor)[0]
                    call = adjudicate if waiting.impression else impression
                    call(*here, waiting.item_id, grade, client_id, waiting.side)
            except (MedauditError, IndexError):
                continue
            happened[what] = happened.get(what, 0) + 1
            assert derived(store) == by_rule(store), (step, what)
        assert {"take", "commit", "skip"} <= happened.keys()
        assert store.audit()["judgment_of_unknown_response"] == []
        found = derived(store)
    with Store.open(home) as again:  # all at once, by another process
        assert derived(again) == found


def test_a_judgment_that_corrects_another_answers_is_worked_out_anew(home: Path) -> None:
    """Nobody writes such an event here; an imported or edited journal might hold one."""
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        pool = [row["response_id"] for row in store.rows("review_pool", run="demo")]

        def judged(client_id: str, response_id: str, harm: int, **other: Any) -> None:
            judgment = Judgment(
                item_id="ab" * 8, response_id=response_id, reviewer="dr-a", phase="blind",
                harm=harm, **other,
            )  # fmt: skip
            payload = judgment.model_dump(mode="json")
            event = Event(
                client_id=client_id, actor="dr-a", action="judgment", subject="ab" * 8,
                payload=payload,
            )  # fmt: skip
            journal.append(event)
            store.refresh()
            assert derived(store) == by_rule(store)

        judged("first-01", pool[0], 4)
        judged("second-1", pool[1], 2, replaces="first-01")
        assert column(store, "select response_id from verdict") == [pool[1]]


@pytest.mark.parametrize(
    ("action", "payload"),
    [("skip", {"reason": "?"}), ("skip", {"kind": "later"}), ("claim", {"until": "tomorrow"})],
)
def test_an_event_about_a_place_that_says_nothing_is_a_fault(
    home: Path, action: str, payload: dict[str, Any]
) -> None:
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        journal.append(
            Event(client_id="odd-00001", actor="x", action=action, subject="i", payload=payload)
        )
        store.refresh()
        (fault,) = store.faults()
        assert (fault.file, fault.line) == ("journal.db", 2)
        assert column(store, "select count(*) from event") == [2]


def test_a_journal_put_back_from_a_backup_takes_its_queues_with_it(home: Path) -> None:
    backup = home / "backup.db"
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        asked = {"run_id": "demo", "n": 4, "repeat_share": 0.0, "double_share": 0.0}
        draw_queue(store, journal, LEAD, settings_of(queue="one", seed=1, **asked))
    shutil.copy(home / "journal.db", backup)
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        draw_queue(store, journal, LEAD, settings_of(queue="two", seed=2, **asked))
        commit(store, journal, LEAD, "two", 0, {"harm": 0}, "lead-000001")
        for rest in home.glob("journal.db*"):
            rest.unlink()
        shutil.copy(backup, home / "journal.db")
        store.refresh()
        assert [row["queue"] for row in store.rows("queues")] == ["one"]
        assert derived(store) == by_rule(store) == {"slot": [], "verdict": []}
        with pytest.raises(MedauditError, match="unknown queue 'two'"):
            queue_settings(store, "two")


def test_a_claim_holds_until_its_time_and_a_read_for_good(home: Path) -> None:
    with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
        asked = settings_of(
            queue="q", run_id="demo", n=2, seed=1, double_share=0.0, repeat_share=0.0
        )
        draw_queue(store, journal, LEAD, asked)
        position = take(store, journal, LEAD, "q")
        assert position is not None
        (row,) = ask(store, "from slot")
        assert (row["state"], row["reviewer"], row["position"]) == ("claimed", "lead", position)
        assert 29 * 60 < (row["until"] - row["utc"]).total_seconds() <= 30 * 60
        commit(store, journal, LEAD, "q", position, {"harm": 0}, "lead-000001")
        (row,) = ask(store, "from slot")
        assert (row["state"], row["until"]) == ("read", None)
