"""The people of a workspace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

if TYPE_CHECKING:
    from medaudit.journal import Journal
    from medaudit.review import Actor
    from medaudit.workspace import Workspace

user_app = group("The people of a workspace: roles, passwords.")

Role = Literal["viewer", "reviewer", "adjudicator", "lead"]
SignIn = Literal["local", "oidc", "proxy"]
ActorId = Annotated[
    str | None,
    typer.Option(
        help="User id of the lead who does this; default the only lead", show_default=False
    ),
]
FromStdin = Annotated[bool, typer.Option(help="Read the password from standard input")]


def _acting(journal: Journal, given: str | None) -> Actor:
    """The lead who acts: named, or the only one there is."""
    from medaudit.errors import BadInput
    from medaudit.review.people import acting, users

    if given is None:
        leads = [u.id for u in users(journal) if u.active and u.role == "lead"]
        if len(leads) != 1:
            raise BadInput(f"say which lead you are: --actor {' or '.join(leads)}", field="actor")
        given = leads[0]
    return acting(journal, given)


def _keep_private(workspace: Workspace) -> None:
    """Let no other account of this machine read the file that holds the hashes of passwords."""
    place = workspace.journal_file
    for path in place.parent.glob(f"{place.name}*"):
        path.chmod(0o600)


def _password(names: tuple[str, ...], from_stdin: bool) -> str:
    """A new password, typed twice and not shown, or one line of standard input."""
    from medaudit.errors import BadInput
    from medaudit.review.passwords import SHORTEST, check_password

    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = typer.prompt(
            f"Password ({SHORTEST} characters or more)", hide_input=True, confirmation_prompt=True
        )
    else:
        raise BadInput("no terminal to ask for a password: use --password-stdin", field="password")
    check_password(given, *names)
    return given


@user_app.command("add")
def user_add(
    user_id: Annotated[str, typer.Argument(help="Short id that every judgment carries")],
    name: Annotated[str, typer.Option(help="Printed name, as it stands beside a signature")],
    role: Annotated[Role, typer.Option(help="What they may do")],
    sign_in: Annotated[SignIn, typer.Option(help="Who vouches for them")] = "local",
    known_as: Annotated[
        str, typer.Option(help="Their name at the identity provider or proxy; default the id")
    ] = "",
    password_stdin: FromStdin = False,
    actor: ActorId = None,
    home: Home = None,
) -> None:
    """Add a person. The first one must be a lead."""
    from medaudit.journal import Journal
    from medaudit.review import Actor
    from medaudit.review.passwords import set_password
    from medaudit.review.people import add_user, new_user, require_new, users

    workspace = workspace_of(home, create=True)
    new = new_user(id=user_id, name=name, role=role, sign_in=sign_in, known_as=known_as)
    with Journal.open(workspace.journal) as journal:
        if users(journal):
            who = _acting(journal, actor)
        else:
            who = Actor(user_id if actor is None else actor, "lead")
        require_new(journal, who, new)
        password = _password((new.id, new.name), password_stdin) if sign_in == "local" else None
        add_user(journal, who, new)
        if password is not None:
            _keep_private(workspace)
            set_password(journal, who, new.id, password)
    say(f"{new.id}: {new.name}, {new.role}, signs in by {_by(sign_in)}")


@user_app.command("list")
def user_list(home: Home = None) -> None:
    """Everybody: id, role, state, how they sign in, name."""
    from medaudit.journal import Journal
    from medaudit.review.passwords import has_password
    from medaudit.review.people import users

    workspace = workspace_of(home)
    with Journal.open(workspace.journal) as journal:
        everybody = users(journal)
        for user in everybody:
            by = _by(user.sign_in)
            if user.sign_in == "local" and not has_password(journal, user.id):
                by = "no password yet"
            state = "active" if user.active else "inactive"
            as_ = f" as {user.known_as}" if user.known_as else ""
            say(f"{user.id:<20} {user.role:<12} {state:<9} {by}{as_}  {user.name}")
    if not everybody:
        say("no users yet: medaudit user add ID --name NAME --role lead")


@user_app.command("role")
def user_role(user_id: str, role: Role, actor: ActorId = None, home: Home = None) -> None:
    """Give a person another role."""
    from medaudit.journal import Journal
    from medaudit.review.people import change_user

    workspace = workspace_of(home)
    with Journal.open(workspace.journal) as journal:
        changed = change_user(journal, _acting(journal, actor), user_id, role=role)
    say(f"{changed.id} is {changed.role} now, from their next click on")


@user_app.command("deactivate")
def user_deactivate(user_id: str, actor: ActorId = None, home: Home = None) -> None:
    """End a person's access. What they judged stays, with their name."""
    _set_active(user_id, actor, home, active=False)


@user_app.command("activate")
def user_activate(user_id: str, actor: ActorId = None, home: Home = None) -> None:
    """Let a person in again."""
    _set_active(user_id, actor, home, active=True)


def _set_active(user_id: str, actor: str | None, home: Home, *, active: bool) -> None:
    from medaudit.journal import Journal
    from medaudit.review.people import change_user
    from medaudit.review.sessions import end_all

    workspace = workspace_of(home)
    with Journal.open(workspace.journal) as journal:
        change_user(journal, _acting(journal, actor), user_id, active=active)
        end_all(journal, user_id)
    say(f"{user_id} is {'active' if active else 'inactive, their sessions are over'}")


@user_app.command("password")
def user_password(
    user_id: str, password_stdin: FromStdin = False, actor: ActorId = None, home: Home = None
) -> None:
    """Set a person's password. Ends their sessions and any pause after wrong guesses."""
    from medaudit.journal import Journal
    from medaudit.review.passwords import set_password

    workspace = workspace_of(home)
    with Journal.open(workspace.journal) as journal:
        who = _acting(journal, actor)
        set_password(journal, who, user_id, _password((user_id,), password_stdin))
    say(f"{user_id} has a new password and must sign in again")


def _by(sign_in: str) -> str:
    return {"local": "password", "oidc": "identity provider", "proxy": "proxy"}[sign_in]
