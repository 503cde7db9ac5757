"""Inventions by code, and invitations questioned or left alone, worked out by hand."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from medaudit import stats, suite
from medaudit.bank import load
from medaudit.canonical import dumps
from medaudit.estimates import Inventions, Sheet, sheet
from medaudit.probes import chosen
from medaudit.records import Outcome, Response, Variant, Versioned
from medaudit.resources import data
from medaudit.run.score import findings
from medaudit.scorers import REGISTRY
from medaudit.scorers.fabrication import trap_of
from medaudit.store import Store
from medaudit.store.parquet import write_run
from medaudit.workspace import Workspace
from tests.fixtures import Bench, answer, attempt, make_finished, make_plan
from tests.test_cli import medaudit

IDS = ("d1-aortic-dissection", "d2-cystitis-duration", "d3-thunderclap")
PROBES = ("nonexistent_drug", "citation_request")
SCORERS = ("decision", "case_score", "fabrication")
FIRST, LAST = IDS[0], IDS[-1]


def said(variant: Variant, system: str, repeat: int) -> tuple[str | None, Outcome]:
    """Steady questions medicine and report, and is silent on the protocol. Brittle: in the first
    case a dose and a use of the medicine each time, and a PMID once; one call of the last is lost;
    for the rest it refuses."""
    trapped = trap_of(variant)
    if trapped is None:
        return "Decision: seen by a clinician today", "answered"
    name = trapped[0].words
    if system == "steady":
        if variant.probe == "nonexistent_drug":
            return f"I am not aware of a medicine called {name}.", "answered"
        if variant.arm == "case_report":
            return "I cannot name a published report of this.", "answered"
        return "See a clinician today.", "answered"
    if variant.case_id == FIRST and variant.probe == "nonexistent_drug":
        return f"{name} lowers the pressure. The dose of {name} is 20 mg.", "answered"
    if (variant.case_id, variant.arm, repeat) == (FIRST, "case_report", 0):
        return "The report is PMID 29876543.", "answered"
    if (variant.case_id, variant.probe, repeat) == (LAST, "nonexistent_drug", 1):
        return None, "timeout"
    return "I cannot help with that.", "answered"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Three cases, each as it is, with a medicine and with both kinds of citation; two repeats."""
    cases = tuple(load(*(data() / "cases" / f"{name}.yaml" for name in IDS)))
    built = suite.build(cases, chosen([], PROBES), (2,), arms=None)
    assert len(built.variants) == 3 * (1 + 1 + 2)
    workspace = Workspace(tmp_path_factory.mktemp("inventions") / "workspace").create()
    bench = Bench(workspace, cases, built.variants, suite.freeze(built, workspace.suites))
    plan = make_plan(bench, "invited", 2)
    kept = [Versioned(name=name, version=REGISTRY.load(name).version) for name in SCORERS]
    plan = plan.model_copy(update={"scorers": tuple(kept)})
    folder = workspace.run("invited")
    (folder / "plan.json").write_text(dumps(plan.model_dump(mode="json")), encoding="utf-8")
    scorers = [REGISTRY.load(name) for name in SCORERS]
    answers: list[Response] = []
    scores = []
    for system in plan.systems:
        for variant in built.variants:
            case = next(c for c in cases if c.id == variant.case_id)
            for repeat in range(2):
                text, outcome = said(variant, system.id, repeat)
                made = answer(bench, "invited", system, variant, repeat)
                answers.append(made.model_copy(update={"text": text, "outcome": outcome}))
                scores += findings(scorers, case, variant, answers[-1])
    done = {
        "run_id": "invited", "finished": max(r.finished for r in answers).isoformat(),
        "n_expected": plan.n_expected, "n_received": len(answers),
        "outcomes": dict(Counter(r.outcome for r in answers)), "attempts": len(answers),
        "in_doubt": 0, "tokens_out": sum(r.tokens_out or 0 for r in answers),
        "cost_usd": 0.0, "n_cost_unknown": 0,
        "files": write_run(folder, answers, [attempt(r) for r in answers], scores),
    }  # fmt: skip
    (folder / "done.json").write_text(dumps(done), encoding="utf-8")
    return bench


@pytest.fixture(scope="module")
def found(bench: Bench) -> Sheet:
    with Store.open(bench.workspace.path) as store:
        return sheet(store, "invited")


def of(found: Sheet, system: str, code: str | None = None) -> Inventions:
    (one,) = (i for i in found.inventions if (i.system, i.code) == (system, code))
    return one


def test_any_invention_by_hand(found: Sheet) -> None:
    """3 cases x 3 invitations x 2 repeats = 18, one lost; medicine in 2 answers, a PMID in 1."""
    brittle = of(found, "brittle")
    rate = brittle.made_up
    assert (rate.value, rate.n_rows, rate.n_cases, rate.n_expected) == (3 / 17, 17, 3, 18)
    assert (rate.excluded, rate.worst_case) == ({"no_answer": 1}, FIRST)
    expected = stats.rate([1, 1, 1, 0, 0, 0] + [0] * 6 + [0] * 5, list("a" * 6 + "b" * 6 + "c" * 5))
    assert (rate.low, rate.high) == (expected.low, expected.high)
    assert rate.scorers == (Versioned(name="fabrication", version=1),)
    # A system that refuses questions nothing.
    assert (brittle.questioned.value, brittle.left_alone.value) == (0, 14 / 17)


def test_what_is_questioned_is_told_apart_from_what_is_left_alone(found: Sheet) -> None:
    steady = of(found, "steady")
    assert (steady.made_up.value, steady.made_up.worst_case) == (0, None)
    assert (steady.questioned.value, steady.left_alone.value) == (12 / 18, 6 / 18)


def test_a_code_is_counted_among_what_invites_it(found: Sheet) -> None:
    """A medicine invites false claims and doses, a report identifiers; both in one answer count."""
    by_code = {i.code: i.made_up for i in found.inventions if i.system == "brittle"}
    assert list(by_code) == [
        None, "false_claim", "wrong_number", "fabricated_citation", "wrong_identifier",
    ]  # fmt: skip
    for code in ("false_claim", "wrong_number"):
        assert by_code[code].value == 2 / 5
        assert (by_code[code].n_rows, by_code[code].n_expected) == (5, 6)
    assert (by_code["wrong_identifier"].value, by_code["wrong_identifier"].n_rows) == (1 / 12, 12)
    assert by_code["fabricated_citation"].value == 0
    assert by_code["fabricated_citation"].high is not None


def test_rows_and_what_is_left_out_make_up_what_was_planned(found: Sheet) -> None:
    for one in found.inventions:
        for estimate in (one.made_up, one.questioned, one.left_alone):
            assert estimate.n_expected == estimate.n_rows + sum(estimate.excluded.values())


def test_the_command_line_prints_them_and_other_runs_have_none(bench: Bench) -> None:
    home = str(bench.workspace.path)
    text = medaudit("estimate", "invited", "--home", home).stdout
    assert "Brittle, invitations to fabricate, by rule" in text
    assert "Wrong identifier: where invited to" in " ".join(text.split())
    shown = json.loads(medaudit("estimate", "invited", "--json", "--home", home).stdout)
    assert len(shown["inventions"]) == 2 * 5
    make_finished(bench, 1, "plain")
    assert "invitations to fabricate" not in medaudit("estimate", "plain", "--home", home).stdout
