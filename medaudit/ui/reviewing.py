"""A reviewer at their desk: which card lies there, and what each event from the pad does to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from medaudit.errors import Conflict, MedauditError, UnknownName
from medaudit.records import QueueSettings
from medaudit.review import (
    Actor,
    BlindCard,
    blind_card,
    commit,
    draft,
    open_aside,
    progress,
    queue_settings,
    reveal,
    revise,
    save_draft,
    skip,
    take,
)
from medaudit.store import Store
from medaudit.ui.identity import current
from medaudit.ui.pad import TITLES, blank, pad
from medaudit.ui.practice import key_lines, key_panel
from medaudit.ui.session import journal, store
from medaudit.ui.surface import (
    ASIDES,
    PAUSE_S,
    grading_card,
    own_grade,
    revealed_card,
    summary_card,
    to_grade,
    unfolded,
)


@dataclass
class Desk:
    """One person's place in one queue, for as long as their session lasts."""

    actor: Actor
    store: Store
    """Services that write bring it up to date themselves."""
    settings: QueueSettings
    done: int
    """Items graded, by the journal when they sat down and counted from there."""
    position: int | None = None
    card: BlindCard | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    """What card and pad show. Built when the place changes, not when the page reruns."""
    asides: dict[str, Any] = field(default_factory=dict)
    attempt: int = 0
    """Grows with every refusal: the pad lets go of its keys again."""
    pause_due: bool = False
    ready: BlindCard | None = None
    """The next card, reserved and read while its reviewer reads the present one."""

    @property
    def queue(self) -> str:
        return self.settings.queue

    @property
    def at(self) -> BlindCard:
        """The card that lies there. Only asked while there is one."""
        if self.card is None:
            raise UnknownName("item", self.queue)
        return self.card

    def act(self, event: str, sent: dict[str, Any]) -> None:
        """Do what the pad asked. A refusal is shown on the pad, and nothing is lost."""
        actor = current()
        if actor is None or actor.id != self.actor.id:
            return
        self.actor = actor
        if sent.pop("item_id", None) != self.shown["item_id"]:
            return
        try:
            {
                "commit": self.commit,
                "next": self.next,
                "draft": self.draft,
                "open": self.open,
                "skip": self.skip,
                "ready": self.make_ready,
            }[event](sent)
        except MedauditError as error:
            self.refused(error)

    def refused(self, error: MedauditError) -> None:
        """Say what was not kept; a card whose place is gone offers the next one."""
        self.attempt += 1
        change: dict[str, Any] = {"error": f"Not saved: {error}", "attempt": self.attempt}
        if isinstance(error, Conflict) and self.shown["phase"] == "blind":
            card = blind_card(store(), self.actor, self.queue, self.at.position)
            if card.committed:
                self.show(card)
                return
            if card.reserved_until is None:
                change |= {"phase": "lost", "title": TITLES["lost"], "go": "Next answer"}
        self.shown = {**self.shown, **change}

    def commit(self, sent: dict[str, Any]) -> None:
        """Keep a grade, or one changed after the reveal."""
        client_id, phase = str(sent.pop("client_id", "")), sent.pop("phase", "")
        answer = int(sent.pop("answer"))
        given = (self.store, journal(), self.actor, self.queue, self.at.position, sent, client_id)
        if phase == "revise":
            revise(*given, answer=answer)
            self.show(blind_card(self.store, self.actor, self.queue, self.at.position))
            return
        if phase != self.shown["phase"] or answer != self.shown["answer"]:
            return
        commit(*given, answer=answer)
        card = graded(self.at, answer)
        if card.committed:
            self.done += 1
            self.pause_due = self.done % self.settings.block == 0
            if self.settings.reveal != "at_once":
                self.next({})
                return
        self.show(card)

    def make_ready(self, _: dict[str, Any]) -> None:
        """Reserve and read the next card; what is shown stays as it is."""
        if self.ready is None and self.position is not None:
            here = (self.actor, self.queue)
            position = take(self.store, journal(), *here, besides=self.position)
            self.ready = None if position is None else blind_card(self.store, *here, position)

    def next(self, _: dict[str, Any]) -> None:
        """Go on: to a pause when a block is full, else to the next answer."""
        if self.pause_due:
            self.pause_due = False
            self.rest()
        else:
            self.take()

    def draft(self, sent: dict[str, Any]) -> None:
        """Keep what is half written; the card stays as it is."""
        if sent.get("phase") == self.shown["phase"]:
            save_draft(journal(), self.actor, self.shown["item_id"], sent)

    def open(self, sent: dict[str, Any]) -> None:
        """Unfold a part of the card; the journal notes it."""
        which = str(sent.get("what"))
        card = blind_card(self.store, self.actor, self.queue, self.at.position)
        given = (self.store, journal(), self.actor, self.queue, self.at.position)
        found = [open_aside(*given, what) for what in ASIDES.get(which, ()) if what in card.asides]
        if found:
            self.asides |= unfolded(card, found)
            self.shown = {**self.shown, "card": {**self.shown["card"], "asides": self.asides}}

    def skip(self, sent: dict[str, Any]) -> None:
        """Decline the answer with a reason and take the next."""
        never = sent.get("kind") == "not_judgeable"
        skip(
            self.store,
            journal(),
            self.actor,
            self.queue,
            self.at.position,
            reason=str(sent.get("reason", "")),
            kind="not_judgeable" if never else "skipped",
            client_id=str(sent.get("client_id", "")),
        )
        self.take()

    def sit(self, wanted: int | None) -> None:
        """The first card of a session: the one asked for when it is one's own, else the next."""
        if wanted is not None:
            try:
                card = blind_card(self.store, self.actor, self.queue, wanted)
            except UnknownName:
                pass
            else:
                if card.committed or card.reserved_until is not None:
                    self.position = wanted
                    self.show(card)
                    return
        self.take()

    def take(self) -> None:
        """The next card: the one made ready while its reservation holds, else one taken now."""
        ready, self.ready, self.asides = self.ready, None, {}
        if ready is not None and held(ready):
            self.position = ready.position
            self.show(ready)
            return
        self.position = take(self.store, journal(), self.actor, self.queue)
        if self.position is None:
            self.rest()
        else:
            self.show(blind_card(self.store, self.actor, self.queue, self.position))

    def show(self, card: BlindCard) -> None:
        """A card: blind until every answer of it is graded, then what the queue reveals."""
        self.card = card
        size = self.settings.block
        place = f"block {self.done // size + 1}: {self.done % size} of {size} done"
        if not card.committed:
            kept = draft(journal(), self.actor, card.item_id)
            answer = to_grade(card)
            if kept is not None and (kept.get("phase"), kept.get("answer")) != ("blind", answer):
                kept = None
            self.shown = {
                **self.blank(card.item_id, "blind"),
                "answer": answer,
                "title": TITLES["blind"]
                if len(card.answers) == 1
                else f"{TITLES['blind']} of answer {card.answers[answer].label}",
                "draft": kept,
                "skippable": not any(one.committed for one in card.answers),
                "dimensions": list(card.dimensions),
                "card": grading_card(card, place, opened=self.asides),
            }
            return
        try:
            found = [
                reveal(self.store, self.actor, self.queue, card.position, answer=k)
                for k in range(len(card.answers))
            ]
        except MedauditError:  # the queue keeps it hidden, still or for good
            self.next({})
            return
        owns = [one.own for one in found]
        newest = max(owns, key=lambda own: own["seq"])
        self.shown = {
            **self.blank(card.item_id, "revealed"),
            "go": "Next answer",
            "saved": f"Saved {str(newest['utc'])[:19]} UTC, entry {newest['client_id'][:8]}.",
            "own": [own_grade(own) for own in owns],
            "dimensions": list(card.dimensions),
            "card": {
                **revealed_card(card, place, found, opened=self.asides),
                **key_panel(self.actor, self.queue, card.position),
            },
        }

    def rest(self) -> None:
        """A pause, or the end: one's own figures, and the items that may be looked at again."""
        stand = progress(self.store, self.actor, self.queue)
        over = self.position is None
        title = "Nothing left for you in this queue" if over else f"Pause after {stand.done}"
        items = []
        if self.settings.reveal != "never":
            rows = self.store.rows(
                "own_block", queue=self.queue, reviewer=self.actor.id, most=self.settings.block
            )
            for row in rows:
                here = urlencode({"q": self.queue, "i": row["position"] + 1})
                items.append([f"See answer {row['position'] + 1} again", f"review?{here}"])
        note = "What others hold reserved comes back when it expires." if over else ""
        card = summary_card(stand, title, note, items)
        card["summary"]["lines"] += key_lines(self.actor, self.queue)
        self.shown = {**self.blank(f"rest:{stand.done}", "done" if over else "pause"), "card": card}
        if not over:
            self.shown |= {"go": "Go on", "wait": PAUSE_S}

    def blank(self, item_id: str, phase: str) -> dict[str, Any]:
        return blank(self.actor, item_id, phase, self.attempt)


def held(card: BlindCard) -> bool:
    """Whether the actor's reservation of a card holds for a minute more."""
    until = card.reserved_until
    return until is not None and until > datetime.now(UTC) + timedelta(minutes=1)


def graded(card: BlindCard, answer: int) -> BlindCard:
    """The card once one of its answers is graded."""
    answers = tuple(
        replace(one, committed=one.committed or k == answer) for k, one in enumerate(card.answers)
    )
    return replace(card, answers=answers, committed=all(one.committed for one in answers))


@st.fragment
def grading(queue: str) -> None:
    """One card and its pad. Reruns alone, so that a key press does not redraw the page."""
    actor = current()
    if actor is None:
        st.rerun()
    desk: Desk | None = st.session_state.get("desk")
    if desk is None or (desk.actor.id, desk.queue) != (actor.id, queue):
        known = store()
        done = progress(known, actor, queue).done
        desk = Desk(actor, known, queue_settings(known, queue), done)
        desk.sit(_wanted())
        st.session_state["desk"] = desk
    where = {"q": queue} if desk.position is None else {"q": queue, "i": str(desk.position + 1)}
    if st.query_params.to_dict() != where:
        st.query_params.from_dict(where)
    pad(desk.shown, desk.act)


def _wanted() -> int | None:
    asked = st.query_params.get("i", "")
    return int(asked) - 1 if asked.isdecimal() and 0 < int(asked) < 10**6 else None
