"""What axe finds on a page: the engine comes with a test dependency, nothing is downloaded."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@cache
def _engine() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """Every violation of WCAG 2.2 AA that axe sees, one line an element. Good: none."""
    page.evaluate(_engine())
    found = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(TAGS)
    )
    assert len(found["passes"]) > 5, "axe looked at nothing"
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
