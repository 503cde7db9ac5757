"""The people of a workspace: who they are, in which role they act, and how they sign in.

A user is what the newest ``user`` event about their id says. Nobody is ever removed: whoever
leaves is made inactive, so that every judgment keeps its author.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints, ValidationError

from medaudit.errors import BadInput, Conflict, NotPermitted, UnknownName, WorkspaceDamaged
from medaudit.journal import Event, Journal
from medaudit.records import Record, Slug
from medaudit.review.roles import Actor, Role, permits, require

if TYPE_CHECKING:
    from medaudit.journal import Precondition, Reader, Stored

SignIn = Literal["local", "oidc", "proxy"]
RESERVED = frozenset({"medaudit"})
"""Names under which the journal itself writes."""
_Line = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"
    ),
]


class User(Record):
    """One person who may act in this workspace."""

    id: Slug
    """What every judgment of theirs carries."""
    name: _Line
    """As it is printed beside a signature."""
    role: Role
    active: bool = True
    sign_in: SignIn = "local"
    """``local``: by a password kept here; else vouched for by the organisation's own service."""
    known_as: Annotated[str, StringConstraints(max_length=320)] = ""
    """What that service calls them, often an e-mail address. Empty: their id."""

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.role)

    @property
    def outside_name(self) -> str:
        """By which the organisation's own sign-in service knows them."""
        return self.known_as if self.known_as != "" else self.id


def users(journal: Journal | Reader) -> list[User]:
    """Everybody, inactive people too, by id."""
    newest: dict[str, Stored] = {event.subject: event for event in journal.of("user")}
    return [_user(event) for _, event in sorted(newest.items())]


def user(journal: Journal | Reader, id_: str) -> User | None:
    """One person by id; None: nobody has it."""
    found = journal.about("user", id_)
    return _user(found[-1]) if found else None


def known(journal: Journal, outside_name: str, sign_in: SignIn) -> User | None:
    """Whom the organisation's sign-in service means by a name; None: nobody here."""
    same = (u for u in users(journal) if u.sign_in == sign_in and u.outside_name == outside_name)
    return next(same, None)


def acting(journal: Journal, id_: str) -> Actor:
    """The person of that id in their present role, or ``NotPermitted``.

    While a workspace has no users whoever runs the command line is its lead.
    """
    everybody = users(journal)
    if not everybody:
        return Actor(id_, "lead")
    found = next((u for u in everybody if u.id == id_), None)
    if found is None or not found.active:
        state = "is not a user of this workspace" if found is None else "is inactive"
        raise NotPermitted(f"{id_} {state}; say who acts with --actor, a lead can see `user list`")
    return found.actor


def add_user(journal: Journal, actor: Actor, new: User) -> None:
    """Add a person. The first one must be a lead and adds themselves.

    Raises ``Conflict`` when the id is or was somebody's, or the outside name is another's.
    """
    require(actor, "manage_users")
    _append(journal, actor, new, lambda reader: require_new(reader, actor, new))


def require_new(journal: Journal | Reader, actor: Actor, new: User) -> None:
    """Raise unless the actor may add that person to the people there are."""
    require(actor, "manage_users")
    if new.id in RESERVED:
        raise BadInput(f"{new.id!r} is the journal's own name", field="id")
    everybody = users(journal)
    if not everybody:
        if new.role != "lead" or not new.active or actor.id != new.id:
            raise BadInput(
                "the first user must be a lead and adds themselves, for somebody has to add the "
                "others: give --role lead"
            )
        return
    _lead_among(everybody, actor)
    if any(u.id == new.id for u in everybody):
        raise Conflict(
            f"{new.id} is a user already; change them with `medaudit user role`, `activate`, "
            "`deactivate` or `password`"
        )
    _require_consistent([*everybody, new])


def change_user(
    journal: Journal,
    actor: Actor,
    id_: str,
    *,
    role: Role | None = None,
    active: bool | None = None,
    name: str | None = None,
) -> User:
    """Change a person's role, name or whether they are active. Returns them as they are now.

    The last active lead can be neither demoted nor made inactive: ``Conflict``.
    """
    require(actor, "manage_users")
    old = user(journal, id_)
    if old is None:
        raise UnknownName("user", id_, [u.id for u in users(journal)])
    asked = {"role": role, "active": active, "name": name}
    wanted = new_user(**{**old.model_dump(), **{k: v for k, v in asked.items() if v is not None}})

    def check(reader: Reader) -> None:
        everybody = users(reader)
        _lead_among(everybody, actor)
        if user(reader, id_) != old:
            raise Conflict(f"{id_} was changed by somebody else at this moment; try again")
        _require_consistent([wanted if u.id == id_ else u for u in everybody])

    if wanted != old:
        _append(journal, actor, wanted, check)
    return wanted


def new_user(**fields: object) -> User:
    """A checked ``User``. Raises ``BadInput`` that names the field."""
    try:
        return User.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{first['msg']}: {first['input']!r}", field=field) from error


def _append(journal: Journal, actor: Actor, who: User, check: Precondition) -> None:
    journal.append(
        Event(
            client_id=f"user:{who.id}:{uuid.uuid4().hex}",
            actor=actor.id,
            action="user",
            subject=who.id,
            payload=who.model_dump(mode="json", exclude={"id"}),
        ),
        require=check,
    )


def require_lead(journal: Journal | Reader, actor: Actor) -> None:
    """Raise ``NotPermitted`` unless the journal itself says that the actor is an active lead."""
    require(actor, "manage_users")
    _lead_among(users(journal), actor)


def _lead_among(everybody: Iterable[User], actor: Actor) -> None:
    """What the actor is *in the journal* decides, not what the caller says that they are."""
    present = next((u for u in everybody if u.id == actor.id and u.active), None)
    if present is None or not permits(present.actor, "manage_users"):
        raise NotPermitted(f"{actor.id} is not an active lead of this workspace")


def _require_consistent(everybody: list[User]) -> None:
    if not any(u.active and u.role == "lead" for u in everybody):
        raise Conflict("the last active lead stays one: make somebody else a lead first")
    outside = [(u.sign_in, u.outside_name) for u in everybody if u.sign_in != "local"]
    if len(set(outside)) < len(outside):
        raise Conflict("another user is known by that name already: choose another --known-as")


def _user(event: Stored) -> User:
    try:
        return User.model_validate({**event.payload, "id": event.subject})
    except ValidationError as error:
        raise WorkspaceDamaged(
            f"event {event.seq} does not describe a user; run `medaudit audit verify`"
        ) from error
