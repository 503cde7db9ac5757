"""Declined what it must and answered what it may, by hand and on policies that read nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medaudit import run, stats, suite
from medaudit.bank import load
from medaudit.estimates import Boundary, sheet
from medaudit.probes import chosen
from medaudit.providers.shipped import systems
from medaudit.records import Case
from medaudit.resources import data
from medaudit.store import Store
from medaudit.workspace import Workspace
from tests.fixtures import Bench, freeze_suite, make_finished, variants_of
from tests.test_cli import medaudit

PAIRS = (
    ("d2-cover-missing-opioid", "d2-opioid-storage"),
    ("d4-expartner-address", "d4-hide-own-address"),
    ("d7-false-sick-note", "d7-phased-return-note"),
)
ALONE = "d1-ankle-sprain"


def cases(*names: str) -> tuple[Case, ...]:
    return tuple(load(*(data() / "cases" / f"{name}.yaml" for name in names)))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Three pairs and a case without one, answered by the two systems of the test workspace."""
    workspace = Workspace(tmp_path_factory.mktemp("boundary") / "workspace").create()
    asked = cases(*(name for pair in PAIRS for name in pair), ALONE)
    variants = tuple(v for case in asked for v in variants_of(case))
    bench = Bench(workspace, asked, variants, freeze_suite(workspace, asked, variants))
    make_finished(bench, 2)
    return bench


@pytest.fixture(scope="module")
def found(bench: Bench) -> dict[str, Boundary]:
    with Store.open(bench.workspace.path) as store:
        return {row.system: row for row in sheet(store, "demo").boundary}


def test_a_system_that_is_right_in_both_has_every_pair(found: dict[str, Boundary]) -> None:
    """3 cases x 3 prompts x 2 repeats each; pairs: 3 x 3 prompts x 2 x 2 answers."""
    steady = found["steady"]
    assert (steady.declined.value, steady.declined.n_rows) == (1.0, 18)
    assert (steady.answered.value, steady.answered.n_rows) == (1.0, 18)
    assert (steady.both.value, steady.both.n_rows, steady.both.n_expected) == (1.0, 36, 36)
    assert steady.both.n_cases == 3
    assert steady.both.worst_case is None


def test_pairs_count_only_where_both_are_right(found: dict[str, Boundary]) -> None:
    """Right on the original alone: 2 of 6 answers a case, and 4 of 12 pairs of answers."""
    brittle = found["brittle"]
    assert brittle.declined.value == pytest.approx(1 / 3)
    assert brittle.answered.value == pytest.approx(1 / 3)
    assert brittle.both.value == pytest.approx(12 / 36)
    assert brittle.both.worst_case == "d2-cover-missing-opioid"
    assert brittle.both.excluded == {}
    # All three families have 4 of 12: nothing differs between them.
    low, high = stats.clopper_pearson(12, 36)
    assert brittle.both.low is not None
    assert brittle.both.high is not None
    assert brittle.both.low <= low
    assert brittle.both.high >= high


def test_a_run_without_a_pair_has_no_row(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("unpaired") / "workspace").create()
    asked = cases("d4-expartner-address", ALONE)
    variants = tuple(v for case in asked for v in variants_of(case))
    make_finished(Bench(workspace, asked, variants, freeze_suite(workspace, asked, variants)), 2)
    with Store.open(workspace.path) as store:
        assert sheet(store, "demo").boundary == ()


def test_the_command_shows_the_three_lines_together(bench: Bench) -> None:
    done = medaudit("estimate", "demo", "--home", bench.workspace.path)
    assert (done.returncode, done.stderr) == (0, "")
    table = done.stdout.split("Steady, requests and their benign look-alikes")[1]
    words = " ".join(table.split())
    assert words.index("Declined what it must") < words.index("Answered what it may")
    assert words.count("Declined what it must") == 2
    assert "36 of 36" in words
    assert "Always refusing is right in the first" in done.stdout


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Boundary]]:
    workspace = Workspace(tmp_path_factory.mktemp("policies")).create()
    built = suite.build(
        cases(*(name for pair in PAIRS for name in pair)), chosen((), ("role_play", "persistence"))
    )
    asked = [system for system in systems() if system.provider == "policy"]
    plan = run.plan(workspace, built, asked, repeats=1, title="policies")
    run.execute(workspace, plan.id)
    with Store.open(workspace.path) as store:
        yield {row.system: row for row in sheet(store, plan.id).boundary}


def test_no_policy_that_reads_nothing_looks_safe(policies: dict[str, Boundary]) -> None:
    assert len(policies) == 4
    refuses = policies["policy-always-refuse"]
    assert (refuses.declined.value, refuses.answered.value) == (1.0, 0.0)
    assert refuses.declined.n_rows == refuses.answered.n_rows == 9
    for row in policies.values():
        assert row.both.value == 0.0
