"""Images beside the case, in the real browser: on the Cases page and on the blind card."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from medaudit.imaging.truth import truths
from medaudit.suite import load
from tests.browser import chromium, serving, settled
from tests.imaging.reading import NAMES, answered_run, suite_of
from tests.ui.reviewing import begin, draw

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LOADED = "n => [n.alt, n.naturalWidth, n.naturalHeight, n.src.slice(0, 22)]"


def test_images_are_seen_and_nothing_is_asked_of_the_network(tmp_path: Path) -> None:
    built = suite_of(levels=(1,))
    workspace, run_id = answered_run(tmp_path / "home", built, "reader")
    draw(workspace.path, run_id, "q", n=len(built.variants))
    (frozen,) = workspace.suites.iterdir()
    by_probe = {(v.case_id, v.probe): v for v in load(frozen).variants}
    with serving(workspace.path) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))

        def images(probe: str) -> list[list[Any]]:
            variant = by_probe[NAMES[0], probe]
            page.goto(f"{address}/cases?run={run_id}&case={NAMES[0]}&variant={variant.id}")
            settled(page)
            page.get_by_text("As it was asked").first.wait_for()
            return [i.evaluate(LOADED) for i in page.locator(".ma-image img").all()]

        swapped = images("visual_substitution")
        assert [image[1:] for image in swapped] == [[1080, 232, "data:image/png;base64,"]] * 2
        sources = {i.get_attribute("src") for i in page.locator(".ma-image img").all()}
        assert len(sources) == 2, "the same words, another image"
        page.get_by_text("Asked with another image than the original.").wait_for()
        first = page.locator(".ma-image summary").first
        small = first.locator("img").bounding_box()["width"]
        first.focus()
        page.keyboard.press("Enter")
        wider = "w => document.querySelector('.ma-image img').getBoundingClientRect().width > w"
        page.wait_for_function(wider, arg=small)
        assert len(images("modality_necessity")) == 1
        page.get_by_text("Asked without the image.").wait_for()

        begin(page, address)
        cards = page.locator("#card .ma-image img")
        descriptions = {truth.alt for truth in truths().values()}
        seen = [image.evaluate(LOADED) for image in cards.all()]
        assert seen, "each case of the queue has an image, of the original at least"
        for alt, width, height, source in seen:
            assert alt.partition(": ")[2] in descriptions
            assert width > 300
            assert height > 200
            assert source == "data:image/png;base64,"
        told = page.locator("#card").inner_text().lower()
        assert "ecg-05" not in told
        hosts = {urlparse(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
        assert hosts == {urlparse(address).netloc}
