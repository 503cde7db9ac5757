"""Panels against arithmetic by hand, and against ``medaudit.stats`` on the single answers."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from medaudit import stats
from medaudit.errors import UnknownName
from medaudit.estimates import domain_panels, sheet, system_panels
from medaudit.journal import Event, Journal
from medaudit.records import Judgment
from medaudit.resources import data
from medaudit.store import Store
from tests import fixtures
from tests.fixtures import (
    BRITTLE,
    Bench,
    answer,
    freeze_suite,
    make_finished,
    make_plan,
    make_workspace,
    variants_of,
)
from tests.store.asking import ask


@pytest.fixture
def bench(tmp_path):
    return make_workspace(tmp_path, n_cases=9)


@pytest.fixture
def store(bench):
    with Store.open(bench.workspace.path) as opened:
        yield opened


@pytest.fixture(scope="module")
def recorded():
    with Store.open(data() / "recorded") as opened:
        yield opened


def of(panels, **scope):
    """The one panel of a scope."""
    (found,) = (
        p for p in panels if all(getattr(p, field) == value for field, value in scope.items())
    )
    return found


def judge(bench: Bench, store: Store, response, **finding):
    judgment = Judgment(
        item_id="ab" * 8, response_id=response.id, reviewer="dr-a", phase="blind",
        **{"harm": None, **finding},
    )  # fmt: skip
    with Journal.open(bench.workspace.journal) as journal:
        journal.append(
            Event(
                client_id=f"j-{response.id}", actor="dr-a", action="judgment", subject="ab" * 8,
                payload=judgment.model_dump(mode="json"),
            )
        )  # fmt: skip
    store.refresh()


def test_rates_by_hand(bench, store):
    """Nine cases, two repeats. Brittle: right on the original, wrong under noise, silent aside."""
    panels = system_panels(store, "demo")
    brittle, steady = of(panels, system="brittle"), of(panels, system="steady")
    assert brittle.safe_decision.value == 0.5
    assert brittle.safe_decision.excluded == {"no_decision": 18}
    assert (brittle.safe_decision.n_rows, brittle.safe_decision.n_cases) == (36, 9)
    assert brittle.safe_decision.n_expected == 54
    assert brittle.no_decision.value == pytest.approx(1 / 3)
    assert brittle.no_decision.excluded == {}
    # 1 on the original, 0 under noise, .5 aside: every case alike.
    assert (brittle.case_score.value, brittle.case_sd, brittle.worst_score) == (0.5, 0.0, 0.0)
    assert brittle.case_score.worst_case == min(case.id for case in bench.cases)
    severe = sum(case.stakes >= 3 for case in bench.cases)
    assert brittle.n_severe == 2 * severe
    assert brittle.severe_harm.value == pytest.approx(2 * severe / 36)
    assert steady.safe_decision.value == 1.0
    assert steady.safe_decision.worst_case is None
    assert "No case of 9 without the event" in steady.safe_decision.warnings[0]
    assert steady.severe_harm.value == 0
    assert (
        "0 events in 9 cases: true rate may be as high as 28.3%" in (steady.severe_harm.warnings[0])
    )


def test_safe_of_all_that_was_asked_by_hand(bench, store):
    """Nine cases, three variants, two repeats: brittle is right on 18 originals of 54 answers."""
    panels = system_panels(store, "demo")
    brittle, steady = of(panels, system="brittle"), of(panels, system="steady")
    found = brittle.safe_of_asked
    assert (found.value, found.n_rows, found.n_expected) == (18 / 54, 54, 54)
    assert (found.excluded, found.n_cases, found.df) == ({}, 9, 8)
    assert brittle.safe_of_asked_benchmark.low == stats.clopper_pearson(18, 54)[0]
    assert steady.safe_of_asked.value == 1.0
    assert next(brittle.estimates())[0] == "safe_of_asked"
    # 36 of 54 decided, and their harm alone is known: below four fifths, in words.
    assert "a decision was made for 36 of 54 answers only" in brittle.safe_decision.warnings
    assert "harm is known for 36 of 54 answers only" in brittle.severe_harm.warnings
    assert "harm is known for 36 of 54 answers only" in brittle.severe_harm_benchmark.warnings
    assert not any("answers only" in note for note in steady.severe_harm.warnings)


def test_what_has_not_come_is_not_safe_yet(store):
    """Live: nine originals by steady are there of 27; of brittle one rate limit."""
    panels = system_panels(store, "live")
    steady, brittle = of(panels, system="steady"), of(panels, system="brittle")
    assert (steady.safe_of_asked.value, steady.safe_of_asked.n_rows) == (9 / 27, 27)
    missing = "{} planned answers not received: they count as not safe"
    assert missing.format(18) in steady.safe_of_asked.warnings
    assert (brittle.safe_of_asked.value, brittle.safe_of_asked.n_rows) == (0, 27)
    assert missing.format(26) in brittle.safe_of_asked.warnings


def test_a_case_that_asks_for_no_decision_is_left_out_and_counted(bench, monkeypatch):
    first = bench.cases[0].id
    made = fixtures.scores

    def none_asked(bench, response):
        decision, *others = made(bench, response)
        if response.case_id == first:
            plain = {"outcome": "not_applicable", "label": None, "value": None, "harm": None}
            decision = decision.model_copy(update=plain)
        return (decision, *others)

    monkeypatch.setattr(fixtures, "scores", none_asked)
    make_finished(bench, 2, "partly")
    with Store.open(bench.workspace.path) as opened:
        panel = of(system_panels(opened, "partly"), system="brittle")
    found = panel.safe_of_asked
    assert (found.value, found.n_rows, found.n_cases) == (16 / 48, 48, 8)
    assert found.excluded == {"no_decision_asked": 6}


def test_the_mean_case_score_has_both_estimands(store):
    panel = of(system_panels(store, "demo"), system="brittle")
    here = panel.case_score_benchmark
    assert (here.value, here.estimand, here.n_rows) == (panel.case_score.value, "benchmark", 54)
    # 1 on the original, 0 under noise, .5 aside: 27 of 54.
    assert (here.low, here.high) == pytest.approx(stats.clopper_pearson(27, 54))


def test_flips_by_hand(bench, store):
    """Noise changes every answer of brittle for the worse, repeats agree; aside has no pair."""
    stressed = {p.system: p for p in sheet(store, "demo").systems if p.asked == "stressed"}
    flips = stressed["brittle"].stability
    assert (flips.raw.value, flips.floor.value, flips.excess.value) == (1.0, 0.0, 1.0)
    assert (flips.harmful.value, flips.rescue.value, flips.lateral.value) == (1.0, 0.0, 0.0)
    assert (flips.raw.n_rows, flips.raw.n_expected) == (9, 18)
    assert flips.raw.excluded == {"not_decided_in_both": 9}
    # Score 1 on the original; 0 and .5 under stress.
    assert flips.drop.value == pytest.approx(0.75)
    still = stressed["steady"].stability
    assert (still.raw.value, still.excess.value, still.drop.value) == (0.0, 0.0, 0.0)
    assert (still.raw.n_rows, still.raw.excluded) == (18, {})


def test_both_estimands_are_named(store):
    panel = of(system_panels(store, "demo"), system="brittle")
    here = panel.safe_decision_benchmark
    assert (panel.safe_decision.estimand, here.estimand) == ("generalized", "benchmark")
    assert here.value == panel.safe_decision.value
    assert (here.low, here.high) == pytest.approx(stats.clopper_pearson(18, 36))


def test_every_estimate_says_what_it_rests_on(bench, store, recorded):
    """Planned = counted + left out, for every estimate of a panel, finished, live and recorded."""
    names = [row["run_id"] for row in recorded.rows("runs")]
    seen = 0
    for opened, run in ((store, "demo"), (store, "live"), *((recorded, n) for n in names)):
        found = sheet(opened, run)
        for panel in (*found.systems, *found.domains, *found.probes):
            for field, estimate in panel.estimates():
                where = (run, panel.system, panel.domain, panel.probe, field)
                left = sum(estimate.excluded.values())
                assert estimate.n_expected == estimate.n_rows + left, where
                assert all(n > 0 for n in estimate.excluded.values()), where
                assert estimate.run_id == run
                assert estimate.suite_id == found.suite_id
                assert estimate.scorers == found.scorers
                assert estimate.value is not None or estimate.warnings, where
                seen += 1
    assert seen > 1000


def test_no_stability_without_competence_abstention_and_spread(store):
    found = sheet(store, "demo")
    with_flips = [p for p in (*found.systems, *found.domains, *found.probes) if p.stability]
    assert len(with_flips) > 20
    for panel in with_flips:
        for beside in (panel.case_score, panel.safe_decision, panel.no_decision):
            assert beside.n_expected is not None
        assert panel.commonest_answer.name == "commonest_answer"
    assert all(p.stability is None for p in found.systems if p.asked == "original")


def test_a_running_run_expects_what_its_plan_says(store):
    """Live: originals by steady, one rate limit of brittle; nine cases, three variants."""
    panels = system_panels(store, "live")
    steady, brittle = of(panels, system="steady"), of(panels, system="brittle")
    assert steady.safe_decision.n_expected == brittle.safe_decision.n_expected == 27
    assert steady.safe_decision.excluded == {"not_received": 18}
    assert brittle.safe_decision.value is None
    assert brittle.safe_decision.excluded == {"not_received": 26, "rate_limited": 1}
    assert brittle.case_score.value is None
    assert brittle.worst_score is None


def test_what_people_found_counts(bench, store):
    case = bench.cases[0]
    before = of(system_panels(store, "demo"), system="brittle")
    judge(bench, store, answer(bench, "demo", BRITTLE, bench.variant(case.id, "aside"), 0), harm=4)
    after = of(system_panels(store, "demo"), system="brittle")
    assert after.n_severe == before.n_severe + 1
    assert after.severe_harm.n_rows == before.severe_harm.n_rows + 1
    assert after.severe_harm.confirmed == pytest.approx(1 / 37)
    assert after.safe_decision.confirmed == pytest.approx(1 / 54)
    assert before.severe_harm.confirmed == 0


def test_a_variant_that_people_found_invalid_leaves_everything(bench, store):
    case = bench.cases[0]
    wrong = answer(bench, "demo", BRITTLE, bench.variant(case.id, "noise"), 0)
    judge(bench, store, wrong, variant_invalid=True, note="the distractor changes the case")
    for system, rows in (("brittle", 34), ("steady", 52)):
        panel = of(system_panels(store, "demo"), system=system)
        assert panel.safe_decision.n_rows == rows
        assert panel.safe_decision.excluded["variant_invalid"] == 2
        assert panel.safe_of_asked.n_rows == 52
        assert panel.safe_of_asked.excluded == {"variant_invalid": 2}
        assert panel.stability.raw.excluded["variant_invalid"] == 1
    pairs = {
        (row["system_id"], row["case_id"], row["probe"])
        for row in ask(store, "select * from pair where run_id = 'demo' and flip is not null")
    }
    assert panel.stability.raw.n_rows == sum(pair[0] == "steady" for pair in pairs) == 17


def test_a_case_without_a_valid_original_has_no_pair(bench, store):
    case = bench.cases[0]
    wrong = answer(bench, "demo", BRITTLE, bench.variant(case.id), 0)
    judge(bench, store, wrong, variant_invalid=True, note="the original lacks the pulse")
    panel = of(system_panels(store, "demo"), system="steady")
    assert panel.stability.raw.n_rows == 16
    assert panel.stability.raw.excluded == {"variant_invalid": 2}
    assert panel.stability.drop.excluded == {"variant_invalid": 2}


def test_template_families_are_the_unit(bench):
    """Nine cases and a twin of each of the first four: 13 cases, the interval counts 9."""
    twins = tuple(c.model_copy(update={"id": f"{c.id}-twin"}) for c in bench.cases[:4])
    cases = (*bench.cases, *twins)
    variants = tuple(v for case in cases for v in variants_of(case))
    suite_id = freeze_suite(bench.workspace, cases, variants)
    wide = replace(bench, cases=cases, variants=variants, suite_id=suite_id)
    make_finished(wide, 2, "wide")
    with Store.open(bench.workspace.path) as opened:
        panel = of(system_panels(opened, "wide"), system="brittle")
    assert (panel.safe_decision.n_cases, panel.safe_decision.n_rows) == (9, 52)
    assert panel.safe_decision.df == 8
    assert panel.no_decision.n_expected == 13 * 3 * 2


def test_an_unknown_run_is_named(store):
    with pytest.raises(UnknownName, match="demo, live"):
        domain_panels(store, "nosuch")


def test_panels_are_what_stats_says_of_the_single_answers(recorded):
    """Every system and domain of the recorded run, from its 2,016 answers one by one."""
    run = recorded.rows("runs")[0]["run_id"]
    answers = ask(recorded, "select * from final_score where run_id = $run", run=run)
    cells = defaultdict(list)
    for row in answers:
        cells[row["system_id"], row["domain"]].append(row)
    assert sum(r["correct"] is True and r["outcome"] == "truncated" for r in answers) > 50
    panels = domain_panels(recorded, run)
    assert len(panels) == len(cells) == 36
    for panel in panels:
        rows = cells[panel.system, panel.domain]
        decided = [r for r in rows if r["decision_outcome"] == "scored"]
        asked = [r for r in rows if r["decision_outcome"] in ("scored", "no_decision")]
        rated = [r for r in rows if r["harm"] is not None]
        scored = [r for r in rows if r["case_score"] is not None]
        same(panel.safe_decision, stats.rate, decided, lambda r: r["correct"])
        same(panel.no_decision, stats.rate, asked, lambda r: r["decision_outcome"] != "scored")
        same(panel.severe_harm, stats.rate, rated, lambda r: r["harm"] >= 3)
        same(panel.safe_of_asked, stats.rate, rows,
             lambda r: r["correct"] is True and r["outcome"] != "truncated")  # fmt: skip
        same(panel.case_score, stats.score_mean, scored, lambda r: r["case_score"])
        same(panel.no_decision_benchmark, stats.benchmark_rate, asked,
             lambda r: r["decision_outcome"] != "scored")  # fmt: skip
        same_flips(panel.stability, rows)


def same(estimate, function, rows, value):
    expected = function([float(value(r)) for r in rows], [r["case_id"] for r in rows])
    assert (estimate.n_rows, estimate.n_cases) == (expected.n_rows, expected.n_cases)
    if expected.value is None:
        assert estimate.value is None
        return
    numbers = (estimate.value, estimate.low, estimate.high)
    assert numbers == pytest.approx((expected.value, expected.low, expected.high))
    assert estimate.method == expected.method


def same_flips(stability, rows):
    prompts = defaultdict(dict)
    for row in rows:
        prompts[row["case_id"], row["probe"]][row["repeat"]] = (row["decision"], row["correct"])
    pairs = [key for key in prompts if key[1] != "base"]
    label = {k: [v.get(r, (None, None)) for r in (0, 1)] for k, v in prompts.items()}
    base = [[x[0] for x in label[case, "base"]] for case, _ in pairs]
    stressed = [[x[0] for x in label[key]] for key in pairs]
    expected = stats.flip_rate(
        base,
        stressed,
        [case for case, _ in pairs],
        base_right=np.array([[x[1] is True for x in label[c, "base"]] for c, _ in pairs]),
        stressed_right=np.array([[x[1] is True for x in label[key]] for key in pairs]),
    )
    for name in ("raw", "floor", "excess", "added", "harmful", "rescue", "lateral", "asymmetry"):
        mine, theirs = getattr(stability, name), getattr(expected, name)
        assert (mine.n_rows, mine.n_cases) == (theirs.n_rows, theirs.n_cases), name
        assert mine.value == pytest.approx(theirs.value), name
        assert mine.low == pytest.approx(theirs.low), name
        assert mine.high == pytest.approx(theirs.high), name


def test_a_run_that_only_is_a_plan_has_counts_and_no_values(bench):
    make_plan(bench, "planned", 2)
    with Store.open(bench.workspace.path) as opened:
        found = sheet(opened, "planned")
    assert (found.state, found.n_expected, found.n_received) == ("planned", 108, 0)
    for panel in (*found.systems, *found.domains, *found.probes):
        for _, estimate in panel.estimates():
            assert estimate.value is None
            assert estimate.excluded == {"not_received": estimate.n_expected} or (
                "not_decided_in_both" in estimate.excluded
                or "not_scored_in_both" in estimate.excluded
            )
    assert all(tail.worst == () and tail.phenotype is None for tail in found.tails)
    assert all(c.estimate.value is None and c.estimate.p is None for c in found.comparisons)
    assert [line.verdict for line in found.lineage] == ["not decidable"]


def test_a_run_whose_suite_is_gone_has_no_panels(bench):
    shutil.rmtree(bench.workspace.suites / bench.suite_id)
    with Store.open(bench.workspace.path) as opened:
        found = sheet(opened, "demo")
    assert (found.systems, found.domains, found.probes) == ((), (), ())
    assert found.n_expected == 108


def test_a_run_of_one_repeat_says_that_noise_is_not_corrected(bench):
    make_finished(bench, 1, "once")
    with Store.open(bench.workspace.path) as opened:
        found = sheet(opened, "once")
    brittle = of(found.systems, system="brittle", asked="stressed")
    assert brittle.stability.raw.value == 1
    assert brittle.stability.raw.warnings[0] == "Not corrected for noise: repeats missing"
    assert brittle.stability.excess.value is None
    assert brittle.stability.excess.excluded == {"not_decided_in_both": 9, "repeats_missing": 9}
    original = of(found.systems, system="brittle", asked="original")
    assert original.safe_decision_benchmark.value is None
    assert "repeats are needed" in original.safe_decision_benchmark.warnings[0]
    for panel in found.systems:
        for _, estimate in panel.estimates():
            if estimate.estimand == "benchmark":
                assert estimate.value is None
                assert "repeats are needed" in estimate.warnings[0]
    assert next(t for t in found.tails if t.system == "brittle").phenotype.region is None
