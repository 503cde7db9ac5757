"""What one answer costs a reviewer at the services: take, card, commit, reveal, in a long queue.

The ratio says what a queue of 5,000 items costs beside one of 50.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from medaudit.journal import Journal
from medaudit.review import (
    Actor,
    blind_card,
    commit,
    draw_queue,
    progress,
    reveal,
    settings_of,
    take,
)
from medaudit.store import Store
from tests.fixtures import make_workspace

LEAD = Actor("lead", "lead")
ITEMS = 60


def one_by_one(store: Store, journal: Journal, queue: str) -> dict[str, float]:
    """Median milliseconds of each step over 60 answers by one reviewer."""
    actor = Actor("anna", "reviewer")
    spent: dict[str, list[float]] = {}

    def timed(step: str, call: Callable[..., Any], *arguments: Any) -> Any:
        began = time.perf_counter()
        result = call(*arguments)
        spent.setdefault(step, []).append(1e3 * (time.perf_counter() - began))
        return result

    for k in range(ITEMS):
        position = timed("take", take, store, journal, actor, queue)
        if position is None:
            break
        timed("card", blind_card, store, actor, queue, position)
        timed(
            "commit", commit, store, journal, actor, queue, position, {"harm": 0}, f"{queue}-{k:06}"
        )
        timed("reveal", reveal, store, actor, queue, position)
        timed("progress", progress, store, actor, queue)
    return {step: statistics.median(values) for step, values in spent.items()}


def together(store: Store, journal: Journal, queue: str, people: int, each: int) -> list[float]:
    """Seconds of every commit of some people who grade at once in one process."""
    spent: list[float] = []

    def review(number: int) -> None:
        actor = Actor(f"r{number:02}", "reviewer")
        for k in range(each):
            position = take(store, journal, actor, queue)
            if position is None:
                return
            began = time.perf_counter()
            commit(store, journal, actor, queue, position, {"harm": 0}, f"{actor.id}-{k:06}")
            spent.append(time.perf_counter() - began)

    threads = [threading.Thread(target=review, args=(k,)) for k in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = make_workspace(Path(folder), n_cases=60, repeats=14)
        place = bench.workspace.journal
        with Journal.open(place) as journal, Store.open(bench.workspace) as store:
            totals = {}
            for queue, n in (("short", 50), ("long", 5_000)):
                asked = settings_of(queue=queue, run_id="demo", n=n, seed=1)
                draw_queue(store, journal, LEAD, asked)
                found = one_by_one(store, journal, queue)
                totals[queue] = sum(v for step, v in found.items() if step != "progress")
                said = ", ".join(f"{step} {value:.1f}" for step, value in found.items())
                print(f"{n:5} items: {said} ms; together {totals[queue]:.1f} ms")
            print(f"long / short: {totals['long'] / totals['short']:.2f}")
            began = time.perf_counter()
            spent = together(store, journal, "long", people=25, each=40)
            seconds = time.perf_counter() - began
            p95 = sorted(spent)[int(0.95 * len(spent))]
            print(
                f"25 reviewers x 40: {len(spent)} kept in {seconds:.1f} s, p95 {1e3 * p95:.0f} ms"
            )


if __name__ == "__main__":
    main()
