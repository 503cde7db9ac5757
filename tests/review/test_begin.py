"""What a reviewer declares before the first answer of a queue."""

from __future__ import annotations

import pytest

from medaudit.errors import BadInput, Conflict, NotPermitted
from medaudit.review import Actor
from medaudit.review.begin import LONGEST, STATEMENTS, begin, begun
from tests.review.conftest import ANNA, BEN, Desk


def test_both_statements_are_kept_once_and_for_one_person(desk: Desk) -> None:
    desk.draw("q", 2)
    assert not begun(desk.store, ANNA, "q")
    for _ in range(2):
        begin(desk.journal, ANNA, "q", interest=" shares in a maker ")
    desk.store.refresh()
    assert begun(desk.store, ANNA, "q")
    assert not begun(desk.store, BEN, "q")
    assert not begun(desk.store, ANNA, "another")
    kept = [event for event in desk.journal.since() if event.action == "begin"]
    assert [event.actor for event in kept] == ["anna"]
    assert kept[0].payload == {"statements": list(STATEMENTS), "interest": "shares in a maker"}
    with pytest.raises(Conflict):
        begin(desk.journal, ANNA, "q", interest="none after all")


def test_nobody_declares_who_may_not_judge(desk: Desk) -> None:
    with pytest.raises(NotPermitted):
        begin(desk.journal, Actor("vera", "viewer"), "q")
    with pytest.raises(NotPermitted):
        begun(desk.store, Actor("vera", "viewer"), "q")
    with pytest.raises(BadInput, match="interest"):
        begin(desk.journal, ANNA, "q", interest="x" * (LONGEST + 1))
