"""Who may do what: each role may do all that the one below it may, and more.

viewer < reviewer < adjudicator < lead. Checked in the services with the actor, never in pages. The
role of an actor comes from the user table of the journal (``people``), from nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from medaudit.errors import NotPermitted

Role = Literal["viewer", "reviewer", "adjudicator", "lead"]
"""From the least to the most rights."""
ROLES: tuple[Role, ...] = get_args(Role)
Action = Literal[
    "see_record",
    "see_results",
    "see_blind",
    "judge",
    "see_revealed",
    "sign",
    "see_disputes",
    "adjudicate",
    "see_quality",
    "see_results_early",
    "draw_queue",
    "close_queue",
    "manage_users",
    "export_audit",
]

LOWEST: dict[Action, Role] = {
    # Judgments that are complete: both reads in, or one where one was asked.
    "see_record": "viewer",
    # Of a run in which nothing is open to them: ``results`` says when it is.
    "see_results": "viewer",
    "see_blind": "reviewer",
    # Also claim, release, draft, skip and open what is folded.
    "judge": "reviewer",
    # Also change one's mind after it.
    "see_revealed": "reviewer",
    # One's own work; what a meaning presupposes is checked where the signature is made.
    "sign": "reviewer",
    "see_disputes": "adjudicator",
    "adjudicate": "adjudicator",
    # Names readers with their pace and agreement, so not for those who still grade.
    "see_quality": "adjudicator",
    # While an answer of the run is open to them; what they grade afterwards is marked.
    "see_results_early": "adjudicator",
    "draw_queue": "lead",
    "close_queue": "lead",
    "manage_users": "lead",
    "export_audit": "lead",
}
"""The lowest role that may do each action."""
ALLOWED: dict[Action, frozenset[Role]] = {
    action: frozenset(ROLES[ROLES.index(lowest) :]) for action, lowest in LOWEST.items()
}


@dataclass(frozen=True)
class Actor:
    """A person and the role in which they act."""

    id: str
    role: Role


def permits(actor: Actor, action: Action) -> bool:
    """Whether the actor's role allows the action."""
    return actor.role in ALLOWED[action]


def require(actor: Actor, action: Action) -> None:
    """Raise ``NotPermitted`` when the actor's role does not allow the action."""
    if not permits(actor, action):
        who = ", ".join(role for role in ROLES if role in ALLOWED[action])
        raise NotPermitted(f"{actor.id} ({actor.role}) may not {action}; needs one of: {who}")
