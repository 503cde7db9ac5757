"""Electronic signatures: who stands for a record, when, and with what meaning.

A signature is an event that carries the printed name, the meaning and the hash of the exact bytes
that were signed. At that moment the signer proves again who they are: by the password, or by a
sign-in at the organisation's identity provider a few minutes ago. Nothing unlocks or edits a signed
record. Any later change of it voids the signature, and shows.

Designed to support 21 CFR Part 11; whether a use complies is for who uses it to establish.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from medaudit.canonical import dumps
from medaudit.errors import BadInput, Conflict, NotPermitted, UnknownName
from medaudit.journal import Event, Journal, Stored
from medaudit.review.passwords import verify_password
from medaudit.review.people import user, users
from medaudit.review.roles import Actor, permits, require

if TYPE_CHECKING:
    from medaudit.journal import Reader
    from medaudit.review.people import User
    from medaudit.store import Store

Meaning = Literal["authored", "reviewed", "adjudicated", "approved_for_release"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
FRESH = timedelta(minutes=5)
"""How long a sign-in at the identity provider counts as a proof for signing."""
CHANGED = "what was signed has changed since"
DESIGNED = "designed to support 21 CFR Part 11; validation remains the customer's duty"
"""What to print beside signatures."""


@dataclass(frozen=True)
class Signed:
    """A record as it would be signed now: the bytes, and what they hold."""

    subject: str
    """``queue:<name>`` or ``item:<id>``."""
    text: str
    """Canonical JSON: every judgment of every item, each with its place and hash in the chain."""
    items: int
    judgments: int
    authors: frozenset[str]
    adjudicators: frozenset[str]

    @property
    def hash(self) -> str:
        """SHA-256 of the bytes. Nothing can be guessed from it: they hold random client ids."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Signature:
    """A signature as it stands now."""

    id: str
    seq: int
    subject: str
    signer: str
    name: str
    """As printed."""
    role: str
    utc: str
    meaning: Meaning
    hash: str
    head: str
    """Of the chain when the bytes were read."""
    void: str | None
    """Why it holds no longer; None: it holds."""

    def __str__(self) -> str:
        state = "valid" if self.void is None else f"VOID: {self.void}"
        meaning = self.meaning.replace("_", " ")
        return f"{self.subject}  {meaning}  {self.name} ({self.signer})  {self.utc}  {state}"


def record(journal: Journal | Reader, store: Store, actor: Actor, subject: str) -> Signed:
    """What a signature of the subject would stand for. Raises ``Conflict`` while it is open.

    ``subject``: ``queue:<name>`` or ``item:<id>``; a bare name or id is found.
    """
    require(actor, "see_record")
    store.refresh()
    full, items = _items(store, subject)
    n_open = sum(row["is_open"] for row in items)
    if n_open > 0:
        raise Conflict(
            f"{full}: {n_open} of {len(items)} items are open (a read is not in, or a dispute is "
            "not decided); a signature stands for final judgments only"
        )
    return _record(journal, full, [row["item_id"] for row in items])


def sign(
    journal: Journal,
    store: Store,
    actor: Actor,
    subject: str,
    meaning: str,
    proof: str | datetime,
    *,
    shown: str | None = None,
) -> Signature:
    """Sign a record. ``shown``: the hash of what the signer was shown, refused when it is not that.

    ``proof``: the password of who signs in here, or the time at which the identity provider last
    asked who signs in there. Raises ``NotPermitted`` when the signer is no user, the proof does
    not hold, or the meaning is not theirs to give: authored needs a judgment of their own in it,
    adjudicated a verdict of theirs, approved_for_release a lead.
    """
    require(actor, "sign")
    if meaning not in MEANINGS:
        raise BadInput(f"one of {', '.join(MEANINGS)}", field="meaning")
    signer = _signer(journal, actor)
    head = journal.head()
    what = record(journal, store, signer.actor, subject)
    _require_meaning(signer, meaning, what)
    if shown is not None and shown != what.hash:
        raise Conflict(f"{what.subject} is not what you were shown: look at it again, then sign")
    proven = _proven(journal, signer, proof)
    ids = [row["item_id"] for row in _items(store, what.subject)[1]]

    def unchanged(reader: Reader) -> None:
        if _record(reader, what.subject, ids).hash != what.hash:
            raise Conflict(f"{what.subject} changed while you signed: look at it again, then sign")

    payload = {
        "meaning": meaning,
        "name": signer.name,
        "role": signer.role,
        "hash": what.hash,
        "head": str(head),
        "items": what.items,
        "judgments": what.judgments,
        "proof": proven,
    }
    event = Event(
        client_id=f"signature:{uuid.uuid4().hex}",
        actor=signer.id,
        action="signature",
        subject=what.subject,
        payload=payload,
    )
    stored = journal.append(event, require=unchanged)
    store.refresh()
    return _signature(stored, None)


def signatures(store: Store, journal: Journal, actor: Actor) -> list[Signature]:
    """Every signature, oldest first, each held against what it signed as that is now."""
    require(actor, "see_record")
    store.refresh()
    withdrawn = {row.payload.get("signature"): row for row in journal.of("signature_void")}
    now: dict[str, str | None] = {}
    found = []
    for row in journal.of("signature"):
        if row.client_id in withdrawn:
            said = withdrawn[row.client_id]
            reason = f"{said.payload.get('reason')} ({said.actor}, {said.utc})"
        else:
            if row.subject not in now:
                now[row.subject] = _hash_now(journal, store, row.subject)
            reason = "" if now[row.subject] == row.payload.get("hash") else CHANGED
        found.append(_signature(row, reason or None))
    return found


def void_changed(journal: Journal, store: Store, actor: Actor) -> list[Signature]:
    """Write down, once each, which signatures a change of their record has voided."""
    require(actor, "sign")
    void = [found for found in signatures(store, journal, actor) if found.void == CHANGED]
    for found in void:
        _void(journal, actor, found, CHANGED)
    return void


def withdraw(journal: Journal, store: Store, actor: Actor, id_: str, reason: str) -> None:
    """Take a signature back, one's own or, as a lead, anybody's. It stays in the record as void."""
    require(actor, "sign")
    signer = _signer(journal, actor)
    if not reason.strip():
        raise BadInput("say why the signature is withdrawn", field="reason")
    known = {found.id: found for found in signatures(store, journal, signer.actor)}
    if id_ not in known:
        raise UnknownName("signature", id_, known)
    if known[id_].signer != signer.id and not permits(signer.actor, "manage_users"):
        raise NotPermitted("a signature is withdrawn by who gave it, or by a lead")
    _void(journal, signer.actor, known[id_], reason.strip())


def _signer(journal: Journal, actor: Actor) -> User:
    """The person as the journal knows them: their role there counts, not the one claimed."""
    found = user(journal, actor.id)
    if found is None or not found.active:
        if not users(journal):
            reason = (
                "nobody has an account in this workspace, so nobody can prove who signs: a lead "
                "makes accounts with `medaudit user add`"
            )
            raise NotPermitted(reason)
        raise NotPermitted(f"{actor.id} is no active user of this workspace and cannot sign")
    require(found.actor, "sign")
    return found


def meanings(signer: User, what: Signed) -> list[Meaning]:
    """What a signature of this person under this record may say."""
    found = []
    for meaning in MEANINGS:
        try:
            _require_meaning(signer, meaning, what)
        except NotPermitted:
            continue
        found.append(meaning)
    return found


def _proven(journal: Journal, signer: User, proof: str | datetime) -> str:
    """How the signer proved who they are, in words. Raises ``NotPermitted``."""
    if signer.sign_in == "local" and isinstance(proof, str):
        if not verify_password(journal, signer.id, proof):
            raise NotPermitted("that is not your password; nothing was signed")
        return "password"
    if signer.sign_in == "oidc" and isinstance(proof, datetime):
        age = datetime.now(UTC) - proof
        if not -timedelta(minutes=1) <= age <= FRESH:
            raise NotPermitted(
                f"your organisation asked who you are more than {FRESH.seconds // 60} minutes "
                "ago: sign in again, then sign"
            )
        return f"sign-in at the identity provider {proof.astimezone(UTC).isoformat()}"
    if signer.sign_in == "proxy":
        raise NotPermitted(
            f"{signer.id} signs in by a proxy, which cannot show that it asked again just now: a "
            "signature needs a password here or an identity provider"
        )
    raise NotPermitted(f"{signer.id} signs in by {signer.sign_in} and proves it there")


def _require_meaning(signer: User, meaning: str, what: Signed) -> None:
    if meaning == "authored" and signer.id not in what.authors:
        raise NotPermitted(f"{signer.id} wrote no judgment in {what.subject}")
    if meaning == "adjudicated" and signer.id not in what.adjudicators:
        raise NotPermitted(f"{signer.id} decided no dispute in {what.subject}")
    if meaning == "approved_for_release" and signer.role != "lead":
        raise NotPermitted("a record is approved for release by a lead")


def _items(store: Store, subject: str) -> tuple[str, list[dict[str, Any]]]:
    """The subject's full name and its items."""
    kind, _, name = subject.partition(":")
    kinds = (kind,) if name and kind in ("queue", "item") else ("queue", "item")
    for found in kinds:
        which = {found: name if len(kinds) == 1 else subject}
        items = store.rows("record_items", **which)
        if items:
            return f"{found}:{which[found]}", items
    raise UnknownName("queue or item", subject, [row["queue"] for row in store.rows("queues")])


def _record(journal: Journal | Reader, subject: str, ids: list[str]) -> Signed:
    judged: dict[str, list[Stored]] = {id_: [] for id_ in ids}
    some = journal.about("judgment", ids[0]) if len(ids) == 1 else journal.of("judgment")
    for row in some:
        if row.subject in judged:
            judged[row.subject].append(row)
    rows = [row for found in judged.values() for row in found]
    items = [{"item_id": id_, "judgments": [_line(row) for row in judged[id_]]} for id_ in judged]
    verdicts = (row for row in rows if row.payload.get("phase") == "adjudication")
    return Signed(
        subject,
        dumps({"subject": subject, "items": items}),
        len(ids),
        len(rows),
        frozenset(row.actor for row in rows),
        frozenset(row.actor for row in verdicts),
    )


def _line(row: Stored) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "utc": row.utc,
        "client_id": row.client_id,
        "hash": row.hash,
        "judgment": row.payload,
    }


def _hash_now(journal: Journal, store: Store, subject: str) -> str | None:
    try:
        full, items = _items(store, subject)
    except UnknownName:
        return None
    return _record(journal, full, [row["item_id"] for row in items]).hash


def _void(journal: Journal, actor: Actor, found: Signature, reason: str) -> None:
    journal.append(
        Event(
            client_id=f"void:{found.id}",
            actor=actor.id,
            action="signature_void",
            subject=found.subject,
            payload={"signature": found.id, "reason": reason},
        )
    )


def _signature(row: Stored, void: str | None) -> Signature:
    said = row.payload
    return Signature(
        id=row.client_id,
        seq=row.seq,
        subject=row.subject,
        signer=row.actor,
        name=str(said.get("name")),
        role=str(said.get("role")),
        utc=row.utc,
        meaning=said.get("meaning", "reviewed"),
        hash=str(said.get("hash")),
        head=str(said.get("head")),
        void=void,
    )
