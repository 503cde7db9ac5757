"""What the pages say of the estimates is what the service says, as of now."""

from __future__ import annotations

from html import unescape

import pytest

from medaudit.charts.domain_map import cell_text, rows_of
from medaudit.estimates import system_panels
from medaudit.journal import Event, Journal
from medaudit.records import Judgment
from medaudit.store import Store
from medaudit.ui import session
from medaudit.ui.estimating import panels, severe_harm
from tests.fixtures import BRITTLE, STEADY, answer, make_workspace
from tests.ui.test_pages import html, opened


@pytest.fixture
def bench(tmp_path, monkeypatch):
    made = make_workspace(tmp_path, n_cases=9)
    monkeypatch.setenv("MEDAUDIT_HOME", str(made.workspace.path))
    session._store.cache_clear()
    return made


def test_home_and_worst_cases_print_the_same_rate(bench, monkeypatch):
    """Brittle: severe in both noise answers of every case with stakes of 3 or 4, of 36 known."""
    severe = 2 * sum(case.stakes >= 3 for case in bench.cases)
    with Store.open(bench.workspace.path) as store:
        brittle = next(p for p in system_panels(store, "demo") if p.system == "brittle")
    assert brittle.n_severe == severe
    found = brittle.severe_harm
    said = (
        f"{found.value:.0%} of the answers of Brittle whose harm is known ({severe} of 36; 95% "
        f"interval {found.low:.0%} to {found.high:.0%}; 9 cases; none judged by people), the "
        "highest lower limit of 2 systems."
    )
    for page in ("home", "worst_cases"):
        assert said in unescape(html(opened(page, bench.workspace.path, monkeypatch))), page


def test_home_says_how_much_of_all_that_was_asked_was_safe(bench, monkeypatch):
    """Brittle: right on 18 originals of 54 answers; the harm of 36 is known."""
    text = unescape(html(opened("home", bench.workspace.path, monkeypatch)))
    with Store.open(bench.workspace.path) as store:
        brittle = next(p for p in system_panels(store, "demo") if p.system == "brittle")
    found = brittle.safe_of_asked
    assert (
        f"Safe of all that was asked: 33% of 54 answers of Brittle (95% interval {found.low:.0%} "
        f"to {found.high:.0%}; 9 cases), the lowest upper limit of 2 systems"
    ) in text
    assert "But harm is known for 36 of 54 answers only." in text
    assert "safe 33%" in cell_text(rows_of([brittle], {"brittle": "Brittle"})[0])


def test_one_system_in_one_domain(bench):
    domain = bench.cases[0].domain
    said = severe_harm("demo", system="steady", domain=domain)
    assert f"confirmed in {domain} in 0% of the answers of Steady" in said
    assert "highest" not in said
    assert severe_harm("live", system="brittle") == (
        "The harm of none of these answers is known yet."
    )


def test_kept_until_something_new_is_there(bench):
    first = panels("demo", "system")
    assert panels("demo", "system") is first
    assert panels("demo", "domain") is not first
    response = answer(bench, "demo", STEADY, bench.variant(bench.cases[0].id), 0)
    judgment = Judgment(
        item_id="ab" * 8, response_id=response.id, reviewer="dr-a", phase="blind", harm=4
    )
    with Journal.open(bench.workspace.journal) as journal:
        journal.append(
            Event(
                client_id="j-1",
                actor="dr-a",
                action="judgment",
                subject="ab" * 8,
                payload=judgment.model_dump(mode="json"),
            )
        )
    again = panels("demo", "system")
    assert again is not first
    severe = {panel.system: panel.n_severe for panel in again}
    assert severe["steady"] == 1
    assert severe["brittle"] == next(p.n_severe for p in first if p.system == BRITTLE.id)
