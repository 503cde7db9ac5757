"""The app in Chromium over the recorded run: first page, rerun, key to next item.

Beside each figure its ratio to the smallest possible: a page that only answers ``/healthz``, and
a rerun that a bare Streamlit button causes on the same machine in the same minute.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from scripts.screenshots import prepare
from tests.browser import chromium, serving, settled
from tests.ui.reviewing import another_card, begin

ITEMS = 40


def first_page(browser: Any, address: str, page: str) -> float:
    """Seconds from the request to a settled page with its heading, in a fresh context."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    start = time.perf_counter()
    tab.goto(f"{address}/{page}")
    tab.wait_for_selector("h1, #pad, [data-testid=stExpander]")
    settled(tab)
    took = time.perf_counter() - start
    context.close()
    return took


def reruns(browser: Any, address: str) -> list[float]:
    """Milliseconds from the click on a view of a case to its new text."""
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    tab.goto(f"{address}/cases")
    settled(tab)
    tab.wait_for_timeout(1500)
    took = []
    for number in range(12):
        name = ("Clean", "Changes only", "Word diff")[number % 3]
        took.append(
            tab.evaluate(
                """async (name) => {
                  const before = document.querySelector('.ma-two').innerHTML;
                  const button = [...document.querySelectorAll('button')]
                    .find((b) => b.innerText.trim() === name);
                  const start = performance.now();
                  button.click();
                  while (document.querySelector('.ma-two')?.innerHTML === before
                         && performance.now() - start < 5000)
                    await new Promise((r) => requestAnimationFrame(r));
                  return performance.now() - start;
                }""",
                name,
            )
        )
        tab.wait_for_timeout(300)
    tab.close()
    return took


WATCH = """() => {
  const card = () => document.querySelector('#pad')?.dataset.card;
  const before = card();
  window.__took = new Promise((done) => addEventListener('keydown', () => {
    const start = performance.now();
    const look = () => (card() ?? before) !== before
      ? requestAnimationFrame(() => done(performance.now() - start))
      : requestAnimationFrame(look);
    look();
  }, {capture: true, once: true}));
}"""
"""Times the next key: from its arrival in the page to the frame after another card is there."""


def keys(
    browser: Any, address: str, queue: str = "first-review", *, reveals: bool = True
) -> tuple[list[float], list[float]]:
    """Milliseconds from Enter to the reveal, and from Enter to the next card. Real key presses.

    A reader looks at each for at least 0.4 s; a pause between blocks is waited out, not timed. In a
    queue that never reveals the first list stays empty.
    """
    tab = browser.new_page(viewport={"width": 1440, "height": 900})
    begin(tab, address, f"Benchmark {queue}", queue=queue)
    revealed: list[float] = []
    moved: list[float] = []
    while len(moved) < ITEMS:
        tab.wait_for_timeout(400)
        tab.keyboard.press("0")
        for kept in (revealed, moved) if reveals else (moved,):
            tab.evaluate(WATCH)
            tab.keyboard.press("Enter")
            kept.append(tab.evaluate("window.__took"))
            tab.wait_for_timeout(400)
        if tab.locator(".ma-summary").count():
            moved.pop()  # what came was the pause
            tab.wait_for_timeout(5_500)
            with another_card(tab):
                tab.keyboard.press("Enter")
    tab.close()
    return revealed, moved


def said(name: str, values: list[float], unit: str = "ms") -> None:
    p95 = quantiles(values, n=20)[-1]
    print(f"{name}: median {median(values):.0f} {unit}, p95 {p95:.0f} {unit}, n {len(values)}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        prepare(home)
        with serving(home) as address, chromium() as browser:
            first_page(browser, address, "")  # the server imports pandas and plotly once
            bare = first_page(browser, address, "review")
            for page in ("", "cases", "domains", "worst_cases", "runs"):
                took = [first_page(browser, address, page) for _ in range(3)]
                print(
                    f"first page {page or 'home'}: median {median(took):.2f} s, "
                    f"{median(took) / bare:.1f} times the emptiest page ({bare:.2f} s)"
                )
            said("rerun, case view", reruns(browser, address))
            revealed, moved = keys(browser, address)
            said("Enter to reveal", revealed)
            said("Enter to next item", moved)


if __name__ == "__main__":
    main()
