"""Who may do what: every pair of role and action."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from medaudit.errors import NotPermitted
from medaudit.review.roles import ALLOWED, ROLES, Action, Actor, Role, permits, require

ACTIONS: tuple[Action, ...] = get_args(Action)
EXPECTED = """
                viewer  reviewer  adjudicator  lead
see_record      yes     yes       yes          yes
see_results     yes     yes       yes          yes
see_blind       no      yes       yes          yes
judge           no      yes       yes          yes
see_revealed    no      yes       yes          yes
sign            no      yes       yes          yes
see_disputes    no      no        yes          yes
adjudicate      no      no        yes          yes
see_quality     no      no        yes          yes
see_results_early  no   no        yes          yes
draw_queue      no      no        no           yes
close_queue     no      no        no           yes
manage_users    no      no        no           yes
export_audit    no      no        no           yes
"""
"""Written out cell by cell, so that a right given by mistake shows here."""
_HEAD, *_ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
GRANTED = {
    (role, action): cell == "yes"
    for action, *cells in _ROWS
    for role, cell in zip(_HEAD, cells, strict=True)
}


def test_the_table_above_has_every_role_and_every_action() -> None:
    assert tuple(_HEAD) == ROLES == ("viewer", "reviewer", "adjudicator", "lead")
    assert {action for action, *_ in _ROWS} == set(ACTIONS) == set(ALLOWED)
    assert len(GRANTED) == 4 * 14
    assert {cell for _, *cells in _ROWS for cell in cells} == {"yes", "no"}


@pytest.mark.parametrize(("role", "action"), list(itertools.product(ROLES, ACTIONS)))
def test_a_role_may_do_exactly_what_it_was_given(role: Role, action: Action) -> None:
    actor = Actor("anna", role)
    if GRANTED[role, action]:
        assert permits(actor, action)
        require(actor, action)
    else:
        assert not permits(actor, action)
        with pytest.raises(NotPermitted) as caught:
            require(actor, action)
        message = str(caught.value)
        assert message.startswith(f"anna ({role}) may not {action}; needs one of: ")
        assert message.endswith("lead")
        assert caught.value.exit_code == 6


@pytest.mark.parametrize("role", ["", "LEAD", "admin", "lead ", "viewer,lead"])
def test_a_role_that_is_none_may_do_nothing(role: str) -> None:
    actor = Actor("anna", role)  # type: ignore[arg-type]
    assert not any(permits(actor, action) for action in ACTIONS)
