"""Key to next item in Chromium in a queue of 5,000 answers, beside one of 50."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.app import keys, said
from medaudit.journal import Journal
from medaudit.review import Actor, draw_queue, settings_of
from medaudit.store import Store
from tests.browser import chromium, serving
from tests.fixtures import make_workspace

QUEUES = (("short", 50, "at_once"), ("long", 5_000, "at_once"), ("unrevealed", 5_000, "never"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = make_workspace(Path(folder), n_cases=60, repeats=14)
        with Journal.open(bench.workspace.journal) as journal, Store.open(bench.workspace) as store:
            for queue, n, reveal in QUEUES:
                asked = settings_of(
                    queue=queue, run_id=bench.finished, n=n, seed=1, reveal=reveal, block=200
                )
                draw_queue(store, journal, Actor("lead", "lead"), asked)
        middle = {}
        with serving(bench.workspace.path) as address, chromium() as browser:
            for queue, n, reveal in QUEUES:
                revealed, moved = keys(browser, address, queue, reveals=reveal != "never")
                if revealed:
                    said(f"{queue} ({n}): Enter to reveal", revealed)
                said(f"{queue} ({n}): Enter to next item", moved)
                middle[queue] = median(moved)
        print(f"long / short: {middle['long'] / middle['short']:.2f}")


if __name__ == "__main__":
    main()
