"""What the record shows of a review that goes on: everything but what would unblind somebody."""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from medaudit.errors import BadInput, NotPermitted, UnknownName, WorkspaceDamaged
from medaudit.journal.chain import holds
from medaudit.journal.event import Stored
from medaudit.journal.exporting import check_export
from medaudit.journal.table import events, writing
from medaudit.review import Actor, adjudicate, commit, impression, skip
from medaudit.review.record import export, mismatches, timeline
from tests.review.conftest import ANNA, BEN, LEAD, Desk

ADA = Actor("ada", "adjudicator")
VERA = Actor("vera", "viewer")
SECRET = "the dose was ten times too high"
GRADE: dict[str, Any] = {
    "harm": 4,
    "direction": "commission",
    "error_type": "wrong_drug_or_dose",
    "note": SECRET,
    "seconds": 12.5,
}


@pytest.fixture
def twice(desk: Desk) -> Iterator[Desk]:
    """A queue of two answers, each to be read by two people."""
    desk.draw("q", 2, double_share=1.0)
    yield desk
    assert desk.journal.verify() == []


def grade(desk: Desk, actor: Actor, position: int, **other: Any) -> Stored:
    id_ = str(uuid.uuid4())
    commit(desk.store, desk.journal, actor, "q", position, {**GRADE, **other}, id_)
    found = desk.journal.find(id_)
    assert found is not None
    return found


def exported(desk: Desk, form: Any = "jsonl", since: str | None = None) -> list[str]:
    return list(export(desk.store, desk.journal, LEAD, form, since))


def line_of(lines: list[str], seq: int) -> dict[str, Any]:
    (found,) = (row for row in map(json.loads, lines[1:]) if row["seq"] == seq)
    return dict(found)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_no_export_holds_a_grade_before_every_read_is_in(twice: Desk, form: Any) -> None:
    first = grade(twice, ANNA, 0)
    text = "\n".join(exported(twice, form))
    for told in (SECRET, "wrong_drug_or_dose", '"harm"', '""harm""', first.client_id):
        assert told not in text
    assert first.hash in text  # pinned: it cannot be changed any more
    assert "gated" not in text
    assert "inclusion_probability" not in text


def test_a_withheld_event_is_pinned_by_its_hash_and_can_be_checked_later(twice: Desk) -> None:
    first = grade(twice, ANNA, 0, harm=1)
    before = exported(twice)
    checked = check_export(before)
    assert (checked.faults, checked.events) == ((), twice.journal.head().seq)
    assert checked.withheld == 2  # the judgment, and the queue's settings
    grade(twice, BEN, 0, harm=1)
    after = exported(twice)
    # Both reads agree, so they are out; the queue still has an open item.
    assert check_export(after).withheld == 1
    told, pinned = line_of(after, first.seq), line_of(before, first.seq)
    assert pinned["client_id"] is None
    assert pinned["payload"] is None
    assert told["hash"] == pinned["hash"]
    row = Stored(**{**{k: told[k] for k in told if k not in ("withheld", "payload")},
                    "payload_json": told["payload"]})  # fmt: skip
    assert holds(row, row.seq)


def test_a_dispute_stays_withheld_until_it_is_decided(twice: Desk) -> None:
    grade(twice, ANNA, 0)
    grade(twice, BEN, 0)
    assert SECRET not in "\n".join(exported(twice))
    item = twice.store.rows("record_items", queue="q")[0]["item_id"]
    impression(twice.store, twice.journal, ADA, item, {**GRADE, "note": "mine"}, "ada-00000001")
    adjudicate(twice.store, twice.journal, ADA, item, {**GRADE, "note": "final"}, "ada-00000002")
    text = "\n".join(exported(twice))
    assert SECRET in text
    assert "final" in text


def test_an_answer_that_is_open_in_another_queue_stays_withheld(desk: Desk) -> None:
    """Who reads it there could otherwise look up the grade that it got here."""
    (item,) = desk.draw("q", 1)
    grade(desk, ANNA, 0, harm=1)
    assert SECRET in "\n".join(exported(desk))
    desk.draw("again", 0, by_hand=(item.response_id,))
    assert SECRET not in "\n".join(exported(desk))


def test_what_was_called_not_judgeable_is_withheld_too(twice: Desk) -> None:
    why = "the question makes no sense"
    skip(twice.store, twice.journal, ANNA, "q", 0, why, "not_judgeable", "anna-00000001")
    assert why not in "\n".join(exported(twice))


def test_only_a_lead_exports_and_anybody_may_see_what_is_complete(twice: Desk) -> None:
    for actor in (ANNA, ADA, VERA):
        with pytest.raises(NotPermitted):
            export(twice.store, twice.journal, actor, "jsonl")
    item = twice.store.rows("record_items", queue="q")[0]["item_id"]
    grade(twice, ANNA, 0, harm=1)
    for actor in (ANNA, BEN, ADA, LEAD, VERA):  # the author as well: one rule for all
        entries = timeline(twice.store, twice.journal, actor, item)
        shown = " ".join(f"{entry.what} {entry.why}" for entry in entries)
        assert "harm" not in shown
        assert SECRET not in shown
        assert [e.withheld for e in entries if e.action == "judgment"] == [True]
    grade(twice, BEN, 0, harm=1)
    entries = timeline(twice.store, twice.journal, VERA, item)
    judged = [e for e in entries if e.action == "judgment"]
    assert [(e.who, e.why) for e in judged] == [("anna", SECRET), ("ben", SECRET)]
    assert judged[0].what.startswith("blind, harm 1, commission, wrong_drug_or_dose")
    assert [e.seq for e in entries] == sorted(e.seq for e in entries)
    with pytest.raises(UnknownName):
        timeline(twice.store, twice.journal, VERA, "0" * 16)


def test_since_takes_a_number_or_a_date_and_joins_what_was_before(twice: Desk) -> None:
    grade(twice, ANNA, 0)
    lines = exported(twice, since="3")
    cover = json.loads(lines[0])
    assert (cover["first"], cover["head"]) == (3, str(twice.journal.head()))
    rows = list(twice.journal.since())
    assert json.loads(lines[1])["prev_hash"] == rows[1].hash
    assert check_export(lines).faults == ()
    assert json.loads(exported(twice, since="2026-01-01")[0])["first"] == 1
    for since in ("2999-01-01", "yesterday", "99"):
        with pytest.raises(BadInput):
            exported(twice, since=since)


def test_a_changed_export_does_not_check(twice: Desk) -> None:
    grade(twice, ANNA, 0, harm=1)
    grade(twice, BEN, 0, harm=1)
    lines = exported(twice)
    judged = next(i for i, line in enumerate(lines) if '"action":"judgment"' in line)
    for changed in (
        [*lines[:judged], lines[judged].replace("anna", "ben"), *lines[judged + 1 :]],
        [*lines[:judged], lines[judged].replace(SECRET, "fine"), *lines[judged + 1 :]],
        [*lines[:judged], *lines[judged + 1 :]],
        lines[:-1],
        lines[:1],
        [lines[0], lines[2], lines[1], *lines[3:]],
    ):
        assert changed != lines
        assert check_export(changed).faults
    for none in ([], ["{}"], ["[1]"], [lines[0], "{}"], [lines[0], "x"], ["[" * 5000]):
        with pytest.raises(BadInput):
            check_export(none)


def test_a_spreadsheet_finds_no_formula(twice: Desk) -> None:
    for number, actor in enumerate((ANNA, BEN)):
        id_ = f"=cmd|'/c calc'!A{number}"
        commit(twice.store, twice.journal, actor, "q", 0, {"harm": 0, "note": "=1+1"}, id_)
    rows = list(csv.DictReader(exported(twice, "csv")))
    assert not any((cell or "").startswith(("=", "+", "-", "@", "\t")) for r in rows
                   for cell in r.values())  # fmt: skip
    assert any(row["client_id"].startswith("'=cmd") for row in rows)
    assert (rows[-1]["action"], rows[-1]["hash"]) == ("head", str(twice.journal.head()))
    assert len(rows) == twice.journal.head().seq + 1


def test_a_damaged_journal_is_not_exported(desk: Desk) -> None:
    desk.draw("q", 2)
    grade(desk, ANNA, 0)
    with writing(desk.journal.engine) as connection:
        was = connection.exec_driver_sql("select payload from event where seq = 2").scalar()
        connection.execute(update(events).where(events.c.seq == 2).values(payload="{}"))
    with pytest.raises(WorkspaceDamaged, match="event 2: modified"):
        exported(desk)
    with writing(desk.journal.engine) as connection:
        connection.execute(update(events).where(events.c.seq == 2).values(payload=was))
    assert exported(desk)


def test_the_store_is_a_replay_of_the_journal(twice: Desk) -> None:
    grade(twice, ANNA, 0)
    grade(twice, BEN, 1, harm=2)
    assert mismatches(twice.store, twice.journal) == []
    cursor = twice.store._connection.cursor()
    cursor.execute("update judgment_row set harm = 0 where reviewer = 'anna'")
    cursor.execute("update judgment_row set reviewer = 'anna' where reviewer = 'ben'")
    one, two = mismatches(twice.store, twice.journal)
    assert one.endswith("the store has another harm")
    assert two.endswith("the store has another reviewer, author or item")
    cursor.execute("delete from judgment_row where harm = 0")
    cursor.execute("update judgment_row set seq = 999")
    assert [fault.split(": ")[1] for fault in mismatches(twice.store, twice.journal)] == [
        "the store does not hold this judgment",
        "the store does not hold this judgment",
        "the store holds a judgment that is not in the journal",
    ]
    cursor.close()
