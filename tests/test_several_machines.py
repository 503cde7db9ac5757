"""Processes that share one journal: no place given twice, everybody's work seen within seconds.

The workers are processes of their own that call what the pages call. They share nothing but the
journal and the files of the run, as servers on several machines do.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from medaudit.journal import Journal
from medaudit.resources import root
from medaudit.review import Actor, commit, draw_queue, settings_of
from medaudit.store import Store
from tests.fixtures import make_workspace

FULL = os.environ.get("MEDAUDIT_PROOF") == "full"
KILLS = 75 if FULL else 4
"""On each engine; with those through the browser (tests/ui/test_kills.py) 200, or 10."""
SEEN_S = 2.0

WORKER = """
import json, sys, threading, time, uuid
from pathlib import Path
from medaudit.journal import Journal
from medaudit.review import Actor, commit, take
from medaudit.store import Store
home, people = Path(sys.argv[1]), sys.argv[2].split(",")
say = threading.Lock()
with Journal.open(Store.open(home).workspace.journal) as journal, Store.open(home) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    def work(name):
        actor = Actor(name, "reviewer")
        while (position := take(store, journal, actor, "q")) is not None:
            id_ = str(uuid.uuid4())
            with say:
                print(json.dumps(["asked", name, position, id_, time.time()]), flush=True)
            grade = {"harm": position % 2 and None, "cannot_judge": bool(position % 2)}
            commit(store, journal, actor, "q", position, grade, id_)
            with say:
                print(json.dumps(["kept", name, position, id_, time.time()]), flush=True)
    threads = [threading.Thread(target=work, args=(name,)) for name in people]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print("done", flush=True)
"""


@pytest.fixture
def home(place: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a queue of 30 answers, every one to be read by two people."""
    home = make_workspace(tmp_path / "home", n_cases=3).workspace.path
    if isinstance(place, str):
        monkeypatch.setenv("MEDAUDIT_JOURNAL", place)
    with Store.open(home) as store, Journal.open(store.workspace.journal) as journal:
        asked = settings_of(queue="q", run_id="demo", n=30, seed=1, double_share=1, repeat_share=0)
        draw_queue(store, journal, Actor("lead", "lead"), asked)
    return home


def worker(home: Path, *people: str) -> subprocess.Popen[str]:
    """A process that waits for the word to begin."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(home), ",".join(people)],
        env={**os.environ, "PYTHONPATH": str(root())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(output: str, word: str) -> list[list[str]]:
    """What a worker reported; the last line of one that was killed may be torn."""
    rows = []
    for line in output.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row[0] == word:
            rows.append(row[1:])
    return rows


def test_two_processes_give_no_place_twice_and_see_each_others_work(home: Path) -> None:
    processes = [worker(home, "a1", "a2", "a3"), worker(home, "b1", "b2", "b3")]
    seen: dict[str, float] = {}
    with Store.open(home) as store:  # a third process that only looks on
        for process in processes:
            begin(process)
        deadline = time.monotonic() + 240
        while len(seen) < 60 and time.monotonic() < deadline:
            store.refresh()
            now = time.time()
            for row in store.rows("judgment_rows"):
                seen.setdefault(row["client_id"], now)
            time.sleep(0.05)
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    kept = [row for output in outputs for row in said(output, "kept")]
    assert len(kept) == 60
    assert all(len(said(output, "kept")) > 0 for output in outputs)
    # Every answer was read twice, by two people, and each found a place of their own.
    assert set(Counter(position for _, position, _, _ in kept).values()) == {2}
    assert len({(name, position) for name, position, _, _ in kept}) == 60
    with Store.open(home) as store, Journal.open(store.workspace.journal) as journal:
        assert journal.verify() == []
        slots = [(e.subject, e.payload["slot"]) for e in journal.of("claim")]
        assert len(set(slots)) == len(slots) == 60
        assert {e.client_id for e in journal.of("judgment")} == {id_ for *_, id_, _ in kept}
    # When the commit was acknowledged in one process, until a third one's store had it.
    late = max(seen[id_] - float(when) for _, _, id_, when in kept)
    assert late < SEEN_S, f"{late:.2f} s"


@pytest.mark.timeout(3600)
def test_a_killed_server_loses_no_judgment_that_it_acknowledged(home: Path) -> None:
    rng = random.Random(7)
    asked: set[str] = set()
    kept: set[str] = set()
    for number in range(KILLS):
        with Store.open(home) as store, Journal.open(store.workspace.journal) as journal:
            name = f"more{number}"
            fresh = settings_of(
                queue="q" if number == 0 else name, run_id="demo", n=30, seed=number,
                double_share=1, repeat_share=0,
            )  # fmt: skip
            if number > 0:
                draw_queue(store, journal, Actor("lead", "lead"), fresh)
        code = WORKER.replace('"q"', f'"{fresh.queue}"')
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(home), f"a{number},b{number},c{number}"],
            env={**os.environ, "PYTHONPATH": str(root())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        begin(process)
        first = process.stdout.readline()  # it has begun to grade
        time.sleep(rng.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        output = first + process.communicate(timeout=60)[0]
        asked |= {id_ for *_, id_, _ in said(output, "asked")}
        kept |= {id_ for *_, id_, _ in said(output, "kept")}
    assert len(kept) > 0
    with Store.open(home) as store, Journal.open(store.workspace.journal) as journal:
        assert journal.verify() == []
        stored = Counter(e.client_id for e in journal.of("judgment"))
        assert kept - set(stored) == set(), "an acknowledged judgment was lost"
        assert set(stored.values()) == {1}
        per_person = Counter((e.actor, e.subject) for e in journal.of("judgment"))
        assert set(per_person.values()) == {1}, "a judgment was doubled"
    assert kept <= set(stored) <= asked


def test_a_judgment_sent_again_after_a_kill_is_one(home: Path) -> None:
    """The browser does not know whether the server kept it, and sends it once more."""
    process = worker(home, "a1")
    begin(process)
    assert process.stdout is not None
    first = ""
    while '"asked"' not in first:
        first = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    rest = process.communicate(timeout=60)[0]
    for name, position, id_, _ in said(first + rest, "asked"):
        at = int(position)
        with Store.open(home) as store, Journal.open(store.workspace.journal) as journal:
            actor = Actor(name, "reviewer")
            grade = {"harm": at % 2 and None, "cannot_judge": bool(at % 2)}
            for _ in range(2):
                commit(store, journal, actor, "q", at, grade, id_)
            assert [e.client_id for e in journal.of("judgment")].count(id_) == 1
