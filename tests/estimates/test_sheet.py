"""The sheet: tails, comparisons and lineage by hand, and what the command line prints of it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from html import unescape

import numpy as np
import pytest

from medaudit import stats
from medaudit.charts import estimate_table
from medaudit.estimates import Sheet, sheet
from medaudit.resources import data
from medaudit.store import Store
from tests.fixtures import make_workspace
from tests.store.asking import ask
from tests.test_cli import medaudit, refused
from tests.ui.test_pages import html, opened


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("sheet"), n_cases=9)


@pytest.fixture(scope="module")
def found(bench):
    with Store.open(bench.workspace.path) as store:
        return sheet(store, "demo")


def test_counts_and_origin(bench, found):
    assert (found.run_id, found.suite_id, found.state) == ("demo", bench.suite_id, "done")
    assert found.n_expected == found.n_received == 9 * 3 * 2 * 2
    assert found.titles == {"brittle": "Brittle", "steady": "Steady"}


def test_tail_by_hand(bench, found):
    """Brittle fails severely once or more in every case with stakes of 3 or 4."""
    tails = {tail.system: tail for tail in found.tails}
    severe = sum(case.stakes >= 3 for case in bench.cases)
    failure = tails["brittle"].any_failure
    assert (failure.value, failure.n_cases) == (pytest.approx(severe / 9), 9)
    assert failure.high == pytest.approx(stats.clopper_pearson(severe, 9, alpha=0.1)[1])
    # Right in every first answer to the original; 0 of 2 and 0 of 2 right under stress.
    assert tails["brittle"].gap.value == 1
    assert tails["steady"].gap.value == 0
    assert len(tails["brittle"].worst) == 5
    assert {(w.worst_score, w.mean_score, w.n_rows) for w in tails["brittle"].worst} == {
        (0.0, 0.5, 6)
    }
    # Nine domains, every mean case score .5.
    assert (tails["brittle"].domain_sd, tails["brittle"].lowest_domain) == (0.0, "D1")
    # Every case the same mean: half the loss in the worst tenth, too.
    assert tails["brittle"].cvar.value == pytest.approx(0.5)
    assert tails["steady"].any_failure.value == 0
    assert tails["steady"].variance[0].value is None
    assert "every value is equal" in tails["steady"].variance[0].warnings[0]


def test_zero_failures_keep_a_bound_and_its_translation(found):
    steady = next(tail for tail in found.tails if tail.system == "steady")
    upper = 1 - 0.05 ** (1 / 9)
    assert steady.any_failure.high == pytest.approx(upper)
    assert steady.p_any.value == 0
    assert steady.p_any.high == pytest.approx(1 - (1 - upper) ** 100)


def test_phenotypes_by_hand(found):
    """Steady: no flips, all right. Brittle: every pair flips, stressed score .25, half silent."""
    planes = {tail.system: tail.phenotype for tail in found.tails}
    assert planes["steady"].region == "robust"
    assert planes["brittle"].region == "collapsed"
    assert planes["brittle"].reasons == (
        "adjusted flip rate 1.00 (stable up to 0.10)",
        "abstains on 50%",
        "stressed competence 0.25",
        "competence drops by 0.75",
    )


def test_answer_spread_by_hand(found):
    """Of the three cases on the urgency ladder the reference is emergency, twice, and self-care;
    the options of the other cases are their own."""
    spread = {
        (p.system, p.asked): (p.commonest_answer.value, p.commonest_answer.n_rows)
        for p in found.systems
    }
    assert spread["steady", "all"] == (pytest.approx(2 / 3), 18)
    assert spread["brittle", "stressed"] == (pytest.approx(2 / 3), 6)
    # Emergency 4 times on the originals and twice under noise, self-care 2 and 4 times.
    assert spread["brittle", "all"] == (0.5, 12)


def test_comparisons_are_paired_and_corrected():
    """Against paired_difference on prompts of the recorded run, and Holm over all pairs."""
    with Store.open(data() / "recorded") as store:
        run = store.rows("runs")[0]["run_id"]
        made = sheet(store, run)
        rows = ask(store, "select * from final_score where run_id = $run", run=run)
    prompts = defaultdict(list)
    for row in rows:
        if row["case_score"] is not None:
            prompts[row["system_id"], row["case_id"], row["probe"]].append(row["case_score"])
    mine = [c for c in made.comparisons if c.measure == "case_score"]
    assert len(mine) == 6
    raw = []
    for comparison in mine:
        keys = [
            (case, probe)
            for system, case, probe in prompts
            if system == comparison.system and (comparison.against, case, probe) in prompts
        ]
        a, b = (
            [np.mean(prompts[system, *key]) for key in keys]
            for system in (comparison.system, comparison.against)
        )
        expected = stats.paired_difference(a, b, [case for case, _ in keys])
        estimate = comparison.estimate
        assert estimate.n_rows == len(keys)
        assert estimate.excluded == {"not_in_both": 252 - len(keys)}
        assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
            (expected.value, expected.low, expected.high)
        )
        assert "Holm over 6 pairs" in estimate.method
        raw.append(expected.p)
    assert [c.estimate.p for c in mine] == pytest.approx(list(stats.holm(raw)))


def test_lineage_is_decided_by_the_test_and_not_below_its_power(found):
    (line,) = found.lineage
    assert (line.system, line.parent, line.margin) == ("brittle", "steady", 0.05)
    assert line.verdict == "not decidable"
    assert "9 cases: at least 120 are needed" in line.reason
    assert line.baseline.value == 0
    assert line.stressed.value == pytest.approx(0.75)


def test_the_command_prints_the_sheet(bench, found):
    done = medaudit("estimate", "demo", "--json", "--home", bench.workspace.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert Sheet.model_validate_json(done.stdout) == found


def test_the_command_prints_a_table_for_people(bench):
    done = medaudit("estimate", "demo", "--domains", "--home", bench.workspace.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "108 of 108 answers received" in done.stdout
    assert "Brittle, everything asked" in done.stdout
    assert "brittle, made from steady: not decidable" in done.stdout
    for title in (
        "Safe of all that was asked",
        "Safe where a decision was made",
        "Severe harm (3 or 4)",
        "Flips, excess",
        "Commonest answer",
    ):
        assert title in done.stdout
    assert re.search(r"\bnan\b", done.stdout, re.IGNORECASE) is None


def test_a_run_that_is_not_there_is_refused(bench):
    assert "unknown run 'nosuch'; known: demo, live" in refused(
        2, "estimate", "nosuch", "--home", bench.workspace.path
    )


def test_the_page_shows_what_the_command_prints(bench, monkeypatch):
    """Every figure of the tables on Domains, from the JSON of the command."""
    done = medaudit("estimate", "demo", "--json", "--home", bench.workspace.path)
    printed = Sheet.model_validate(json.loads(done.stdout))
    page = unescape(html(opened("domains", bench.workspace.path, monkeypatch)))
    text = re.sub(r'<td class="[^"]*">', "<td>", page)
    tables = (
        (estimate_table.domain_rows, estimate_table.DOMAINS),
        (estimate_table.competence_rows, estimate_table.COMPETENCE),
        (estimate_table.stability_rows, estimate_table.STABILITY),
    )
    for rows_of, columns in tables:
        rows = rows_of(printed.domains, printed.titles)
        assert len(rows) == (2 if columns is estimate_table.DOMAINS else 18)
        for row in rows:
            cells = "".join(f"<td>{row[column]}</td>" for column in columns)
            assert f"<tr>{cells}</tr>" in text
