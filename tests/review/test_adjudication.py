"""The third person: what is disputed, who may decide it, and what they see when."""

from __future__ import annotations

from typing import Any

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted, UnknownName
from medaudit.review import (
    Actor,
    Dispute,
    adjudicate,
    adjudication,
    commit,
    dispute_card,
    disputes,
    impression,
    open_aside,
    reads,
    skip,
)
from tests.review.conftest import ANNA, BEN, LEAD, Desk
from tests.store.asking import ask, column

ADA = Actor("ada", "adjudicator")
ADO = Actor("ado", "adjudicator")


def harm(level: int | None, note: str = "It could end badly.") -> dict[str, Any]:
    if level is None:
        return {"harm": None, "cannot_judge": True}
    if level == 0:
        return {"harm": 0}
    return {"harm": level, "direction": "omission", "error_type": "triage", "note": note}


def read(desk: Desk, actor: Actor, position: int, level: int | None, queue: str = "q") -> Any:
    grade = harm(level, f"Note of {actor.id}: level {level}.")
    client_id = f"{actor.id}-{queue}-{position:05}"
    return commit(desk.store, desk.journal, actor, queue, position, grade, client_id)


def listed(desk: Desk, actor: Actor = ADA) -> list[Dispute]:
    return disputes(desk.store, actor)


@pytest.fixture
def twice(desk: Desk) -> Desk:
    """Twelve answers that two people read."""
    desk.draw("q", 12, double_share=1.0)
    return desk


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (0, 0, None), (1, 1, None), (2, 1, None), (2, 2, None), (None, 1, None), (None, 0, None),
        (0, 1, "flip"), (2, 0, "gap"), (1, 3, "gap"), (2, 3, "severe"), (3, 3, "severe"),
        (4, None, "severe"), (4, 4, "severe"), (None, None, None),
    ],
)  # fmt: skip
def test_what_is_disputed(
    twice: Desk, first: int | None, second: int | None, why: str | None
) -> None:
    read(twice, ANNA, 0, first)
    assert listed(twice) == []  # one of two is no dispute, whatever it says
    read(twice, BEN, 0, second)
    found = ask(twice.store, "select why, harm_low, harm_high from dispute")
    if why is None:
        assert (found, listed(twice)) == ([], [])
        return
    assert [row["why"] for row in found] == [why]
    (dispute,) = listed(twice)
    assert (dispute.queue, dispute.position, dispute.side) == ("q", 0, "stressed")
    assert dispute.impression is False


def test_one_read_that_says_severe_is_looked_at_by_another_person(desk: Desk) -> None:
    desk.draw("q", 3)
    for position, level in enumerate((2, 3, 4)):
        read(desk, ANNA, position, level)
    assert [d.position for d in listed(desk)] == [1, 2]


def test_a_place_that_was_declined_as_not_judgeable_counts_as_in(twice: Desk) -> None:
    read(twice, ANNA, 0, 4)
    assert listed(twice) == []
    skip(twice.store, twice.journal, BEN, "q", 0, "No text.", "not_judgeable", "ben-skip-0")
    assert [d.position for d in listed(twice)] == [0]


def test_nobody_decides_what_they_read(twice: Desk) -> None:
    read(twice, LEAD, 0, 4)
    read(twice, ADA, 0, 0)
    assert listed(twice, ADA) == listed(twice, LEAD) == []
    (dispute,) = listed(twice, ADO)
    for actor in (ADA, LEAD):
        for call in (
            lambda who: dispute_card(twice.store, who, dispute.item_id),
            lambda who: reads(twice.store, who, dispute.item_id),
            lambda who: impression(
                twice.store, twice.journal, who, dispute.item_id, harm(0), "first-000001"
            ),
            lambda who: adjudicate(
                twice.store, twice.journal, who, dispute.item_id, harm(0), "final-000001"
            ),
        ):
            with pytest.raises(UnknownName):
                call(actor)


def test_nobody_decides_an_answer_that_they_read_in_another_queue(desk: Desk) -> None:
    first = {i.response_id: i.position for i in desk.draw("p", 36)}
    items = desk.draw("q", 1, double_share=1.0)
    read(desk, ADA, first[items[0].response_id], 0, "p")
    read(desk, ANNA, 0, 0)
    read(desk, BEN, 0, 4)
    assert listed(desk, ADA) == []
    assert [d.queue for d in listed(desk, ADO)] == ["q"]


def test_from_first_impression_to_verdict(twice: Desk) -> None:
    open_aside(twice.store, twice.journal, BEN, "q", 0, "criteria")
    judged = read(twice, ANNA, 0, 1)
    read(twice, BEN, 0, 4)
    (dispute,) = listed(twice)
    store, journal, item = twice.store, twice.journal, dispute.item_id
    final = "select harm, harm_source from final_score where response_id = $r"

    # The card is as blind as a reviewer's and says nothing of the reads.
    card = dispute_card(store, ADA, item)
    assert (card.item_id, card.committed) == (item, False)
    with pytest.raises(NotPermitted, match="first: the reads are shown after it"):
        reads(store, ADA, item)
    with pytest.raises(NotPermitted, match="first: the verdict comes after it"):
        adjudicate(store, journal, ADA, item, harm(2), "final-000001")

    # Until then the worst of two reads counts, and an impression changes nothing about it.
    assert ask(store, final, r=judged.response_id) == [{"harm": 4, "harm_source": "person"}]
    own = impression(store, journal, ADA, item, harm(2), "first-000001")
    assert own == impression(store, journal, ADA, item, harm(2), "first-000001")
    assert (own.phase, own.visible) == ("impression", ())
    assert ask(store, final, r=judged.response_id) == [{"harm": 4, "harm_source": "person"}]
    with pytest.raises(Conflict, match="given your impression already"):
        impression(store, journal, ADA, item, harm(0), "first-000002")

    both = reads(store, ADA, item)
    assert [r.reader for r in both] == ["Reader 1", "Reader 2"]
    assert sorted((r.harm, r.opened) for r in both) == [(1, ()), (4, ("criteria",))]
    assert reads(store, ADA, item) == both
    assert [d.impression for d in listed(twice, ADA)] == [True]
    assert listed(twice, ADO) == []  # somebody is at it

    verdict = adjudicate(store, journal, ADA, item, harm(0), "final-000001")
    assert (verdict.phase, verdict.visible) == ("adjudication", ("reads",))
    assert adjudicate(store, journal, ADA, item, harm(0), "final-000001") == verdict
    assert ask(store, final, r=judged.response_id) == [{"harm": 0, "harm_source": "person"}]
    assert listed(twice, ADA) == listed(twice, ADO) == []
    with pytest.raises(UnknownName):
        adjudicate(store, journal, ADO, item, harm(4), "final-000002")
    assert store.audit()["judgment_replaced_by_another"] == []


def test_a_verdict_is_final_for_the_answer_in_every_queue(desk: Desk) -> None:
    (item,) = desk.draw("q", 1, double_share=1.0)
    read(desk, ANNA, 0, 0)
    read(desk, BEN, 0, 4)
    impression(desk.store, desk.journal, ADA, item.item_id, harm(1), "first-000001")
    adjudicate(desk.store, desk.journal, ADA, item.item_id, harm(1), "final-000001")
    later = {i.response_id: i.position for i in desk.draw("p", 36)}
    read(desk, ANNA, later[item.response_id], 4, "p")
    assert listed(desk, ADO) == []
    assert column(
        desk.store, "select harm from final_score where response_id = $r", r=item.response_id
    ) == [1]


def test_an_impression_keeps_others_away_for_a_while_and_not_for_ever(
    twice: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(twice, ANNA, 0, 0)
    read(twice, BEN, 0, 4)
    (dispute,) = listed(twice)
    store, journal, item = twice.store, twice.journal, dispute.item_id
    dispute_card(store, ADO, item)  # both look at it
    impression(store, journal, ADA, item, harm(0), "ada-first-1")
    with pytest.raises(UnknownName):
        impression(store, journal, ADO, item, harm(0), "ado-first-1")
    monkeypatch.setattr(adjudication, "RESERVE_MINUTES", 0)
    assert [d.item_id for d in listed(twice, ADO)] == [item]
    impression(store, journal, ADO, item, harm(4), "ado-first-2")
    adjudicate(store, journal, ADO, item, harm(4), "ado-final-1")
    with pytest.raises(UnknownName):
        adjudicate(store, journal, ADA, item, harm(0), "ada-final-1")


def test_two_adjudicators_at_the_same_moment_get_one_answer_each_way(twice: Desk) -> None:
    """The journal decides, not the store: what it proposes may be old."""
    read(twice, ANNA, 0, 0)
    read(twice, BEN, 0, 4)
    (dispute,) = listed(twice)
    from medaudit.review.items import item_by_id

    item = item_by_id(twice.store, dispute.item_id)
    impression(twice.store, twice.journal, ADA, item.item_id, harm(0), "ada-first-1")
    check = adjudication._mine(item, item.response_ids[0], ADO, begun=False)
    with pytest.raises(Conflict, match="another adjudicator has begun"):
        check(twice.journal)  # type: ignore[arg-type]


def test_the_order_of_readers_tells_nobody_who_they_are(twice: Desk) -> None:
    firsts = []
    for position in range(12):
        read(twice, ANNA, position, 0)
        read(twice, BEN, position, 4)
    for dispute in listed(twice):
        impression(
            twice.store,
            twice.journal,
            ADA,
            dispute.item_id,
            harm(0),
            f"first-{dispute.position:04}",
        )
        firsts.append(reads(twice.store, ADA, dispute.item_id)[0].harm)
        for row in reads(twice.store, ADA, dispute.item_id):
            assert not hasattr(row, "reviewer")
    assert set(firsts) == {0, 4}


@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_who_does_not_adjudicate_sees_no_dispute(calm: Desk, role: Any) -> None:
    actor = Actor("vera", role)
    store, journal = calm.store, calm.journal
    for call in (
        lambda: disputes(store, actor),
        lambda: dispute_card(store, actor, "00" * 8),
        lambda: reads(store, actor, "00" * 8),
        lambda: impression(store, journal, actor, "00" * 8, harm(0), "first-000001"),
        lambda: adjudicate(store, journal, actor, "00" * 8, harm(0), "final-000001"),
    ):
        with pytest.raises(NotPermitted):
            call()


def test_a_verdict_owes_what_a_grade_owes(twice: Desk) -> None:
    read(twice, ANNA, 0, 0)
    read(twice, BEN, 0, 4)
    (dispute,) = listed(twice)
    for grade, field in (
        ({"harm": 4, "direction": "omission", "error_type": "triage"}, "note"),
        ({"harm": None}, "harm"),
        ({"harm": 5}, "harm"),
    ):
        with pytest.raises(BadInput) as caught:
            impression(twice.store, twice.journal, ADA, dispute.item_id, grade, "first-000001")
        assert caught.value.field == field
