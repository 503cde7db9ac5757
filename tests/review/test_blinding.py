"""Blinding, proved on what comes back: before a commit nothing names a system, a score or a peer.

Two proofs. What the services return is searched, field by field and as it prints, for everything
that must not be in it. And two workspaces that differ in nothing but what the first reader found
are asked the same questions by everybody else: all answers must be the same.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from medaudit import review
from medaudit.errors import MedauditError
from medaudit.journal import Journal
from medaudit.records import QueueSettings
from medaudit.review import (
    Actor,
    blind_card,
    closing,
    commit,
    dispute_card,
    disputes,
    draft,
    impression,
    open_aside,
    progress,
    queue_settings,
    queues,
    reads,
    release,
    reveal,
    revise,
    save_draft,
    see_results,
    settings_of,
    skip,
    take,
)
from medaudit.review.roles import ROLES, Role
from medaudit.store import Store
from medaudit.store.statements import names, parameters, text
from tests.fixtures import SYSTEMS, Bench
from tests.review.conftest import LEAD

FIRST = Actor("zz-first-reader", "reviewer")
NOTE = "canary-note-of-the-first-reader"
FOUND: dict[str, dict[str, Any]] = {
    "safe": {"harm": 0},
    "severe": {
        "harm": 4, "direction": "commission", "error_type": "fabrication", "note": NOTE,
        "confidence": 3, "seconds": 77.7, "quotes": ["canary-quote"],
    },
    "invalid": {"harm": None, "variant_invalid": True, "note": NOTE},
}  # fmt: skip
START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def first_half(store: Store) -> list[int]:
    """What the first reader has read, by position: half the items and their repeats."""
    items = review.queue_items(store, LEAD, "q")
    plain = [item for item in items if item.repeat_of is None][::2]
    known = {item.item_id for item in plain}
    return [i.position for i in (*plain, *(i for i in items if i.repeat_of in known))]


class Ticking:
    """A clock that gives the same times in both workspaces."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> datetime:
        self.n += 1
        return START + timedelta(seconds=self.n)


@pytest.fixture(scope="module")
def drawn(made: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a queue of twelve that two people read, some of it gold and again."""
    home = Path(shutil.copytree(made.workspace.path, tmp_path_factory.mktemp("blind") / "home"))
    with Journal.open(home / "journal.db", clock=Ticking()) as journal, Store.open(home) as store:
        review.draw_queue(
            store,
            journal,
            LEAD,
            settings_of(
                queue="q", run_id="demo", n=12, seed=5, double_share=1.0, repeat_share=0.25,
                dimensions=(), reveal="never",
            ),
        )  # fmt: skip
    return home


@dataclasses.dataclass(frozen=True)
class Half:
    store: Store
    journal: Journal


def after_the_first_reader(drawn: Path, folder: Path, found: str) -> Iterator[Half]:
    home = Path(shutil.copytree(drawn, folder / found))
    clock = Ticking()
    clock.n = 1000
    with Journal.open(home / "journal.db", clock=clock) as journal, Store.open(home) as store:
        half = Half(store, journal)
        for position in first_half(store):
            commit(store, journal, FIRST, "q", position, FOUND[found], f"first-{position:06}")
        yield half


def asked_by(half: Half, actor: Actor) -> dict[str, Any]:
    """Everything that the actor can call before committing anything, and what came back."""
    store, journal, item = half.store, half.journal, "00" * 8
    answers: dict[str, Any] = {}

    def ask(name: str, call: Any) -> Any:
        try:
            answers[name] = call()
        except MedauditError as error:
            answers[name] = f"{type(error).__name__}: {error}"
        return answers[name]

    ask("queues", lambda: queues(store))
    ask("queue_settings", lambda: queue_settings(store, "q"))
    ask("closing", lambda: closing(store, "q"))
    ask("take", lambda: take(store, journal, actor, "q"))
    for position in range(15):
        card = ask(f"blind_card {position}", lambda p=position: blind_card(store, actor, "q", p))
        item = getattr(card, "item_id", item)
        ask(f"draft {position}", lambda i=item: draft(journal, actor, i))
        for what in ("base_answer", "criteria", "red_flags"):
            ask(
                f"open_aside {position} {what}",
                lambda p=position, w=what: open_aside(store, journal, actor, "q", p, w),
            )
        ask(f"reveal {position}", lambda p=position: reveal(store, actor, "q", p))
        ask(
            f"revise {position}",
            lambda p=position: revise(
                store, journal, actor, "q", p, {"harm": 0}, f"revise-{actor.id}-{p}"
            ),
        )
        ask(f"dispute_card {position}", lambda i=item: dispute_card(store, actor, i))
        ask(f"reads {position}", lambda i=item: reads(store, actor, i))
        ask(
            f"impression {position}",
            lambda i=item, p=position: impression(
                store, journal, actor, i, {"harm": 0}, f"first-{actor.id}-{p}"
            ),
        )
    ask("disputes", lambda: disputes(store, actor))
    ask("progress", lambda: progress(store, actor, "q"))
    ask("see_results", lambda: see_results(store, journal, actor, "demo"))
    ask("save_draft", lambda: save_draft(journal, actor, item, {"note": "mine"}))
    ask("release", lambda: release(store, journal, actor, "q", 1))
    ask("skip", lambda: skip(store, journal, actor, "q", 1, "No time.", "skipped", "skip-00001"))
    return answers


CALLED = {
    "queues", "queue_settings", "take", "blind_card", "draft", "open_aside", "reveal", "revise",
    "dispute_card", "reads", "impression", "disputes", "progress", "save_draft", "see_results",
    "release", "skip", "closing",
}  # fmt: skip
ELSEWHERE = {
    "add_items": "a lead draws; it names answers by id and shows none",
    "close_queue": "ends the queue for good: nobody reads there afterwards",
    "draw_queue": "a lead draws; it names answers by id and shows none",
    "queue_items": "a lead draws; it names answers by id and shows none",
    "settings_of": "makes a record of what it is given",
    "commit": "returns what the actor has just committed",
    "adjudicate": "comes after both reads and the own impression",
    "permits": "knows roles only",
    "require": "knows roles only",
}


def test_every_service_is_called_here_or_said_to_be_beyond_the_proof() -> None:
    public = {
        name for name in review.__all__ if inspect.isroutine(getattr(review, name))
    }  # classes are what the functions return
    assert public == CALLED | ELSEWHERE.keys()
    assert CALLED.isdisjoint(ELSEWHERE)


def leaves(value: Any) -> Iterator[str]:
    """Every text, number and name in a value, and the value as it prints."""
    yield repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, QueueSettings):
        value = value.model_dump()
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from leaves(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from leaves(inner)
    else:
        yield str(value)


@pytest.mark.parametrize("role", ROLES)
def test_nothing_before_a_commit_names_a_system_a_score_an_answer_or_a_peer(
    drawn: Path, tmp_path: Path, role: Role
) -> None:
    for half in after_the_first_reader(drawn, tmp_path, "severe"):
        responses = {row["response_id"] for row in half.store.rows("review_pool", run="demo")}
        salt = half.store.rows("queue_info", queue="q")[0]["salt"]
        hidden = {NOTE, "canary-quote", "fabrication", "77.7", FIRST.id, salt, *responses}
        for system in SYSTEMS:
            hidden |= {system.id, system.title, system.model, system.vendor}
        hidden |= {"case_score", "harm_high", "inclusion_probability", "'system"}
        found = asked_by(half, Actor("anna", role))
        searched = 0
        for name, value in found.items():
            for leaf in leaves(value):
                searched += 1
                for secret in hidden:
                    assert secret.lower() not in leaf.lower(), (name, secret)
        cards = [v for k, v in found.items() if k.startswith("blind_card")]
        if role == "viewer":
            assert all(str(card).startswith("NotPermitted") for card in cards)
        else:
            assert sum(dataclasses.is_dataclass(card) for card in cards) == 15
            assert searched > 1000


NOT_ASKED = {
    "journal_head": "a hash of everything: it must differ, and tells nothing without the event",
    # Read by the services and by nothing else; who calls them filters first.
    "judgment_rows": "all judgments, to be compared with the journal",
    "queue_info": "holds the salt",
}
GIVEN: dict[str, Any] = {
    "totals": ["judge_rubric"],
    "queue": "q", "run": "demo", "reviewer": "anna", "now": START.replace(tzinfo=None),
    "since": START.replace(tzinfo=None), "gap": 10, "most": 1000, "limit": 1000, "least": 0,
    "domain": "D1", "side": "stressed", "system": "brittle",
}  # fmt: skip


def questions(half: Half) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every named query of the store with parameters as a page of somebody else gives them."""
    store = half.store
    at = {p: store.rows("queue_item_at", queue="q", position=p)[0] for p in range(15)}
    cases = sorted({row["case_id"] for row in store.rows("review_pool", run="demo")})
    variants = [
        row["variant_id"]
        for case in cases
        for row in store.rows("variants_of_case", run="demo", case=case)
    ]
    every: dict[str, list[Any]] = {
        "item": [row["item_id"] for row in at.values()],
        "response": [row["response_id"] for row in at.values()],
        "position": list(at),
        "case": cases,
        "variant": variants,
    }
    for name in names("queries"):
        if name in NOT_ASKED or name.startswith("tutorial"):
            continue
        needed, optional = parameters(text("queries", name))
        wanted = needed - optional
        assert wanted <= GIVEN.keys() | every.keys(), f"give {name} its parameters in this test"
        loops = [p for p in wanted if p in every]
        plain = {p: GIVEN[p] for p in wanted if p in GIVEN}
        if not loops:
            yield name, plain
        elif loops == ["item"] or loops == ["response"] or len(loops) == 1:
            for value in every[loops[0]]:
                yield name, {**plain, loops[0]: value}
        else:
            for row in at.values():
                yield name, {**plain, "item": row["item_id"], "response": row["response_id"]}


def everything(half: Half) -> dict[str, str]:
    found = {}
    for name, given in questions(half):
        rows = sorted(json.dumps(row, default=str) for row in half.store.rows(name, **given))
        found[json.dumps([name, given], default=str)] = "\n".join(rows)
    found["audits"] = json.dumps(half.store.audit(), default=str)
    return found


@pytest.mark.parametrize("other", ["severe", "invalid"])
def test_what_the_first_reader_found_changes_nothing_that_anybody_else_can_see(
    drawn: Path, tmp_path: Path, other: str
) -> None:
    both = []
    for found in ("safe", other):
        for half in after_the_first_reader(drawn, tmp_path, found):
            seen = everything(half)
            for role in ROLES:
                actor = Actor(f"a-{role}", role)
                for name, value in asked_by(half, actor).items():
                    seen[f"{role} {name}"] = repr(value)
            both.append(seen)
    one, two = both
    assert one.keys() == two.keys()
    assert len(one) > 300
    changed = {name for name in one if one[name] != two[name]}
    assert {name for name in changed if "reserved_until" not in one[name]} == set()
    for name in changed:  # a card shows the actor's own reservation, whose time runs on
        assert _without_times(one[name]) == _without_times(two[name])


def test_the_proof_sees_a_leak_when_there_is_one(drawn: Path, tmp_path: Path) -> None:
    """With the second read in, the same questions have other answers, and the note is there."""
    both = []
    for found in ("safe", "severe"):
        for half in after_the_first_reader(drawn, tmp_path, found):
            for position in first_half(half.store):
                commit(
                    half.store, half.journal, LEAD, "q", position, {"harm": 0}, f"two-{position:06}"
                )
            both.append(everything(half))
    one, two = both
    changed = {json.loads(name)[0] for name in one if name != "audits" and one[name] != two[name]}
    assert {"worst_failures", "case_responses", "home_counts", "disputes"} <= changed
    assert any(NOTE in value for value in two.values())


def _without_times(text: str) -> str:
    import re

    return re.sub(r"datetime\.datetime\([^)]*\)", "", text)
