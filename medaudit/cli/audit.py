"""The journal of what people decided: is it whole, what does it say, who stands for it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from medaudit.cli.parts import Home, group, say, workspace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medaudit.journal import Journal
    from medaudit.review import Actor
    from medaudit.store import Store

audit_app = group("The journal of what people decided.")

ActorId = Annotated[
    str | None,
    typer.Option(help="User id of who asks; default the only lead", show_default=False),
]
Meaning = Literal["authored", "reviewed", "adjudicated", "approved_for_release"]
FromStdin = Annotated[bool, typer.Option(help="Read the password from standard input")]
NONE_YET = "no journal yet: it begins with the first queue, medaudit queue draw RUN --name NAME"


@contextmanager
def _opened(home: Path | None, given: str | None = None) -> Iterator[tuple[Journal, Store, Actor]]:
    """Journal, store and who asks: named, or the only lead there is."""
    from medaudit.errors import BadInput
    from medaudit.journal import Journal
    from medaudit.review.people import acting, users
    from medaudit.store import Store

    workspace = workspace_of(home)
    found = Journal.found(workspace.journal)
    if found is None:
        raise BadInput(NONE_YET)
    with found as journal, Store.open(workspace.path) as store:
        everybody = users(journal)
        leads = [user.id for user in everybody if user.active and user.role == "lead"]
        if given is None and len(leads) > 1:
            raise BadInput(f"say who you are: --actor {' or '.join(leads)}", field="actor")
        yield journal, store, acting(journal, given or (leads[0] if leads else "lead"))


def _write(lines: Iterable[str], out: Path | None) -> None:
    """To a new file or, without one, to standard output."""
    if out is None:
        for line in lines:
            say(line)
    else:
        _write_new((f"{line}\n" for line in lines), out)


def _write_new(texts: Iterable[str], out: Path) -> None:
    from medaudit.errors import BadInput

    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.writelines(texts)
    except FileExistsError as error:
        raise BadInput("is there already; name a new file", file=str(out)) from error
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", file=str(out)) from error


@audit_app.command("verify")
def audit_verify(
    anchor: Annotated[
        str | None, typer.Option(help="A head kept elsewhere: HASH, NUMBER:HASH or a file")
    ] = None,
    home: Home = None,
) -> None:
    """Verify the hash chain, and that the store says what it says. Exit 1 on any fault."""
    from medaudit.journal import Journal
    from medaudit.review.record import mismatches
    from medaudit.store import Store

    workspace = workspace_of(home)
    found = Journal.found(workspace.journal)
    if found is None:
        say(NONE_YET)
        raise typer.Exit(0 if anchor is None else 1)
    with found as journal:
        faults = [str(fault) for fault in journal.verify(anchor=anchor)]
        head = journal.head()
        if not faults:
            with Store.open(workspace.path) as store:
                faults = [f"store: {found}" for found in mismatches(store, journal)]
    for fault in faults:
        say(fault)
    if not faults:
        say(f"{head.seq} events, chain unbroken, head {head}")
        say("the store's judgments are those of the journal")
        if anchor is None:
            say("a cut tail shows only against a head kept elsewhere: pass --anchor")
    raise typer.Exit(1 if faults else 0)


@audit_app.command("head")
def audit_head(
    out: Annotated[Path | None, typer.Option(help="A new file to keep elsewhere")] = None,
    home: Home = None,
) -> None:
    """Print the head of the chain, or write it to a file that `audit verify --anchor` reads."""
    from datetime import UTC, datetime

    from medaudit.journal.anchors import head_text
    from medaudit.journal.event import utc_text

    with _opened(home) as (journal, _, _):
        head = journal.head()
        text = head_text(head, journal.project, utc_text(datetime.now(UTC)))
    if out is None:
        say(str(head))
    else:
        _write(text.splitlines(), out)
        say(f"head {head} is in {out}; keep it on another machine")


@audit_app.command("show")
def audit_show(item: str, actor: ActorId = None, home: Home = None) -> None:
    """Who did what to an item, when and why. What may not be known yet is withheld."""
    from medaudit.review.record import timeline

    with _opened(home, actor) as (journal, store, who):
        entries = timeline(store, journal, who, item)
        head = journal.head()
    for entry in entries:
        say(f"{entry.seq:>6}  {entry.utc}  {entry.who:<16} {entry.action:<14} {entry.what}")
        if entry.why:
            say(f"{'':>8}why: {entry.why!r}")
    say(f"head {head}")


@audit_app.command("export")
def audit_export(
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="For what")] = "jsonl",
    since: Annotated[str | None, typer.Option(help="An event's number or an ISO date")] = None,
    out: Annotated[Path | None, typer.Option(help="A new file; default: print")] = None,
    actor: ActorId = None,
    home: Home = None,
) -> None:
    """Export the journal with its head. jsonl can be checked by itself, csv is for reading."""
    from medaudit.review.record import export

    with _opened(home, actor) as (journal, store, who):
        _write(export(store, journal, who, form, since), out)


@audit_app.command("check")
def audit_check(file: Path) -> None:
    """Check an export by itself, without the journal. Exit 1 on any fault."""
    from medaudit.errors import BadInput
    from medaudit.journal.exporting import check_export

    try:
        with file.open(encoding="utf-8") as lines:
            checked = check_export(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("cannot be read as an export", file=str(file)) from error
    for fault in checked.faults:
        say(str(fault))
    if not checked.faults:
        n = checked.events - checked.withheld
        say(f"{checked.events} events lead to head {checked.head}")
        say(f"{n} recomputed; {checked.withheld} withheld, their content is pinned by its hash")
    raise typer.Exit(1 if checked.faults else 0)


@audit_app.command("sign")
def audit_sign(
    subject: Annotated[str, typer.Argument(help="queue:NAME or item:ID, all reads in")],
    meaning: Annotated[Meaning, typer.Option(help="What the signature says")],
    actor: Annotated[str, typer.Option(help="User id of the signer")],
    out: Annotated[Path | None, typer.Option(help="Write the exact bytes to a new file")] = None,
    password_stdin: FromStdin = False,
    home: Home = None,
) -> None:
    """Sign final judgments; asks for the signer's password again. Any later change voids it."""
    from medaudit.errors import BadInput
    from medaudit.review.signature import DESIGNED, record, sign

    with _opened(home, actor) as (journal, store, who):
        what = record(journal, store, who, subject)
        say(f"{what.subject}: {what.items} items, {what.judgments} judgments by")
        say(f"  {', '.join(sorted(what.authors))}")
        say(f"  SHA-256 of the record {what.hash}")
        if out is not None:
            _write_new([what.text], out)
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        elif sys.stdin.isatty():
            password = typer.prompt(f"Password of {actor}", hide_input=True)
        else:
            raise BadInput("no terminal to ask for the password: use --password-stdin")
        signed = sign(journal, store, who, subject, meaning, password, shown=what.hash)
        head = journal.head()
    say(str(signed))
    say(f"head {head}")
    say(DESIGNED)


@audit_app.command("signatures")
def audit_signatures(actor: ActorId = None, home: Home = None) -> None:
    """List all signatures. What a change has voided is written down. Exit 1 when one is void."""
    from medaudit.review import permits
    from medaudit.review.signature import DESIGNED, signatures, void_changed

    with _opened(home, actor) as (journal, store, who):
        if permits(who, "sign"):
            void_changed(journal, store, who)
        found = signatures(store, journal, who)
        head = journal.head()
    for signature in found:
        say(str(signature))
        say(f"  {signature.id}  record {signature.hash}  head then {signature.head}")
    say(DESIGNED if found else "no signatures yet: medaudit audit sign")
    say(f"head {head}")
    raise typer.Exit(1 if any(signature.void is not None for signature in found) else 0)


@audit_app.command("withdraw")
def audit_withdraw(
    signature: Annotated[str, typer.Argument(help="Id, from `medaudit audit signatures`")],
    reason: Annotated[str, typer.Option(help="Why")],
    actor: Annotated[str, typer.Option(help="User id of the signer, or of a lead")],
    home: Home = None,
) -> None:
    """Take a signature back. It stays in the record as void, with the reason."""
    from medaudit.review.signature import withdraw

    with _opened(home, actor) as (journal, store, who):
        withdraw(journal, store, who, signature, reason)
    say(f"{signature} is void")
