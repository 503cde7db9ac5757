"""Many reviewers at once, in threads and in processes: no place twice, no judgment lost.

``MEDAUDIT_PROOF=full`` runs 25 reviewers with 40 judgments each; the short version runs always.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from medaudit.errors import Conflict
from medaudit.journal import Journal
from medaudit.review import Actor, commit, draw_queue, settings_of, take
from medaudit.store import Store
from tests.fixtures import Bench, make_workspace
from tests.review.conftest import LEAD

FULL = os.environ.get("MEDAUDIT_PROOF") == "full"
REVIEWERS, EACH = (25, 40) if FULL else (8, 6)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Enough answers that everybody finds their number: 1,008, or 72."""
    folder = tmp_path_factory.mktemp("crowd")
    return make_workspace(folder, n_cases=12 if FULL else 3, repeats=14 if FULL else 4)


def drawn(bench: Bench, name: str, n: int, double: float) -> int:
    """Draw a queue; returns how many reads it asks for."""
    with Journal.open(bench.workspace.journal) as journal, Store.open(bench.workspace) as store:
        asked = settings_of(
            queue=name, run_id="demo", n=n, seed=1, double_share=double, repeat_share=0.0
        )
        return sum(item.reads for item in draw_queue(store, journal, LEAD, asked))


def kept(bench: Bench, name: str) -> list[tuple[str, str, str]]:
    """(item, reviewer, client id) of every judgment of a queue, and the journal is sound."""
    with Journal.open(bench.workspace.journal) as journal:
        assert journal.verify() == []
        (event,) = journal.about("queue", name)
        items = {item["item_id"]: item.get("reads", 1) for item in event.payload["items"]}
        found = [
            (e.subject, e.actor, e.client_id)
            for e in journal.since()
            if e.action == "judgment" and e.subject in items
        ]
        claims = defaultdict(set)
        for e in journal.since():
            if e.action == "claim" and e.subject in items:
                # A place has one holder: nothing was released and nothing expired here.
                assert e.payload["slot"] not in claims[e.subject], "a place was given twice"
                claims[e.subject].add(e.payload["slot"])
                assert 1 <= e.payload["slot"] <= items[e.subject]
    most = Counter(item for item, _, _ in found)
    assert all(most[item] <= items[item] for item in most)
    assert len(set(found)) == len(found)
    assert len({(item, who) for item, who, _ in found}) == len(found)
    return found


def test_reviewers_in_threads_get_places_of_their_own_and_lose_nothing(crowd: Bench) -> None:
    n = REVIEWERS * EACH * 2 // 3
    places = drawn(crowd, "threads", n, 0.5)
    assert places == REVIEWERS * EACH
    acknowledged: list[tuple[str, str, str]] = []
    slow: list[float] = []
    guard = threading.Lock()

    def review(number: int) -> None:
        actor = Actor(f"r{number:02}", "reviewer")
        for k in range(EACH * 2):
            position = take(store, journal, actor, "threads")
            if position is None:
                return
            began = time.perf_counter()
            client_id = f"{actor.id}-{k:06}"
            judgment = commit(store, journal, actor, "threads", position, {"harm": 0}, client_id)
            with guard:
                slow.append(time.perf_counter() - began)
                acknowledged.append((judgment.item_id, actor.id, client_id))

    with Journal.open(crowd.workspace.journal) as journal, Store.open(crowd.workspace) as store:
        threads = [threading.Thread(target=review, args=(k,)) for k in range(REVIEWERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(acknowledged) == sorted(kept(crowd, "threads"))
    # Every place is filled: a pair of readers each for half the items, one for the rest.
    assert len(acknowledged) == places
    if FULL:
        sys.stdout.write(f"p95 commit {sorted(slow)[int(0.95 * len(slow))] * 1e3:.0f} ms\n")


PROCESS = """
import sys
from pathlib import Path
from medaudit.journal import Journal
from medaudit.review import Actor, commit, take
from medaudit.store import Store
home, name, n = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
actor = Actor(name, "reviewer")
with Journal.open(home / "journal.db") as journal, Store.open(home) as store:
    for k in range(n):
        position = take(store, journal, actor, "processes")
        if position is None:
            break
        client_id = f"{name}-{k:06}"
        judgment = commit(store, journal, actor, "processes", position, {"harm": 0}, client_id)
        sys.stdout.write(f"{judgment.item_id} {name} {client_id}\\n")
        sys.stdout.flush()
"""


def test_two_processes_share_a_queue(crowd: Bench) -> None:
    n = 60 if FULL else 16
    places = drawn(crowd, "processes", n, 0.0)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(crowd.workspace.path), name, str(2 * n)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parent.parent.parent,
            env={**os.environ, "PYTHONPATH": "."},
        )
        for name in ("anna", "ben")
    ]
    lines = [
        line for process in running for line in process.communicate(timeout=280)[0].split("\n")
    ]
    assert [process.returncode for process in running] == [0, 0]
    told: list[Any] = sorted(tuple(line.split()) for line in lines if line)
    assert told == sorted(kept(crowd, "processes"))
    assert len(told) == places == n


def test_one_place_and_many_who_want_it(crowd: Bench) -> None:
    """All go for the same single place, told of it by stores that know of nobody."""
    drawn(crowd, "one", 1, 0.0)
    got: list[str] = []
    refused: list[str] = []

    def grab(number: int) -> None:
        actor = Actor(f"r{number:02}", "reviewer")
        with Store.open(crowd.workspace) as store:
            gate.wait()
            try:
                commit(store, journal, actor, "one", 0, {"harm": 0}, f"grab-{number:06}")
            except Conflict:
                refused.append(actor.id)
            else:
                got.append(actor.id)

    gate = threading.Barrier(6)
    with Journal.open(crowd.workspace.journal) as journal:
        threads = [threading.Thread(target=grab, args=(k,)) for k in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == 1
    assert len(refused) == 5
    assert [who for _, who, _ in kept(crowd, "one")] == got
