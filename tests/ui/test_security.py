"""Hostile cases, systems, answers and notes on every page, and the headers on every path."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from medaudit.canonical import dumps
from medaudit.journal import Journal
from medaudit.review import Actor, QueueSettings, commit, draw_queue
from medaudit.store import Store
from medaudit.store.parquet import write_run
from medaudit.ui.server import HEADERS
from medaudit.ui.text import shown
from medaudit.workspace import Workspace
from tests.browser import chromium, serving, settled
from tests.fixtures import (
    BRITTLE,
    STEADY,
    Bench,
    answer,
    attempt,
    bank_cases,
    freeze_suite,
    make_plan,
    scores,
    variants_of,
)
from tests.ui.reviewing import declared, introduced

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
RUN = "hostile"
ELSEWHERE = "http://elsewhere.invalid"
PAYLOADS = (
    "<script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=2>",
    f"<img src='{ELSEWHERE}/a.png'>",
    "<svg onload=window.__xss=3><circle/></svg>",
    "<svg><script>window.__xss=4</script></svg>",
    "<iframe srcdoc='<script>parent.__xss=5</script>'></iframe>",
    f"<iframe src='{ELSEWHERE}/frame'></iframe>",
    "<a href='javascript:window.__xss=6'>read on</a>",
    "[read on](javascript:window.__xss=7)",
    f"![chart]({ELSEWHERE}/b.png)",
    f"<style>body{{background:url({ELSEWHERE}/c.png)}} .ma-text{{display:none}}</style>",
    f"<link rel=stylesheet href='{ELSEWHERE}/d.css'>",
    f"<form action='{ELSEWHERE}/e'><input name=password autofocus onfocus=window.__xss=8></form>",
    "<details open ontoggle=window.__xss=9><summary>more</summary></details>",
    "<body onpageshow=window.__xss=10>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<base href='{ELSEWHERE}/'>",
    "<object data='javascript:window.__xss=11'></object>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.__xss=12>",
    "</div></section></article><script>window.__xss=13</script>",
    "\"><img src=x onerror=window.__xss=14>' onmouseover='window.__xss=15",
    "$5 ~5~ *2* **10 mg** _x_ `code` $$\\href{javascript:window.__xss=16}{x}$$",
    ":material/home: :red[gone] :smile: # heading",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "{{constructor.constructor('window.__xss=17')()}} ${window.__xss=18}",
    "dose 10\u202e gm 01\u202c, 5\u200bmg, \u2066hidden\u2069, bell \x07, escape \x1b[31m, \x85",
    "a < b > c, 5 < 10 mg/kg & 38.5 °C, don't stop",
)
ALL = "\n".join(PAYLOADS)
SHORT = "<img src=x onerror=window.__xss=20> $5 ~5~ *2* \u202egm"
SYSTEMS = tuple(
    system.model_copy(
        update={
            "title": f"{name} {SHORT}",
            "vendor": SHORT,
            "model": f"{name}{SHORT}",
            "quantization": SHORT,
            "notice": f"Notice {name} {ALL}",
        }
    )
    for system, name in ((STEADY, "One"), (BRITTLE, "Two"))
)
NOTE = f"Note {ALL}"


def hostile_workspace(folder: Path) -> Bench:
    """Four cases whose every free text is hostile, asked of two systems that answer so, judged."""
    workspace = Workspace(folder / "workspace").create()
    cases = tuple(
        case.model_copy(
            update={
                "title": f"Title {number} {SHORT}",
                "question": f"Question {PAYLOADS[1]} {PAYLOADS[22]}?",
                "narrative": (
                    case.narrative[0].model_copy(update={"text": ALL}),
                    *case.narrative[1:],
                ),
                "safe": case.safe.model_copy(update={"text": f"Safe: {ALL}"}),
                "unsafe": case.unsafe.model_copy(update={"text": f"Unsafe: {ALL}"}),
            }
        )
        for number, case in enumerate(bank_cases(4))
    )
    variants = tuple(v for case in cases for v in variants_of(case))
    bench = Bench(workspace, cases, variants, freeze_suite(workspace, cases, variants), RUN, RUN)
    plan = make_plan(bench, RUN, 1, SYSTEMS)
    home = workspace.run(RUN)
    titled = plan.model_copy(update={"title": f"Run {SHORT}", "notice": f"Run notice {ALL}"})
    (home / "plan.json").write_text(dumps(titled.model_dump(mode="json")), encoding="utf-8")
    answers = [answer(bench, RUN, s, v, 0) for s in SYSTEMS for v in variants]
    found = [
        score.model_copy(update={"reason": f"Reason {ALL}"})
        for response in answers
        for score in scores(bench, response)
    ]
    written = write_run(home, answers, [attempt(r) for r in answers], found)
    (home / "done.json").write_text(dumps({"files": written}), encoding="utf-8")
    grade = {"harm": 4, "direction": "commission", "error_type": "triage", "note": NOTE}
    with Journal.open(workspace.journal) as journal, Store.open(workspace.path) as store:
        lead = Actor("lead", "lead")
        drawn = QueueSettings(
            queue="q", run_id=RUN, n=len(answers), seed=1, double_share=0, repeat_share=0
        )
        draw_queue(store, journal, lead, drawn)
        store.refresh()
        for position in range(12):
            commit(store, journal, lead, "q", position, grade, f"hostile-{position}")
        assert {name: rows for name, rows in store.audit().items() if rows} == {}
    return bench


@dataclass
class Visit:
    """A browser on a dashboard, and everything that it did which it should not."""

    address: str
    page: Any
    bench: Bench
    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")
        settled(self.page, 60)

    def texts(self) -> list[str]:
        """The exact text of every box that holds foreign text."""
        found: list[str] = self.page.eval_on_selector_all(
            ".ma-text, .ma-banner, .ma-lead, h3, .ma-chip, .ma-worst p, .ma-label, td",
            "boxes => boxes.map(box => box.textContent)",
        )
        return found

    def unharmed(self) -> None:
        """No script of the texts ran, nothing left the origin, no element came of a text."""
        assert [frame.evaluate("window.__xss") for frame in self.page.frames] == [None] * len(
            self.page.frames
        )
        assert self.elsewhere == []
        assert self.dialogs == []
        assert self.page.url.startswith(self.address)
        made = self.page.eval_on_selector_all(
            "[onerror], [onload], [onfocus], [ontoggle], [onmouseover], [onpageshow], [srcdoc],"
            f" [href^='javascript:'], [src^='{ELSEWHERE}'], [href^='{ELSEWHERE}'], base, object,"
            " meta[http-equiv=refresh], form[action]:not([action='say-who']), img[src=x],"
            " .ma-text img, .ma-text script,"
            " .ma-text style, .ma-text svg, .ma-text iframe, .ma-text a, .ma-text input",
            "found => found.map(element => element.outerHTML)",
        )
        assert made == []


def on_the_page(text: str) -> str:
    """The text as a reader finds it: every character, invisible ones named."""
    return unescape(shown(text))


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    bench = hostile_workspace(tmp_path_factory.mktemp("hostile"))
    with serving(bench.workspace.path) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        here = Visit(address, page, bench)

        def asked(request: Any) -> None:
            if not request.url.startswith((f"{address}/", "data:", "blob:")):
                here.elsewhere.append(request.url)

        def spoken(dialog: Any) -> None:
            here.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("request", asked)
        page.on("dialog", spoken)
        yield here


def test_the_payloads_are_as_many_as_promised() -> None:
    assert len(set(PAYLOADS)) >= 20
    assert "\x00" not in ALL


def test_home_and_worst_cases_show_hostile_text_as_text(visit: Visit) -> None:
    told = {case.safe.text for case in visit.bench.cases}
    told |= {case.unsafe.text for case in visit.bench.cases}
    for path in ("/", "/worst_cases?run=" + RUN):
        visit.open(path)
        articles = visit.page.locator("article.ma-worst")
        articles.first.wait_for()
        assert articles.count() >= 3
        found = visit.texts()
        assert any(on_the_page(f"Run notice {ALL}") in text for text in found)
        assert on_the_page(f"Why: {NOTE}") in found
        assert {on_the_page(text) for text in told} & set(found)
        titles = {on_the_page(case.title) for case in visit.bench.cases}
        assert titles & set(found)
        assert {on_the_page(system.title) for system in SYSTEMS} & set(found)
        visit.unharmed()


def test_a_case_shows_both_answers_and_both_prompts_exactly(visit: Visit) -> None:
    bench = visit.bench
    case = bench.cases[0]
    variant = bench.variant(case.id, "noise")
    words = {"run": RUN, "case": case.id, "variant": variant.id, "a": SYSTEMS[0].id}
    visit.open(f"/cases?{urlencode(words)}")
    visit.page.get_by_text("Unsafe: ").first.wait_for()
    found = visit.texts()
    for text in (case.safe.text, case.unsafe.text):
        assert on_the_page(text) in found
    for version in (bench.variant(case.id), variant):
        assert on_the_page(version.messages[-1].text) in found
    visit.unharmed()
    visit.page.get_by_text("Every score of both answers").click()
    visit.page.get_by_text("Reason ").first.wait_for()
    assert on_the_page(f"Reason {ALL}") in visit.texts()
    visit.unharmed()


def test_review_shows_a_hostile_answer_exactly_and_no_more(visit: Visit) -> None:
    visit.open("/review?q=q")
    introduced(visit.page, SHORT)
    declared(visit.page)
    bench = visit.bench
    told = {case.safe.text for case in bench.cases} | {case.unsafe.text for case in bench.cases}
    possible = {on_the_page(text) for text in told} | {"It is hard to say."}
    shown_answer = visit.page.locator(".ma-answer .ma-text")
    assert shown_answer.text_content() in possible
    visit.unharmed()
    visit.page.keyboard.press("g")
    visit.page.get_by_text("Red flag:").first.wait_for()
    visit.page.keyboard.press("0")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Saved 20").wait_for()
    assert shown_answer.text_content() in possible
    assert any(on_the_page(system.title) in "".join(visit.texts()) for system in SYSTEMS)
    visit.unharmed()


def test_adjudication_shows_a_hostile_note_exactly_and_no_more(visit: Visit) -> None:
    visit.page.context.clear_cookies()
    visit.open("/adjudication")
    introduced(visit.page, f"Third {SHORT}", "adjudicator")
    visit.page.get_by_role("link", name="q, answer").first.wait_for()
    visit.unharmed()
    visit.page.get_by_role("button", name="Begin with the first").click()
    visit.page.get_by_role("button", name="Commit").wait_for()
    visit.page.keyboard.press("0")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Where they differ").wait_for()
    assert visit.page.locator(".ma-said").first.text_content() == on_the_page(NOTE)
    visit.unharmed()


@pytest.mark.parametrize("path", ["/domains?run=" + RUN, "/runs?run=" + RUN])
def test_tables_and_charts_show_hostile_titles_as_text(visit: Visit, path: str) -> None:
    visit.open(path)
    # The chart is drawn after the script has run.
    visit.page.wait_for_selector(".js-plotly-plot, .vega-embed, [data-testid=stVegaLiteChart]")
    visit.page.wait_for_timeout(1_000)
    expander = visit.page.get_by_text("The same as a table")
    if expander.count():
        expander.click()
        visit.page.wait_for_selector("td")
    found = visit.texts()
    for system in SYSTEMS:
        assert on_the_page(system.title) in found
    for text in found:
        if text.startswith("Mean case scores run from"):
            assert any(f"({on_the_page(system.title)}, " in text for system in SYSTEMS)
    visit.unharmed()


def test_an_address_is_hostile_too(visit: Visit) -> None:
    word = quote(PAYLOADS[1] + PAYLOADS[7])
    for path in (
        f"/?run={word}",
        f"/cases?run={word}&case={word}&variant={word}&a={word}",
        f"/review?q={word}&i={word}",
        f"/worst_cases?{word}={word}",
    ):
        visit.open(path)
        visit.unharmed()


PATHS = (
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/healthz"),
    ("GET", "/worst_cases?run=hostile"),
    ("GET", "/cases?case=x"),
    ("GET", "/static/nothing.js"),
    ("GET", "/static/js/nothing.js"),
    ("GET", "/nothing/at/all.png"),
    ("GET", "/media/nothing"),
    ("GET", "/component/nothing/index.html"),
    ("GET", "/_stcore/health"),
    ("GET", "/_stcore/host-config"),
    ("GET", "/_stcore/nothing"),
    ("POST", "/"),
    ("DELETE", "/healthz"),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd"),
)


def answered(visit: Visit, method: str, path: str) -> tuple[int, list[tuple[str, str]], bytes]:
    host = visit.address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def guarded(headers: list[tuple[str, str]]) -> None:
    """Every header of the server stands there once and as it is meant."""
    for name, value in HEADERS.items():
        assert [v for n, v in headers if n.lower() == name] == [value]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_path_carries_every_header(visit: Visit, method: str, path: str) -> None:
    status, headers, body = answered(visit, method, path)
    assert status < 500
    guarded(headers)
    assert b"root:" not in body
    assert not any(name.lower() == "access-control-allow-origin" for name, _ in headers)


def test_the_files_of_the_front_end_carry_them_too_and_come_from_here(visit: Visit) -> None:
    _, _, index = answered(visit, "GET", "/")
    named = re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', index.decode())
    assert named
    for name in named:
        assert not name.startswith(("http:", "https:", "//"))
        status, headers, body = answered(visit, "GET", "/" + name.removeprefix("./").lstrip("/"))
        assert (status, bool(body)) == (200, True)
        guarded(headers)


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    rules = {
        name: sources.split()
        for name, _, sources in (
            rule.strip().partition(" ") for rule in HEADERS["content-security-policy"].split(";")
        )
    }
    assert rules["default-src"] == ["'self'"]
    assert rules["object-src"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert rules["base-uri"] == rules["form-action"] == rules["connect-src"] == ["'self'"]
    assert "'unsafe-inline'" not in rules["script-src"]
    for name, sources in rules.items():
        known = {
            "'self'", "'none'", "data:", "blob:", "'unsafe-inline'", "'unsafe-eval'",
            "'wasm-unsafe-eval'",
        }  # fmt: skip
        assert set(sources) <= known, name
    assert "data:" not in rules["script-src"]
