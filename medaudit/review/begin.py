"""What a reviewer declares once, before the first answer of a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medaudit.errors import BadInput
from medaudit.journal import Event, Journal
from medaudit.review.roles import Actor, require

if TYPE_CHECKING:
    from medaudit.store import Store

STATEMENTS = (
    "I have no financial or personal interest in a maker of the systems under test, or I have "
    "named it below.",
    "I grade what I read: I do not try to find out which system wrote an answer, and I talk about "
    "no answer with another reader before both of us have graded it.",
)
"""Conflict of interest, blinding: kept with the event, word for word."""
LONGEST = 2_000


def begun(store: Store, actor: Actor, queue: str) -> bool:
    """Whether the actor has made both statements for this queue."""
    require(actor, "see_blind")
    return bool(store.rows("begun", queue=queue, reviewer=actor.id))


def begin(journal: Journal, actor: Actor, queue: str, *, interest: str = "") -> None:
    """Keep that the actor made both statements. ``interest``: what they named, empty for none.

    Once: again with the same words is a no-op, with others a ``Conflict``.
    """
    require(actor, "judge")
    if len(interest) > LONGEST:
        raise BadInput(f"at most {LONGEST} characters", field="interest")
    journal.append(
        Event(
            client_id=f"begin:{queue}:{actor.id}",
            actor=actor.id,
            action="begin",
            subject=queue,
            payload={"statements": list(STATEMENTS), "interest": interest.strip()},
        )
    )
