"""The record page, part by part: is it whole, who stands for it, and the form to sign it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from medaudit.errors import Conflict
from medaudit.journal import Head
from medaudit.review import Actor
from medaudit.review.people import user
from medaudit.review.record import mismatches
from medaudit.review.signature import DESIGNED, Signed, meanings, record, signatures
from medaudit.ui.entrance import back
from medaudit.ui.identity import Visitor, asked_at
from medaudit.ui.parts import banner, figures, note, table
from medaudit.ui.session import journal, store
from medaudit.ui.signing import ANSWER, LASTS, minutes_since
from medaudit.ui.text import shown

SHOWN_FAULTS = 20
CHECKED_S = 30
"""For how long a verification stands; 100,000 entries take about a second."""
_SAID = {
    "signed": "Signed. It stands in the table above, and any later change of the record voids it.",
    "changed": "Nothing was signed: the record changed since you looked. Look again, then sign.",
    "stale": "Nothing was signed: your organisation asked who you are too long ago. Sign in again.",
    "refused": "Nothing was signed: that is not your password, or not yours to say of this record.",
}


@st.cache_data(max_entries=4, ttl=CHECKED_S, show_spinner="Verifying the chain …")
def _faults(actor: Actor | None, home: str, head: str) -> list[str]:
    """What is wrong with the journal up to a head, looked at anew after a while."""
    found = [str(fault) for fault in journal().verify()]
    return found or [f"store: {row}" for row in mismatches(store(), journal())]


def chain_part(head: Head, actor: Actor | None) -> None:
    """Whether the record is whole, and what to keep elsewhere so that a cut would show."""
    faults = _faults(actor, str(store().workspace.path), str(head))
    if faults:
        more = f" (the first {SHOWN_FAULTS} are listed)" if len(faults) > SHOWN_FAULTS else ""
        banner(f"The record is damaged: {len(faults)} faults{more}. Keep it as it is; tell a lead.")
        table([{"fault": f} for f in faults[:SHOWN_FAULTS]], {"fault": "Fault"}, "What is wrong")
        return
    st.html(
        '<p class="ma-lead">The record is whole: every entry follows from the one before it, and '
        "the figures on the other pages rest on exactly these entries.</p>"
    )
    figures([(f"{head.seq}", "entries"), (f"{len(journal().of('signature'))}", "signatures")])
    st.html(
        f'<p class="ma-note">Newest entry: <code>{shown(str(head))}</code>. Keep this line where '
        "nobody who can write here can change it, on paper or in an e-mail. Only against it does a "
        "cut at the end show: <code>medaudit audit verify --anchor FILE</code>.</p>"
    )


def _signed(actor: Actor) -> list[dict[str, Any]]:
    """Every signature as a row, oldest first."""
    return [
        {
            "subject": s.subject.replace(":", " ", 1),
            "meaning": s.meaning.replace("_", " "),
            "name": f"{s.name} ({s.signer}, {s.role})",
            "utc": f"{s.utc[:19].replace('T', ' ')} UTC",
            "state": "valid" if s.void is None else f"void: {s.void}",
            "hash": s.hash[:16],
        }
        for s in signatures(store(), journal(), actor)
    ]


def signatures_part(actor: Actor) -> None:
    """Who signed what, when, with what meaning, and whether it still holds."""
    st.header("Signatures", anchor=False)
    rows = _signed(actor)
    if not rows:
        note("Nobody has signed yet.")
        return
    columns = {
        "subject": "Record",
        "meaning": "Meaning",
        "name": "Signed by",
        "utc": "When",
        "state": "State",
        "hash": "SHA-256 begins",
    }
    table(rows, columns, "A change of what was signed voids the signature")
    note(f"Signatures are {DESIGNED}.")


def sign_part(who: Visitor) -> None:
    """Choose a record, see what a signature of it stands for, prove who you are, sign."""
    st.header("Sign a record", anchor=False)
    said = st.query_params.get(ANSWER, "")
    seconds = said.removeprefix("wait-")
    if said in _SAID:
        banner(_SAID[said])
    elif said != seconds and seconds.isascii() and seconds.isdecimal() and len(seconds) < 5:
        banner(f"Nothing was signed. Too many wrong passwords: wait {int(seconds)} seconds.")
    signer = None if who.actor is None else user(journal(), who.actor.id)
    if who.mode == "open" or who.actor is None or signer is None:
        note(
            "Nobody has an account here, so nobody can prove who signs. A lead adds people: "
            "medaudit user add."
        )
        return
    if who.mode == "proxy":
        note(
            "You came through a proxy, which cannot show that it asked again who you are; a "
            "signature needs a password here or an identity provider."
        )
        return
    queues = [f"queue:{row['queue']}" for row in store().rows("queues")]
    if not queues:
        note("There is nothing to sign before a queue is drawn.")
        return
    subject = st.selectbox("Record", queues, format_func=lambda s: s.replace(":", " ", 1))
    try:
        what = record(journal(), store(), who.actor, subject)
    except Conflict as error:
        note(f"Not yet: {error}.")
        return
    allowed = meanings(signer, what)
    figures([(f"{what.items}", "items"), (f"{what.judgments}", "judgments")])
    note(f"By {', '.join(sorted(what.authors))}. SHA-256 of the exact record: {what.hash}")
    if not allowed:
        note("Your role has nothing to say of this record.")
    elif who.mode == "oidc":
        _by_provider(what, allowed)
    else:
        _form(what, allowed, _PROOF)


def _by_provider(what: Signed, allowed: list[Any]) -> None:
    moment = asked_at(st.user.to_dict())
    if moment is None or minutes_since(moment) > LASTS - 1:
        note("To sign, prove again who you are; the form opens for some minutes after that.")
        st.button("Sign in again", on_click=st.login)
        return
    _form(what, allowed, "")


def _form(what: Signed, allowed: list[Any], proof: str) -> None:
    options = "".join(f'<option value="{m}">{shown(m.replace("_", " "))}</option>' for m in allowed)
    st.html(
        _FORM.format(
            subject=shown(what.subject),
            hash=what.hash,
            back=back(ANSWER),
            options=options,
            proof=proof,
        )
    )


_FORM = """<form class="ma-entry" method="post" action="sign">
<label>What your signature says<select name="meaning">{options}</select></label>{proof}
<input type="hidden" name="subject" value="{subject}"><input type="hidden" name="shown"
 value="{hash}"><input type="hidden" name="back" value="{back}">
<button type="submit">Sign</button>
<p class="ma-note">Your printed name, the time, what you say and the hash above are kept
together; nobody can change or remove them, and a later change of the record voids it.</p>
</form>"""
_PROOF = """<label>Your password again<input name="secret" type="password"
 autocomplete="current-password" maxlength="1024" required></label>"""
