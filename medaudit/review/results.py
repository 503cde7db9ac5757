"""Who may see what came of a run while its answers are graded blind.

Answers with system and score, worst failures and figures by system tell a reader what to find. A
reviewer sees none of a run while an answer of one of its queues is open to them. Adjudicators and
leads do, and so does the one person of a workspace without users; what they grade afterwards is
marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from medaudit.journal import Event, Journal
from medaudit.review import slots
from medaudit.review.adjudication import disputes
from medaudit.review.roles import Actor, permits, require

if TYPE_CHECKING:
    from medaudit.store import Store


@dataclass(frozen=True)
class Sight:
    """Whether somebody sees what came of a run."""

    closed: bool
    queues: tuple[str, ...] = ()
    """Those of the run in which an answer is open to them; where not closed, the marked ones."""
    n_open: int = 0
    """Items of these queues that they could still read, or whose other reads are not in."""


def see_results(store: Store, journal: Journal, actor: Actor, run_id: str) -> Sight:
    """Whether the actor may see the results of a run now. Ask before any of them is read.

    Where they may although an answer is open to them (to read, or as a dispute that waits for
    them), that they did is kept, once a queue, and ``commit`` writes it into ``visible``.
    """
    require(actor, "see_results")
    now = slots.clock().astimezone(UTC).replace(tzinfo=None)
    rows = store.rows("results_open", run=run_id, reviewer=actor.id, now=now)
    if not permits(actor, "judge"):
        return Sight(closed=False)
    waiting: set[str] = set()
    if rows and permits(actor, "see_disputes"):
        waiting = {dispute.queue for dispute in disputes(store, actor)}
    found = [
        row
        for row in rows
        if (row["n_open"] > 0 or row["queue"] in waiting) and (row["begun"] or not row["alone"])
    ]
    sight = Sight(
        closed=any(not row["alone"] for row in found) and not permits(actor, "see_results_early"),
        queues=tuple(row["queue"] for row in found),
        n_open=sum(row["n_open"] for row in found),
    )
    fresh = [] if sight.closed else [row["queue"] for row in found if not row["seen"]]
    for queue in fresh:
        journal.append(
            Event(
                client_id=f"results_seen:{queue}:{actor.id}",
                actor=actor.id,
                action="results_seen",
                subject=queue,
                payload={"run_id": run_id},
            )
        )
    if fresh:
        store.refresh()
    return sight
