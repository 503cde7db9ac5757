"""Pictures of every page in Chromium, from the real app over the recorded run.

``python scripts/screenshots.py [FOLDER]`` writes ``docs/img/*.png``; ``--all`` adds narrow, dark
and empty ones, which are for looking at and are not committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from medaudit.journal import Journal
from medaudit.recorded import install
from medaudit.review import Actor, QueueSettings, draw_queue
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.browser import chromium, serving, settled
from tests.ui.reviewing import declared, introduced

PAGES = (
    "", "cases", "probes", "review", "adjudication", "quality", "record", "domains", "worst_cases",
    "runs",
)  # fmt: skip
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 420, "height": 900}


def prepare(home: Path) -> None:
    """The recorded run and a drawn queue in a new workspace."""
    workspace = Workspace(home).create()
    run_id = install(workspace)
    if run_id is None:
        raise SystemExit("no recorded run: make record")
    with Journal.open(workspace.journal) as journal:
        store = Store.open(workspace.path)
        lead = Actor("lead", "lead")
        drawn = QueueSettings(queue="first-review", run_id=run_id, n=50, seed=1)
        draw_queue(store, journal, lead, drawn)


def shoot(browser: Any, address: str, page: str, target: Path, size: dict, dark: bool) -> None:
    """One page, settled, at one size and in one theme."""
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    tab = context.new_page()
    tab.goto(f"{address}/{page}")
    settled(tab)
    if page == "review":
        # Somebody else each time: a declaration is made once.
        introduced(tab, f"A. Reviewer{target.stem.removeprefix('review').replace('-', ' ')}")
        tab.wait_for_selector("[data-testid=stCheckbox], pre")
        if tab.locator("[data-testid=stCheckbox]").count():
            declared(tab)
    tab.wait_for_timeout(2500)
    settled(tab)
    tab.screenshot(path=str(target))
    context.close()


def main() -> None:
    everything = "--all" in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith("--")]
    folder = Path(names[0]) if names else Path(__file__).resolve().parent.parent / "docs" / "img"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        full, bare = Path(temporary, "full"), Path(temporary, "empty")
        bare.mkdir()
        prepare(full)
        with serving(full) as address:
            for page in PAGES:
                name = page or "home"
                shoot(browser, address, page, folder / f"{name}.png", WIDE, False)
                if everything:
                    shoot(browser, address, page, folder / f"{name}-dark.png", WIDE, True)
                    shoot(browser, address, page, folder / f"{name}-narrow.png", NARROW, False)
        if everything:
            with serving(bare) as address:
                for page in PAGES:
                    name = page or "home"
                    shoot(browser, address, page, folder / f"{name}-empty.png", WIDE, False)


if __name__ == "__main__":
    main()
