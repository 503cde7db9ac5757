"""An adjudicator's seat: what waits, an impression of one's own, then the reads and the verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from medaudit.errors import MedauditError
from medaudit.review import (
    Actor,
    BlindCard,
    Dispute,
    adjudicate,
    dispute_card,
    disputes,
    draft,
    impression,
    open_aside,
    reads,
    save_draft,
)
from medaudit.ui.card import answer_panel, probe_name
from medaudit.ui.differing import differences, quote_spans, read_panel, reasons
from medaudit.ui.identity import current
from medaudit.ui.pad import blank, pad
from medaudit.ui.parts import note
from medaudit.ui.session import journal, store
from medaudit.ui.surface import ASIDES, grade_words, grading_card, unfolded
from medaudit.ui.text import shown


@dataclass
class Seat:
    """One person's place at one dispute, for as long as their session lasts."""

    actor: Actor
    dispute: Dispute
    card: BlindCard
    asides: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    attempt: int = 0
    left: bool = False
    """Whether the adjudicator goes on to what waits next."""

    def act(self, event: str, sent: dict[str, Any]) -> None:
        """Do what the pad asked. A refusal is shown on the pad, and nothing is lost."""
        actor = current()
        if actor is None or actor.id != self.actor.id:
            return
        self.actor = actor
        if sent.pop("item_id", None) != self.shown["item_id"]:
            return
        try:
            if event == "commit":
                self.commit(sent)
            elif event == "draft" and sent.get("phase") == self.shown["phase"]:
                body = {**sent, "side": self.dispute.side}
                save_draft(journal(), self.actor, self.dispute.item_id, body)
            elif event == "open":
                self.open(str(sent.get("what")))
            elif event == "next":
                self.left = True
        except MedauditError as error:
            self.attempt += 1
            said = {"error": f"Not saved: {error}", "attempt": self.attempt}
            self.shown = {**self.shown, **said}

    def commit(self, sent: dict[str, Any]) -> None:
        """Keep the impression, which shows the reads; or the verdict, which is final."""
        client_id, phase = str(sent.pop("client_id", "")), sent.pop("phase", "")
        sent.pop("answer", None)
        if phase != self.shown["phase"]:
            return
        given = (store(), journal(), self.actor, self.dispute.item_id, sent, client_id)
        if phase == "impression":
            impression(*given, side=self.dispute.side)
            self.show(begun=True)
            return
        verdict = adjudicate(*given, side=self.dispute.side)
        words = grade_words(verdict.model_dump())
        self.shown = {
            **self.blank("done"),
            "go": "What waits next",
            "saved": f"The verdict is final: {words}.",
            "card": {**self.shown["card"], "facts": [f"Verdict: {words}"]},
        }

    def open(self, which: str) -> None:
        """Unfold a part of the card; the journal notes it."""
        given = (store(), journal(), self.actor, self.dispute.queue, self.dispute.position)
        wanted = [what for what in ASIDES.get(which, ()) if what in self.card.asides]
        if wanted:
            found = [open_aside(*given, what) for what in wanted]
            self.asides |= unfolded(self.card, found)
            self.shown = {**self.shown, "card": {**self.shown["card"], "asides": self.asides}}

    def show(self, *, begun: bool) -> None:
        """The card: as blind as a reviewer's, and with the reads once the impression is kept."""
        phase = "verdict" if begun else "impression"
        kept = draft(journal(), self.actor, self.dispute.item_id)
        where = (phase, self.dispute.side)
        if kept is not None and (kept.get("phase"), kept.get("side")) != where:
            kept = None
        card = grading_card(self.card, "in dispute", opened=self.asides)
        card["heading"] = "Adjudication"
        if begun:
            card |= self.with_reads()
        dimensions = list(self.card.dimensions)
        self.shown = {**self.blank(phase), "draft": kept, "dimensions": dimensions, "card": card}

    def with_reads(self) -> dict[str, Any]:
        """What the impression opens."""
        found = reads(store(), self.actor, self.dispute.item_id, self.dispute.side)
        key = {"item": self.dispute.item_id, "reviewer": self.actor.id, "side": self.dispute.side}
        own = store().rows("own_impression", **key)
        answer = self.card.answers[0]
        title = "Answer in dispute, with what the readers quoted"
        spans = quote_spans(answer.text, found)
        lines = [*reasons(found), *differences(found)]
        return {
            "answers": [
                answer_panel(title, answer.text, answer.outcome, graded=True, evidence=spans)
            ],
            "facts": [f"Your impression: {grade_words(one)}" for one in own],
            "reads": [read_panel(read, grade_words(asdict(read))) for read in found],
            "differ": {"title": "Where they differ", "lines": [["", line] for line in lines]},
        }

    def blank(self, phase: str) -> dict[str, Any]:
        return blank(self.actor, self.dispute.item_id, phase, self.attempt)


def waiting(found: list[Dispute]) -> None:
    """What waits for this person, as a table of links, and a key for the first."""
    rows = "".join(
        f'<tr><td><a href="adjudication?{shown(urlencode(address(one)))}" target="_self">'
        f"{shown(one.queue)}, answer {one.position + 1}</a>{' (begun)' if one.impression else ''}"
        f"</td><td>{shown(one.domain)}</td><td>{shown(probe_name(one.probe))}</td>"
        f"<td>{one.since:%Y-%m-%d %H:%M}</td></tr>"
        for one in found
    )
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Answer", "Domain", "What was done to the case", "Since (UTC)")
    )
    note(
        "Readers differ by two levels or more, one sees no harm and the other does, or somebody "
        "sees severe harm. Which of these, and what they said, is shown after your own impression. "
        "Never an answer that you read."
    )
    st.html(
        '<div class="ma-scroll" tabindex="0" role="region" aria-label="What waits for you">'
        f'<table class="ma-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def address(dispute: Dispute) -> dict[str, str]:
    """Where a dispute is found again."""
    return {"q": dispute.queue, "i": str(dispute.position + 1), "side": dispute.side}


def at_seat(found: list[Dispute]) -> Dispute | None:
    """The dispute of the address: the one in hand, also once it is decided, or one that waits."""
    here = {name: st.query_params.get(name) for name in ("q", "i", "side")}
    seat: Seat | None = st.session_state.get("seat")
    in_hand = [] if seat is None else [seat.dispute]
    return next((one for one in (*in_hand, *found) if address(one) == here), None)


def first_of(found: list[Dispute]) -> None:
    """A key for the dispute at the top."""
    if st.button(f"Begin with the first of {len(found)}", type="primary", shortcut="Enter"):
        st.session_state.pop("seat", None)
        st.query_params.from_dict(address(found[0]))
        st.rerun()


@st.fragment
def deciding(dispute: Dispute) -> None:
    """One dispute and its pad."""
    actor = current()
    if actor is None:
        st.rerun()
    seat: Seat | None = st.session_state.get("seat")
    if seat is None or seat.actor.id != actor.id or address(seat.dispute) != address(dispute):
        card = dispute_card(store(), actor, dispute.item_id, dispute.side)
        seat = Seat(actor, dispute, card)
        seat.show(begun=dispute.impression)
        st.session_state["seat"] = seat
    if seat.left:
        del st.session_state["seat"]
        left = disputes(store(), actor)
        st.query_params.from_dict(address(left[0]) if left else {})
        st.rerun()
    pad(seat.shown, seat.act)
